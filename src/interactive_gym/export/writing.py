"""From a wish to complete folders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from interactive_gym.data.flat import write_json, write_table
from interactive_gym.data.study_folder import opened
from interactive_gym.errors import ConfigError
from interactive_gym.export.anonymous import Anonymous
from interactive_gym.export.as_csv import write_csv
from interactive_gym.export.as_minari import write_minari
from interactive_gym.export.as_overcooked import write_overcooked
from interactive_gym.export.as_parquet import write_parquet
from interactive_gym.export.as_psych_ds import write_psych_ds
from interactive_gym.export.codebook import HEADER, codebook
from interactive_gym.export.facts import facts
from interactive_gym.export.forms import fields_of_scenes
from interactive_gym.export.nothing import NothingToExport
from interactive_gym.export.places import replacing_folder
from interactive_gym.export.study import Played, Study, scope_of
from interactive_gym.export.survey import SceneFrames, Track, survey

Writer = Callable[[Study, dict[str, SceneFrames], Path, Track[Played]], None]

FORMATS: dict[str, Writer] = {
    "csv": write_csv,
    "parquet": write_parquet,
    "minari": write_minari,
    "overcooked-ai": write_overcooked,
    "psych-ds": write_psych_ds,
}
ABOUT = {"psych-ds": "documentation"}  # where a format wants what is no data


@dataclass(frozen=True)
class Wish:
    """
    Attributes:
        formats: Names of ``FORMATS``. With several, one for which this study has nothing is left out.
        to: The folder in which each format gets one; None: a folder in that of the study.
        since: Unix seconds: what began earlier is left out.
    """

    study: Path
    formats: Sequence[str]
    to: Path | None = None
    anonymise: bool = False
    since: float | None = None
    platform_ids: bool = False


def export(wish: Wish, track: Track[Played], say: Callable[[str], None]) -> list[Path]:
    """Writes each format that is asked for; all of them show the same state of the store.

    Returns:
        The folders that were written.

    Raises:
        ConfigError: There is no such study, the wishes do not go together, the place is taken, a library is missing, or
            the one format that is asked for has nothing to show of this study.
    """
    if wish.anonymise and wish.platform_ids:
        raise ConfigError("--anonymise and --platform-ids do not go together: the table tells who everybody is.")
    with opened(wish.study) as folder:
        return folder.read(lambda connection: _export(wish, folder.path, connection, track, say))


def _export(
    wish: Wish, folder: Path, connection: Connection, track: Track[Played], say: Callable[[str], None]
) -> list[Path]:
    scope = scope_of(connection, wish.since)
    bare = Study(folder, connection, scope)
    anonymous = Anonymous(connection, fields_of_scenes(bare.scenes())) if wish.anonymise else None
    study = Study(folder, connection, scope, anonymous, wish.platform_ids)
    frames = survey(study, track)
    target = wish.to or folder / ("export-anonymised" if wish.anonymise else "export")
    written = []
    for name in wish.formats:
        try:
            with replacing_folder(target / name) as draft:
                _write(name, study, frames, draft, track)
        except NothingToExport as nothing:
            if len(wish.formats) == 1:
                raise
            say(f"{name} is left out: {nothing}")
        else:
            written.append(target / name)
    return written


def _write(name: str, study: Study, frames: dict[str, SceneFrames], draft: Path, track: Track[Played]) -> None:
    FORMATS[name](study, frames, draft, track)
    about = draft / ABOUT.get(name, "")
    write_table(about / "codebook.csv", (HEADER, codebook(study, frames)))
    write_json(about / "provenance.json", facts(study, frames, name, draft))


__all__ = ["FORMATS", "Wish", "export"]
