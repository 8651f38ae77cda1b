"""A dataset as Psych-DS lays it out: a description, and below ``data`` tables whose names say what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from interactive_gym.data.flat import write_table
from interactive_gym.export.as_csv import write_others, writing_table
from interactive_gym.export.codebook import Entry, codebook
from interactive_gym.export.rows import Open, write_frames
from interactive_gym.export.study import Played, Study
from interactive_gym.export.survey import SceneFrames, Track

_README = """# {study}

Recorded with Interactive Gym, as a dataset of Psych-DS. Each table in `data` is described in
`documentation/codebook.csv`; what it was made with, and how many took part, is in `documentation/provenance.json`; the
scenes as participants saw them are in `materials`.
"""


def write_psych_ds(study: Study, frames: dict[str, SceneFrames], folder: Path, track: Track[Played]) -> None:
    of_study = f"study-{_word(study.id)}"
    for sheet in study.sheets():
        write_table(
            folder / "data" / f"{of_study}_description-{_word(sheet.name)}_data.csv", (sheet.header, sheet.rows)
        )
    tasks = _words(frames)
    for scene, found in frames.items():
        begin = _opener(folder / "data", f"{of_study}_task-{tasks[scene]}")
        write_frames(study, scene, found, begin, track, with_long=False)  # that is the same once more
    write_others(study, folder / "materials")
    (folder / "README.md").write_text(_README.format(study=study.id), encoding="utf-8")
    description = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": study.id,
        "description": "A study of people who play games together in their browsers, recorded with Interactive Gym.",
        "variableMeasured": _variables(codebook(study, frames)),
    }
    text = json.dumps(description, ensure_ascii=False, indent=2)
    (folder / "dataset_description.json").write_text(f"{text}\n", encoding="utf-8")


def _opener(folder: Path, start: str) -> Open:
    return lambda kind, header: writing_table(folder / kind / f"{start}_description-{kind}_data.csv", header)


def _variables(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Each name of a column once: what is said of it in all tables."""
    found: dict[str, dict[str, Any]] = {}
    texts: dict[str, dict[str, None]] = {}
    for entry in entries:
        if entry.table == "frames_long" or (entry.table == "responses" and entry.scene_id is not None):
            continue
        variable = found.setdefault(entry.column, {"@type": "PropertyValue", "name": entry.column})
        if entry.unit:
            variable["unitText"] = entry.unit
        if entry.description:
            texts.setdefault(entry.column, {})[entry.description] = None
    for column, said in texts.items():
        found[column]["description"] = " / ".join(said)
    version = {"@type": "PropertyValue", "name": "schema_version", "description": "Of the columns of this table."}
    return [*found.values(), version]


def _word(text: str) -> str:
    """As values of its file names have to be: letters and digits only."""
    return re.sub(r"[^A-Za-z0-9]", "", text) or "x"


def _words(names: Iterable[str]) -> dict[str, str]:
    """Name -> its word; different ones for different names."""
    found: dict[str, str] = {}
    for name in names:
        word, number = _word(name), 1
        while word in found.values():
            number += 1
            word = f"{_word(name)}x{number}"
        found[name] = word
    return found
