"""Games that are paused while somebody is lost, go on when they are back, and end for all when somebody is gone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from interactive_gym.netcode.events import (
    Cut,
    Ended,
    EpisodeEnded,
    Held,
    Interrupted,
    Returned,
    Started,
    Unheld,
)
from interactive_gym.netcode.messages import CutGranted, EpisodeEnd, Forgive, WantCut
from interactive_gym.netcode.requests import DEFAULT, HUMAN, SOURCE
from interactive_gym.netcode.testing import (
    SERVER,
    Burst,
    Conditions,
    Deploy,
    Down,
    Exclude,
    Fault,
    Freeze,
    Hide,
    Kill,
    Leave,
    Match,
    Reload,
    Report,
    both_ways,
)
from interactive_gym.netcode.testing.host import Row
from tests.netcode.playing import ORDINARY, ends, first, passed, play, scenario
from tests.netcode.tapping import run_tapped

DELAY = 2  # frames; the inputs of the first ones are nobody's
END: dict[str, Any] = {
    "on_disconnect": "pause",
    "on_leave": "end",
    "pause_timeout": 4.0,
    "server_timeout": 15.0,
    "settle_timeout": 25.0,
    "return_timeout": 12.0,
    "progress_within": 60.0,
    "input_delay": DELAY,
}


def _play(peers: int = 2, frames: int = 300, *faults: Fault, **changes: Any) -> Report:
    return play(peers, frames, faults=faults, **{**END, **changes})


def _sessions(report: Report) -> dict[tuple[int, int], str]:
    return {(peer.number, peer.boot): peer.ended.reason for peer in report.processes if peer.ended}


def _rows(report: Report, episode: int = 0) -> list[Row]:
    return max((record.rows for _, record in report.records(episode)), key=len)


def _is_whole(report: Report) -> bool:
    """Whether no frame was played without anybody, besides those before anybody's first input."""
    chosen = [given.flags & SOURCE for row in _rows(report)[DELAY:] for given in row.inputs]
    return set(chosen) <= {HUMAN}


def _why(report: Report, peer: int) -> list[tuple[str, tuple[int, ...]]]:
    return [(seen.event.why, seen.event.peers) for who, seen in report.events(Held) if who.number == peer]


# --- who comes back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peers", [2, 3])
@pytest.mark.parametrize("peer", [0, 1])
@pytest.mark.parametrize("goodbye", [True, False])
def test_nobody_plays_on_without_somebody_who_reloads(peers: int, peer: int, goodbye: bool) -> None:
    report = _play(peers, 300, Reload(6.0, 2.5, peer, goodbye))
    assert {reason for who, reason in _sessions(report).items() if who != (peer, 1)} == {"over"}
    others = [player for player in range(peers) if player != peer]
    assert {row.inputs[player].flags & SOURCE for row in _rows(report)[DELAY:] for player in others} == {HUMAN}
    at = [frame for frame, row in enumerate(_rows(report)) if row.inputs[peer].flags & SOURCE == DEFAULT]
    assert len(at) <= 2 * DELAY + 1  # as at the beginning: inputs take so long to act


def test_the_two_sides_of_a_broken_pair_wait_for_the_one_that_was_cut() -> None:
    report = _play(2, 300, Burst(6.0, 9.0, both_ways(0, 1)))
    assert _sessions(report) == {(0, 1): "over", (1, 1): "over"}
    assert len({seen.event.peer for _, seen in report.events(Cut)}) == 1
    ((stayed, _), *_) = report.events(Cut)
    assert [why for why, _ in _why(report, stayed.number)][:2] == ["silence", "absence"]


def test_a_third_one_waits_with_the_two_sides_of_a_broken_pair() -> None:
    report = _play(3, 300, Burst(6.0, 3.0, both_ways(1, 2)))
    assert _sessions(report) == {(peer, 1): "over" for peer in range(3)}
    assert not report.events(Cut)
    assert {why for why, _ in _why(report, 0)} == {"silence"}
    assert not [seen for who, seen in report.events(Interrupted) if who.number == 0]


