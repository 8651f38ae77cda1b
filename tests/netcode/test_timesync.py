"""Peers that run apart come together again by speed alone."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import pytest

from interactive_gym.netcode.timesync import FASTEST, SLOWEST, UNKNOWN, TimeSync

FPS = 60.0
BASE = 1 / FPS
STEP = 0.001  # seconds: how finely the simulation moves


class Peer:
    """Plays a frame at every tick, on a clock that may run wrong."""

    def __init__(self, frame: int, drift: float, others: Sequence[int]) -> None:
        self.sync = TimeSync(FPS)
        self.frame = frame
        self.rate = 1 + drift
        self.next = 0.0
        self.inboxes: dict[int, deque[tuple[float, int, float]]] = {other: deque() for other in others}

    def advance(self, now: float) -> bool:
        """Read what arrived; play if a tick is due."""
        phase = max(0.0, 1 - (self.next - now) / self.sync.interval)
        for other, inbox in self.inboxes.items():
            while inbox and inbox[0][0] <= now / self.rate:
                _, frame, theirs = inbox.popleft()
                self.sync.observe(other, self.frame + phase - frame, theirs)
        if now < self.next:
            return False
        self.sync.tick(self.frame, self.next)
        self.next += self.sync.interval
        self.frame += 1
        return True


class Group:
    """Peers with one and the same delay between any two of them."""

    def __init__(self, frames: Sequence[int], delay: float, drifts: Sequence[float] = ()) -> None:
        numbers = range(len(frames))
        drifts = drifts or [0.0] * len(frames)
        self.peers = [Peer(frames[i], drifts[i], [j for j in numbers if j != i]) for i in numbers]
        self.delay = delay
        self.steps = 0

    def run(self, seconds: float) -> list[list[int]]:
        """Returns all frames at the end of each second."""
        history = []
        for _ in range(round(seconds / STEP)):
            self.steps += 1
            t = self.steps * STEP
            for i, peer in enumerate(self.peers):
                if peer.advance(t * peer.rate):
                    for j in peer.inboxes:
                        datagram = (t + self.delay, peer.frame, peer.sync.lag(j))
                        self.peers[j].inboxes[i].append(datagram)
            if self.steps % round(1 / STEP) == 0:
                history.append([peer.frame for peer in self.peers])
        return history


def spread(frames: Sequence[int]) -> int:
    return max(frames) - min(frames)


@pytest.mark.parametrize("delay", [0.005, 0.05, 0.15])
@pytest.mark.parametrize("frames", [(6, 0), (0, 6), (9, 3, 0), (6, 6, 0, 6)])
def test_peers_that_started_apart_come_together_and_stay(frames: tuple[int, ...], delay: float) -> None:
    history = Group(frames, delay).run(12)
    assert all(spread(at) <= 1 for at in history[5:]), history


@pytest.mark.parametrize("drifts", [(0.0015, -0.0015), (0.01, -0.01), (0.003, 0.0, -0.003)])
def test_clocks_that_differ_do_not_pull_peers_apart(drifts: tuple[float, ...]) -> None:
    history = Group([0] * len(drifts), 0.04, drifts).run(30)
    assert all(spread(at) <= 1 for at in history), history


def test_what_differs_for_long_is_levelled_out() -> None:
    history = Group((0, 0), 0.04, (0.08, 0.0)).run(30)
    assert max(spread(at) for at in history) >= 2
    assert all(spread(at) <= 1 for at in history[-10:]), history


def test_without_a_difference_nobody_changes_speed_on_the_way() -> None:
    group = Group((0, 0, 0), 0.08)
    group.run(10)
    assert [peer.sync.interval for peer in group.peers] == pytest.approx([BASE] * 3, rel=0.002)


def test_all_correct_together_so_that_the_group_keeps_the_rate() -> None:
    group = Group((6, 0), 0.05)
    frames = group.run(10)[-1]
    assert sum(frames) / 2 == pytest.approx(600 + 3, abs=2)


class TestOnePeer:
    """What it does with what it is told; datagrams and ticks by hand."""

    def run(self, sync: TimeSync, leads: dict[int, float], theirs: dict[int, float], ticks: int = 15) -> TimeSync:
        for i in range(ticks):
            for peer, lead in leads.items():
                sync.observe(peer, lead, theirs[peer])
            sync.tick(i, i * BASE)
        return sync

    def test_knows_nothing_at_first(self) -> None:
        sync = TimeSync(FPS)
        sync.observe(1, 3.0, UNKNOWN)
        assert [sync.lag(1), sync.lag(2)] == [UNKNOWN, UNKNOWN]

    def test_tells_the_lead_that_it_has(self) -> None:
        assert self.run(TimeSync(FPS), {1: 3.5}, {1: 0.0}).lag(1) == pytest.approx(3.5)

    def test_does_not_heed_what_comes_late_or_out_of_order(self) -> None:
        sync = TimeSync(FPS)
        for lead in [3.0] * 12 + [30.0] * 6 + [3.0] * 12:
            sync.observe(1, lead, 3.0)
        assert sync.lag(1) == pytest.approx(3.0)

    def test_does_not_act_before_the_other_one_knows_something(self) -> None:
        assert self.run(TimeSync(FPS), {1: 9.0}, {1: UNKNOWN}).interval == BASE

    def test_does_not_act_on_what_the_way_takes(self) -> None:
        assert self.run(TimeSync(FPS), {1: 9.0}, {1: 9.0}).interval == pytest.approx(BASE)

    def test_slows_down_when_ahead_and_speeds_up_when_behind(self) -> None:
        ahead = self.run(TimeSync(FPS), {1: 5.0}, {1: 3.0}).interval
        behind = self.run(TimeSync(FPS), {1: 3.0}, {1: 5.0}).interval
        assert BASE / (1 - FASTEST) <= behind < BASE < ahead <= BASE / (1 - SLOWEST)

    def test_never_leaves_its_limits(self) -> None:
        slowest = self.run(TimeSync(FPS), {1: 127.0}, {1: -127.0}, 3000).interval
        fastest = self.run(TimeSync(FPS), {1: -127.0}, {1: 127.0}, 3000).interval
        assert [slowest, fastest] == pytest.approx([BASE / (1 - SLOWEST), BASE / (1 - FASTEST)])

    def test_heeds_one_peer_alone_if_it_is_far_behind_and_all_if_none_is(self) -> None:
        near = self.run(TimeSync(FPS), {1: 1.5, 2: -1.5}, {1: -1.5, 2: 1.5}).interval
        far = self.run(TimeSync(FPS), {1: 4.0, 2: -4.0}, {1: -4.0, 2: 4.0}).interval
        assert near == pytest.approx(BASE)
        assert far > 1.05 * BASE

    def test_sees_at_once_that_it_was_stopped_itself(self) -> None:
        sync = self.run(TimeSync(FPS), {1: 3.0}, {1: 3.0}, 31)
        before = sync.lag(1)
        for late in range(1, 4):
            sync.tick(30, (30 + late) * BASE)
        assert sync.lag(1) == pytest.approx(before - 3, abs=0.5)

    def test_asks_for_room_when_it_is_stopped_again_and_again(self) -> None:
        sync = TimeSync(FPS)
        frame = 0
        for i in range(120):
            frame += i % 4 != 0
            sync.observe(1, 3.0, 3.0)
            sync.tick(frame, frame * BASE)
        assert sync.lag(1) > 3.0 + 4

    def test_does_not_ask_for_more_room_the_longer_it_is_stopped(self) -> None:
        sync = TimeSync(FPS)
        told = []
        for _ in range(14):
            sync.observe(1, 3.0, 3.0)
            sync.tick(0, 0.0)
            told.append(sync.lag(1))
        assert told[4:] == pytest.approx([3.2] * 10)

    def test_forgets_a_peer(self) -> None:
        sync = self.run(TimeSync(FPS), {1: 5.0, 2: 4.0}, {1: 3.0, 2: 4.0})
        sync.forget(1)
        assert sync.lag(1) == UNKNOWN
        assert sync.lag(2) == pytest.approx(4.0)
        sync.forget(3)

    def test_starts_anew(self) -> None:
        sync = self.run(TimeSync(FPS), {1: 5.0}, {1: 3.0}, 300)
        sync.clear()
        assert [sync.interval, sync.lag(1)] == [BASE, UNKNOWN]
        assert self.run(sync, {1: 3.0}, {1: 3.0}, 30).interval == pytest.approx(BASE)

    def test_can_start_anew_in_any_frame_at_any_time(self) -> None:
        sync = TimeSync(FPS)
        for i in range(30):
            sync.observe(1, 2.0, 2.0)
            sync.tick(5000 + i, 1e6 + i * BASE)
        assert sync.interval == pytest.approx(BASE, rel=1e-6)
