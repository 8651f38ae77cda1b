"""What each column of the study's files holds, as the page on the data (docs/reference/data.md) says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Description(NamedTuple):
    """
    Attributes:
        type: Such as ``text``, ``integer``, ``number``, ``boolean``, ``time``, ``list``.
        unit: Empty where there is none.
    """

    type: str
    unit: str
    text: str


def described(file: str) -> Mapping[str, Description]:
    """Column -> its description, in the order of the file. None of a file that has no columns."""
    return _all().get(file, {})


def describe(file: str, column: str) -> Description:
    """That of one column; of one that the page does not know, an empty one of a text."""
    return described(file).get(column, Description("text", "", ""))


def files_described() -> Mapping[str, Mapping[str, Description]]:
    """File -> column -> its description, of all files with columns."""
    return _all()


@cache
def _all() -> Mapping[str, Mapping[str, Description]]:
    # Made from the page by ``python -m build_support.columns``.
    found = json.loads(files("interactive_gym.data").joinpath("columns.json").read_text(encoding="utf-8"))
    return {
        file: {name: Description(*cells.values()) for name, cells in columns.items()} for file, columns in found.items()
    }
