"""Whole matches of 2 to 8 peers, on all kinds of networks and computers, with nothing going wrong but that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from interactive_gym.netcode.events import Cut, EpisodeEnded, HandedBack, Interrupted, Started, TakenOver
from interactive_gym.netcode.requests import ABSENT, BOT, DEFAULT, HUMAN, SOURCE
from interactive_gym.netcode.testing import (
    Change,
    Computer,
    Conditions,
    Down,
    Links,
    Match,
    PeerClock,
    Reload,
    Report,
    ToyGame,
    both_ways,
    random_scenario,
    run_match,
)
from tests.netcode.playing import ORDINARY, ends, passed, play, reasons, scenario

CORPUS = json.loads((Path(__file__).parent / "corpus.json").read_text())


def _complete(report: Report, rows: int = 300, episodes: int = 1) -> None:
    """Every peer has all rows of all episodes, and nobody was cut."""
    for episode in range(episodes):
        assert set(ends(report, episode).values()) == {("over", rows)}
    assert report.events(Cut) == []


@pytest.mark.parametrize("peers", range(2, 9))
@pytest.mark.parametrize("seed", range(8))
def test_peers_of_any_number_agree(peers: int, seed: int) -> None:
    random = Random(f"{peers} {seed}")
    conditions = Conditions(
        delay=random.choice((0.025, 0.05, 0.1)),
        jitter=random.choice((0.0, 0.01, 0.03)),
        loss=random.choice((0.0, 0.01, 0.05)),
        duplication=0.01,
        reordering=0.02,
    )
    clocks = {peer: PeerClock(random.uniform(-300, 300), random.uniform(-0.003, 0.003)) for peer in range(peers)}
    fps, input_delay = random.choice((30, 60)), random.choice((0, 1, 2))
    step_cost = seed % 3 / 10 / fps
    _complete(
        play(
            peers,
            seed=seed,
            fps=fps,
            input_delay=input_delay,
            prediction=random.choice(("repeat", "default")),
            links=Links(conditions),
            computers={peer: Computer(peer, clock, step_cost, unevenness=0.5) for peer, clock in clocks.items()},
            must_roll_back=conditions.delay * fps > input_delay,
        )
    )


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: f"{entry['seed']}-{entry['frames']}")
def test_what_failed_once_does_not_fail_again(entry: dict[str, int]) -> None:
    passed(run_match(random_scenario(entry["seed"], frames=entry["frames"])))


def test_equal_scenarios_run_equally() -> None:
    logs = []
    for _ in range(2):
        match = Match(scenario(3, frames=150), is_logging=True)
        logs.append((str(passed(match.run())), match.network.log))
    assert logs[0] == logs[1]


@pytest.mark.parametrize("round_trip", [0.05, 0.1, 0.2, 0.4])
def test_round_trips(round_trip: float) -> None:
    links = Links(Conditions(delay=round_trip / 2, jitter=0.0))
    _complete(play(links=links, input_delay=0))


def test_jitter() -> None:
    _complete(play(3, links=Links(Conditions(delay=0.05, jitter=0.03))))


@pytest.mark.parametrize("peers", [2, 4])
def test_a_fifth_of_all_datagrams_lost(peers: int) -> None:
    # The greeting alone takes seconds on a reliable channel that loses so much.
    _complete(play(peers, links=Links(Conditions(delay=0.05, jitter=0.02, loss=0.2)), progress_within=20.0))


def test_links_that_differ() -> None:
    directions = {way: Conditions(delay=0.02 + 0.03 * n) for n, way in enumerate([(0, 1), (1, 0), (0, 2), (2, 1)])}
    _complete(play(3, links=Links(Conditions(delay=0.04, loss=0.05), directions=directions)))


def test_a_line_that_is_too_narrow_for_a_while() -> None:
    narrow, wide = Conditions(delay=0.05, rate=1500.0), Conditions(delay=0.05)
    _complete(play(faults=(Change(5.0, both_ways(0, 1), narrow, duration=2.0), Change(7.0, both_ways(0, 1), wide))))


def test_a_path_that_becomes_longer() -> None:
    _complete(play(3, faults=(Change(6.0, both_ways(0, 2), Conditions(delay=0.2, jitter=0.02)),)))


def test_a_computer_that_is_four_times_slower() -> None:
    computers = {0: Computer(0, step_cost=0.004, save_cost=0.001), 1: Computer(1, step_cost=0.016, save_cost=0.004)}
    report = play(3, computers=computers)
    _complete(report)
    windows = {peer.number: peer.session.statistics()["window"] for peer in report.processes}
    assert 2 <= windows[1] < windows[0]


def test_saving_that_costs_more_than_stepping() -> None:
    computers = {peer: Computer(peer, step_cost=0.001, save_cost=0.012) for peer in (0, 1)}
    _complete(play(computers=computers))


def test_clocks_that_are_five_minutes_apart_and_drift() -> None:
    computers = {0: Computer(0, PeerClock(-150, 0.003)), 1: Computer(1, PeerClock(150, -0.003))}
    report = play(frames=900, computers=computers)
    _complete(report, rows=900)
    starts = [computers[peer.number].clock.when(seen.event.at) for peer, seen in report.events(Started)]
    assert max(starts) - min(starts) < 0.05


@pytest.mark.parametrize("peers", [2, 3])
def test_three_episodes(peers: int) -> None:
    report = play(peers, frames=120, episodes=3)
    _complete(report, rows=120, episodes=3)
    assert [seen.event.episode for _, seen in report.events(EpisodeEnded)] == sorted([0, 1, 2] * peers)


def test_games_whose_length_the_inputs_decide() -> None:
    lengths = set()
    for seed in range(4):
        report = play(3, seed=seed, game=ToyGame(3, None, goal=40), input_delay=1)
        assert reasons(report) == {"over"}
        lengths |= {rows for _, rows in ends(report).values()}
    assert len(lengths) > 1


def test_participants_who_are_ready_late() -> None:
    _complete(play(3, computers={1: Computer(1, ready_after=7.0)}))


def test_processes_that_leave_as_soon_as_they_may() -> None:
    for seed in range(6):
        _complete(play(3, frames=60, episodes=2, seed=seed, lingers=False), rows=60, episodes=2)


def test_an_input_delay_that_follows_the_links() -> None:
    delays = {}
    for one_way in (0.02, 0.25):
        report = play(frames=150, episodes=3, input_delay="auto", links=Links(Conditions(delay=one_way)))
        _complete(report, rows=150, episodes=3)
        said = {(seen.event.episode, seen.event.input_delay) for _, seen in report.events(Started)}
        assert len(said) == 3  # one per episode, the same for all
        delays[one_way] = max(said)[1]
    assert delays[0.02] < delays[0.25]


@pytest.mark.parametrize("delay", [0, 2, 5])
def test_frames_before_the_first_input_are_idle(delay: int) -> None:
    report = play(frames=60, input_delay=delay, must_roll_back=False)
    for _, record in report.records(0):
        sources = [{given.flags & SOURCE for given in row.inputs} for row in record.rows]
        assert sources[:delay] == [{DEFAULT}] * delay
        assert sources[delay] == {HUMAN}


def test_bots_act_on_what_is_committed() -> None:
    report = play(3, carriers=(0, 1, 2, 0, 2), bots=frozenset({3, 4}))
    _complete(report)
    for _, record in report.records(0):
        assert {row.inputs[player].flags & SOURCE for row in record.rows[10:] for player in (3, 4)} == {BOT}


def test_bots_change_hands_with_their_carrier() -> None:
    faults = (Reload(5.0, 3.0, peer=1),)
    report = play(3, frames=600, carriers=(0, 1, 2, 1), bots=frozenset({3}), substituted=frozenset({1}), faults=faults)
    assert {seen.event.player for _, seen in report.events(TakenOver)} >= {1, 3}
    assert {seen.event.player for _, seen in report.events(HandedBack)} == {1, 3}
    rows = max((record.rows for _, record in report.records(0)), key=len)
    for player, sources in ((1, {DEFAULT, HUMAN, BOT}), (3, {DEFAULT, BOT})):
        assert {row.inputs[player].flags & SOURCE for row in rows} <= sources
        assert sum(row.inputs[player].flags & SOURCE == BOT for row in rows) > 30
    absent = [row.frame for row in rows if row.inputs[1].flags & ABSENT]
    assert absent == [*range(absent[0], absent[-1] + 1)], "whose place a bot takes is not there, until they are back"
    assert all((row.inputs[1].flags & SOURCE == BOT) <= (row.frame in absent) for row in rows)
    assert all((row.inputs[1].flags & SOURCE == HUMAN) <= (row.frame not in absent) for row in rows)
    assert not any(row.inputs[player].flags & ABSENT for row in rows for player in (0, 2, 3))


def test_interruptions_are_told_and_cost_nothing() -> None:
    report = play(faults=(Down(5.0, 0.7, 0, 1),))
    _complete(report)
    assert {seen.event.peer for _, seen in report.events(Interrupted)} == {0, 1}


def test_where_the_direct_path_is_down_for_messages_they_take_the_server() -> None:
    ways = {way: Conditions(delay=0.05, loss=0.1) for way in both_ways(0, 1)}
    faults = tuple(Down(at, 0.4, 0, 1) for at in (0.5, 1.2, 2.0, 11.5, 12.3, 13.0))
    _complete(play(episodes=2, links=replace(ORDINARY, directions=ways), faults=faults), episodes=2)
