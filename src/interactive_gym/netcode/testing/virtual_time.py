"""Virtual time: events in the order of one true clock, and the clocks of the peers, which are wrong."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

_ROUNDING = 1e-9  # seconds; covers what float arithmetic loses between two clocks that are minutes apart


class VirtualTime:
    """Runs actions at their true time; those of the same moment in the order in which they were asked for.

    Attributes:
        now: True seconds since the beginning.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self._order = itertools.count()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []

    def at(self, time: float, action: Callable[[], None]) -> None:
        """Call ``action`` at ``time``, or next if that is past."""
        heapq.heappush(self._heap, (max(time, self.now), next(self._order), action))

    def run(self, until: float, is_over: Callable[[], bool] = lambda: False) -> None:
        """Run what is due up to ``until``, or to the moment when ``is_over()``."""
        while self._heap and self._heap[0][0] <= until and not is_over():
            self.now, _, action = heapq.heappop(self._heap)
            action()
        if not is_over():
            self.now = max(self.now, until)


@dataclass(frozen=True)
class PeerClock:
    """What a peer's monotonic clock shows: ``offset`` seconds at the beginning, gaining ``drift`` seconds a second."""

    offset: float = 0.0
    drift: float = 0.0

    def local(self, true: float) -> float:
        """What it shows at a true time."""
        return self.offset + true * (1 + self.drift)

    def when(self, local: float) -> float:
        """The first true time at which it shows ``local`` or more."""
        return (local - self.offset) / (1 + self.drift) + _ROUNDING

    def true_duration(self, local: float) -> float:
        """True seconds that pass while it counts ``local`` seconds."""
        return local / (1 + self.drift)
