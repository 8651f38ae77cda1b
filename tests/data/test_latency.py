from __future__ import annotations

import pytest

from interactive_gym.data.latency import ROLLBACKS, SUMMARY, summary
from interactive_gym.protocol import Experience, KeyRow, TickRow


def second(index: int, ticks: list[TickRow], keys: list[KeyRow], generation: int = 0) -> Experience:
    return Experience("s", 0, generation, index, ticks, keys)


def test_the_path_of_a_key() -> None:
    keys = [KeyRow(n, "a", 100.0 * n, 100.0 * n + 2, 100.0 * n + 5, 100.0 * n + 10 + n) for n in range(20)]
    made = summary([second(0, [], keys[:10]), second(1, [], keys[10:])], 10)
    assert tuple(made) == (*SUMMARY, *ROLLBACKS)
    assert made["keys"] == 20
    assert (made["event_to_sampled_ms_median"], made["event_to_executed_ms_p95"]) == (2, 5)
    assert (made["event_to_painted_ms_median"], made["event_to_painted_ms_p95"]) == (19.5, 28)


def test_a_key_that_was_never_painted_counts_as_a_key() -> None:
    made = summary([second(0, [], [KeyRow(0, "a", 0.0, 1.0, 2.0, None)])], 10)
    assert (made["keys"], made["event_to_painted_ms_median"]) == (1, None)


def test_the_rate_of_each_life_of_the_worker() -> None:
    """A reload starts the clock again, and the time between two lives is nobody's."""
    first = [TickRow(n, 100.0 * n, 0.0, 1.0, None) for n in range(11)]
    again = [TickRow(n, 200.0 * n, 60.0, 1.0, None) for n in range(6)]
    made = summary([second(0, first, []), second(1, again, [], generation=1)], 10)
    assert made["fps_held"] == pytest.approx(15 / 2.0)
    assert made["late_ticks"] == 6


def test_nothing_measured_is_nothing() -> None:
    made = summary([], 10)
    assert (made["keys"], made["late_ticks"], made["fps_held"]) == (0, 0, None)
    assert summary([second(0, [TickRow(0, 0.0, 0.0, 0.0, None)], [])], 10)["fps_held"] is None