@pytest.mark.parametrize("delay", [0, 2, 6])
def test_a_reload_faster_than_anybody_notices(delay: int) -> None:
    """The others stand before the last frame that has the inputs of the one who reloads."""
    report = _play(3, 100, Reload(6.0, 0.2, 1, goodbye=False), input_delay=delay, fps=10, must_roll_back=False)
    assert _sessions(report)[1, 2] == "over"
    assert first(report, Returned) < 10.0


def test_two_come_back_one_after_the_other() -> None:
    report = _play(4, 300, Reload(6.0, 2.0, 1, goodbye=False), Reload(6.5, 3.0, 2, goodbye=False))
    assert {_sessions(report)[who] for who in ((0, 1), (1, 2), (2, 2), (3, 1))} == {"over"}
    assert {peer for why, peers in _why(report, 0) for peer in peers if why == "absence"} == {1, 2}


def test_the_same_one_is_cut_again_and_again() -> None:
    report = _play(3, 300, *(Reload(at, 1.0, 1) for at in (6.0, 9.0, 10.5, 16.0)))
    assert _sessions(report)[1, 5] == "over"


def test_the_one_who_stayed_reloads_while_it_waits_is_no_reason_to_end() -> None:
    report = _play(3, 300, Reload(6.0, 3.0, 1), Reload(7.0, 3.0, 0))
    assert {_sessions(report)[who] for who in ((0, 2), (1, 2), (2, 1))} == {"over"}


@pytest.mark.parametrize("timeout", [5.0, 60.0, 120.0])
def test_nothing_fires_before_the_reconnection_timeout(timeout: float) -> None:
    limits = {"pause_timeout": timeout, "server_timeout": timeout + 15, "settle_timeout": 2 * timeout + 20}
    report = _play(3, 300, Burst(6.0, timeout - 1.0, both_ways(1, 2)), **limits, until=timeout + 100)
    assert _sessions(report) == {(peer, 1): "over" for peer in range(3)}
    assert not report.events(Cut)
    held = [seen for _, seen in report.events(Held)]
    assert all(seen.event.until is not None for seen in held)


# --- when it happens --------------------------------------------------------------------------------------------------


def _moment(when: str) -> float:
    calm = play(3, 200, episodes=2, **END)
    starts, over = first(calm, Started), first(calm, EpisodeEnded)
    before = {"greeting": 0.3, "countdown": starts + 0.1, "start": starts + 0.4}
    return {**before, "last": over - 0.1, "between": over + 0.1}[when]


@pytest.mark.parametrize("when", ["greeting", "countdown", "start", "last", "between"])
@pytest.mark.parametrize("peer", [0, 1])
def test_a_reload_at_any_moment(when: str, peer: int) -> None:
    fault = Reload(_moment(when), 2.0, peer, goodbye=False)
    report = _play(3, 200, fault, episodes=2, must_roll_back=False)
    assert {reason for who, reason in _sessions(report).items() if who != (peer, 1)} == {"over"}
    assert {ends(report, 1)[who, boot] for who, boot in ((0, 2 - (peer != 0)), (1, 2 - (peer != 1)), (2, 1))} == {
        ("over", 200)
    }


@pytest.mark.parametrize("when", ["greeting", "countdown", "start", "last", "between"])
@pytest.mark.parametrize("how", ["closes", "crashes", "excluded"])
def test_a_leaver_at_any_moment_ends_it_for_all_alike(when: str, how: str) -> None:
    at = _moment(when)
    fault: Fault = {"closes": Kill(at, 1), "crashes": Kill(at, 1, goodbye=False), "excluded": Exclude(at, 1)}[how]
    report = _play(3, 200, fault, episodes=2, must_roll_back=False)
    assert {_sessions(report)[peer, 1] for peer in (0, 2)} == {"partner_left"}
    for episode in (0, 1):
        ended = ends(report, episode)
        assert ended.get((0, 1)) == ended.get((2, 1))


