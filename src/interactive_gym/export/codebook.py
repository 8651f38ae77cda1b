"""What every column of an export means: type, unit, description, and the values that are possible or were seen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from interactive_gym.data.descriptions import Description, describe, files_described
from interactive_gym.export.forms import Fields, fields_of_scenes
from interactive_gym.export.study import EXPERIENCE, KEYS, Study
from interactive_gym.export.survey import LONG, SceneFrames, Seen
from interactive_gym.export.tables import EXPERIENCE_FILE, types_of_frames

HEADER = ("table", "scene_id", "column", "type", "unit", "levels", "minimum", "maximum", "description")

_OF_KEYS = {
    "session_id": "The game session.",
    "scene_id": "The game scene.",
    "episode": "From 0.",
    "player": "The agent whom they play.",
}
_OF_LONG = {
    "frame": "-1 is the reset.",
    "agent": "The environment's name of the agent.",
    "field": "As the table frames calls it: actions, rewards, terminated and so on.",
    "key": "Within the value, where it is a dict, with dots; else empty.",
    "value": "As text; true and false; JSON for lists.",
}


class Entry(NamedTuple):
    """A row of the codebook; ``table`` is the name of the file without its end."""

    table: str
    scene_id: str | None
    column: str
    type: str
    unit: str = ""
    levels: str | None = None
    minimum: object = None
    maximum: object = None
    description: str = ""


def codebook(study: Study, frames: Mapping[str, SceneFrames]) -> Iterator[Entry]:
    """Every column of every table, and every element of the scenes' forms (in the table ``responses``)."""
    for sheet in study.sheets():
        for name in sheet.header:
            yield _entry(sheet.name, None, name, describe(sheet.file, name))
    for scene, fields in fields_of_scenes(study.scenes()).items():
        yield from _of_form(scene, fields)
    for scene, found in frames.items():
        yield from _of_frames(scene, found)
        yield from _of_others(scene, "frames_long", LONG, found)
        yield from _of_others(scene, "experience", EXPERIENCE, found)


def codebook_of_study(scenes: Mapping[str, Mapping[str, Any]]) -> Iterator[Entry]:
    """That of the study's own folder, before anybody has played: what environments will put into infos is not in it."""
    for file, columns in files_described().items():
        for name, about in columns.items():
            yield _entry(file, None, name, about)
    for scene, fields in fields_of_scenes(scenes).items():
        for entry in _of_form(scene, fields):
            yield entry._replace(table="responses.csv")


def _of_form(scene: str, fields: Fields) -> Iterator[Entry]:
    for name, field in fields.items():
        levels = json.dumps(field.levels, ensure_ascii=False) if field.levels else None
        low, high = (bound or None for bound in field.bounds)
        said = f"{field.label} " if field.label else ""
        text = f"{said}(The answers whose name is this, to an element of type {field.kind}.)"
        yield Entry("responses", scene, name, field.type, "", levels, low, high, text)


def _of_frames(scene: str, found: SceneFrames) -> Iterator[Entry]:
    types = types_of_frames("frames", found)
    for name in KEYS:
        yield Entry("frames", scene, name, types[name], description=_OF_KEYS[name])
    for name, seen in found.seen.items():
        about = describe("ep<k>.csv", name.partition(".")[0])
        low, high = (None, None) if seen.type in ("boolean", "text") else (seen.minimum, seen.maximum)
        yield Entry("frames", scene, name, seen.type, about.unit, _levels(seen), low, high, about.text)


def _of_others(scene: str, table: str, header: Sequence[str], found: SceneFrames) -> Iterator[Entry]:
    types = types_of_frames(table, found)
    texts = _OF_KEYS | (_OF_LONG if table == "frames_long" else {})
    for name in header:
        known = describe(EXPERIENCE_FILE, name)
        about = Description(types[name], "", texts[name]) if name in texts else known
        yield _entry(table, scene, name, about)


def _entry(table: str, scene: str | None, column: str, about: Description) -> Entry:
    return Entry(table, scene, column, about.type, about.unit, description=about.text)


def _levels(seen: Seen) -> str | None:
    """The values that were seen, where they are few, and no measurement."""
    if not seen.levels or "number" in seen.kinds:
        return None
    return json.dumps(sorted(seen.levels, key=lambda level: (str(type(level)), level)), ensure_ascii=False)
