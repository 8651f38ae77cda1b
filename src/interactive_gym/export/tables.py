"""Types and names that the tables of all formats share."""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

from interactive_gym.data.descriptions import describe
from interactive_gym.export.study import EXPERIENCE, KEYS, Sheet
from interactive_gym.export.survey import LONG, SceneFrames

Type = Literal["text", "integer", "number", "boolean", "time"]

_OF_KEYS: dict[str, Type] = {"session_id": "text", "scene_id": "text", "episode": "integer", "player": "text"}
EXPERIENCE_FILE = "ep<k>.<player>.experience.csv"  # in the documentation
_PLAIN: tuple[Type, ...] = ("integer", "number", "boolean", "time")


def file_name(text: str) -> str:
    """``text`` as the name of a file, on any file system and never of another folder's."""
    return quote(text, safe=" ")


def types_of_sheet(sheet: Sheet) -> dict[str, Type]:
    """Column -> type. Lists, dicts, and what may be one thing or another, are text: JSON as it is in the CSV."""
    return {name: _type(describe(sheet.file, name).type) for name in sheet.header}


def types_of_frames(kind: str, found: SceneFrames) -> dict[str, Type]:
    """
    Args:
        kind: ``frames``, ``frames_long`` or ``experience``.
    """
    if kind == "frames":
        return {name: _OF_KEYS[name] for name in KEYS} | {name: _type(seen.type) for name, seen in found.seen.items()}
    if kind == "frames_long":
        return {name: "integer" if name in ("episode", "frame") else "text" for name in LONG}
    return {name: _OF_KEYS.get(name) or _type(describe(EXPERIENCE_FILE, name).type) for name in EXPERIENCE}


def _type(said: str) -> Type:
    """``time or null`` is a time; a ``number, text or boolean`` is text."""
    first = said.removesuffix(" or null")
    return first if first in _PLAIN else "text"
