"""A peer that cannot hold the tick slows the game for all, within bounds, and is named; it no longer stops it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from interactive_gym.netcode import Phase, Session
from interactive_gym.netcode.events import Returned, Slowed, Started
from interactive_gym.netcode.messages import AS_PLANNED, History, Pace, Ready, Span, Start
from interactive_gym.netcode.pacing import COSTS, Window
from interactive_gym.netcode.tempo import Tempo
from interactive_gym.netcode.testing import Computer, Reload, ReloadAll, Report, config_of, run_match
from interactive_gym.netcode.timesync import TimeSync
from tests.netcode.playing import START, passed, scenario
from tests.netcode.test_agreements import FPS, Peer

SLOW = 1


def tempo(frame_cost: float = 0.0, fps: float = 50.0, **how: Any) -> Tempo:
    return Tempo(config_of(3, fps, **how), Window(fps, 8), TimeSync(fps), frame_cost)


class TestTempo:
    @pytest.mark.parametrize(
        ("cost_ms", "need"),
        [(0, 1), (5, 1), (16.6, 1), (17.4, 1.05), (20, 1.2), (22, 1.35), (24, 1.45), (25, 1.5), (60, 1.5)],
    )
    def test_asks_for_room_beside_what_a_frame_takes(self, cost_ms: float, need: float) -> None:
        assert tempo(cost_ms / 1000).need == need

    def test_asks_for_nothing_where_nobody_may_be_slow(self) -> None:
        assert tempo(1.0, slowest=1).need == 1

    def test_is_as_planned_at_first(self) -> None:
        assert (tempo(1.0).pace, tempo(1.0).fps) == (AS_PLANNED, 50)

    def test_the_slowest_decides_and_all_who_are_slow_are_named(self) -> None:
        assert tempo().agreed({0: 1.2, 1: 1.0, 2: 1.35}) == Pace(1.35, (0, 2))
        assert tempo().agreed({0: 1.0, 1: 1.0}) == AS_PLANNED

    @pytest.mark.parametrize("need", [-1e300, 0.0, 0.99])
    def test_nobody_makes_it_faster(self, need: float) -> None:
        assert tempo().agreed({0: need}) == AS_PLANNED
        mine = tempo()
        assert not mine.take(Pace(need, ()))
        assert mine.fps == 50

    def test_nobody_makes_it_slower_than_it_may_be(self) -> None:
        assert tempo().agreed({0: 1.0, 1: 1e300}) == Pace(1.5, (1,))
        mine = tempo()
        assert mine.take(Pace(1e300, (1,)))
        assert mine.fps == pytest.approx(50 / 1.5)

    def test_says_whether_the_pace_is_another_one(self) -> None:
        mine = tempo()
        pace = Pace(1.25, (1,))
        assert [mine.take(one) for one in (AS_PLANNED, pace, pace, AS_PLANNED)] == [False, True, False, True]
        assert mine.fps == 50

    def test_frames_of_the_window_are_played_again_in_ticks_as_long_as_they_are(self) -> None:
        window, sync = Window(50, 8), TimeSync(50)
        mine = Tempo(config_of(2, 50, slowest=2), window, sync, 0.0)
        for _ in range(COSTS):
            window.add_cost(step=0.01)
        assert window.size == 4
        mine.take(Pace(2.0, (0,)))
        assert (window.size, sync.interval) == (8, 0.04)


class TestMeasuring:
    def played(self, mine: Tempo, frames: int, step: float, save: float = 0.0, save_every: int = 1) -> Tempo:
        """An episode; in one of ten frames something else happens on the computer."""
        for frame in range(frames):
            mine._window.add_cost(step=step if frame % 10 else 1.0)
            if frame % save_every == 0:
                mine._window.add_cost(save=save)
        mine.measure()
        return mine

    def test_what_an_episode_took_decides_about_the_next(self) -> None:
        mine = tempo(0.024)
        assert self.played(mine, 100, 0.015, 0.005).need == 1.2
        assert self.played(mine, 100, 0.001, 0.001).need == 1
        assert self.played(mine, 1000, 0.022).need == 1.35

    def test_states_that_are_seldom_kept_count_for_little(self) -> None:
        assert self.played(tempo(), 100, 0.015, 0.05, save_every=10).need == 1.2

    def test_one_short_episode_says_nothing_but_many_do(self) -> None:
        mine = self.played(tempo(0.02), COSTS - 1, 0.001)
        assert mine.need == 1.2
        assert self.played(mine, 1, 0.001).need == 1


class TestAgreeing:
    """One peer, and what the others say."""

    def test_the_lowest_tells_all_what_the_slowest_needs(self) -> None:
        peer = self.waiting(0)
        peer.hear(1, Ready(1, 0, (0, 1, 2), 1.2))
        peer.hear(2, Ready(1, 0, (0, 1, 2), 1.45))
        peer.play(1)
        told = peer.said_of(Start)
        assert [start.pace for start in told] == [Pace(1.45, (1, 2))] * 2
        assert peer.session.statistics()["slowdown"] == 1.45
        assert [type(event) for event in peer.events() if isinstance(event, Started | Slowed)] == [Started, Slowed]

    def test_the_others_play_at_the_pace_that_they_are_told(self) -> None:
        peer = self.waiting(2)
        assert peer.said_of(Ready)[-1].need == 1.0
        peer.hear(0, Start(1, peer.now, 0, Pace(1.25, (1,))))
        assert Slowed(1.25, (1,)) in peer.events()
        due = {peer.session.next_tick for _ in range(9) if peer.play(1) is not None}
        assert [b - a for a, b in pairwise(sorted(due))] == pytest.approx([1.25 / FPS] * (len(due) - 1))
        assert len(due) > 5

    def test_each_episode_is_agreed_on_anew(self) -> None:
        peer = self.waiting(2)
        peer.shared.set_pace(Pace(1.5, (1,)))
        peer.hear(0, Start(1, peer.now, 0, AS_PLANNED))
        assert peer.session.statistics()["slowdown"] == 1.0

    def test_a_delay_in_frames_is_of_ticks_that_this_peer_can_hold(self) -> None:
        delays = []
        for cost in (0.0, 0.05):
            session = Session(config_of(2, 50, input_delay="auto"), 0, 1, 0.0, frame_cost=cost)
            session._shared.links[1]._round_trips.extend([0.5] * 10)
            delays.append(session._engine.starting._wished_delay())
        assert delays == [7, 3]  # 250 ms are 12.5 ticks, or 8.3; 6 are in the window

    @pytest.mark.parametrize("message", [Start(0, 3.0, 0, Pace(1.2, (9,)))])
    def test_nobody_is_named_whom_nobody_knows(self, message: Start) -> None:
        peer = Peer(0)
        peer.hear(2, message)
        assert "about peers [9]" in peer.events()[-1].text

    def test_who_comes_back_learns_the_running_pace(self) -> None:
        away = Peer(0)
        away.shared.phase = Phase.AWAY
        spans = tuple(Span(player, 0, ()) for player in range(3))
        for _ in range(2):
            away.hear(2, History(0, 0, 0, 0, spans, (1, 0, 0), (1, 2), 20, -1, Pace(1.3, (2,))))
        assert [event for event in away.events() if isinstance(event, Slowed)] == [Slowed(1.3, (2,))]
        assert away.shared.tempo.fps == pytest.approx(FPS / 1.3)

    def waiting(self, me: int) -> Peer:
        """A peer that is ready for the second episode."""
        peer = Peer(me)
        peer.shared.phase = Phase.PREPARING
        peer.engine._begin_epoch(1, 1)
        for link in peer.shared.links.values():
            link.smoothed_rtt = 0.01
        peer.play(1)
        peer.session.ready(peer.now)
        peer.play(2)
        return peer


def slowly(load: float, peers: int = 2, make: Callable[..., Session] = Session, **changes: Any) -> Report:
    """A match in which the steps of peer 1 take ``load`` times a tick."""
    tick = 1 / 30
    computer = Computer(SLOW, step_cost=0.9 * load * tick, save_cost=0.1 * load * tick, unevenness=0.3)
    rules = {"computers": {SLOW: computer}, "until": 300.0, "progress_within": 20.0, **changes}
    return passed(run_match(scenario(peers, **rules), make))


def stalls(report: Report) -> int:
    """Of all processes that are left."""
    return sum(peer.session.statistics()["stalls"] for peer in report.running)


def slowed(report: Report) -> list[tuple[int, int, Slowed]]:
    """Who was told so, in which of its processes."""
    found = [(peer.number, peer.boot, seen.event) for peer, seen in report.events(Slowed)]
    return sorted(found, key=lambda told: told[:2])  # type: ignore[return-value]


@pytest.mark.parametrize("peers", [2, 3])
@pytest.mark.parametrize(("load", "factor"), [(1.2, 1.45), (1.4, 1.5)])
def test_a_slow_peer_slows_the_game_instead_of_stopping_it(load: float, factor: float, peers: int) -> None:
    with_it, without = slowly(load, peers), slowly(load, peers, slowest=1.0)
    assert slowed(with_it) == [(peer, 1, Slowed(factor, (SLOW,))) for peer in range(peers)]
    assert slowed(without) == []
    assert stalls(without) > 30
    assert stalls(with_it) <= 0.1 * stalls(without)


def test_a_peer_that_is_too_slow_for_the_bound_is_named_and_waited_for() -> None:
    report = slowly(3.0)
    assert slowed(report) == [(peer, 1, Slowed(1.5, (SLOW,))) for peer in range(2)]
    assert stalls(report) > 30


def test_nothing_is_slowed_where_everybody_can_hold_the_tick() -> None:
    report = slowly(0.6)
    assert slowed(report) == []
    assert [peer.session.statistics()["slowdown"] for peer in report.running] == [1.0, 1.0]


def saying(cost: float) -> Callable[..., Session]:
    """Sessions that were told something else before than what frames take."""
    return lambda *how, **more: Session(*how, **{**more, "frame_cost": cost})


def test_who_turns_out_to_be_slow_slows_the_next_episode() -> None:
    report = slowly(1.2, make=saying(0.0), episodes=2)
    began = [seen.at for _, seen in report.events(Started)]
    assert slowed(report) == [(peer, 1, Slowed(1.45, (SLOW,))) for peer in range(2)]
    assert all(seen.at >= sorted(began)[2] for _, seen in report.events(Slowed))


def test_who_turns_out_to_be_fast_does_not() -> None:
    report = slowly(0.1, make=saying(1.0), episodes=2)
    assert slowed(report) == [(peer, 1, Slowed(1.5, (0, SLOW))) for peer in range(2)]
    assert [peer.session.statistics()["slowdown"] for peer in report.running] == [1.0, 1.0]


@pytest.mark.parametrize("who", [0, SLOW])
def test_who_reloads_plays_on_at_the_pace_of_the_others(who: int) -> None:
    report = slowly(1.2, 3, frames=900, faults=(Reload(START + 3, 1.0, who),), on_disconnect="continue")
    assert [seen.event.peer for peer, seen in report.events(Returned) if peer.number == who] == [who]
    assert (who, 2, Slowed(1.45, (SLOW,))) in slowed(report)
    assert [peer.session.statistics()["slowdown"] for peer in report.running] == [1.45] * 3


def test_when_all_reload_they_agree_again() -> None:
    report = slowly(1.2, faults=(ReloadAll(START + 3, 2.0),))
    assert slowed(report) == [(peer, boot, Slowed(1.45, (SLOW,))) for peer in range(2) for boot in (1, 2)]
