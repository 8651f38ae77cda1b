"""The virtual network on its own: a test that stands on it can only be as right as it is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from interactive_gym.netcode.testing.links import SERVER, Conditions, Links
from interactive_gym.netcode.testing.network import LogEntry, VirtualNetwork
from interactive_gym.netcode.testing.virtual_time import PeerClock, VirtualTime

STEADY = Conditions(delay=0.1, jitter=0.0)


class Post:
    """A network on which everything that arrives is noted."""

    def __init__(self, conditions: Conditions = STEADY, seed: int = 0, **links: object) -> None:
        self.time = VirtualTime()
        self.arrived: list[tuple[float, int, int, bytes, bool]] = []
        self.network = VirtualNetwork(self.time, seed, self._note, Links(conditions, **links), is_logging=True)

    def _note(self, source: int, target: int, data: bytes, is_control: bool) -> None:
        self.arrived.append((self.time.now, source, target, data, is_control))

    def at(self, time: float, action: Callable[..., None], *arguments: object) -> None:
        self.time.at(time, lambda: action(*arguments))

    def send_many(self, count: int, every: float = 0.01, size: int = 10) -> None:
        """Datagrams from 0 to 1 that carry their number."""
        for number in range(count):
            self.at(number * every, self.network.send, 0, 1, number.to_bytes(4, "big").rjust(size))
        self.time.run(until=count * every + 10)

    @property
    def numbers(self) -> list[int]:
        return [int.from_bytes(data[-4:], "big") for _, _, _, data, _ in self.arrived]

    @property
    def times(self) -> list[float]:
        return [round(time, 6) for time, *_ in self.arrived]


def test_time_runs_in_order_and_asks_equal_moments_in_the_order_of_asking() -> None:
    time, seen = VirtualTime(), []
    for at, name in ((2.0, "b"), (1.0, "a"), (2.0, "c")):
        time.at(at, lambda name=name: seen.append((time.now, name)))
    time.run(until=5.0)
    assert seen == [(1.0, "a"), (2.0, "b"), (2.0, "c")]
    assert time.now == 5.0


def test_time_stops_where_it_is_over() -> None:
    time, seen = VirtualTime(), []
    for at in (1.0, 2.0, 3.0):
        time.at(at, lambda at=at: seen.append(at))
    time.run(until=9.0, is_over=lambda: len(seen) == 2)
    assert seen == [1.0, 2.0]
    assert time.now == 2.0


@pytest.mark.parametrize("clock", [PeerClock(), PeerClock(300, 0.003), PeerClock(-300, -0.003)])
def test_a_clock_has_reached_its_deadline_when_it_says_so(clock: PeerClock) -> None:
    for k in range(1000):
        local = clock.local(k / 7)
        assert clock.local(clock.when(local)) >= local
        assert clock.when(local) == pytest.approx(k / 7, abs=1e-6)


def test_clocks_drift_apart() -> None:
    fast, slow = PeerClock(0, 0.003), PeerClock(300, -0.003)
    assert (fast.local(100) - fast.local(0)) - (slow.local(100) - slow.local(0)) == pytest.approx(0.6)
    assert slow.true_duration(0.997) == pytest.approx(1.0)


def test_a_datagram_takes_the_delay() -> None:
    post = Post()
    post.at(1.0, post.network.send, 0, 1, b"hello")
    post.time.run(until=2.0)
    assert post.arrived == [(1.1, 0, 1, b"hello", False)]
    assert post.network.bytes_sent[0, 1] == 5


def test_each_direction_has_its_own_delay() -> None:
    post = Post(directions={(1, 0): Conditions(delay=0.4, jitter=0.0)})
    for source, target in ((0, 1), (1, 0), (0, 2)):
        post.network.send(source, target, b"")
    post.time.run(until=2.0)
    assert [(at, source) for at, source, *_ in post.arrived] == [(0.1, 0), (0.1, 0), (0.4, 1)]


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.2])
def test_so_many_are_lost_as_was_asked_for(loss: float) -> None:
    post = Post(Conditions(loss=loss))
    post.send_many(20_000)
    assert len(post.arrived) / 20_000 == pytest.approx(1 - loss, abs=0.01)


def test_jitter_spreads_and_lets_datagrams_overtake() -> None:
    post = Post(Conditions(delay=0.1, jitter=0.03))
    post.send_many(2_000)
    delays = [at - number * 0.01 for at, number in zip(post.times, post.numbers, strict=True)]
    assert 0.1 <= min(delays) < 0.101
    assert 0.129 < max(delays) <= 0.13
    assert any(b < a for a, b in pairwise(post.numbers))


def test_without_jitter_and_reordering_datagrams_keep_their_order() -> None:
    post = Post()
    post.send_many(500)
    assert post.numbers == list(range(500))


def test_reordering_holds_some_back() -> None:
    post = Post(Conditions(delay=0.1, jitter=0.0, reordering=0.1))
    post.send_many(5_000)
    late = sum(round(at - number * 0.01, 6) == 0.2 for at, number in zip(post.times, post.numbers, strict=True))
    assert late / 5_000 == pytest.approx(0.1, abs=0.02)


def test_duplication_brings_some_twice() -> None:
    post = Post(Conditions(duplication=0.1))
    post.send_many(5_000)
    assert len(post.arrived) / 5_000 == pytest.approx(1.1, abs=0.02)
    assert set(post.numbers) == set(range(5_000))


def test_a_rate_queues_and_then_drops() -> None:
    post = Post(Conditions(delay=0.1, jitter=0.0, rate=1000.0, queue=0.25))
    post.send_many(10, every=0.0, size=100)
    assert post.times == [0.2, 0.3, 0.4]  # the fourth would have waited 0.3 s for its turn


def test_a_burst_loses_all_of_one_direction_while_it_lasts() -> None:
    post = Post()
    post.at(0.5, post.network.silence, 0, 1, 0.3)
    post.at(0.6, post.network.send, 1, 0, b"other")
    post.send_many(100, every=0.015)
    here = [int.from_bytes(data[-4:], "big") for _, source, _, data, _ in post.arrived if source == 0]
    assert sorted(set(range(100)) - set(here)) == [n for n in range(100) if 0.5 <= n * 0.015 < 0.8]
    assert (1, 0, b"other") in [entry[1:4] for entry in post.arrived]


def test_control_messages_are_late_by_loss_and_stay_in_order() -> None:
    post = Post(Conditions(delay=0.05, jitter=0.02, loss=0.3))
    for number in range(500):
        post.at(number * 0.05, post.network.send_control, 0, 1, number.to_bytes(4, "big"))
    post.time.run(until=100.0)
    assert post.numbers == list(range(500))
    assert all(is_control for *_, is_control in post.arrived)
    assert max(at - number * 0.05 for at, number in zip(post.times, post.numbers, strict=True)) > 0.2


def test_control_messages_wait_for_the_end_of_a_burst() -> None:
    post = Post()
    post.network.silence(0, 1, 3.0)
    post.network.send_control(0, 1, b"")
    post.time.run(until=10.0)
    assert 3.1 <= post.times[0] <= 4.2


def test_a_link_that_dies_takes_along_what_was_under_way() -> None:
    post = Post()
    for send in (post.network.send, post.network.send_control):
        post.at(1.0, send, 0, 1, b"lost")
        post.at(4.0, send, 0, 1, b"alive")
    post.at(1.05, post.network.take_down, 0, 1, 2.0)
    post.time.run(until=9.0)
    assert [data for *_, data, _ in post.arrived] == [b"alive", b"alive"]


def test_control_messages_take_the_server_where_the_link_is_down() -> None:
    post = Post(to_server=Conditions(delay=0.3, jitter=0.0))
    post.network.take_down(0, 1, 2.0)
    post.network.send(0, 1, b"datagram")
    post.network.send_control(0, 1, b"control")
    post.time.run(until=5.0)
    assert post.arrived == [(0.6, 0, 1, b"control", True)]


@pytest.mark.parametrize("cut_off", [0, 1])
def test_control_messages_are_lost_where_no_path_is_left(cut_off: int) -> None:
    post = Post()
    post.network.take_down(0, 1, 2.0)
    post.network.take_down(cut_off, SERVER, 2.0)
    post.network.send_control(0, 1, b"")
    post.time.run(until=5.0)
    assert post.arrived == []
    assert [what for _, what, *_ in post.network.log] == ["sent", "lost"]


def test_the_server_is_reached_over_a_link_of_its_own() -> None:
    post = Post(to_server=Conditions(delay=0.02, jitter=0.0))
    post.network.take_down(0, 1, 9.0)
    post.network.send_control(0, SERVER, b"up")
    post.network.send_control(SERVER, 0, b"down")
    post.time.run(until=5.0)
    assert [(at, source, target) for at, source, target, *_ in post.arrived] == [(0.02, 0, SERVER), (0.02, SERVER, 0)]


def test_overlapping_failures_last_until_the_last_of_them_ends() -> None:
    post = Post()
    post.at(0.0, post.network.take_down, 0, 1, 3.0)
    post.at(1.0, post.network.take_down, 1, 0, 1.0)
    post.time.run(until=2.5)
    assert not post.network.is_up(0, 1)
    post.time.run(until=3.0)
    assert post.network.is_up(0, 1)


def test_what_was_under_way_to_a_process_that_ended_does_not_reach_the_next() -> None:
    post = Post()
    post.network.send(0, 1, b"to the old one")
    post.network.send(1, 0, b"of the old one")
    post.at(0.05, post.network.forget, 1)
    post.at(0.06, post.network.send, 0, 1, b"to the new one")
    post.time.run(until=1.0)
    assert [data for *_, data, _ in post.arrived] == [b"of the old one", b"to the new one"]


def test_conditions_change_at_once() -> None:
    post = Post()
    post.network.send(0, 1, b"")
    post.network.change(0, 1, Conditions(delay=0.5, jitter=0.0))
    post.network.send(0, 1, b"")
    post.time.run(until=1.0)
    assert post.times == [0.1, 0.5]


def test_what_loses_everything_is_no_condition() -> None:
    with pytest.raises(ValueError, match="burst"):
        Conditions(loss=1.0)


def _log(seed: int, others: bool = False) -> list[LogEntry]:
    post = Post(Conditions(jitter=0.03, loss=0.1, duplication=0.1, reordering=0.1), seed)
    for number in range(300):
        post.at(number * 0.01, post.network.send, 0, 1, b"x" * (number % 7))
        post.at(number * 0.01, post.network.send_control, 1, 2, b"y")
        if others:
            post.at(number * 0.01, post.network.send, 2, 0, b"z")
    post.time.run(until=20.0)
    return post.network.log


def test_a_seed_decides_everything() -> None:
    assert _log(seed=3) == _log(seed=3)
    assert _log(seed=3) != _log(seed=4)


def test_the_chance_of_one_direction_is_not_that_of_another() -> None:
    with_others = [entry for entry in _log(seed=3, others=True) if entry[2:4] != (2, 0)]
    assert with_others == _log(seed=3)
