"""States in the record: as they are played alone and together, whatever is drawn, gone back to or reloaded."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from dataclasses import replace
from typing import Any

import pytest

from interactive_gym.browser.runtime import Runtime
from interactive_gym.browser.verification import Verifier
from interactive_gym.data.parity import difference
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.records import FIELDS, SHARED, Row, encode, pack, unpack

from . import games
from .rooms import HERE, game
from .test_match import HUMAN, SMALLER, assert_same, chunks_of
from .test_restart import assert_goes_on, restart, until
from .test_restart import chunks_of as seconds_of
from .wire import SEED, Page, Wire

HASHED = [9, 19, 29, 39, 44]  # every tenth, and the last one
PAINTS: dict[str, Any] = {"environment": f"{HERE}:Paints", "draw": None, "record_states": True}


def joined(world: VirtualWorld, game_json: str) -> list[Page]:
    line = Wire(world, game_json)
    pages = line.join_all()
    line.run(60)
    return pages


def verified(world: VirtualWorld, game_json: str, rows: list[Row], seed: int = SEED, episode: int = 0) -> Any:
    """What playing ``rows`` again says: how many are alike, and the first that is not."""
    job = {"game": json.loads(game_json), "seed": seed, "episode": episode, "frames": len(rows) - 1}
    answer = Verifier(Runtime(world)).answer(job, [pack(rows[at : at + 20]).data for at in range(0, len(rows), 20)])
    assert answer["failure"] is None
    return answer["frames"], *(unpack(b64decode(answer["row"])) if answer["row"] else [None])


def changed(rows: list[Row], frame: int, **fields: Any) -> list[Row]:
    return [replace(row, **fields) if row.frame == frame else row for row in rows]


# --- together -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, {"record_states": True}, PAINTS])
def test_all_record_the_same_states_whatever_each_is_shown(world: VirtualWorld, changes: dict[str, Any]) -> None:
    pages = joined(world, game(HUMAN, HUMAN, **changes))
    assert_same(pages)
    assert all(sum(packet["rollback"] for packet in page.packets) > 10 for page in pages)
    for episode in (0, 1):
        rows = pages[0].rows(episode)
        assert [row.frame for row in rows if row.state_hash] == HASHED
        assert len({row.state_hash for row in rows}) == 1 + len(HASHED)
        if not changes:
            assert {row.state for row in rows} == {None}
            continue
        states = [row.state or {} for row in rows]
        assert [state["t"] for state in states] == [*range(46)]
        assert [state["at"] for state in states[1:]] == [{0: row.rewards["0"], 1: row.rewards["1"]} for row in rows[1:]]
        assert {frozenset(state) for state in states} == {
            frozenset({"possible_agents", "agents", "length", "fails_at", "t", "at"})
        }, "neither the generator, nor what was painted"


@pytest.mark.parametrize("changes", [{}, PAINTS])
def test_they_come_out_again_and_what_was_changed_does_not(world: VirtualWorld, changes: dict[str, Any]) -> None:
    game_json = game(HUMAN, HUMAN, **changes)
    rows = joined(world, game_json)[0].rows(1)
    assert verified(world, game_json, rows, episode=1) == (45, None)
    frames, played = verified(world, game_json, changed(rows, 29, state_hash="0" * 32), episode=1)
    assert (frames, played.frame, played.state_hash) == (29, 29, rows[30].state_hash)
    frames, played = verified(world, game_json, changed(rows, 29, state_hash=None), episode=1)
    assert (frames, played.frame) == (29, 29)
    if changes:
        states = changed(rows, 7, state={**(rows[8].state or {}), "t": 9})
        frames, played = verified(world, game_json, states, episode=1)
        assert (frames, played.frame, played.state["t"]) == (7, 7, 8)
        assert difference([rows, states]) == (7, "state.t")


def test_chunks_of_before_there_were_states_come_out_again(world: VirtualWorld) -> None:
    """In the same archive: a page may have been opened before the server of a newer version was started."""
    game_json = game(HUMAN, HUMAN)
    rows = [replace(row, state_hash=None) for row in joined(world, game_json)[0].rows(0)]
    assert verified(world, game_json, rows)[0] == 9, "as it is written now, it has one"
    old = {key: value for key, value in json.loads(game_json).items() if key != "record_states"}
    job = {"game": old, "seed": SEED, "episode": 0, "frames": 45}
    verifier = Verifier(Runtime(world))
    assert verifier.answer(job, [_of_version_3(rows)]) == {"frames": 45, "row": None, "failure": None}
    answer = verifier.answer(job, [_of_version_3(changed(rows, 12, rewards={"0": 1.0}))])
    (played,) = unpack(b64decode(answer["row"]))
    assert (answer["frames"], played.rewards) == (12, rows[13].rewards)


def _of_version_3(rows: list[Row]) -> bytes:
    names = [name for name in FIELDS if name not in SHARED]
    return zlib.compress(encode([3, rows[0].frame, *([getattr(row, name) for row in rows] for name in names)]))


def test_who_reloads_records_the_same_states(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, options={"size": 2, "length": 200}, multiplayer=SMALLER, **PAINTS))
    stays, goes = line.join_all()
    line.leave_after(goes, 40)
    line.run(4, until=lambda: bool(stays.events("cut")))
    again = line.join(1, boot=2, returning=True)
    line.run(60)
    assert [event["reason"] for event in [*stays.events("ended"), *again.events("ended")]] == ["over", "over"]
    assert chunks_of(again) == chunks_of(stays)
    assert [row.frame for row in again.rows(0) if row.state_hash] == [*range(9, 200, 10)]
    assert [(row.state or {})["t"] for row in again.rows(0)] == [*range(201)]


def test_games_that_go_on_after_all_were_lost_record_the_same_states(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, **{"options": {"size": 2, "length": 120}, **PAINTS}))
    before = line.join_all()
    until(line, 0, 70)
    chunks = seconds_of(before, 0)
    after = restart(line, before, 0, chunks)
    line.run(60)
    assert_goes_on(before, after, 0, chunks)
    assert [row.frame for row in after[1].rows(0) if row.state_hash] == [*range(9, 120, 10)]


def test_states_that_differ_show_in_the_records(world: VirtualWorld) -> None:
    options = {"size": 2, "apart": 15}
    one, two = joined(world, game(HUMAN, HUMAN, environment=f"{HERE}:Doubts", options=options, episodes=1))
    assert difference([one.rows(0), two.rows(0)]) == (19, "state_hash")


# --- alone ----------------------------------------------------------------------------------------------------------


class Sketch(games.Walk):
    """Draws into itself."""

    def draw(self) -> None:
        self.drawn = getattr(self, "drawn", 0) + 1


def draw(env: Sketch, surface: Any) -> None:
    env.draw()


class Mute(games.Walk):
    """Nothing of it is plain data."""

    def get_state(self) -> Any:
        return self

    def set_state(self, state: Any) -> None: ...


class Tuples(games.Walk):
    """Its state is no dict."""

    def get_state(self) -> Any:
        return self.t, self.x

    def set_state(self, state: Any) -> None:
        self.t, self.x = state


class Raises(Tuples):
    def get_state(self) -> Any:
        raise LookupError("the state is lost")


class Grows(games.Walk):
    """More than can be stored."""

    def step(self, action: Any) -> Any:
        self.trail = games.np.random.default_rng(self.t).bytes(30_000 * self.t)
        return super().step(action)


def alone(**changes: Any) -> str:
    return str(games.game(**{"environment": f"{__name__}:Sketch", "draw": f"{__name__}:draw", **changes}))


def play(
    world: VirtualWorld, game_json: str, ticks: int = 30, chunks: list[bytes] | None = None
) -> tuple[Any, list[bytes]]:
    """The last packet, and all chunks."""
    running = Runtime(world).open_game(game_json, json.dumps({"session_id": "s", "seed": SEED}))
    packet: Any = json.loads(running.begin(0, chunks or []))
    found: list[bytes] = []
    for _ in range(ticks):
        found += [running.chunk(position) for position in range(len(packet.get("chunks", [])))]
        if packet.get("over") or "error" in packet:
            break
        packet = json.loads(running.tick(json.dumps({"down": ["ArrowRight"], "pressed": [], "focused": True})))
    return packet, found


def test_who_plays_alone_records_states_and_no_hashes(world: VirtualWorld) -> None:
    game_json = alone(record_states=True)
    packet, chunks = play(world, game_json)
    rows = [row for data in chunks for row in unpack(data)]
    assert packet["over"] and [(row.state or {})["t"] for row in rows] == [*range(26)]
    assert {row.state_hash for row in rows} == {None}
    assert all("drawn" not in (row.state or {"drawn": 1}) for row in rows)
    assert [(row.state or {})["info"]["at"] for row in rows[1:]] == [row.infos["0"]["at"] for row in rows[1:]]
    assert verified(world, game_json, rows) == (25, None)
    again, _ = play(world, game_json, ticks=0, chunks=chunks[:2])
    assert (again["frame"], again.get("error")) == (19, None), "it goes on after a reload, though it had been drawn"


def test_nobody_makes_an_environment_before_unless_states_are_recorded(world: VirtualWorld) -> None:
    counts = []
    for wanted in (False, True):
        games.Walk.made = 0
        play(world, alone(environment=f"{games.HERE}:Walk", record_states=wanted), ticks=1)
        counts.append(games.Walk.made)
    assert counts == [1, 2]


def test_a_state_that_is_no_dict_is_recorded_as_one_value(world: VirtualWorld) -> None:
    game_json = alone(environment=f"{__name__}:Tuples", draw=f"{games.HERE}:draw", record_states=True)
    _, chunks = play(world, game_json)
    rows = [row for data in chunks for row in unpack(data)]
    assert [(row.state or {})["get_state()"][0] for row in rows] == [*range(26)]
    assert verified(world, game_json, rows) == (25, None)


@pytest.mark.parametrize(
    ("environment", "problem", "stage"),
    [
        ("Mute", r"nothing of the state of Mute can be recorded; get_state\(\) .*Mute; use .*record_states", "reset"),
        ("Raises", r"get_state\(\) raised LookupError: the state is lost", "reset"),
        ("Grows", r"at most 8,000,000 and 525,000 can be stored: .*record_states", "step"),
    ],
)  # fmt: skip
def test_what_cannot_be_recorded_is_said(world: VirtualWorld, environment: str, problem: str, stage: str) -> None:
    game_json = alone(environment=f"{__name__}:{environment}", draw=f"{games.HERE}:draw", record_states=True)
    packet, _ = play(world, game_json)
    assert packet["error"]["stage"] == stage
    assert re.search(problem, packet["error"]["problem"])
