"""The judges of the matches: the toy games, the host that watches its session, the oracle. Do they object?"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from interactive_gym.netcode.events import Mismatch
from interactive_gym.netcode.requests import HUMAN, Advance, Begin, Commit, Input, Load, Request, Save
from interactive_gym.netcode.testing.broken import Diverging, Forgetful, Raising, RaisingWhenHeld, StepError
from interactive_gym.netcode.testing.faults import Burst, Freeze, both_ways
from interactive_gym.netcode.testing.games import IDLE, MakeGame, ToyGame, any_action, is_action
from interactive_gym.netcode.testing.host import BrokenPromise, Host, Outcome, Row
from interactive_gym.netcode.testing.links import Conditions, Links
from interactive_gym.netcode.testing.match import Match, run_match
from interactive_gym.netcode.testing.oracle import judge, play_in_lockstep
from interactive_gym.netcode.testing.peer import Seen
from interactive_gym.netcode.testing.report import Report
from interactive_gym.netcode.testing.scenario import Scenario, config_of
from tests.netcode.lockstep import LockstepSession

RULES = ToyGame(players=2, max_steps=300)
STILL = (Input(IDLE), Input(IDLE))


def _inputs(frames: int, players: int = 2, seed: int = 1) -> list[tuple[Input, ...]]:
    random = Random(seed)
    return [tuple(Input(any_action(random)) for _ in range(players)) for _ in range(frames)]


# --- toy games --------------------------------------------------------------------------------------------------------


def test_a_game_that_goes_back_comes_to_the_same_again() -> None:
    game = RULES(0)
    game.begin(0)
    played = _inputs(200)
    before = game.save()
    first = [(game.step(inputs), game.digest()) for inputs in played]
    game.load(before)
    assert [(game.step(inputs), game.digest()) for inputs in played] == first


def test_every_input_shows_in_the_digest() -> None:
    for frame in range(20):
        played = _inputs(20)
        games = RULES(0), RULES(1)
        for game in games:
            game.begin(0)
        for at, inputs in enumerate(played):
            games[0].step(inputs)
            games[1].step(inputs if at != frame else (Input(b"\x03\x00\x00"), inputs[1]))
        assert games[0].digest() != games[1].digest()


def test_episodes_differ() -> None:
    first, second = (play_in_lockstep(RULES(0), episode, _inputs(100)) for episode in (0, 1))
    assert first != second


def test_a_game_ends_after_its_steps_or_with_its_score() -> None:
    by_steps = play_in_lockstep(RULES(0), 0, _inputs(400))
    assert len(by_steps) == 300
    lengths = {len(play_in_lockstep(ToyGame(2, None, goal=20)(0), 0, _inputs(3000, seed=seed))) for seed in range(5)}
    assert len(lengths) > 1
    assert max(lengths) < 3000


def test_players_do_only_what_the_games_know() -> None:
    random = Random(0)
    actions = [any_action(random) for _ in range(500)]
    assert all(is_action(0, action) for action in (*actions, IDLE))
    assert {len(action) for action in actions} == {1, 3}
    assert not any(is_action(0, action) for action in (b"", b"\x03", b"\x04", b"\x01\x00\x00"))


def test_a_forgetful_game_does_not_come_to_the_same_again() -> None:
    game = Forgetful(RULES)(0)
    game.begin(0)
    for inputs in _inputs(35):
        game.step(inputs)
    kept = game.save()
    for _ in range(2):
        game.load(kept)
        for inputs in _inputs(10):
            game.step(inputs)
    assert game.digest() != _digest_after(RULES, 0, _inputs(35) + _inputs(10))


def _digest_after(make: MakeGame, peer: int, played: list[tuple[Input, ...]]) -> bytes:
    game = make(peer)
    game.begin(0)
    for inputs in played:
        game.step(inputs)
    return game.digest()


def test_a_game_diverges_on_one_peer_alone() -> None:
    broken = Diverging(RULES, peer=1, frame=30)
    assert _digest_after(broken, 0, _inputs(30)) == _digest_after(broken, 1, _inputs(30))
    assert _digest_after(broken, 0, _inputs(31)) != _digest_after(broken, 1, _inputs(31))


@pytest.mark.parametrize("peer, raising", [(None, {0, 1}), (1, {1})])
def test_a_game_raises_on_all_peers_or_on_one(peer: int | None, raising: set[int]) -> None:
    ends = {at: play_in_lockstep(Raising(RULES, 30, peer)(at), 0, _inputs(60))[-1] for at in (0, 1)}
    assert {at for at, row in ends.items() if row.outcome == Outcome(False, True, None) and row.frame == 30} == raising


def test_a_game_raises_when_an_action_is_held_and_forgets_it_when_it_goes_back() -> None:
    game = RaisingWhenHeld(RULES, frames=5)(0)
    game.begin(0)
    held = (Input(b"\x01"), Input(IDLE))
    kept = game.save()
    for _ in range(2):
        for _ in range(5):
            game.step(held)
        with pytest.raises(StepError):
            game.step(held)
        game.load(kept)


# --- the host ---------------------------------------------------------------------------------------------------------


def _host(requests: list[Request], make: MakeGame = RULES) -> Host:
    host = Host(make(0), players=2)
    host.begin_tick()
    for request in requests:
        host.fulfil(request)
    return host


def _live(frame: int, inputs: tuple[Input, ...] = STILL) -> Advance:
    return Advance(frame, inputs, is_live=True)


def _again(frame: int, inputs: tuple[Input, ...] = STILL) -> Advance:
    return Advance(frame, inputs, is_live=False)


BEGUN: list[Request] = [Begin(0), Save(0, hashed=True)]
SHORT = ToyGame(players=2, max_steps=1)
OTHER = (Input(b"\x01"), Input(IDLE))


@pytest.mark.parametrize(
    "requests, promise",
    [
        ([_live(0)], "begun first"),
        ([Begin(1), Begin(1)], "in their order"),
        ([*BEGUN, Save(1, hashed=False)], "under its own frame"),
        ([*BEGUN, _live(0), Load(1)], "only a kept state"),
        ([*BEGUN, _live(0), Save(1, hashed=False), Load(0), _again(0), Load(1)], "only a kept state"),
        ([*BEGUN, _live(0), Save(1, hashed=False), Commit(0, (STILL,), 1), Load(0)], "only a kept state"),
        ([*BEGUN, _live(0), Commit(0, (STILL,), 0), Load(0), _again(0, OTHER)], "stays as it is"),
        ([*BEGUN, _live(0), Load(0), _again(0), Load(0)], "one replay per call"),
        ([*BEGUN, _live(1)], "one after another"),
        ([*BEGUN, _live(0, STILL[:1])], "an input per player"),
        ([*BEGUN, *(_live(frame) for frame in range(5))], "at most 4 live frames"),
        ([*BEGUN, Commit(0, (STILL,), 0)], "only what was played"),
        ([*BEGUN, _live(0), Commit(0, (OTHER,), 0)], "played with what is committed"),
        ([*BEGUN, _live(0), _live(1), Commit(1, (STILL,), 1)], "committed one after another"),
        ([*BEGUN, _live(0), Commit(0, (), 0)], "committed one after another"),
        ([*BEGUN, _live(0), Commit(0, (STILL,), 2)], "still needed"),
    ],
)  # fmt: skip
def test_a_host_objects_to_a_broken_promise(requests: list[Request], promise: str) -> None:
    _host(requests[:-1])
    with pytest.raises(BrokenPromise, match=promise):
        _host(requests)


@pytest.mark.parametrize("make", [SHORT, Raising(RULES, frame=0)])
@pytest.mark.parametrize("commit", [[], [Commit(0, (STILL,), 0)]])
def test_a_host_objects_to_steps_after_the_last(make: MakeGame, commit: list[Request]) -> None:
    with pytest.raises(BrokenPromise, match="nothing follows"):
        _host([*BEGUN, _live(0), *commit, _live(1)], make)


def test_a_last_step_that_is_taken_back_was_not_the_last() -> None:
    host = _host([*BEGUN, _live(0), Load(0), _again(0, OTHER)], RaisingWhenHeld(RULES, frames=0))
    assert host.frame == 1
    assert host.rollbacks == host.replayed == 1


def test_a_host_counts_rollbacks_for_nothing() -> None:
    for inputs, idle in ((STILL, 1), (OTHER, 0)):
        host = _host([*BEGUN, _live(0), _live(1), Load(0), _again(0, inputs), _again(1)])
        host.end_tick()
        assert host.idle_rollbacks == idle


def test_a_host_keeps_the_flags_that_are_committed_not_those_that_were_predicted() -> None:
    known = (Input(IDLE, HUMAN), Input(IDLE, HUMAN, age=3))
    host = _host([*BEGUN, _live(0), Commit(0, (known,), 0)])
    assert [row.inputs for row in host.record.rows] == [known]
    assert host.record.rows == play_in_lockstep(RULES(0), 0, [known])


# --- whole matches ----------------------------------------------------------------------------------------------------


LOSSY = Links(Conditions(delay=0.05, jitter=0.03, loss=0.1, duplication=0.05, reordering=0.05))


def _scenario(peers: int = 2, **changes: object) -> Scenario:
    usual = {"game": ToyGame(peers, 120), "links": LOSSY, "must_roll_back": False}
    return Scenario(config_of(peers, episodes=2), **(usual | changes))


def _played(**changes: object) -> Report:
    report = run_match(_scenario(**changes), LockstepSession)
    assert not report.problems, report
    return report


@pytest.mark.parametrize("peers", [2, 3, 5, 8])
def test_lockstep_passes(peers: int) -> None:
    report = _played(peers=peers)
    assert [len(record.rows) for episode in (0, 1) for _, record in report.records(episode)] == [120] * 2 * peers


def test_lockstep_passes_through_bursts_and_freezes() -> None:
    report = _played(faults=(Burst(1.0, 3.0, both_ways(0, 1)), Freeze(6.0, 2.0, 1)))
    assert report.took > _played().took + 3


def test_equal_scenarios_run_equally() -> None:
    assert str(_played(seed=5)) == str(_played(seed=5))
    assert str(_played(seed=5)) != str(_played(seed=6))


def _tampered(row: int, **changes: object) -> Report:
    """A good match in which one row of one peer was changed afterwards."""
    report = _played()
    rows = report.processes[1].host.records[0].rows
    rows[row] = rows[row]._replace(**changes)
    return report


def test_the_oracle_sees_another_input() -> None:
    problems = judge(_tampered(50, inputs=OTHER))
    assert "differ at frame 50" in problems[0]


def test_the_oracle_sees_another_result() -> None:
    good = _played().processes[1].host.records[0].rows[50].outcome
    assert good.result is not None
    problems = judge(_tampered(50, outcome=good._replace(result=good.result._replace(steps=52))))
    assert "differ at frame 50" in problems[0]


def test_the_oracle_sees_a_difference_from_the_reference() -> None:
    report = _played()
    for peer in report.processes:
        rows = peer.host.records[0].rows
        rows[50] = rows[50]._replace(outcome=Outcome(False, False, None))
    assert "the reference differ at frame 50" in judge(report)[0]


def test_the_oracle_sees_inputs_that_nobody_gave() -> None:
    report = _played()
    for peer in report.processes:
        peer.host.records[0].given.clear()
    assert any("nobody gave player" in problem for problem in judge(report))


def test_the_oracle_sees_that_rows_are_missing() -> None:
    report = _played()
    del report.processes[0].host.records[1].rows[-1]
    problems = judge(report)
    assert any("has 119 rows" in problem for problem in problems)
    assert any("wrong reason" in problem for problem in problems)


def test_the_oracle_sees_rows_after_the_last() -> None:
    report = _played()
    for peer in report.processes:
        peer.host.records[0].rows.append(Row(120, STILL, Outcome(False, False, None)))
    assert any("rows after the last one, 119" in problem for problem in judge(report))


def test_the_oracle_sees_a_mismatch_unless_it_is_expected() -> None:
    report = _played()
    report.processes[0].events.append(Seen(3.0, 0, 100, Mismatch(1, 90, 80)))
    assert any("Mismatch" in problem for problem in judge(report))
    assert judge(replace(report, scenario=replace(report.scenario, is_broken=True))) == []


def test_the_oracle_wants_rollbacks() -> None:
    report = run_match(_scenario(must_roll_back=True), LockstepSession)
    assert report.problems == ["nobody rolled back, so this run shows nothing"]


def test_the_oracle_sees_who_does_not_get_on() -> None:
    class Deaf(LockstepSession):
        def receive(self, peer: int, data: bytes, now: float) -> None:
            if now < 4.0:
                super().receive(peer, data, now)

    report = run_match(_scenario(), Deaf)
    assert "does not get on" in report.problems[0]
    assert any("is not through" in problem for problem in report.problems)


def test_a_session_that_raises_ends_the_match_with_its_traceback() -> None:
    class Raises(LockstepSession):
        def receive(self, peer: int, data: bytes, now: float) -> None:
            raise KeyError("never to be seen by a host")

    assert "never to be seen by a host" in run_match(_scenario(), Raises).problems[0]


def test_a_session_that_is_never_done_ends_the_match() -> None:
    class Restless(LockstepSession):
        def next_deadline(self) -> float:
            return 0.0

    assert "is never done" in run_match(_scenario(), Restless).problems[0]


def test_a_broken_game_is_judged_by_its_inputs() -> None:
    scenario = _scenario(game=Diverging(ToyGame(2, 120), peer=1, frame=30))
    assert "differ at frame 30" in run_match(scenario, LockstepSession).problems[0]
    assert run_match(replace(scenario, is_broken=True), LockstepSession).problems == []


def test_processes_that_do_not_linger_are_gone_when_they_are_through() -> None:
    for lingers, left in ((True, 2), (False, 0)):
        match = Match(_scenario(lingers=lingers, links=Links()), LockstepSession)
        assert match.run().problems == []
        assert len([machine for machine in match.machines.values() if machine.peer]) == left


def test_a_report_can_be_read() -> None:
    text = str(_played(faults=(Freeze(6.0, 2.0, 1),)))
    assert "seed: 0" in text
    assert "Freeze(at=6.0, duration=2.0, peer=1)" in text
    assert "peer 1: 0 rollbacks" in text
    assert "episode 1: 120 rows, EpisodeEnded" in text
