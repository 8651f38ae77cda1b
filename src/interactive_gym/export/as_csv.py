"""The study as CSV: the tables as they are; of each scene its frames, wide and long, and what players experienced."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from interactive_gym.data import study_values
from interactive_gym.data.flat import cell, replacing, write_json, write_table
from interactive_gym.data.schema import SCHEMA_VERSION
from interactive_gym.export.rows import Add, Open, write_frames
from interactive_gym.export.study import Played, Study
from interactive_gym.export.survey import SceneFrames, Track
from interactive_gym.export.tables import file_name


def write_csv(study: Study, frames: dict[str, SceneFrames], folder: Path, track: Track[Played]) -> None:
    for sheet in study.sheets():
        write_table(folder / f"{sheet.name}.csv", (sheet.header, sheet.rows))
    for scene, found in frames.items():
        write_frames(study, scene, found, opener(folder, f"{file_name(scene)}.csv"), track)
    write_others(study, folder)


def opener(folder: Path, name: str) -> Open:
    """Tables as ``<folder>/<kind>/<name>``."""
    return lambda kind, header: writing_table(folder / kind / name, header)


@contextmanager
def writing_table(path: Path, header: Sequence[str]) -> Iterator[Add]:
    with replacing(path) as file:
        out = csv.writer(file)
        out.writerow([*header, "schema_version"])
        yield lambda rows: out.writerows([*map(cell, row), SCHEMA_VERSION] for row in rows)


def write_others(study: Study, folder: Path) -> None:
    """``scenes/<scene>.json``, and what hooks keep of the study; that may name people."""
    for name, scene in study.scenes().items():
        content = {key: scene[key] for key in scene if key != "schema_version"}
        write_json(folder / "scenes" / f"{file_name(name)}.json", content)
    if study.anonymous is None:
        write_json(folder / "globals.json", study_values.of(study.connection))
