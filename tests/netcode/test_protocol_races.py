"""What happens when messages of several peers cross: each test lets one of them come at the worst moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from interactive_gym.netcode.events import Cut, Ended, Returned, Unheld
from interactive_gym.netcode.messages import EpisodeEnd, Flush, Message, Settle, Start, Wish
from interactive_gym.netcode.testing import Computer, Conditions, Exclude, Freeze, Links, Match, Report, ToyGame
from tests.netcode.playing import ends, passed, scenario
from tests.netcode.tapping import Tap, run_tapped

CLEAN = Links(Conditions(delay=0.03, jitter=0.0), Conditions(delay=0.02, jitter=0.0))
"""Nothing is lost, so that only what a test does is out of order."""

COMES_BACK = Freeze(4.0, 3.0, 2)


def _play(peers: int, tap: Tap, **changes: Any) -> Report:
    return passed(run_tapped(scenario(peers, 600, **({"links": CLEAN} | changes)), tap))


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


@pytest.mark.parametrize("untold", [1, 2])
def test_who_was_let_in_by_a_peer_that_dies_before_it_could_tell(untold: int) -> None:
    """Either the other one never hears of the return of 2, or 2 itself does not."""
    happened = []

    def tap(match: Match, source: int, target: int, message: Message) -> bool:
        if not (_is_return(message, 2) and source == 0 and target == untold):
            return True
        if not happened:
            happened.append(match.time.now)
            match.time.at(match.time.now + 0.01, lambda: match.machines[0].kill(goodbye=False))
        return False

    report = _play(3, tap, faults=(COMES_BACK,))
    assert happened
    assert _reasons(report) == {(1, 1): "over", (2, 1): "over"}
    assert _turns(report, 2) == {1}


def test_who_takes_itself_to_be_back_while_the_others_have_forgotten_it() -> None:
    """A cut makes 1 forget the return of 3 just before that is valid, and 0, who could say so, dies."""
    happened = []

    def tap(match: Match, source: int, target: int, message: Message) -> bool:
        if _is_return(message, 3) and target == 1 and not happened:
            match.server.exclude(2)
            match.network.change(0, 1, Conditions(delay=0.15, jitter=0.0))
            happened.append(match.time.now)
        is_report = isinstance(message, Flush) and source == 0 and len(happened) > 0
        if is_report and target == 3 and len(happened) == 1:
            match.time.at(match.time.now + 0.01, lambda: match.machines[0].kill(goodbye=False))
            happened.append(match.time.now)
        return not (is_report and target == 1)

    report = _play(4, tap, faults=(Freeze(4.0, 3.0, 3),))
    assert len(happened) == 2
    assert _reasons(report) == {(1, 1): "over", (2, 1): "excluded", (3, 1): "over"}


def test_a_start_that_only_some_heard_of_before_it_was_said_by_nobody_any_more() -> None:
    happened = []

    def tap(match: Match, source: int, target: int, message: Message) -> bool:
        if not (isinstance(message, Start) and source == 0 and target == 2):
            return True
        if not happened:
            happened.append(match.time.now)
            match.time.at(match.time.now + 0.01, lambda: match.machines[0].kill(goodbye=False))
        return False

    report = _play(3, tap)
    assert happened
    assert _reasons(report) == {(1, 1): "over", (2, 1): "over"}
    assert _turns(report, 2) == _turns(report, 1) == set()


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


def test_who_was_far_in_a_long_episode_comes_back_into_the_next_one() -> None:
    """It asks for what came after frame 1100 or so, and the others are in frame 100 of another episode."""
    report = _play(3, lambda *_: True, faults=(Freeze(40.0, 6.0, 2),), episodes=2, game=ToyGame(3, 1200))
    assert _reasons(report) == {(0, 1): "over", (1, 1): "over", (2, 1): "over"}
    (back,) = (seen.at for peer, seen in report.events(Returned) if peer.number == 2)
    assert back < 50.0


def test_a_second_pause_is_not_ended_by_a_late_wish_to_go_on_after_the_first() -> None:
    """Everybody asks the lowest peer to go on; the wish of peer 1 comes when the game goes on already."""
    held: list[float] = []

    def tap(match: Match, source: int, target: int, message: Message) -> bool:
        late = isinstance(message, Wish) and source == 1
        if late and not held:
            held.append(match.time.now)
        return not late or match.time.now - held[0] > 0.2

    def wish(match: Match, change: str) -> None:
        referee = match.server._referee
        referee.wish(change, match.server._now())
        match.server._after_work()

    match_faults = [
        _Call(at, change, wish) for at, change in ((4.0, "pause"), (6.0, "resume"), (8.0, "pause"), (11.0, "resume"))
    ]
    report = _play(2, tap, faults=tuple(match_faults), must_roll_back=False)
    assert held
    unheld = [seen.event.at for peer, seen in report.events(Unheld) if peer.number == 0]
    assert not [at for at in unheld if 8.5 < at < 11.0]
    assert unheld[-1] > 11.0


@dataclass(frozen=True)
class _Call:
    """The server wishes something."""

    at: float
    change: str
    wish: Callable[[Match, str], None]
    duration: float = 0.0

    def happen(self, match: Match) -> None:
        self.wish(match, self.change)


def test_one_who_does_not_hear_that_somebody_has_finished_is_not_left_behind() -> None:
    """Peer 1 does not hear peer 2 any more, and wants it cut; peer 0 heard it, is in the next episode, and is slow."""
    ends_at: list[float] = []

    def tap(match: Match, source: int, target: int, message: Message) -> bool:
        if isinstance(message, EpisodeEnd) and (source, target) == (2, 1) and not ends_at:
            ends_at.append(match.time.now)
            match.network.silence(2, 1, 4.0)
        return True

    slow = {peer: Computer(peer, ready_after=8.0) for peer in range(3)}
    report = _play(3, tap, episodes=2, game=ToyGame(3, 200), computers=slow, must_roll_back=False, progress_within=20.0)
    assert ends_at
    assert _reasons(report) == {(0, 1): "over", (1, 1): "over", (2, 1): "over"}


def test_who_falls_silent_while_a_cut_is_agreed_on_is_cut_as_well() -> None:
    """Nobody gives up on agreeing before it is noticed why that takes so long."""
    faults = (Freeze(4.0, 12.0, 3), Freeze(8.9, 10.0, 2))
    report = _play(4, lambda *_: True, faults=faults, on_disconnect="pause", pause_timeout=5.0, settle_timeout=8.0)
    cuts = {(peer.number, seen.event.peer) for peer, seen in report.events(Cut)}
    assert {(0, 2), (0, 3), (1, 2), (1, 3)} <= cuts
    assert {_reasons(report)[peer, 1] for peer in (0, 1)} == {"over"}
