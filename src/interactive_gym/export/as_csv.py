"""The study as CSV: the tables as they are; of each scene its frames, wide and long, and what players experienced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from interactive_gym.data.flat import Table, write_json, write_table
from interactive_gym.export.study import EXPERIENCE, Played, Study
from interactive_gym.export.survey import LONG, SceneFrames, Track, long
from interactive_gym.export.tables import file_name


def write_csv(study: Study, frames: dict[str, SceneFrames], folder: Path, track: Track[Played]) -> None:
    for sheet in study.sheets():
        write_table(folder / f"{sheet.name}.csv", (sheet.header, sheet.rows))
    for scene, found in frames.items():
        for kind, table in tables_of_frames(study, scene, found, track):
            write_table(folder / kind / f"{file_name(scene)}.csv", table)
    write_scenes(study, folder / "scenes")


def tables_of_frames(study: Study, scene: str, found: SceneFrames, track: Track[Played]) -> Iterator[tuple[str, Table]]:
    def tracked(what: str) -> Iterator[Played]:
        yield from track(found.episodes, f"{what} of {scene}", len(found.episodes))

    yield "frames", (found.header, found.wide(study, tracked("frames")))
    yield "frames_long", (LONG, long(study, tracked("frames, long,")))
    yield "experience", (EXPERIENCE, _experience(study, tracked("experience")))


def _experience(study: Study, played: Iterator[Played]) -> Iterator[Sequence[object]]:
    for one in played:
        yield from study.experience(one)


def write_scenes(study: Study, folder: Path) -> None:
    for name, scene in study.scenes().items():
        write_json(folder / f"{file_name(name)}.json", {key: scene[key] for key in scene if key != "schema_version"})