# --- who is gone ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peers", [2, 3, 4])
@pytest.mark.parametrize("fault", [Kill(6.0, 1), Kill(6.0, 1, goodbye=False), Leave(6.0, 1), Exclude(6.0, 1)], ids=str)
def test_all_who_stay_end_at_the_same_frame(peers: int, fault: Fault) -> None:
    report = _play(peers, 300, fault)
    stayers = [peer for peer in range(peers) if peer != 1]
    assert {_sessions(report)[peer, 1] for peer in stayers} == {"partner_left"}
    ((reason, rows),) = {ends(report)[peer, 1] for peer in stayers}
    assert reason == "partner_left"
    assert ends(report)[1, 1][1] <= rows
    assert _is_whole(report)


@pytest.mark.parametrize("on_disconnect", ["pause", "continue"])
def test_who_does_not_come_back_in_time_is_gone(on_disconnect: str) -> None:
    fault = Burst(6.0, 60.0, (*both_ways(1, 0), *both_ways(1, 2)))
    report = _play(3, 3000, fault, on_disconnect=on_disconnect, until=120.0)
    sessions = _sessions(report)
    assert sessions.pop((1, 1)) == "gone"
    assert set(sessions.values()) == {"partner_left"}
    assert ends(report)[0, 1] == ends(report)[2, 1]
    assert _is_whole(report) == (on_disconnect == "pause")


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("on_disconnect", ["pause", "continue"])
def test_all_end_at_the_same_frame_whenever_they_hear_of_it(on_disconnect: str, seed: int) -> None:
    """The server reaches one of them half a second later, and their ways to each other differ."""
    slow = {(SERVER, seed % 2 * 2): Conditions(delay=0.5), (0, 2): Conditions(delay=0.15, loss=0.1)}
    fault = Burst(6.0, 60.0, (*both_ways(1, 0), *both_ways(1, 2)))
    changes = {"return_timeout": 3.0, "links": replace(ORDINARY, directions=slow), "input_delay": 4}
    report = _play(3, 3000, fault, on_disconnect=on_disconnect, until=60.0, seed=seed, **changes)
    assert ends(report)[0, 1] == ends(report)[2, 1]
    assert ends(report)[0, 1][0] == "partner_left"


@pytest.mark.parametrize("earlier", [0.5, 0.3, 0.2, 0.1, 0.0])
@pytest.mark.parametrize("on_leave", ["end", "smaller"])
def test_who_comes_back_in_the_moment_in_which_it_is_excluded(earlier: float, on_leave: str) -> None:
    unheard = Burst(5.0, 7.0, ((1, 0), (1, 2)))
    changes = {"on_leave": on_leave, "pause_timeout": 5.0}
    back_at = first(_play(3, 300, unheard, **changes), Returned)
    report = _play(3, 300, unheard, Exclude(back_at - earlier, 1), **changes)
    assert _sessions(report)[0, 1] == _sessions(report)[2, 1] == ("partner_left" if on_leave == "end" else "over")
    assert ends(report)[0, 1] == ends(report)[2, 1]
    assert first(report, Ended) < back_at + 1.0  # nobody has to fall silent for that
    assert all(seen.at < back_at + 2.0 for _, seen in report.events(Cut))


