"""A game that was rolled back is the game that was played straight on, to the last byte of its records."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError
from interactive_gym.game.episode import Episode
from interactive_gym.game.host import Host, run
from interactive_gym.game.recorder import Recorder
from interactive_gym.netcode.requests import (
    ABSENT,
    BOT,
    FOCUSED,
    HUMAN,
    Advance,
    Begin,
    Commit,
    Input,
    Load,
    Request,
    Save,
)
from interactive_gym.records import Row, unpack
from tests.envs.published import PUBLISHED, overcooked

from . import games
from .driving import Played, plan_of, rolled_back, straight
from .games import SEED, host_of, setup_of

CHASE = ("cat", "mouse")


@pytest.fixture
def world() -> Iterator[VirtualWorld]:
    with VirtualWorld().installed() as world:
        yield world


def rows(played: Played) -> list[Row]:
    return [row for _, _, data in played.chunks for row in unpack(data)]


def begun(host: Host, frames: int) -> list[tuple[Input, ...]]:
    """Play so many frames, each saved before; returns what was played."""
    plan = plan_of(host, frames)
    host.fulfil(Begin(0))
    for frame, inputs in enumerate(plan):
        host.fulfil(Save(frame, hashed=False))
        host.fulfil(Advance(frame, inputs, is_live=True))
    return plan


GAMES: dict[str, tuple[Any, tuple[str, ...], dict[str, Any]]] = {
    "unseeded": (games.Duel, CHASE, {}),
    "observations recorded": (games.Duel, CHASE, {"record_observations": True}),
    "max_steps": (games.Duel, CHASE, {"max_steps": 25}),
    "numpy results": (games.NumpyResults, CHASE, {}),
    "an agent is done early": (games.Early, CHASE, {}),
    "every codec": (games.Numbered, ("0", "1", "2", "3", "4"), {}),
    "players in another order": (games.Early, ("mouse", "cat"), {}),
    "Box and hooks": (games.Steer, ("0",), {"max_steps": 60}),
    "Overcooked": (overcooked, ("0", "1"), {"max_steps": 50}),
    "slime volleyball": (PUBLISHED["slime volleyball"], ("agent_left", "agent_right"), {"fps": 30, "max_steps": 100}),
    "states recorded": (games.Duel, CHASE, {"record_states": True}),
    "states of sets": (games.Gathers, CHASE, {"record_states": True}),
    "states by hooks": (games.Steer, ("0",), {"max_steps": 60, "record_states": True}),
}


@pytest.mark.parametrize("name", GAMES)
def test_a_game_that_was_rolled_back_is_as_if_it_never_had_been(world: VirtualWorld, name: str) -> None:
    make, agents, changes = GAMES[name]
    host = host_of(world, make, agents, **changes)
    plan = plan_of(host, 110)
    expected = straight(host, plan)
    assert len(expected.digests) > 20 and expected.chunks
    assert len(set(expected.digests)) == len(expected.digests), "each frame changes the state"
    for seed in range(3):
        found = rolled_back(host_of(world, make, agents, **changes), plan, seed)
        assert found.replayed > 20
        assert found.digests == expected.digests
        assert found.chunks == expected.chunks
        assert (found.ended, found.scores) == (expected.ended, expected.scores)


@pytest.mark.parametrize("name", GAMES)
def test_its_records_are_those_of_an_episode_without_a_session(world: VirtualWorld, name: str) -> None:
    make, agents, changes = GAMES[name]
    setup = setup_of(make, agents, **changes)
    host = Host(setup, world, SEED)
    plan = plan_of(host, 60)
    played = straight(host, plan)
    episode, recorder = Episode(setup, world, SEED, 0), Recorder(setup.fps)
    chunks = recorder.add(episode.row, last=False)
    for row in rows(played)[1:]:
        episode.step(row.actions, row.source, row.is_focused, row.observed, row.present)
        chunks += recorder.add(episode.row, last=episode.over is not None)
    chunks += recorder.finish()
    assert [(chunk.index, chunk.packed.digest, chunk.packed.data) for chunk in chunks] == played.chunks


def test_an_episode_that_was_made_before_it_was_asked_for_is_the_same(world: VirtualWorld) -> None:
    host = host_of(world, games.Duel, CHASE)
    plan = plan_of(host, 60)
    expected = straight(host_of(world, games.Duel, CHASE), plan)
    host.begin_early(0)
    early = host.episode
    host.fulfil(Begin(0))
    assert host.episode is early
    host.begin_early(0)
    found = straight(host, plan)
    assert (found.digests, found.chunks) == (expected.digests, expected.chunks)
    last = host.episode
    host.fulfil(Begin(0))
    assert host.episode is not last, "it was begun early once"


# --- what is recorded -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "frames", "hashed"), [(games.Duel, 40, [9, 19, 29, 39]), (games.Early, 25, [9, 19])])
def test_the_hashes_of_states_are_of_frames_that_their_number_decides(
    world: VirtualWorld, make: Any, frames: int, hashed: list[int]
) -> None:
    """Whether a frame was saved, gone back to, or committed before its state was saved, makes no difference."""
    host = host_of(world, make, CHASE)
    plan = plan_of(host, frames)
    for played in (straight(host, plan), rolled_back(host_of(world, make, CHASE), plan)):
        assert [row.frame for row in rows(played) if row.state_hash] == hashed
    last = rows(straight(host_of(world, make, CHASE, max_steps=14), plan))
    assert [row.frame for row in last if row.state_hash] == [9, 13], "the last one has it"
    alone = host_of(world, make, CHASE, humans=frozenset({"cat"}))
    assert not any(row.state_hash for row in rows(straight(alone, plan))), "there is nobody to be compared with"


def test_a_state_that_was_put_back_is_looked_at_again(world: VirtualWorld) -> None:
    """What the digest of a step says is not taken for that of a restored state."""
    host = host_of(world, games.Duel, CHASE)
    begun(host, 10)
    right = host.fulfil(Save(10, hashed=True))["digest"]
    assert host.fulfil(Save(10, hashed=True))["digest"] == right
    host.fulfil(Load(10))
    host.episode.env.t += 1
    assert host.fulfil(Save(10, hashed=True))["digest"] != right


def test_rows_are_what_the_inputs_say(world: VirtualWorld) -> None:
    host = host_of(world, games.Early, ("mouse", "cat"), humans=frozenset({"cat"}))
    cat = [FOCUSED | HUMAN, HUMAN, ABSENT, FOCUSED, 6]
    ages = [1, 2, 9, 1, 1]
    plan = [(Input(b"\1", BOT, age), Input(b"\3", flags)) for age, flags in zip(ages, cat, strict=True)]
    found = rows(straight(host, plan))
    assert [row.frame for row in found] == [-1, 0, 1, 2, 3, 4]
    assert [row.actions for row in found[1:]] == [{"mouse": 1, "cat": 3}] * 3 + [{"cat": 3}] * 2
    assert [row.source.get("mouse") for row in found[1:]] == ["bot"] * 3 + [None] * 2
    assert [row.source["cat"] for row in found[1:]] == ["human", "human", "default", "default", "default"]
    assert [row.is_focused for row in found[1:]] == [{"cat": on} for on in (True, False, False, True, False)]
    assert [row.present for row in found[1:]] == [{"cat": on} for on in (True, True, False, True, True)]
    assert [row.terminated.get("mouse") for row in found[1:]] == [False, False, True, None, None]
    assert [row.observed for row in found[1:]] == [{"mouse": -1}, {"mouse": -1}, {"mouse": -1}, {}, {}]


def test_no_peer_can_have_recorded_that_a_bot_saw_the_future(world: VirtualWorld) -> None:
    host = host_of(world, games.Duel, CHASE)
    plan = [(Input(b"\1", BOT, 0), Input(b"\1", BOT, age)) for age in (0, 1, 2, 255)]
    found = rows(straight(host, plan))
    assert [row.observed for row in found[1:]] == [
        {"cat": -1, "mouse": -1}, {"cat": 0, "mouse": 0}, {"cat": 1, "mouse": 0}, {"cat": 2, "mouse": -1}
    ]  # fmt: skip


def test_flags_are_recorded_as_they_were_committed_not_as_they_were_predicted(world: VirtualWorld) -> None:
    host = host_of(world, games.Duel, CHASE)
    host.fulfil(Begin(0))
    host.fulfil(Advance(0, (Input(b"\1", 0), Input(b"\1", 0)), is_live=True))
    host.fulfil(Commit(0, ((Input(b"\1", HUMAN | FOCUSED), Input(b"\1", BOT)),), keep=0))
    host.end_episode()
    ((_, row),) = [unpack(chunk.packed.data) for chunk in host.take_chunks()]
    assert row.source == {"cat": "human", "mouse": "bot"} and row.is_focused == {"cat": True, "mouse": False}


def test_what_is_not_committed_is_never_recorded(world: VirtualWorld) -> None:
    host = host_of(world, games.Duel, CHASE)
    plan = begun(host, 25)
    assert host.take_chunks() == [] and host.committed == -1
    host.fulfil(Commit(0, tuple(plan[:12]), keep=12))
    assert host.committed == 11
    (first,) = host.take_chunks()
    assert (first.index, first.packed.first, first.packed.count) == (0, -1, 11)
    host.end_episode()
    (rest,) = host.take_chunks()
    assert (rest.index, rest.packed.first, rest.packed.count) == (1, 10, 2)
    assert host.take_chunks() == []


def test_frames_that_were_played_otherwise_cannot_be_committed(world: VirtualWorld) -> None:
    host = host_of(world, games.Duel, CHASE)
    plan = begun(host, 5)
    wrong = (Input(b"\0"), Input(b"\0"))
    assert wrong[0].action != plan[0][0].action
    with pytest.raises(RuntimeError, match=r"frame 0 .* not played with these actions"):
        host.fulfil(Commit(0, (wrong,), keep=0))
    host.fulfil(Load(3))
    with pytest.raises(RuntimeError, match=r"frame 3 .* not played"):
        host.fulfil(Commit(3, (plan[3],), keep=0))


def test_the_end_is_final_once_it_is_committed(world: VirtualWorld) -> None:
    host = host_of(world, games.Duel, CHASE, max_steps=3)
    host.fulfil(Begin(0))
    plan = plan_of(host, 3)
    answers = [host.fulfil(Advance(frame, inputs, is_live=True)) for frame, inputs in enumerate(plan)]
    assert [answer["terminal"] for answer in answers] == [False, False, True]
    assert host.episode.over == "max_steps" and host.over is None
    host.fulfil(Save(3, hashed=True))
    with pytest.raises(RuntimeError, match="over"):
        host.fulfil(Advance(3, plan[0], is_live=True))
    host.fulfil(Commit(0, tuple(plan), keep=3))
    assert host.over == "max_steps"
    assert [chunk.packed.count for chunk in host.take_chunks()] == [4], "the last chunk is complete"


# --- counters and observations --------------------------------------------------------------------------------------


def test_counters_go_back_with_the_state(world: VirtualWorld) -> None:
    host = host_of(world, games.Early, CHASE)
    bite, rest = (Input(b"\3"), Input(b"\0")), (Input(b"\0"), Input(b"\0"))
    host.fulfil(Begin(0))
    host.fulfil(Save(0, hashed=False))
    start = host.episode.standing
    for frame in range(4):
        host.fulfil(Advance(frame, bite, is_live=True))
    assert host.episode.standing.done == {"mouse"} and host.episode.acting == ["cat"]
    assert host.episode.standing.scores["cat"] > 0 and host.episode.frame == 3
    host.fulfil(Load(0))
    assert host.episode.standing == start and host.episode.acting == ["cat", "mouse"]
    for frame in range(4):
        host.fulfil(Advance(frame, rest, is_live=True))
    assert host.episode.standing.done == set() and host.episode.frame == 3


def test_the_newest_frame_can_be_looked_at(world: VirtualWorld) -> None:
    host = host_of(world, games.Duel, CHASE)
    begun(host, 3)
    episode = host.episode
    assert (episode.frame, episode.env.t) == (2, 3)
    assert episode.reward("cat") == episode.row.rewards["cat"]
    assert set(episode.standing.observations) == set(CHASE)


def test_what_watched_agents_saw_is_given_out_as_it_was_then(world: VirtualWorld) -> None:
    host = Host(setup_of(games.Duel, CHASE), world, SEED, watched=["mouse"])
    plan = begun(host, 4)
    expected = []
    host.fulfil(Load(0))
    for frame, inputs in enumerate(plan):
        host.fulfil(Advance(frame, inputs, is_live=False))
        expected.append(host.episode.standing.observations["mouse"].copy())
        host.episode.standing.observations["mouse"][:] = -1  # as environments do that reuse their arrays
    (reset,) = host.take_seen()
    assert reset.frame == -1 and list(reset.observations) == ["mouse"]
    host.fulfil(Commit(0, tuple(plan[:3]), keep=3))
    seen = host.take_seen()
    assert [one.frame for one in seen] == [0, 1, 2]
    assert all(np.array_equal(one.observations["mouse"], array) for one, array in zip(seen, expected, strict=False))
    assert host.take_seen() == []


# --- failures -------------------------------------------------------------------------------------------------------

JUMP, WALK = (Input(b"\3"), Input(b"\3")), (Input(b"\1"), Input(b"\1"))


@pytest.mark.parametrize(
    ("make", "says"), [(games.Pit, "step() raised RuntimeError: the pit is deep"), (games.Exits, "SystemExit")]
)
def test_an_exception_is_the_result_of_its_frame(world: VirtualWorld, make: Any, says: str) -> None:
    host = host_of(world, make, CHASE)
    host.fulfil(Begin(0))
    host.fulfil(Save(0, hashed=False))
    host.fulfil(Advance(0, WALK, is_live=True))
    answer = host.fulfil(Advance(1, JUMP, is_live=True))
    assert answer["failed"] and not answer.get("terminal")
    assert host.failure is not None and says in host.failure.problem and "Traceback" in host.failure.detail
    assert host.result(1) == b"failed" != host.result(0)
    for request in (Advance(2, WALK, is_live=True), Save(2, hashed=False)):
        with pytest.raises(RuntimeError, match="frame 2"):
            host.fulfil(request)
    host.fulfil(Load(0))
    assert host.failure is None
    assert straight(host_of(world, make, CHASE), [WALK] * 20).chunks == _goes_on(host, [WALK] * 20).chunks


def _goes_on(host: Host, plan: list[tuple[Input, ...]]) -> Played:
    for frame, inputs in enumerate(plan):
        assert not host.fulfil(Advance(frame, inputs, is_live=False)).get("failed")
    host.fulfil(Commit(0, tuple(plan), keep=0))
    host.end_episode()
    return Played(chunks=[(chunk.index, chunk.packed.digest, chunk.packed.data) for chunk in host.take_chunks()])


def test_a_game_with_failures_on_wrong_ways_is_the_one_without(world: VirtualWorld) -> None:
    host = host_of(world, games.Pit, CHASE)
    plan = [inputs for inputs in plan_of(host, 100) if {one.action for one in inputs} != {b"\3"}]
    expected = straight(host, plan)
    failures = 0
    for seed in range(6):
        other = host_of(world, games.Pit, CHASE)
        found = rolled_back(other, plan, seed)
        assert (found.digests, found.chunks) == (expected.digests, expected.chunks)
        failures += found.wrong_failures
    assert failures > 0


def test_a_failure_that_is_no_mistake_ends_the_rows_before_it(world: VirtualWorld) -> None:
    plan = [WALK] * 13 + [JUMP] + [WALK] * 3
    for play in (straight, rolled_back):
        found = play(host_of(world, games.Pit, CHASE), plan)
        assert found.ended == "failed" and [row.frame for row in rows(found)][-1] == 12


def test_what_cannot_be_recorded_fails_its_frame(world: VirtualWorld) -> None:
    host = host_of(world, games.GivesObjects, CHASE)
    found = straight(host, [WALK] * 10)
    assert found.ended == "failed" and rows(found)[-1].frame == 3
    assert host.failure is not None and "infos['cat']['engine'] cannot be recorded" in host.failure.problem


def test_a_failure_keeps_nothing_alive(world: VirtualWorld) -> None:
    host = host_of(world, games.Pit, CHASE)
    host.fulfil(Begin(0))
    host.fulfil(Advance(0, JUMP, is_live=True))
    env = weakref.ref(host.episode.env)
    host.fulfil(Begin(1))
    gc.collect()
    assert env() is None


def test_an_environment_that_cannot_be_saved_ends_the_game(world: VirtualWorld) -> None:
    from tests.envs.broken import HoldsAGenerator

    host = host_of(world, HoldsAGenerator)
    host.fulfil(Begin(0))
    with pytest.raises(EnvError, match=r"env\.moves \(generator\) cannot be saved"):
        host.fulfil(Save(0, hashed=False))


@pytest.mark.parametrize("name", ["FailsToReset", "FailsToBeMade"])
def test_an_environment_that_cannot_begin_says_so_at_once(world: VirtualWorld, name: str) -> None:
    from tests.envs import broken

    with pytest.raises(EnvError):
        host_of(world, getattr(broken, name))


# --- what a session is told -----------------------------------------------------------------------------------------


def test_each_episode_has_a_fresh_environment_and_nothing_of_the_last(world: VirtualWorld) -> None:
    host, alone = host_of(world, games.Duel, CHASE), host_of(world, games.Duel, CHASE)
    plan = plan_of(host, 30)
    first = straight(host, plan, episode=0)
    assert straight(host, plan, episode=1) == straight(alone, plan, episode=1) != first
    assert rolled_back(host, plan, episode=0).chunks == first.chunks


def test_every_answer_has_its_cost_and_digests_only_where_they_are_asked_for(world: VirtualWorld) -> None:
    host = host_of(world, games.Duel, CHASE)
    requests = [Begin(0), Save(0, hashed=True), Save(0, hashed=False), Advance(0, WALK, is_live=True), Load(0)]
    answers = [host.fulfil(request) for request in requests]
    assert all(answer["cost"] > 0 for answer in answers)
    assert [len(answer.get("digest", b"")) for answer in answers] == [0, 16, 0, 0, 0]


def test_states_that_are_not_needed_are_let_go(world: VirtualWorld) -> None:
    host = host_of(world, games.Duel, CHASE)
    plan = begun(host, 6)
    host.fulfil(Commit(0, tuple(plan[:3]), keep=2))
    assert sorted(host._kept) == [2, 3, 4, 5]
    host.fulfil(Load(3))
    assert sorted(host._kept) == [2, 3]


def test_the_actions_of_players(world: VirtualWorld) -> None:
    actions = host_of(world, games.Early, ("mouse", "cat")).actions
    assert actions.encode(0, 3) == b"\3" and actions.plain(1, b"\2") == 2
    assert actions.is_action(1, b"\3")
    assert not any(actions.is_action(player, data) for player, data in [(0, b"\4"), (0, b""), (0, b"\1\1"), (2, b"\1")])
    with pytest.raises(ValueError):
        actions.encode(0, 4)


def test_peers_with_other_games_have_other_fingerprints(world: VirtualWorld) -> None:
    prints = [host_of(world, make, agents).fingerprint for make, agents, _ in GAMES.values()]
    assert host_of(world, games.Duel, CHASE).fingerprint == prints[0] == host_of(world, games.Early, CHASE).fingerprint
    assert prints[5]["actions"].startswith("0: Discrete(300, start=-5), 1: MultiDiscrete([3 4]), 2: Box(")
    assert len({print["actions"] for print in prints}) == 6


def test_a_session_runs_a_host(world: VirtualWorld) -> None:
    class Session:
        def __init__(self) -> None:
            self.answers: list[dict[str, Any]] = []

        def advance(self, now: float) -> Iterator[Request]:
            asked = [Begin(0), Save(0, hashed=True), Advance(0, WALK, is_live=True), Commit(0, (WALK,), keep=0)]
            for count, request in enumerate(asked):
                assert len(self.answers) == count, "each is answered before the next is taken"
                yield request

        def done(self, **answer: Any) -> None:
            self.answers.append(answer)

    session, host = Session(), host_of(world, games.Duel, CHASE)
    run(session, host, now=0.0)
    assert len(session.answers) == 4 and host.committed == 0


# --- drawing --------------------------------------------------------------------------------------------------------


def test_what_drawing_keeps_in_an_environment_is_not_compared(world: VirtualWorld) -> None:
    setup = setup_of(games.Paints, CHASE)
    drawn, plain = (Host(setup, world, SEED, look=games.Paints.draw) for _ in range(2))
    blind = Host(setup, world, SEED)
    assert drawn.fingerprint["no_state"] == "Paints.frames_drawn, Paints.tiles"
    assert drawn.fingerprint == plain.fingerprint != blind.fingerprint
    plan = plan_of(drawn, 10)
    expected = straight(plain, plan)
    drawn.fulfil(Begin(0))
    for frame, inputs in enumerate(plan):
        assert drawn.fulfil(Save(frame, hashed=True))["digest"] == expected.digests[frame]
        drawn.fulfil(Advance(frame, inputs, is_live=True))
        drawn.episode.env.draw()


def test_a_picture_that_cannot_be_taken_is_nobodys_business_yet(world: VirtualWorld) -> None:
    def fails(env: Any) -> None:
        raise RuntimeError("no brush")

    assert Host(setup_of(games.Duel, CHASE), world, SEED, look=fails).fingerprint["no_state"] == ""
