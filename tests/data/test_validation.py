"""All that is known of one game, frame by frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from interactive_gym.cli.commands import app
from interactive_gym.data import events, matches
from interactive_gym.data.validation import validation
from interactive_gym.errors import ConfigError
from interactive_gym.netcode.referee import Grant
from tests.data.generated import Generated
from tests.server.pairs import SESSION, Group
from tests.server.rows import FPS

SIZES = [(0, FPS), (1, FPS), (2, 25 - 2 * FPS)]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Group]:
    group = Group(tmp_path)
    yield group
    group.close()


def known(pair: Group, episode: int | None = None) -> dict[str, Any]:
    return pair.store.read_now(lambda connection: validation(connection, SESSION, episode))


def test_frames_on_which_all_agree_have_one_version(pair: Group) -> None:
    for agent in ("green", "blue"):
        pair.upload(agent, *pair.episode(25))
    content = known(pair)
    assert [(one["player"], one["participant_id"], one["peer"]) for one in content["players"]] == [
        ("green", "p-green", 0),
        ("blue", "p-blue", 1),
    ]
    (episode,) = content["episodes"]
    assert (episode["is_complete"], episode["frames"], episode["end_reason"]) == (True, 25, "terminated")
    assert episode["parity"] == {"status": "identical", "frame": None, "column": None}
    assert [row["frame"] for row in episode["rows"]] == list(range(-1, 25))
    for row in episode["rows"]:
        (version,) = row["versions"]
        assert version["generations"] == {"green": 0, "blue": 0} and "difference" not in row
    (version,) = episode["rows"][4]["versions"]
    assert set(version["actions"]) == {"green", "blue"} and set(version["source"].values()) == {"human"}
    chunks = episode["players"]["blue"]["chunks"]
    assert [(one["number"], one["first"], one["rows"], one["counts"]) for one in chunks] == [
        (0, -1, FPS + 1, True),
        (1, FPS, FPS, True),
        (2, 2 * FPS, 25 - 2 * FPS, True),
    ]
    assert [one["digest"] for one in chunks] == [pair.chunk(n, frames=f, ends=n == 2)["digest"] for n, f in SIZES]


def test_where_pages_recorded_something_else_both_are_told(pair: Group) -> None:
    pair.upload("green", *pair.episode(25))
    pair.upload("blue", *pair.episode(25, x={13: 99}))
    (episode,) = known(pair)["episodes"]
    assert episode["parity"]["status"] == "mismatch" and episode["parity"]["frame"] == 13
    several = [row for row in episode["rows"] if len(row["versions"]) > 1]
    assert [row["frame"] for row in several] == [13]
    (row,) = several
    assert row["difference"]["column"] == episode["parity"]["column"]
    assert set(row["difference"]["values"]) == {"green", "blue"} and "99" in row["difference"]["values"]["blue"]
    assert [list(version["generations"]) for version in row["versions"]] == [["green"], ["blue"]]
    one, other = row["versions"]
    assert one["digest"] != other["digest"] and one["played"] != other["played"]


def test_what_is_not_complete_is_told_too_and_what_no_longer_counts(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1))
    assert pair.again("green") == 1
    pair.upload("green", pair.chunk(0, generation=1))
    (episode,) = known(pair)["episodes"]
    assert (episode["is_complete"], episode["frames"]) == (False, None)
    chunks = episode["players"]["green"]["chunks"]
    assert [(one["generation"], one["number"]) for one in chunks] == [(0, 0), (0, 1), (1, 0)]
    assert [one["counts"] for one in chunks] == [False, True, True]
    recorded = [version["generations"]["green"] for row in episode["rows"] for version in row["versions"]]
    assert recorded == [1] * (FPS + 1) + [0] * FPS, "what was sent before counts until it is sent again"
    assert [life["generation"] for life in known(pair)["players"][0]["generations"]] == [0, 1]


def test_ticks_in_which_frames_were_played_again(pair: Group) -> None:
    tick = [12, 100.0, 0.0, 1.0, 108.0]
    second = {"kind": "experience", "session_id": SESSION, "episode": 0, "generation": 0, "index": 1, "keys": []}
    pair.upload("green", pair.chunk(0), {**second, "ticks": [tick, [13, *tick[1:], 2, 5, 1.5]]})
    players = known(pair)["episodes"][0]["players"]
    assert players["green"]["rollbacks"] == [{"generation": 0, "frame": 13, "frames": 5, "ms": 1.5, "predicted": 2}]
    assert players["blue"] == {"ends": [], "chunks": [], "rollbacks": []}


def test_who_was_cut_and_what_happened(pair: Group) -> None:
    pair.upload("green", pair.chunk(0))

    def happen(connection: Any) -> None:
        matches.add_grant(connection, SESSION, Grant(0, 1, 1, True, 0, "silent"), now=101.0)
        data = {"peer": 1, "frame": 13, "agreed": 12}
        who = {"participant_id": "p-green", "session_id": SESSION}
        events.record(connection, "match_mismatch", reason="", severity="error", now=102.0, data=data, **who)

    pair.write(happen)
    content = known(pair)
    (cut,) = content["cuts"]
    assert (cut["player"], cut["asked_by"], cut["reason"], cut["is_gone"]) == ("blue", "green", "silent", True)
    assert [(one["left_at"] is not None, one["left_reason"]) for one in content["players"]] == [
        (False, None),
        (True, "silent"),
    ]
    (mismatch,) = [one for one in content["events"] if one["name"] == "match_mismatch"]
    assert (mismatch["player"], mismatch["data"]["frame"]) == ("green", 13)


def test_one_episode_alone_and_none_that_there_is_not(pair: Group) -> None:
    pair.upload("green", *pair.episode(25))
    assert [one["episode"] for one in known(pair, 0)["episodes"]] == [0]
    with pytest.raises(ConfigError, match=r"nothing is stored of episode 1 .* \[0\]"):
        known(pair, 1)
    with pytest.raises(ConfigError, match="no session 's-none'"):
        pair.store.read_now(lambda connection: validation(connection, "s-none"))


def test_the_command_prints_json_of_every_game(generated: Generated) -> None:
    with (generated.folder / "sessions.csv").open(encoding="utf-8") as file:
        sessions = list(dict.fromkeys(line.split(",")[0] for line in list(file)[1:]))
    for session in sessions[:8]:
        result = CliRunner().invoke(app, ["validation", str(generated.folder), session])
        assert result.exit_code == 0, result.output
        content = json.loads(result.stdout)
        assert content["session_id"] == session
        for episode in content["episodes"]:
            frames = [row["frame"] for row in episode["rows"]]
            assert frames == list(range(-1, len(frames) - 1))
    result = CliRunner().invoke(app, ["validation", str(generated.folder), "s-none"])
    assert result.exit_code == 2 and "no session" in result.output