def test_what_was_said_last_is_not_exceeded_by_inputs_that_come_later() -> None:
    """Peer 2 hears of it first, and of peer 0 late; what it says of that is lost for a while."""
    stops: list[float] = []

    def tap(match: Match, source: int, target: int, message: object) -> bool:
        is_stop = isinstance(message, EpisodeEnd) and message.reason == "partner_left" and source == 2
        if is_stop:
            stops.append(match.time.now)
        return not is_stop or match.time.now - stops[0] > 0.4

    slow = {(SERVER, 0): Conditions(delay=2.0), (0, 2): Conditions(delay=0.2)}
    fault = Burst(6.0, 60.0, (*both_ways(1, 0), *both_ways(1, 2)))
    changes = {"return_timeout": 3.0, "links": replace(ORDINARY, directions=slow), "input_delay": 6}
    playing = scenario(3, 3000, faults=(fault,), until=60.0, **{**END, **changes, "on_disconnect": "continue"})
    report = passed(run_tapped(playing, tap))
    assert stops
    assert ends(report)[0, 1] == ends(report)[2, 1]


def test_who_cannot_be_reached_by_the_server_hears_of_it_from_the_others() -> None:
    report = _play(3, 300, Kill(6.0, 1, goodbye=False), Down(8.0, 90.0, 0, SERVER), until=60.0)
    assert _sessions(report)[0, 1] == _sessions(report)[2, 1] == "partner_left"
    assert ends(report)[0, 1] == ends(report)[2, 1]


def test_who_waits_for_somebody_is_told_when_the_other_one_leaves() -> None:
    """Peer 1 is cut and there; peer 0, which waits for it, closes the page."""
    report = _play(2, 300, Burst(6.0, 9.0, ((1, 0), (0, 1))), Kill(12.5, 0))
    assert _sessions(report)[1, 1] == "partner_left"


def test_two_leave_at_once() -> None:
    report = _play(4, 300, Kill(6.0, 1), Kill(6.1, 2, goodbye=False))
    assert ends(report)[0, 1] == ends(report)[3, 1]
    assert ends(report)[0, 1][0] == "partner_left"


def test_one_leaves_while_another_one_is_waited_for() -> None:
    report = _play(4, 300, Reload(6.0, 3.0, 1), Kill(9.0, 2))
    assert _sessions(report)[0, 1] == _sessions(report)[3, 1] == "partner_left"
    assert ends(report)[0, 1] == ends(report)[3, 1]


def test_without_the_server_nobody_waits_for_ever() -> None:
    faults = (Burst(6.0, 200.0, both_ways(1, 0)), *(Down(14.0, 200.0, peer, SERVER) for peer in (0, 1)))
    report = _play(2, 300, *faults, until=150.0)
    assert "partner_left" in _sessions(report).values()


@pytest.mark.parametrize(("on_leave", "reason"), [("smaller", "over"), ("bot", "over"), ("end", "partner_left")])
@pytest.mark.parametrize("on_disconnect", ["pause", "continue"])
def test_the_policy_decides_how_it_goes_on(on_disconnect: str, on_leave: str, reason: str) -> None:
    substituted = frozenset({0, 1, 2}) if on_leave == "bot" else frozenset()
    report = _play(
        3, 900, Kill(6.0, 1), on_disconnect=on_disconnect, on_leave=on_leave, substituted=substituted, until=200.0
    )
    assert {_sessions(report)[peer, 1] for peer in (0, 2)} == {reason}
    assert ends(report)[0, 1] == ends(report)[2, 1]


# --- what the server asks ---------------------------------------------------------------------------------------------


def test_who_is_heard_again_while_the_server_asks_is_not_cut() -> None:
    """The time is up, and it is heard by the others before the server finds its page."""
    said: list[str] = []

    def tap(match: Match, source: int, target: int, message: object) -> bool:
        said.append(type(message).__name__)
        return True

    faults = (Burst(6.0, 4.4, ((1, 0),)), Burst(6.0, 7.0, both_ways(1, SERVER)))
    report = passed(run_tapped(scenario(2, 300, **END, faults=faults), tap))
    assert {WantCut.__name__, Forgive.__name__} <= set(said)
    assert CutGranted.__name__ not in said
    assert set(_sessions(report).values()) == {"over"}


