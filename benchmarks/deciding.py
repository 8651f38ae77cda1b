"""How long a waiting room takes to decide who plays with whom. The server's event loop does nothing else meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from benchmarks.common import summary
from interactive_gym.matching import Latency, Reunion
from interactive_gym.server.room import Pool, Profile, Rules
from interactive_gym.server.rtts import Rtts

ROUNDS = 100
TARGET_MS = 10.0
PROBES = 8  # fresh ones of each participant
MET = 10  # partners of before, where only new ones count
WAIT_S, NOW = 600.0, 100.0

Make = Callable[[int], Profile]


def figures(count: int) -> dict[str, Any]:
    """Of each room with so many who wait: one decision from measured round trips to groups, and what came of it."""
    found = {name: _decided(rules, count, profile, *ways) for name, (rules, profile, ways) in rooms(count).items()}
    slowest = max(float(one["decision_ms"]["p95"]) for one in found.values())
    return {"waiting": count, "target_ms": TARGET_MS, "is_kept": slowest <= TARGET_MS, **found}


def rooms(count: int) -> dict[str, tuple[Rules, Make, tuple[float, float]]]:
    """Name -> rules, who somebody has played with, and between what their ways to the server and back are, in ms."""
    near, far, mixed = (5.0, 60.0), (80.0, 300.0), (5.0, 150.0)
    latency, reunion = Latency(max_server_rtt=150), Reunion(wait=WAIT_S)
    return {
        "fifo_nobody_fits": (Rules(count + 1, WAIT_S), _new, near),
        "fifo_all_fit": (Rules(2, WAIT_S), _new, near),
        "fifo_new_partners": (Rules(2, WAIT_S, partners="new"), _met(count), near),
        "latency_nobody_fits": (Rules(2, WAIT_S, latency), _new, far),
        "latency_most_fit": (Rules(2, WAIT_S, latency), _new, mixed),
        "latency_groups_of_4": (Rules(4, WAIT_S, latency), _new, mixed),
        "reunion_nobody_fits": (Rules(2, WAIT_S, reunion), _left, near),
        "reunion_all_fit": (Rules(2, WAIT_S, reunion), _paired, near),
        "reunion_else_latency": (Rules(2, WAIT_S, Reunion(wait=1, fallback=latency)), _left, far),
    }


def _new(_: int) -> Profile:
    return Profile()


def _met(count: int) -> Make:
    """Everybody has played with the next ones in the queue."""

    def profile(number: int) -> Profile:
        partners = tuple(_name((number + step) % count) for step in range(1, MET + 1))
        return Profile(partners, partners[-1:])

    return profile


def _left(number: int) -> Profile:
    """Their latest partner is not here."""
    return Profile((f"gone-{number}",), (f"gone-{number}",))


def _paired(number: int) -> Profile:
    """Their latest partner stands beside them."""
    return Profile((_name(number ^ 1),), (_name(number ^ 1),))


def _name(number: int) -> str:
    return f"p-{number:05}"


def _decided(rules: Rules, count: int, profile: Make, shortest: float, longest: float) -> dict[str, Any]:
    pool, rtts, draw = Pool(rules), Rtts(), random.Random(1)
    for number in range(count):
        pool.enter(_name(number), number * 0.01, profile(number))
        _measure(rtts, _name(number), draw.uniform(shortest, longest), draw)
    took, decisions = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        known = {one: rtts.median_ms(one, NOW) for one in pool.waiting()}
        decisions = pool.moment(NOW, known).decide()
        took.append((time.perf_counter() - began) * 1000)
    return {"decision_ms": summary(took, 2), "groups": len(decisions)}


def _measure(rtts: Rtts, who: str, ms: float, draw: random.Random) -> None:
    """Probes of the last seconds, with a way that is not always the same."""
    for probe in range(PROBES):
        at = NOW - PROBES + probe
        number = rtts.ask(who, at)
        rtts.answer(who, number, at + ms * draw.uniform(0.9, 1.3) / 1000)
