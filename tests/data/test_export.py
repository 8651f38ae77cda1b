"""The study as CSV: complete, consistent with what was stored, twice the same, with the columns that are promised."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from interactive_gym.data.files import PUBLIC
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.schema import SCHEMA_VERSION
from interactive_gym.errors import ConfigError
from interactive_gym.export import FORMATS
from interactive_gym.export.rows import Places, long_rows
from interactive_gym.export.study import Played
from interactive_gym.export.survey import line_of
from interactive_gym.records import Row, columns
from tests.data.exported import exported, files, lines, make_overcooked
from tests.data.generated import Generated
from tests.data.generated_games import FPS

LINES = ("events", "matches", "console")
TABLES = {*(name.removesuffix(".csv") for name in PUBLIC), *LINES}
SCENES = {"practice", "kitchen", "tag"}


@pytest.fixture(scope="module")
def folder(generated: Generated, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(generated.folder, tmp_path_factory.mktemp("export"), "csv")["csv"]


def test_the_files(folder: Path) -> None:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    frames = {f"{kind}/{scene}.csv" for kind in ("frames", "frames_long", "experience") for scene in SCENES}
    assert {name for name in found if not name.startswith("scenes/")} == {
        *(f"{name}.csv" for name in TABLES),
        *frames,
        "codebook.csv",
        "globals.json",
        "provenance.json",
    }
    assert "scenes/kitchen.json" in found


def test_the_columns(folder: Path) -> None:
    first = {name: list(lines(folder / f"{name}.csv")[0]) for name in ("frames/kitchen", "frames_long/tag")}
    assert first["frames/kitchen"] == [
        *("session_id", "scene_id", "episode", "frame", "t_ms"),
        *(f"{field}.{agent}" for field in ("actions", "rewards", "terminated", "truncated") for agent in PAIR),
        *(name for name in first["frames/kitchen"] if name.startswith("infos.")),
        *(name for name in first["frames/kitchen"] if name.startswith("observations.")),
        "state_hash",
        *(f"{field}.{agent}" for field in ("source", "is_focused", "present") for agent in PAIR),
        "schema_version",
    ]
    assert first["frames_long/tag"] == [
        *("session_id", "scene_id", "episode", "frame", "agent", "field", "key", "value", "schema_version")
    ]
    for scene in SCENES:
        assert list(lines(folder / f"experience/{scene}.csv")[0]) == [
            *("session_id", "scene_id", "episode", "player", "generation", "frame", "row", "due_ms", "late_ms"),
            *("step_ms", "predicted", "rollback", "rollback_ms", "key", "event_ms", "sampled_ms", "executed_ms"),
            *("painted_ms", "schema_version"),
        ]


def test_states_are_of_the_game_as_a_whole(folder: Path) -> None:
    wide = lines(folder / "frames/practice.csv")
    states = ["state.t", "state.board", "state.pots.left", "state.pots.right", "state.name"]
    assert [name for name in wide[0] if name.startswith("state")] == sorted(states, key=list(wide[0]).index)
    assert set(states) <= set(wide[0])
    reset, tenth = wide[0], next(row for row in wide if row["frame"] == "9")
    assert [reset[name] for name in states] == ["0", "[[0,1],[2,3]]", "true", "", "kitchen"]
    assert [tenth[name] for name in states] == ["10", "[[1,2],[3,4]]", "false", "", "kitchen"]
    long = [row for row in lines(folder / "frames_long/practice.csv") if row["field"].startswith("state")]
    first = [row for row in long if row["session_id"] == reset["session_id"] and row["frame"] == "-1"]
    assert {(row["agent"], row["field"], row["key"]): row["value"] for row in first if row["episode"] == "0"} == {
        ("", "state", "t"): "0",
        ("", "state", "board"): "[[0,1],[2,3]]",
        ("", "state", "pots.left"): "true",
        ("", "state", "pots.right"): "",
        ("", "state", "name"): "kitchen",
    }
    hashes = [row for row in lines(folder / "frames_long/tag.csv") if row["field"] == "state_hash"]
    assert hashes and {(row["agent"], row["key"]) for row in hashes} == {("", "")}
    assert {row["value"] for row in hashes if row["frame"] == "9"} == {f"{9:032x}"}
    book = {row["column"]: row for row in lines(folder / "codebook.csv") if row["scene_id"] == "practice"}
    assert (book["state.t"]["type"], book["state.t"]["minimum"]) == ("integer", "0")
    assert "after the frame" in book["state.board"]["description"]


PAIR = ("chef", "cook")


def test_the_tables_are_those_of_the_study(generated: Generated, folder: Path) -> None:
    for name in TABLES - set(LINES):
        assert (folder / f"{name}.csv").read_bytes() == (generated.folder / f"{name}.csv").read_bytes(), name
    for name in LINES:
        stored = [json.loads(line) for line in (generated.folder / f"{name}.jsonl").read_text().splitlines()]
        found = lines(folder / f"{name}.csv")
        assert len(found) == len(stored)
        assert {row["schema_version"] for row in found} <= {str(SCHEMA_VERSION)}
    assert lines(folder / "events.csv")[0]["data"] == json.dumps(json.loads(lines(folder / "events.csv")[0]["data"]))


def test_every_frame_is_there_once_with_its_values(generated: Generated, folder: Path) -> None:
    found = [row for scene in sorted(SCENES) for row in lines(folder / f"frames/{scene}.csv")]
    by_episode: dict[tuple[str, int], list[dict[str, str]]] = {}
    for row in found:
        by_episode.setdefault((row["session_id"], int(row["episode"])), []).append(row)
    assert by_episode.keys() == generated.truth.rows.keys()
    for key, truth in generated.truth.rows.items():
        for row, meant in zip(by_episode[key], truth, strict=True):
            shown = {name: _cell(value) for name, value in columns(meant, FPS).items()}
            assert {name: cell for name, cell in row.items() if name in shown} == shown
            assert not any(row[name] for name in row.keys() - shown.keys() - set(KEYS))


KEYS = ("session_id", "scene_id", "episode", "schema_version")


def _cell(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def test_the_long_table_has_the_values_of_the_wide_one(folder: Path) -> None:
    for scene in SCENES:
        wide = Counter(
            (row["session_id"], row["episode"], row["frame"], name, value)
            for row in lines(folder / f"frames/{scene}.csv")
            for name, value in row.items()
            if ("." in name or name == "state_hash") and value
        )
        long = Counter(
            (row["session_id"], row["episode"], row["frame"], ".".join(filter(None, _name(row))), row["value"])
            for row in lines(folder / f"frames_long/{scene}.csv")
            if row["value"]
        )
        assert wide == long
        assert sum(wide.values()) > 100


def _name(row: dict[str, str]) -> tuple[str, str, str]:
    return row["field"], row["agent"], row["key"]


def test_all_formats_come_out_the_same_twice(own_copy: Generated, tmp_path: Path) -> None:
    make_overcooked(own_copy.folder)
    once, again = (exported(own_copy.folder, tmp_path / place) for place in ("one", "two"))
    assert once.keys() == again.keys() == FORMATS.keys()
    for name in FORMATS:
        first, second = files(once[name]), files(again[name])
        assert first.keys() == second.keys()
        assert [file for file in first if first[file] != second[file]] == []


def test_what_began_since(generated: Generated, tmp_path: Path) -> None:
    everything = lines(generated.folder / "sessions.csv")
    moments = sorted({row["created_at"] for row in everything})
    middle = moments[len(moments) // 2]
    found = exported(generated.folder, tmp_path, "csv", since=datetime.fromisoformat(middle).timestamp())["csv"]
    kept = {row["session_id"] for row in everything if row["created_at"] >= middle}
    assert {row["session_id"] for row in lines(found / "sessions.csv")} == kept
    people = {row["participant_id"] for row in lines(found / "participants.csv")}
    assert 0 < len(people) < len(generated.truth.people)
    for path in found.rglob("*.csv"):
        for row in lines(path):
            assert not row.get("session_id") or row["session_id"] in kept, path
            assert not row.get("participant_id") or row["participant_id"] in people, path
    rows = [key for key in generated.truth.rows if key[0] in kept]
    assert json.loads((found / "provenance.json").read_text())["episodes"]["total"] == len(rows) > 0
    assert json.loads((found / "provenance.json").read_text())["export"]["since"] == middle


def test_the_provenance(generated: Generated, folder: Path) -> None:
    found = json.loads((folder / "provenance.json").read_text())
    meant = {outcome or "unfinished": count for outcome, count in generated.truth.outcomes.items() if count}
    assert found["participants"] == {"total": len(generated.truth.people), "by_outcome": meant}
    assert found["episodes"]["total"] == len(generated.truth.rows)
    assert found["episodes"]["frames"] == sum(row.frame >= 0 for rows in generated.truth.rows.values() for row in rows)
    assert found["episodes"]["parity"]["identical"] > 0
    assert found["seeds"].keys() == generated.truth.sessions.keys()
    assert found["scenes"]["kitchen"]["kind"] == "gym"
    assert found["starts"][0]["packages"]
    ((scenes, *_),) = [found["configurations"][start["scenes"]] for start in found["starts"]]
    assert (scenes["id"], scenes["position"]) == (generated.experiment.sequence[0].id, 0)
    assert found["not_yet_written"] == {"episodes": 0, "comparisons": 0, "links": 0}
    assert found["network"]["links"] > 0 and found["network"]["rtt_ms_median"]["median"] > 0
    conditions = found["conditions"]["briefing"]
    assert sum(one["participants"] for one in conditions.values()) == len(generated.truth.people)
    for one in [*conditions.values(), *found["conditions"]["size"].values()]:
        assert sum(one["by_outcome"].values()) == one["participants"]
        assert one["attrition"] == round(1 - one["by_outcome"].get("completed", 0) / one["participants"], 4)
    on_disk = {name: content for name, content in files(folder).items() if name != "provenance.json"}
    assert found["files"] == {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in on_disk.items()
    }


def test_the_codebook_has_every_column(folder: Path) -> None:
    entries = lines(folder / "codebook.csv")
    known = {(row["table"], row["scene_id"], row["column"]): row for row in entries}
    assert len(known) == len(entries)
    for path in folder.rglob("*.csv"):
        table = path.stem if path.parent == folder else path.parent.name
        scene = "" if path.parent == folder else path.stem
        if table != "codebook":
            header = lines(path)[0] if lines(path) else []
            assert {(table, scene, name) for name in header if name != "schema_version"} <= known.keys(), path
    age = known["responses", "survey", "age"]
    assert (age["type"], known["responses", "survey", "comment"]["type"]) == ("number", "text")
    action = known["frames", "kitchen", "actions.chef"]
    assert (action["type"], action["minimum"]) == ("integer", "0")
    assert known["frames", "kitchen", "source.chef"]["levels"].startswith("[")
    assert known["participants", "", "done_at"]["type"] == "time"
    assert known["experience", "tag", "late_ms"]["unit"] == "ms"


def test_who_everybody_is_elsewhere_is_told_only_if_asked_for(generated: Generated, tmp_path: Path) -> None:
    subject = next(subject for subject in generated.truth.people.values() if subject)
    told = exported(generated.folder, tmp_path / "told", "csv", platform_ids=True)["csv"]
    assert subject in (told / "platform_ids.csv").read_text()
    kept = exported(generated.folder, tmp_path / "kept", "csv")["csv"]
    assert not any(subject.encode() in content for content in files(kept).values())
    with pytest.raises(ConfigError, match="do not go together"):
        exported(generated.folder, tmp_path / "both", "csv", platform_ids=True, anonymise=True)


def test_the_study_stays_as_it_is(own_copy: Generated) -> None:
    before = files(own_copy.folder)
    written = exported(own_copy.folder, own_copy.folder / "export", "csv")["csv"]
    assert written == own_copy.folder / "export" / "csv"
    after = {name: content for name, content in files(own_copy.folder).items() if not name.startswith("export/")}
    assert after == before


@pytest.mark.parametrize("agent", ["chef", "chef.left", "chef#2"])
def test_names_of_agents_do_not_blur_the_long_table(agent: str) -> None:
    side = Session("s-1", "game", 1, {"fps": 10, "policies": {agent: "human"}}, agent, "p-1", None)
    played = Played([side], Episode(0, 1, "terminated"))
    rows = [Row(-1, infos={agent: {"a.b": 1, "c": {"d": 2}}}), Row(0, actions={agent: 3}, infos={agent: {}})]
    lines = [line_of(row, 10, is_narrow=False) for row in rows]
    keys = ("s-1", "game", 0)
    assert list(long_rows(played, Places(played), rows, lines)) == [
        (*keys, -1, agent, "infos", "a.b", 1),
        (*keys, -1, agent, "infos", "c.d", 2),
        (*keys, 0, agent, "actions", "", 3),
    ]