def test_a_server_that_starts_anew_while_it_asks_is_asked_again() -> None:
    report = _play(2, 300, Kill(6.0, 1, goodbye=False), Deploy(10.3, 3.0))
    assert _sessions(report)[0, 1] == "partner_left"


# --- who hides --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_disconnect", ["pause", "continue"])
def test_all_wait_while_somebody_hides(on_disconnect: str) -> None:
    report = _play(3, 300, Hide(6.0, 9.0, 1), on_disconnect=on_disconnect)
    assert _sessions(report) == {(peer, 1): "over" for peer in range(3)}
    assert [_why(report, peer) for peer in range(3)] == [[("hidden", (1,))]] * 3
    assert len({round(seen.event.at, 1) for _, seen in report.events(Unheld)}) == 1
    assert first(report, Unheld) > 15.0
    assert _is_whole(report)


def test_who_cannot_be_reached_by_the_server_waits_with_the_others() -> None:
    report = _play(3, 300, Down(5.0, 20.0, 0, SERVER), Hide(6.0, 30.0, 1), until=120.0)
    (held,) = (seen for who, seen in report.events(Held) if who.number == 0)
    assert held.event.why == "hidden"
    assert held.at < 10.0


@dataclass(frozen=True)
class _Case:
    name: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        return self.name


HIDING = [
    _Case("another episode begins", (Hide(12.5, 8.0, 1),)),
    _Case("the server starts anew", (Hide(6.0, 8.0, 1), Deploy(8.0, 3.0))),
    _Case("the server starts anew as they look again", (Hide(6.0, 4.0, 1), Deploy(9.0, 3.0))),
    _Case("somebody cannot be reached by the server", (Down(5.0, 6.0, 0, SERVER), Hide(6.0, 2.0, 1))),
    _Case("the one who hides is cut", (Hide(6.0, 20.0, 1), Burst(8.0, 9.0, (*both_ways(0, 1), *both_ways(1, 2))))),
    _Case("the one who hides reloads", (Hide(6.0, 9.0, 1), Reload(8.0, 2.0, 1))),
    _Case("the first one reloads", (Hide(6.0, 9.0, 1), Reload(8.0, 2.0, 0))),
    _Case("somebody is silent meanwhile", (Hide(6.0, 6.0, 1), Burst(7.0, 3.0, both_ways(0, 2)))),
    _Case("somebody freezes meanwhile", (Hide(6.0, 3.0, 1), Freeze(7.0, 5.0, 2))),
]


@pytest.mark.parametrize("case", HIDING, ids=str)
@pytest.mark.parametrize("on_leave", ["end", "smaller"])
def test_a_pause_for_somebody_who_hides_outlives_what_happens_meanwhile(case: _Case, on_leave: str) -> None:
    report = _play(3, 300, *case.faults, episodes=2, on_leave=on_leave, until=200.0)
    running = {(peer.number, peer.boot) for peer in report.running}
    assert {reason for who, reason in _sessions(report).items() if who in running} == {"over"}
    assert ("hidden", (1,)) in _why(report, 2)


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_who_was_cut_comes_back_into_a_game_that_waits(delay: int) -> None:
    """Frames have been said to be known that are not played while the game waits."""
    report = _play(2, 400, Reload(6.0, 1.0, 0), Hide(6.5, 8.0, 1), on_leave="smaller", input_delay=delay)
    assert _sessions(report)[0, 2] == _sessions(report)[1, 1] == "over"
    assert first(report, Returned) < 14.0


def test_who_stays_is_not_kept_waiting_by_somebody_who_hides_and_is_cut() -> None:
    report = _play(3, 600, Hide(6.0, 90.0, 1), Kill(8.0, 1, goodbye=False), on_leave="smaller", until=200.0)
    assert {_sessions(report)[peer, 1] for peer in (0, 2)} == {"over"}
    assert first(report, Ended) < 60.0
    assert not report.events(Returned)
