"""Two people play in Pyodide with their states recorded, and another Pyodide finds what was changed of it since."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from interactive_gym.data import games, people, verdicts
from interactive_gym.data.games import Session
from interactive_gym.data.people import Participant
from interactive_gym.data.schema import chunks, members
from interactive_gym.data.timeline import BEFORE_RESET, Start
from interactive_gym.data.validation import validation
from interactive_gym.packaging import build_runtime
from interactive_gym.packaging.node import Node
from interactive_gym.packaging.plan import gym_scenes
from interactive_gym.records import Row, pack, unpack
from interactive_gym.server.lifecycle import State
from interactive_gym.verifying import verify
from tests.browser import rooms
from tests.browser.programs import play_together
from tests.studies import Study
from tests.verifying.played import Played

pytestmark = pytest.mark.pyodide

SEED = 7  # of the program
EXPERIMENT = """
import interactive_gym as ig
from rooms import Room, draw

experiment = ig.Experiment("rooms").scenes(
    ig.StartScene("welcome"),
    ig.GymScene("room")
    .environment(Room, options={"size": 2})
    .rendering(draw=draw, fps=20)
    .policies({0: ig.Human, 1: ig.Human})
    .gameplay(actions={"a": 1, "b": 2, "c": 3}, default_action=0, record_states=True),
    ig.EndScene("thanks"),
)
"""


@pytest.fixture
def played(study: Study, tmp_path: Path) -> Played:
    """What both have sent is in the store."""
    made = Played(tmp_path / "data" / "rooms")
    shutil.copy(rooms.__file__, study.folder / "rooms.py")
    experiment = study.load_text(EXPERIMENT)
    runtime = build_runtime(experiment, tmp_path / "cache")
    made.folder.mkdir(parents=True)
    made.serve(runtime, now=1.0)
    (scene,) = gym_scenes(experiment)
    game: dict[str, Any] = dict(scene.game())
    node = Node(runtime.pyodide_dir, runtime.packages, runtime.archive)
    told = node.run(Path(play_together.__file__), game)
    assert all(one["replayed"] > 5 for one in told)

    def write(connection: Connection) -> None:
        sides = [Session("s-one", scene.id, SEED, game, agent, f"p-{agent}", None, int(agent)) for agent in "01"]
        for side in sides:
            who = Participant(side.participant_id, None, State.PLAYING, scene.id, None)
            people.add_participant(connection, who, query={}, now=2.0)
        games.add_session(connection, sides[0], now=2.0)
        other = {"session_id": "s-one", "player": "1", "participant_id": "p-1", "peer": 1}
        connection.execute(insert(members).values(other))
        for side, one in zip(sides, told, strict=True):
            games.add_start(connection, side, Start(0, 0, BEFORE_RESET), tab="t", now=2.0)
            for episode, head, data in one["chunks"]:
                row = {"episode": episode, "generation": 0, "number": head["index"], "digest": head["digest"]}
                row |= {"first": head["first"], "rows": head["rows"], "data": b64decode(data), "received_at": 2.0}
                games.add_chunk(connection, side, row | {"ending": None})
        games.complete(connection, "s-one", games.Episode(0, 45, "terminated"), now=2.0)

    made.write(write)
    return made


def change(played: Played, player: int, frame: int, changed: Callable[[Row], Row]) -> None:
    """What is stored of a player's frame becomes something else, with the digest that it then has."""

    def write(connection: Connection) -> None:
        side = games.sides(connection, "s-one")[player]
        piece = next(piece for piece in games.line(connection, side, 0) if piece.first <= frame < piece.next_frame)
        (data,) = games.data_of(connection, [piece])
        packed = pack([changed(row) if row.frame == frame else row for row in unpack(data)])
        values = {"digest": packed.digest, "data": packed.data}
        connection.execute(update(chunks).where(chunks.c.id == piece.id).values(values))

    played.write(write)


def outcome(played: Played) -> tuple[Any, ...]:
    (of,) = verify(played.folder)
    assert of.outcome is not None
    return of.outcome.status, of.outcome.frame, of.outcome.column, of.outcome.expected


def parity(played: Played) -> tuple[Any, ...]:
    found = played.write(lambda connection: verdicts.verdict(connection, "s-one", 0))
    return found.status, found.frame, found.column


def elsewhere(row: Row) -> Row:
    return replace(row, state={**(row.state or {}), "t": 99})


def test_states_of_two_people_are_verified_and_a_change_of_one_is_found(played: Played) -> None:
    assert (outcome(played), parity(played)) == (("verified", None, None, None), ("identical", None, None))
    change(played, 1, 12, elsewhere)
    assert parity(played) == ("mismatch", 12, "state.t")
    assert outcome(played)[0] == "verified", "the first player's records count"
    (episode,) = played.write(lambda connection: validation(connection, "s-one"))["episodes"]
    (row,) = [row for row in episode["rows"] if len(row["versions"]) > 1]
    assert row["difference"] == {"column": "state.t", "values": {"0": "13", "1": "99"}}
    assert [version["state"]["t"] for version in row["versions"]] == [13, 99]
    assert [row["frame"] for row in episode["rows"] if "state_hash" in row["versions"][0]] == [9, 19, 29, 39, 44]
    change(played, 0, 12, elsewhere)
    assert parity(played)[0] == "identical"
    assert outcome(played) == ("differs", 12, "state.t", "99")


def test_the_hash_of_a_state_tells_of_what_is_not_recorded(played: Played) -> None:
    change(played, 0, 29, lambda row: replace(row, state_hash="0" * 32))
    assert parity(played) == ("mismatch", 29, "state_hash")
    assert outcome(played) == ("differs", 29, "state_hash", json.dumps("0" * 32))
