"""``python -m build_support.columns``: what the page on the data says of each column, for the codebooks of exports."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "data.md"
TARGET = ROOT / "src" / "interactive_gym" / "data" / "columns.json"

Described = dict[str, dict[str, dict[str, str]]]
"""File -> column -> ``type``, ``unit`` and ``description``."""


def main() -> None:
    TARGET.write_text(generate(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def generate(page: str) -> str:
    """The content of ``columns.json``."""
    return json.dumps(described(page), ensure_ascii=False, indent=1) + "\n"


def described(page: str) -> Described:
    files = page.partition("\n## Files\n")[2].partition("\n## ")[0]
    sections = re.split(r"^### (.+)$", files, flags=re.MULTILINE)[1:]
    found = {name: _columns(text) for name, text in zip(sections[::2], sections[1::2], strict=True)}
    return {name: columns for name, columns in found.items() if columns}


def _columns(text: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in re.findall(r"^\|( `.*)\|$", text, re.MULTILINE):
        names, type_, description = (cell.strip() for cell in line.split("|"))
        kind, _, unit = type_.partition(", ")
        cells = {"type": kind, "unit": unit, "description": plain(description)}
        found |= {name: cells for name in re.findall(r"`([^`]+)`", names)}
    return found


def plain(markdown: str) -> str:
    """Without links and backticks."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", markdown).replace("`", "")


if __name__ == "__main__":
    main()
