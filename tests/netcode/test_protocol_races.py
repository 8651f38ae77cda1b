"""What happens when messages of several peers cross: each test lets one of them come at the worst moment."""

from __future__ import annotations

from typing import Any

from interactive_gym.netcode.events import Cut, Ended, Returned
from interactive_gym.netcode.messages import Message, Settle
from interactive_gym.netcode.testing import Conditions, Exclude, Freeze, Links, Match, Report
from tests.netcode.playing import ends, passed, scenario
from tests.netcode.tapping import Tap, run_tapped

CLEAN = Links(Conditions(delay=0.03, jitter=0.0), Conditions(delay=0.02, jitter=0.0))
"""Nothing is lost, so that only what a test does is out of order."""

COMES_BACK = Freeze(4.0, 3.0, 2)


def _play(peers: int, tap: Tap, **changes: Any) -> Report:
    return passed(run_tapped(scenario(peers, 600, links=CLEAN, **changes), tap))


def _is_return(message: Message, peer: int) -> bool:
    return isinstance(message, Settle) and message.change == "present" and message.peer == peer


def _turns(report: Report, peer: int) -> set[int]:
    """Which of the cuts of ``peer`` were seen."""
    return {seen.event.turn for _, seen in report.events(Cut) if seen.event.peer == peer}


def _reasons(report: Report) -> dict[tuple[int, int], str]:
    return {(peer.number, peer.boot): peer.ended.reason for peer in report.processes if peer.ended}


def test_a_cut_is_granted_before_everybody_knows_who_is_back() -> None:
    """Peer 1 hears that 2 is out before it hears that 3 is back; it waits for 3's part in the cut, and 3 for its."""
    happened = []

    def tap(match: Match, source: int, target: int, message: Message) -> bool:
        if _is_return(message, 3) and target == 1 and not happened:
            happened.append(match.time.now)
            match.server.exclude(2)
            match.network.change(0, 1, Conditions(delay=0.25, jitter=0.0))
        return True

    report = _play(4, tap, faults=(Freeze(4.0, 3.0, 3),))
    assert happened
    assert _reasons(report) == {(0, 1): "over", (1, 1): "over", (2, 1): "excluded", (3, 1): "over"}
    assert _turns(report, 3) == {1}


def test_who_was_let_in_by_a_peer_that_could_tell_nobody_else() -> None:
    """The others never hear of the return, and go on without the one who takes itself to be back."""
    happened = []

    def tap(match: Match, source: int, target: int, message: Message) -> bool:
        if not (_is_return(message, 2) and source == 0 and target == 1):
            return True
        if not happened:
            happened.append(match.time.now)
            match.time.at(match.time.now + 0.01, lambda: match.machines[0].kill(goodbye=False))
        return False

    report = _play(3, tap, faults=(COMES_BACK,))
    assert happened
    assert _reasons(report) == {(1, 1): "over", (2, 1): "over"}
    assert len(report.events(Returned)) == 2 + 2  # to peers 0 and 2 alone; then to 1 and 2


def test_who_was_let_in_by_a_peer_that_could_not_tell_it() -> None:
    happened = []

    def tap(match: Match, source: int, target: int, message: Message) -> bool:
        if not (_is_return(message, 2) and source == 0 and target == 2):
            return True
        if not happened:
            happened.append(match.time.now)
            match.time.at(match.time.now + 0.01, lambda: match.machines[0].kill(goodbye=False))
        return False

    report = _play(3, tap, faults=(COMES_BACK,))
    assert happened
    assert _reasons(report) == {(1, 1): "over", (2, 1): "over"}
    assert _turns(report, 2) == {1}


def test_acks_of_who_does_not_know_yet_that_a_player_is_back() -> None:
    """Peer 1 hears a second late that 2 is back; until then it has all that it expects of 2, which is nothing."""
    first: list[float] = []

    def tap(match: Match, source: int, target: int, message: Message) -> bool:
        if _is_return(message, 2) and (source, target) == (0, 1):
            first.append(match.time.now)
            return match.time.now - first[0] > 1.2
        return True

    report = _play(3, tap, faults=(COMES_BACK,))
    assert len(first) > 1
    assert {seen.event.peer for _, seen in report.events(Cut)} == {2}
    assert _turns(report, 2) == {1}


def test_what_became_valid_during_an_absence_is_not_made_valid_again() -> None:
    """Peer 3 came back while 0 was away; when 3 is cut again, 0 must not take the old return for a new one."""
    faults = (Freeze(4.0, 12.0, 0), Freeze(6.0, 3.0, 3), Exclude(20.0, 3))
    report = _play(4, lambda *_: True, faults=faults, on_disconnect="continue", settle_timeout=0.8)
    assert _reasons(report) == {(0, 1): "over", (1, 1): "over", (2, 1): "over", (3, 1): "excluded"}
    assert _turns(report, 3) == {1, 2}
    told = [seen.event for peer, seen in report.events(Returned) if peer.number == 0]
    assert [event.peer for event in told] == [0]
    assert not [seen for _, seen in report.events(Ended) if seen.event.reason == "unsettled"]
    assert {rows for (peer, _), (_, rows) in ends(report).items() if peer != 3} == {600}
