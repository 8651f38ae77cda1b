"""Who is warned and who is taken out of a game, by what is seen of them."""

from __future__ import annotations

from typing import Any

import interactive_gym as ig
from interactive_gym.server.lifecycle import Outcome
from interactive_gym.server.monitoring import CALLBACK, HIDDEN, PING, Exclude, Monitor, Warn, spaced
from interactive_gym.server.rtts import Sample


def monitor(now: float = 0.0, **rules: Any) -> Monitor:
    table = ig.GymScene("game").monitoring(**rules).watch
    assert table
    return Monitor(table, now)


def pings(*ms: float) -> list[Sample]:
    return [Sample(5.0 * (1 + number), each) for number, each in enumerate(ms)]


def away(one: Monitor, now: float, since: float | None) -> str | None:
    decision = one.decide(now, [], 0.0, since)
    return decision and type(decision).__name__


def test_without_rules_nobody_is_bothered() -> None:
    assert monitor().decide(1e6, pings(9e5, 9e5, 9e5, 9e5, 9e5), 100.0, 0.0) is None


def test_who_looks_away_is_warned_once_and_then_taken_out() -> None:
    one = monitor(hidden_warn_after=5, hidden_exclude_after=10)
    assert [away(one, now, 100.0) for now in (104.9, 105, 106, 109.9, 110)] == [None, "Warn", None, None, "Exclude"]


def test_who_comes_back_is_warned_again_the_next_time() -> None:
    one = monitor(hidden_warn_after=5)
    looks = [(5.0, 0.0), (6.0, 0.0), (7.0, None), (12.0, 8.0), (13.0, 8.0)]
    assert [away(one, *look) for look in looks] == ["Warn", None, None, None, "Warn"]


def test_the_time_before_the_game_does_not_count() -> None:
    one = monitor(now=100.0, hidden_exclude_after=10)
    assert [away(one, now, 20.0) for now in (100.0, 109.0, 110.0)] == [None, None, "Exclude"]


def test_so_many_of_the_latest_pings_take_a_player_out() -> None:
    rules = {"max_ping": 100, "ping_window": 4, "ping_violations": 3}
    assert monitor(**rules).decide(99, pings(20, 20, 20, 20), 0, None) is None
    assert monitor(**rules).decide(99, pings(200, 20, 20, 20), 0, None) is None
    assert monitor(**rules).decide(99, pings(200, 200, 200, 20, 20, 20), 0, None) is None
    assert monitor(**rules).decide(99, pings(200, 20, 200, 20), 0, None) == Warn(PING, "2 of 4 pings above 100 ms")
    out = monitor(**rules).decide(99, pings(200, 20, 200, 200), 0, None)
    assert isinstance(out, Exclude) and (out.reason, out.outcome) == (PING, Outcome.EXCLUDED) and out.body


def test_a_ping_that_is_not_answered_is_a_slow_one() -> None:
    one = monitor(max_ping=100, ping_window=2, ping_violations=2)
    assert one.decide(99, pings(20, 200), 0.05, None) == Warn(PING, "1 of 2 pings above 100 ms")
    assert isinstance(one.decide(99, pings(20, 200), 0.2, None), Exclude)


def test_pings_before_the_game_or_in_one_burst_count_once() -> None:
    samples = [Sample(at, at) for at in (1, 10, 10.1, 10.2, 13, 14, 15.6)]
    assert [each.ms for each in spaced(samples, 5)] == [10, 13, 15.6]
    burst = [Sample(10 + tenth / 10, 500) for tenth in range(10)]
    assert not isinstance(monitor(max_ping=100).decide(99, burst, 0, None), Exclude)


def test_outcomes() -> None:
    assert [Exclude(reason, "").outcome for reason in (HIDDEN, PING, CALLBACK)] == [
        Outcome.FOCUS_TIMEOUT,
        Outcome.EXCLUDED,
        Outcome.EXCLUDED,
    ]
