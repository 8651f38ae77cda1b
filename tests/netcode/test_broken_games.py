"""Games that are broken: states that differ, and steps that raise."""

from __future__ import annotations

from typing import Any

import pytest

from interactive_gym.netcode.events import Cut, Mismatch
from interactive_gym.netcode.testing import Computer, Conditions, Freeze, Links, Report, ToyGame, run_match
from interactive_gym.netcode.testing.broken import Diverging, Forgetful, Raising, RaisingWhenHeld
from tests.netcode.playing import ends, passed, play, scenario

DIVERGES_AT = 95
LAST_EQUAL_DIGEST, FIRST_DIFFERENT_DIGEST = 90, 100
PROMPTLY = 20  # committed frames


def _play_broken(peers: int = 3, **changes: Any) -> Report:
    return passed(run_match(scenario(peers, is_broken=True, **changes)))


def _diverging(peers: int = 3) -> Diverging:
    return Diverging(ToyGame(peers, 300), peer=1, frame=DIVERGES_AT)


# --- states that differ -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peers", [2, 3, 5])
def test_a_difference_ends_the_episode_for_all(peers: int) -> None:
    report = _play_broken(peers, game=_diverging(peers))
    for _, record in report.records(0):
        assert record.ended is not None
        assert record.ended.reason == "mismatch"
        assert record.ended.agreed < FIRST_DIFFERENT_DIGEST <= record.ended.last + 1
        assert record.ended.last < 300


@pytest.mark.parametrize("policy", ["end", "log"])
@pytest.mark.parametrize("peers", [2, 3])
def test_a_difference_is_detected_promptly(peers: int, policy: str) -> None:
    report = _play_broken(peers, game=_diverging(peers), on_mismatch=policy)
    found = report.events(Mismatch)
    assert {peer.number for peer, _ in found} >= {0, 1}
    for peer, seen in found:
        assert 1 in (peer.number, seen.event.peer)
        assert seen.event.agreed < FIRST_DIFFERENT_DIGEST <= seen.event.frame
        assert seen.committed + 1 - FIRST_DIFFERENT_DIGEST <= PROMPTLY


def test_a_difference_that_is_only_logged_lets_the_episode_go_on() -> None:
    report = _play_broken(game=_diverging(), on_mismatch="log")
    assert set(ends(report).values()) == {("over", 300)}
    assert {record.ended.agreed for _, record in report.records(0) if record.ended} == {LAST_EQUAL_DIGEST - 1}


def test_a_difference_is_told_once_per_pair() -> None:
    report = _play_broken(game=_diverging(), on_mismatch="log")
    told = [(peer.number, seen.event.peer) for peer, seen in report.events(Mismatch)]
    assert sorted(told) == sorted(set(told))


def test_a_difference_in_the_last_frame_alone_is_found() -> None:
    report = _play_broken(game=Diverging(ToyGame(3, 300), peer=1, frame=299), on_mismatch="log")
    assert {record.ended.agreed < 299 for _, record in report.records(0) if record.ended} == {True}
    assert report.events(Mismatch)


def test_the_next_episode_begins_anew() -> None:
    report = _play_broken(game=_diverging(), episodes=2)
    assert {reason for reason, _ in ends(report, 1).values()} == {"mismatch"}


def test_state_outside_of_the_snapshot_is_found() -> None:
    report = _play_broken(game=Forgetful(ToyGame(3, 300)))
    assert report.events(Mismatch)
    assert {reason for reason, _ in ends(report).values()} == {"mismatch"}


def test_a_difference_is_found_by_who_comes_back() -> None:
    report = _play_broken(game=_diverging(), on_mismatch="log", faults=(Freeze(5.0, 3.0, 2),))
    assert {rows for _, rows in ends(report).values()} == {300}
    assert report.events(Mismatch)


# --- steps that raise -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peers", [2, 3, 5])
def test_what_is_raised_on_a_prediction_alone_is_taken_back(peers: int) -> None:
    failures = 0
    for seed in range(4):
        game = RaisingWhenHeld(ToyGame(peers, 300), frames=4)
        restless = {peer: Computer(peer, longest_hold=1) for peer in range(peers)}
        links = Links(Conditions(delay=0.2))
        report = play(peers, seed=seed, game=game, input_delay=0, links=links, computers=restless)
        assert set(ends(report).values()) == {("over", 300)}
        failures += sum(peer.host.failures for peer in report.processes)
    assert failures > 0


@pytest.mark.parametrize("peers", [2, 3, 5])
@pytest.mark.parametrize("frame", [0, 1, 100])
def test_what_is_raised_on_all_peers_ends_the_session_for_all(peers: int, frame: int) -> None:
    report = play(peers, episodes=2, game=Raising(ToyGame(peers, 300), frame), must_roll_back=frame == 100)
    assert set(ends(report).values()) == {("failed", frame)}
    assert {peer.ended.reason for peer in report.processes if peer.ended} == {"failed"}
    assert not report.events(Cut)


@pytest.mark.parametrize("peers", [2, 3, 5])
@pytest.mark.parametrize("peer", [0, 1])
def test_who_raises_alone_is_cut(peers: int, peer: int) -> None:
    report = play(peers, game=Raising(ToyGame(peers, 300), 100, peer))
    ended = ends(report)
    assert ended.pop((peer, 1)) == ("failed", 100)
    assert set(ended.values()) == {("over", 300)}
    assert {seen.event.peer for _, seen in report.events(Cut)} == {peer}


def test_who_raised_alone_does_not_come_back_in_the_next_episode() -> None:
    report = play(3, episodes=2, game=Raising(ToyGame(3, 300), 100, 1))
    assert set(ends(report, 1)) == {(0, 1), (2, 1)}
    assert set(ends(report, 1).values()) == {("over", 300)}


@pytest.mark.parametrize("seed", range(4))
def test_what_is_raised_in_the_last_frame(seed: int) -> None:
    report = play(3, seed=seed, game=Raising(ToyGame(3, 300), 299, 2))
    ended = ends(report)
    assert ended.pop((2, 1)) == ("failed", 299)
    assert set(ended.values()) == {("over", 300)}
