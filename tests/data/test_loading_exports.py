"""Data frames of an export are those of the study it was made from."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas
import polars
import pytest

from interactive_gym.data import load, stored_study
from interactive_gym.data.data_frames import Library
from interactive_gym.data.episode_files import frames
from interactive_gym.errors import ConfigError
from interactive_gym.export import study as export_study
from interactive_gym.export import survey
from interactive_gym.records import Row
from tests.data.exported import exported
from tests.data.generated import Generated
from tests.data.test_loading import LIBRARIES, TABLES, lines

FORMATS = ("csv", "parquet")


@pytest.fixture(scope="module")
def exports(generated: Generated, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("exports")
    exported(generated.folder, to, *FORMATS, "psych-ds")
    exported(generated.folder, to / "anonymised", "csv", anonymise=True)
    return to


def assert_same(one: Any, other: Any, format: str) -> None:
    """The same columns, types and values; in CSV, a text that is empty is none."""

    def rows(frame: Any) -> list[dict[str, Any]]:
        found = lines(frame)
        return [{k: None if v == "" and format == "csv" else v for k, v in row.items()} for row in found]

    assert types(one) == types(other)
    assert rows(one) == rows(other)


def types(frame: Any) -> list[tuple[str, str]]:
    if isinstance(frame, pandas.DataFrame):
        return [(name, str(found)) for name, found in frame.dtypes.items()]
    if isinstance(frame, polars.DataFrame):
        return [(name, str(found)) for name, found in frame.schema.items()]
    return [(field.name, str(field.type)) for field in frame.schema]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("format", FORMATS)
def test_an_export_has_what_the_study_has(generated: Generated, exports: Path, format: str, library: Library) -> None:
    study, export = load(generated.folder, frames=library), load(exports / format, frames=library)
    for name in TABLES:
        assert_same(getattr(study, name), getattr(export, name), format)
    assert study.scenes == export.scenes
    for scene in study.scenes:
        assert_same(study.frames(scene), export.frames(scene), format)
        assert_same(study.experience(scene), export.experience(scene), format)


@pytest.mark.parametrize("format", FORMATS)
def test_only_some_sessions(generated: Generated, exports: Path, format: str) -> None:
    some = sorted(generated.truth.sessions)[::3]
    study, export = load(generated.folder), load(exports / format)
    for scene in study.scenes:
        assert_same(study.frames(scene, sessions=some), export.frames(scene, sessions=some), format)
        assert_same(study.experience(scene, sessions=some), export.experience(scene, sessions=some), format)
    with pytest.raises(ConfigError, match="There are: kitchen, practice, tag"):
        export.frames("attic")


def odd(row: Row, agent: str, number: int) -> dict[str, Any]:
    """Values of all kinds, of which columns have one each."""
    return {
        "a.b": number,
        "deep": {"list": [number, [0.5]], "text": f"[{number}", "none": None, "": {"x": 1}},
        "float": math.nan if number == 1 else number if number == 2 else 0.1 * number,
        "inf": math.inf,
        "empty": [],
        "number as text": str(number),
        agent: number % 2 == 0,
        **({"rare": "now"} if row.frame == 3 else {}),
    }


def oddly(*arguments: Any) -> Iterator[Row]:
    """What was played, as if the environment had other spaces."""
    for row in frames(*arguments):
        if row.frame < 0:
            yield replace(row, infos={agent: {} for agent in row.infos}, observations=None)
            continue
        infos = {agent: odd(row, agent, number) for number, agent in enumerate(row.infos)}
        actions = {agent: {"move": [0.5, 1.0], "jump": {"high": True}} for agent in row.actions}
        yield replace(row, actions=actions, infos=infos)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("is_narrow", [False, True], ids=["wide", "narrow"])
def test_values_of_all_kinds(
    generated: Generated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format: str, is_narrow: bool
) -> None:
    for module in (stored_study, export_study):
        monkeypatch.setattr(module, "frames", oddly)
    if is_narrow:
        monkeypatch.setattr(survey, "MAX_COLUMNS", 30)
    folder = exported(generated.folder, tmp_path, format)[format]
    study, export = load(generated.folder), load(folder)
    if format == "csv":
        header = (folder / "frames" / "kitchen.csv").read_text().partition("\n")[0]
        assert (",actions," in header) is is_narrow
    for scene in ("kitchen", "tag"):
        found = study.frames(scene)
        if not is_narrow:
            found = found[found["frame"] >= 0].reset_index(drop=True)  # nothing is told of a reset with empty infos
        assert_same(found, export.frames(scene), format)
    assert export.frames("kitchen")["infos.deep.list"].iloc[-1] == [1, [0.5]]
    assert export.frames("kitchen")["actions"].iloc[-1] == {"move": [0.5, 1.0], "jump": {"high": True}}


def test_one_that_names_nobody_has_less(generated: Generated, exports: Path) -> None:
    study, export = load(generated.folder), load(exports / "anonymised" / "csv")
    known = dict(zip(study.participants.participant_id, export.participants.participant_id, strict=True))
    for scene in study.scenes:
        named = study.frames(scene)
        named["participant_id"] = named["participant_id"].map(known).astype("string")
        assert_same(named, export.frames(scene), "csv")
    assert len(export.events) == len(study.events)
    with pytest.raises(ConfigError, match="no table console in the export"):
        _ = export.console


def test_other_folders_are_told(exports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"is an export as psych-ds\. Load one as csv or parquet"):
        load(exports / "psych-ds")
    with pytest.raises(ConfigError, match="holds exports in several formats"):
        load(exports)
    (tmp_path / "provenance.json").write_text(json.dumps({"schema_version": 99, "export": {"format": "csv"}}))
    with pytest.raises(ConfigError, match="by a newer version"):
        load(tmp_path)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConfigError, match=r"interactive-gym\[parquet\]"):
        _ = load(exports / "parquet").participants


def test_tables_that_do_not_fit_are_told(generated: Generated, tmp_path: Path) -> None:
    folder = exported(generated.folder, tmp_path, "csv")["csv"]
    path = folder / "frames" / "kitchen.csv"
    header, _, *others = path.read_text().splitlines(keepends=True)
    path.write_text("".join([header, *others]))
    with pytest.raises(ConfigError, match="do not fit each other"):
        load(folder).frames("kitchen")
