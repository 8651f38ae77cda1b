"""The study as Parquet, Minari datasets, Overcooked-AI's table and a Psych-DS folder, read back."""

from __future__ import annotations

import csv
import json
import math
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import minari
import numpy as np
import pandas
import pyarrow.parquet as parquet
import pytest
from gymnasium import spaces

from interactive_gym.data.files import PUBLIC
from interactive_gym.envs.determinism import episode_seed
from interactive_gym.errors import ConfigError
from interactive_gym.export.nothing import NothingToExport
from interactive_gym.export.spaces import Guess, stacked
from interactive_gym.export.study import LINES
from tests.data.exported import exported, files, lines, make_overcooked
from tests.data.generated import Generated
from tests.data.generated_games import FPS, KITCHEN_FRAMES

PAIR = ("chef", "cook")
SCENES = ("practice", "kitchen", "tag")


@pytest.fixture(scope="module")
def folders(generated: Generated, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Without the table of Overcooked-AI: the generated study has no Overcooked."""
    return exported(generated.folder, tmp_path_factory.mktemp("formats"))


def test_what_a_study_cannot_fill_is_left_out_of_all(folders: dict[str, Path]) -> None:
    assert set(folders) == {"csv", "parquet", "minari", "psych-ds"}


def test_parquet_has_the_cells_of_the_csv(folders: dict[str, Path]) -> None:
    names = {path.relative_to(folders["csv"]).with_suffix("") for path in folders["csv"].rglob("*.csv")}
    assert len(names) == len(PUBLIC) + len(LINES) + 3 * len(SCENES) + len(("codebook",))
    for name in names - {Path("codebook")}:
        typed = parquet.read_table(folders["parquet"] / name.with_suffix(".parquet"))
        written = lines(folders["csv"] / name.with_suffix(".csv"))
        assert typed.num_rows == len(written)
        for one, other in zip(typed.to_pylist(), written, strict=True):
            assert list(one) == list(other)
            assert all(_is_same(value, other[column]) for column, value in one.items()), (name, one, other)


def _is_same(value: Any, cell: str) -> bool:
    if value is None:
        return cell == ""
    if isinstance(value, bool):
        return cell == str(value).lower()
    if isinstance(value, datetime):
        return value == datetime.fromisoformat(cell)
    if isinstance(value, float):
        return math.isclose(value, float(cell), rel_tol=0) or (math.isnan(value) and cell == "NaN")
    return str(value) == cell


def test_parquet_has_types(folders: dict[str, Path]) -> None:
    def types(name: str) -> dict[str, str]:
        schema = parquet.read_schema(folders["parquet"] / f"{name}.parquet")
        return {field.name: str(field.type) for field in schema}

    frames = types("frames/kitchen")
    assert (frames["frame"], frames["t_ms"], frames["actions.chef"]) == ("int64", "double", "int64")
    assert (frames["terminated.cook"], frames["source.cook"]) == ("bool", "string")
    assert types("participants")["done_at"] == "timestamp[ms, tz=UTC]"
    assert types("players")["late_share"] == "double"
    assert types("events")["data"] == "string"
    assert types("frames_long/tag")["value"] == "string"
    assert types("experience/tag")["late_ms"] == "double"


def test_minari_steps_through_what_was_played(
    generated: Generated, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(folders["minari"]))
    names = sorted(minari.list_local_datasets())
    assert names == [f"generated/kitchen-{agent}-v0" for agent in PAIR]
    for agent, name in zip(PAIR, names, strict=True):
        dataset = minari.load_dataset(name)
        assert isinstance(dataset.action_space, spaces.Discrete)
        steps = 0
        metadata = list(dataset.storage.get_episode_metadata(dataset.episode_indices))
        for episode, known in zip(dataset.iterate_episodes(), metadata, strict=True):
            key = known["options"]["session_id"], int(known["options"]["episode"])
            rows = generated.truth.rows[key]
            assert known["options"]["participant_id"] == generated.truth.sessions[key[0]][agent]
            assert len(episode.observations) == len(episode.actions) + 1 == len(rows)
            observation = episode.observations[0]
            for before, row in pairwise(rows):
                t = row.frame
                assert np.array_equal(observation, np.asarray(before.observations[agent]))
                assert dataset.observation_space.contains(observation)
                assert dataset.action_space.contains(episode.actions[t])
                assert (episode.actions[t], episode.rewards[t]) == (row.actions[agent], row.rewards[agent])
                assert (episode.terminations[t], episode.truncations[t]) == (
                    row.terminated[agent],
                    row.truncated[agent],
                )
                observation = episode.observations[t + 1]
                steps += 1
        assert steps == dataset.total_steps > 0
        sessions = {row["session_id"]: int(row["seed"]) for row in lines(generated.folder / "sessions.csv")}
        first = metadata[0]
        seed = episode_seed(sessions[first["options"]["session_id"]], "kitchen", int(first["options"]["episode"]))
        assert first["seed"] == seed


@pytest.fixture
def table(own_copy: Generated, tmp_path: Path) -> Iterator[list[dict[str, str]]]:
    make_overcooked(own_copy.folder)
    folder = exported(own_copy.folder, tmp_path, "overcooked-ai")["overcooked-ai"]
    yield lines(folder / "kitchen.csv")


def test_the_table_of_overcooked(generated: Generated, table: list[dict[str, str]]) -> None:
    assert list(table[0]) == [
        *("state", "joint_action", "reward", "time_left", "score", "time_elapsed", "cur_gameloop", "layout"),
        *("layout_name", "trial_id", "player_0_id", "player_1_id", "player_0_is_human", "player_1_is_human"),
    ]
    trials: dict[str, list[dict[str, str]]] = {}
    for row in table:
        trials.setdefault(row["trial_id"], []).append(row)
    kitchens = {key: rows for key, rows in generated.truth.rows.items() if "chef" in generated.truth.sessions[key[0]]}
    assert trials.keys() == {f"{session}:{episode}" for session, episode in kitchens}
    for (session, episode), rows in kitchens.items():
        found = trials[f"{session}:{episode}"]
        people = generated.truth.sessions[session]
        assert {(row["player_0_id"], row["player_1_id"]) for row in found} == {(people["chef"], people["cook"])}
        assert [row["cur_gameloop"] for row in found] == [str(frame + 1) for frame in range(len(rows) - 1)]
        total = sum(float(row["reward"]) for row in found)
        assert math.isclose(float(found[-1]["score"]), total)
        actions = [json.loads(row["joint_action"]) for row in found]
        meant = {0: [0, 0], 1: [-1, 0], 2: [1, 0], 3: [0, -1]}
        assert actions == [[meant[row.actions[agent]] for agent in PAIR] for row in rows[1:]]
        last = found[-1]
        assert float(last["time_left"]) == (KITCHEN_FRAMES - int(last["cur_gameloop"])) / FPS
    first = table[0]
    assert (first["layout_name"], first["layout"], first["state"]) == ("cramped_room", "", "")
    assert first["player_0_is_human"] == "True"


def test_the_rewards_of_overcooked_are_counted_once(generated: Generated, table: list[dict[str, str]]) -> None:
    kitchens = [rows for key, rows in generated.truth.rows.items() if "chef" in generated.truth.sessions[key[0]]]
    steps = [row for rows in kitchens for row in rows if row.frame >= 0]
    is_shared = all(row.rewards["chef"] == row.rewards["cook"] for row in steps)
    share = 1 if is_shared else 2
    total = sum(sum(row.rewards.values()) for row in steps) * share / 2
    assert math.isclose(sum(float(row["reward"]) for row in table), total)


def test_psych_ds_is_laid_out_by_its_rules(folders: dict[str, Path]) -> None:
    folder = folders["psych-ds"]
    description = json.loads((folder / "dataset_description.json").read_text(encoding="utf-8"))
    assert (description["@type"], description["@context"]) == ("Dataset", "https://schema.org")
    assert {"name", "description", "variableMeasured"} <= description.keys()
    measured = [variable["name"] for variable in description["variableMeasured"]]
    assert len(measured) == len(set(measured))
    seen: set[str] = set()
    tables = list(folder.glob("data/**/*"))
    for path in tables:
        if path.is_dir():
            continue
        assert re.fullmatch(r"([a-z]+-[a-zA-Z0-9]+_)+data\.csv", path.name), path.name
        with path.open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        seen |= set(header)
        assert {len(row) for row in rows} <= {len(header)}
    assert seen == set(measured)
    assert {"README.md", "documentation/codebook.csv", "documentation/provenance.json"} <= files(folder).keys()


def test_a_single_format_that_cannot_be_filled_is_an_error(generated: Generated, tmp_path: Path) -> None:
    with pytest.raises(NothingToExport, match="is for Overcooked"):
        exported(generated.folder, tmp_path, "overcooked-ai")
    assert list(tmp_path.iterdir()) == []


def test_without_observations_there_is_nothing_for_minari(own_copy: Generated, tmp_path: Path) -> None:
    with closing(sqlite3.connect(own_copy.folder / "study.db")) as store, store:
        store.execute("update sessions set game = json_set(game, '$.record_observations', json('false'))")
    with pytest.raises(NothingToExport, match="record_observations=True"):
        exported(own_copy.folder, tmp_path, "minari")


NESTED = spaces.Tuple([spaces.Discrete(1), spaces.Text(1, charset="x")])


@pytest.mark.parametrize(
    ("values", "space"),
    [
        ([0, 2, True], spaces.Discrete(3)),
        ([np.int64(4)], spaces.Discrete(5)),
        ([-1, 3], spaces.Box(np.iinfo(np.int64).min, np.iinfo(np.int64).max, (), np.int64)),
        ([1, 0.5], spaces.Box(-np.inf, np.inf, (), np.float64)),
        ([np.zeros((2, 3), np.uint8)], spaces.Box(0, 255, (2, 3), np.uint8)),
        ([np.zeros(2, np.float32), [0.0, 1.0]], spaces.Box(-np.inf, np.inf, (2,), np.float64)),
        ([np.zeros(2, np.bool_)], spaces.MultiBinary((2,))),
        (["ab", "c"], spaces.Text(2, charset="abc")),
        ([{"b": 1, "a": (0, "x")}], spaces.Dict({"a": NESTED, "b": spaces.Discrete(2)})),
    ],
)  # fmt: skip
def test_spaces_hold_what_was_seen(values: list[Any], space: spaces.Space[Any]) -> None:
    guess = Guess()
    for value in values:
        guess.add(value)
    assert guess.space() == space
    assert stacked(space, values) is not None


@pytest.mark.parametrize("values", [[[1], [1, 2]], [{"a": 1}, {"b": 1}], ["a", 1], [1j], [np.array("x")]])
def test_what_no_space_holds_is_told(values: list[Any]) -> None:
    guess = Guess()
    with pytest.raises(ConfigError):
        for value in values:
            guess.add(value)


def test_pandas_reads_the_table_of_overcooked(own_copy: Generated, tmp_path: Path) -> None:
    make_overcooked(own_copy.folder)
    folder = exported(own_copy.folder, tmp_path, "overcooked-ai")["overcooked-ai"]
    frame = pandas.read_csv(folder / "kitchen.csv")
    assert frame["player_0_is_human"].all() and frame["player_0_is_human"].dtype == bool
    assert frame.groupby("trial_id")["cur_gameloop"].max().gt(0).all()
