"""CONTRIBUTING: its commands exist, and all of them; what its map shows is there."""

from __future__ import annotations

import re

from tests.docs.pages import FENCE, ROOT, in_backticks, page, section

PAGE = page("CONTRIBUTING.md")
BUILD = {"build", "client-watch", "wheel", "clean"}  # listed by `make help`


def test_every_command_is_there_and_no_other() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):.*##", page("Makefile"), re.MULTILINE))
    words = in_backticks(section(PAGE, "## Commands"))
    named = {word.removeprefix("make ") for word in words if word.startswith("make ")}
    assert named == targets - BUILD


def test_the_map_shows_what_is_there() -> None:
    ((_, drawn),) = FENCE.findall(section(PAGE, "## The map of the house"))
    folder = ROOT
    for line in drawn.splitlines():
        entries = re.match(r"( *)((?:[\w/.]+[/.](?:py)? ?)+)  ", f"{line}  ")
        if entries is None or len(entries[1]) > 2:
            continue
        for entry in entries[2].split():
            place = (folder if entries[1] else ROOT) / entry
            assert place.exists(), line
        folder = folder if entries[1] else ROOT / entries[2].strip()


def test_every_package_and_part_of_the_client_is_on_the_map() -> None:
    ((_, drawn),) = FENCE.findall(section(PAGE, "## The map of the house"))
    for parent in ("src/interactive_gym", "client/src"):
        for folder in (ROOT / parent).iterdir():
            if folder.is_dir() and not folder.name.startswith("_"):
                assert f"{folder.name}/" in drawn, folder
