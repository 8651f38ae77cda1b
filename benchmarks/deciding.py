"""How long a waiting room takes to decide who plays with whom, and for how long the event loop does nothing else.

Before each decision a second has passed, and a fifth of the pages has answered a probe, as in a server.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections.abc import Callable
from typing import Any

from benchmarks.common import summary
from interactive_gym.matching import Latency, Reunion
from interactive_gym.server.choosing import decided
from interactive_gym.server.room import Decision, Pool, Profile, Rules
from interactive_gym.server.rtts import Rtts

ROUNDS = 100
TARGET_MS = 10.0
PROBES = 8  # fresh ones of each participant
PROBED_EVERY = 5  # seconds
MET = 10  # partners of before, where only new ones count
WAIT_S, NOW = 600.0, 100.0

Make = Callable[[int], Profile]


def figures(count: int) -> dict[str, Any]:
    """Of each room with so many who wait: one decision from measured round trips to groups, and what came of it."""
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)  # as the server has it
    try:
        found = {name: asyncio.run(_decided(count, *room)) for name, room in rooms(count).items()}
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
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


async def _decided(count: int, rules: Rules, profile: Make, ways: tuple[float, float]) -> dict[str, Any]:
    pool, rtts, draw = Pool(rules), Rtts(), random.Random(1)
    ms = {_name(number): draw.uniform(*ways) for number in range(count)}
    for number, one in enumerate(ms):
        pool.enter(one, number * 0.01, profile(number))
        for probe in range(PROBES):
            _measure(rtts, one, ms[one], draw, NOW - PROBES + probe)
    took, held, decisions = [], [], []
    for turn in range(ROUNDS):
        for one in list(ms)[turn % PROBED_EVERY :: PROBED_EVERY]:
            _measure(rtts, one, ms[one], draw, NOW + turn)
        ticker = Ticker()
        began = time.perf_counter()
        decisions = await _decide(pool, rtts, NOW + turn)
        took.append((time.perf_counter() - began) * 1000)
        held.append(await ticker.longest_ms())
    return {"decision_ms": summary(took, 2), "held_ms": summary(held, 2), "groups": len(decisions)}


async def _decide(pool: Pool, rtts: Rtts, now: float) -> list[Decision]:
    """As ``gathering`` does it."""
    return await decided(pool.moment(now, {one: rtts.median_ms(one, now) for one in pool.waiting()}))


class Ticker:
    """What else there is to do in an event loop, from now on: something every millisecond."""

    def __init__(self) -> None:
        self._late_s: list[float] = []
        self._due = time.perf_counter()
        self._task = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            self._late_s.append(time.perf_counter() - self._due)
            self._due = time.perf_counter() + 0.001
            await asyncio.sleep(0.001)

    async def longest_ms(self) -> float:
        """For how long it had to wait for its turn, at most; it is the end of it."""
        said = len(self._late_s)
        while len(self._late_s) == said:
            await asyncio.sleep(0)
        self._task.cancel()
        return max(self._late_s) * 1000


def _measure(rtts: Rtts, who: str, ms: float, draw: random.Random, at: float) -> None:
    """A probe, by a way that is not always the same."""
    number = rtts.ask(who, at)
    rtts.answer(who, number, at + ms * draw.uniform(0.9, 1.3) / 1000)
