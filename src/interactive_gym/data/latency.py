"""What an episode felt like to its player, in one line: the path of their key presses, and how evenly it ran."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median

from interactive_gym.protocol import Experience, KeyRow, TickRow

SUMMARY = (
    "keys",
    "event_to_sampled_ms_median",
    "event_to_sampled_ms_p95",
    "event_to_executed_ms_median",
    "event_to_executed_ms_p95",
    "event_to_painted_ms_median",
    "event_to_painted_ms_p95",
    "late_ticks",
    "fps_held",
)
ROLLBACKS = ("late_share", "predicted_ticks", "rollback_ms_median", "rollback_ms_p95")  # in games of several


Summary = dict[str, float | int | None]


def summary(seconds: Sequence[Experience], fps: int) -> Summary:
    """One value per name of ``SUMMARY`` and ``ROLLBACKS``; None where there was nothing to measure.

    A tick is late when it begins more than half a tick after it was due. ``fps_held`` is the number of ticks per second
    of wall time between the first and the last one of each generation.
    """
    keys = [key for second in seconds for key in second.keys]
    ticks = [tick for second in seconds for tick in second.ticks]
    late = sum(tick.late_ms > 500 / fps for tick in ticks)
    return {
        "keys": len(keys),
        **_spread("event_to_sampled_ms", (key.sampled_ms - key.event_ms for key in keys)),
        **_spread("event_to_executed_ms", (key.executed_ms - key.event_ms for key in keys)),
        **_spread("event_to_painted_ms", _painted(keys)),
        "late_ticks": late,
        "fps_held": _fps_held(seconds),
        "late_share": round(late / len(ticks), 4) if ticks else None,
        "predicted_ticks": sum(tick.predicted > 0 for tick in ticks),
        **_spread("rollback_ms", (tick.rollback_ms for tick in ticks if tick.rollback)),
    }


def _painted(keys: Iterable[KeyRow]) -> Iterable[float]:
    return (key.painted_ms - key.event_ms for key in keys if key.painted_ms is not None)


def _spread(name: str, values: Iterable[float]) -> dict[str, float | None]:
    ordered = sorted(values)
    if not ordered:
        return {f"{name}_median": None, f"{name}_p95": None}
    nearest_rank = ordered[math.ceil(0.95 * len(ordered)) - 1]
    return {f"{name}_median": round(median(ordered), 3), f"{name}_p95": round(nearest_rank, 3)}


def _fps_held(seconds: Sequence[Experience]) -> float | None:
    """Each generation has its own clock, and nobody played between two of them."""
    generations: dict[int, list[TickRow]] = {}
    for second in seconds:
        generations.setdefault(second.generation, []).extend(second.ticks)
    steps = sum(len(ticks) - 1 for ticks in generations.values() if ticks)
    elapsed_ms = sum(_elapsed(ticks) for ticks in generations.values() if ticks)
    return round(1000 * steps / elapsed_ms, 3) if elapsed_ms > 0 else None


def _elapsed(ticks: Sequence[TickRow]) -> float:
    began = [tick.due_ms + tick.late_ms for tick in ticks]
    return max(began) - min(began)
