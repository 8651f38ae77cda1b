"""What a study recorded, in the data frames of each library."""

from __future__ import annotations

import math
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas
import polars
import pyarrow
import pytest

from interactive_gym.data import Loaded, load
from interactive_gym.data.data_frames import Library, kind_of_values, library
from interactive_gym.data.store import Store
from interactive_gym.errors import ConfigError
from interactive_gym.records import plain
from tests.data.generated import Generated

LIBRARIES: tuple[Library, ...] = ("pandas", "polars", "pyarrow")
TABLES = (
    *("participants", "sessions", "episodes", "players", "links", "responses", "screenings", "attributes"),
    *("assignments", "events", "console", "matches", "visits"),
)


def lines(frame: Any) -> list[dict[str, Any]]:
    """The rows of a data frame, with None where nothing is."""
    if isinstance(frame, pyarrow.Table):
        return frame.to_pylist()
    if isinstance(frame, polars.DataFrame):
        return frame.to_dicts()
    rows = frame.astype(object).to_dict("records")
    return [{name: None if _is_missing(value) else value for name, value in row.items()} for row in rows]


def _is_missing(value: Any) -> bool:
    return (
        value is pandas.NA or value is pandas.NaT or value is None or (isinstance(value, float) and math.isnan(value))
    )


@pytest.fixture(params=LIBRARIES)
def study(request: pytest.FixtureRequest, generated: Generated) -> Loaded:
    return load(generated.folder, frames=request.param)


@pytest.mark.parametrize("name", TABLES)
def test_every_library_has_the_same_tables(generated: Generated, name: str) -> None:
    found = [getattr(load(generated.folder, frames=one), name) for one in LIBRARIES]
    assert len({tuple(one.columns if one is not found[2] else one.column_names) for one in found}) == 1
    assert len({one.shape for one in found}) == 1
    assert found[0].shape[0] > 0
    mixed = {"conditions", "data", "value", "round_trips", "change_times", "candidates"}  # JSON but in pandas
    by_library = [
        [{key: value for key, value in line.items() if key not in mixed} for line in lines(one)] for one in found
    ]
    assert by_library[0] == by_library[1] == by_library[2]


def test_people_and_their_answers(study: Loaded, generated: Generated) -> None:
    people = lines(study.participants)
    assert Counter(one["outcome"] for one in people) == generated.truth.outcomes
    assert people[0]["arrived_at"] == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    assert people[20]["sequence"][0] == "welcome"
    answers = {(one["participant_id"], one["scene_id"], one["name"]): one["value"] for one in lines(study.responses)}
    if isinstance(study.responses, pandas.DataFrame):
        assert answers == generated.truth.responses
    assert answers.keys() == generated.truth.responses.keys()


def test_frames_are_what_was_played(study: Loaded, generated: Generated) -> None:
    seats = generated.truth.sessions
    assert study.scenes == ["kitchen", "practice", "tag"]
    found: dict[tuple[str, int, int, str], dict[str, Any]] = {}
    for scene in study.scenes:
        for line in lines(study.frames(scene)):
            found[line["session_id"], line["episode"], line["frame"], line["agent"]] = line
    expected = {
        (session, episode, row.frame, agent): row
        for (session, episode), rows in generated.truth.rows.items()
        for row in rows
        for agent in row.infos
    }
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        line, agent = found[key], key[3]
        assert line["participant_id"] == seats[key[0]].get(agent)
        for name in ("actions", "rewards", "terminated", "truncated", "source", "is_focused", "present"):
            assert (line.get(name), name) == (getattr(row, name).get(agent), name)
        info = row.infos[agent]
        assert (line["infos.x"], line["infos.scored"]) == (info.get("x"), info.get("scored"))
        seen = (row.observations or {}).get(agent)
        assert line["observations"] == (None if seen is None else plain(seen))
    types = {type(line["actions"]) for line in found.values()}
    assert types == {int, type(None)}


def test_only_some_sessions(study: Loaded, generated: Generated) -> None:
    one, *_ = (session for session, seats in generated.truth.sessions.items() if "chef" in seats)
    assert {line["session_id"] for line in lines(study.frames("kitchen", sessions=[one]))} == {one}
    felt = lines(study.experience("kitchen", sessions=[one]))
    assert {line["row"] for line in felt} == {"tick", "key"}
    assert {line["player"] for line in felt} == {"chef", "cook"}


def test_a_scene_that_nobody_played(study: Loaded) -> None:
    with pytest.raises(ConfigError, match="There are: kitchen, practice, tag"):
        study.frames("attic")


@pytest.mark.parametrize("frames", LIBRARIES)
def test_a_study_without_people_has_its_columns(tmp_path: Path, frames: Library) -> None:
    Store(tmp_path / "study.db").close()
    study = load(tmp_path, frames=frames)
    assert {getattr(study, name).shape[0] for name in TABLES} == {0}
    assert study.sessions.shape[1] > 20


def test_a_library_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path / "study.db").close()
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ConfigError, match=r'interactive-gym\[polars\]", or take frames="pandas"'):
        load(tmp_path, frames="polars")
    with pytest.raises(ConfigError, match="is none of"):
        library("R")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="There is no study"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("values", "kind", "converted"),
    [
        ([1, None], "integer", [1, None]),
        ([1, 2.5, "NaN", None], "number", [1.0, 2.5, math.nan, None]),
        (["Infinity", "-Infinity"], "number", [math.inf, -math.inf]),
        ([True, None], "boolean", [True, None]),
        ([True, 1], "any", [True, 1]),
        ([2**63], "any", [2**63]),
        (["NaN", "x"], "text", ["NaN", "x"]),
        ([[1], [2, 3]], "list", [[1], [2, 3]]),
        ([[1], 2], "any", [[1], 2]),
        ([None], "any", [None]),
    ],
)
def test_the_kind_of_a_column_is_that_of_its_values(values: list[Any], kind: str, converted: list[Any]) -> None:
    found, column = kind_of_values(values)
    assert (found, repr(column)) == (kind, repr(converted))
    for name in LIBRARIES:
        assert library(name)({"column": (found, column)}).shape == (len(values), 1)


def test_no_library_and_no_server_is_imported_for_it() -> None:
    heavy = {"pandas", "polars", "pyarrow", "interactive_gym.server"}
    program = f"import sys, interactive_gym.data\nprint(sorted({heavy!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    alone = "import sys, interactive_gym\nprint('interactive_gym.data' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True).stdout.strip() == "False"


def test_states_stand_in_the_row_of_each_agent(study: Loaded) -> None:
    alone = [row for row in lines(study.frames("practice")) if row["frame"] in (-1, 9)]
    assert {row["state.t"] for row in alone} == {0, 10} and {row["state.name"] for row in alone} == {"kitchen"}
    assert {row["state.pots.left"] for row in alone if row["frame"] == 9} == {False}
    together = lines(study.frames("kitchen"))
    assert {row["state_hash"] for row in together if row["frame"] == 9} == {f"{9:032x}"}
    assert {row["agent"] for row in together if row["state_hash"]} == {"chef", "cook"}
    assert {row["state_hash"] for row in together if row["frame"] == 8} == {None}
