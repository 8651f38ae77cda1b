"""Reading the documentation: its sections, tables, links and code."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    """The page at ``name``, a path from the root of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands under ``heading`` (with its #), up to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no section {heading!r}"
    return found[1]


def headings(text: str, level: int) -> list[str]:
    return re.findall(rf"^{'#' * level} (.+)$", FENCE.sub("", text), re.MULTILINE)


def table(text: str) -> dict[str, list[str]]:
    """The rows of the tables in ``text``: what stands in backticks in the first cell -> the other cells."""
    found: dict[str, list[str]] = {}
    for line in re.findall(r"^\|( `.*)\|$", text, re.MULTILINE):
        first, *others = (cell.strip() for cell in line.split("|"))
        found |= dict.fromkeys(re.findall(r"`([^`]+)`", first), others)
    return found


def in_backticks(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in links, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def links(text: str) -> list[str]:
    """Targets of the links and images that lead to files of the repository."""
    targets = re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text))
    return [target for target in targets if "://" not in target and not target.startswith("mailto:")]
