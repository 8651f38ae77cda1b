"""One direction of a link: what becomes of a packet that is sent into it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

SERVER = 255
"""Stands for the server wherever a peer's number is expected."""


@dataclass(frozen=True)
class Conditions:
    """How one direction treats its packets.

    Attributes:
        delay: Seconds.
        jitter: Up to so many seconds more, evenly spread; datagrams overtake each other by it.
        loss: Share of the packets that is lost, independently of each other.
        duplication: Share of the datagrams that arrives twice.
        reordering: Share of the datagrams that is held back for another ``delay``.
        rate: Bytes a second that leave; the others wait. None: no limit.
        queue: Seconds that a datagram waits at most for its turn; one that would wait longer is dropped.
    """

    delay: float = 0.05
    jitter: float = 0.01
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    rate: float | None = None
    queue: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.loss < 1:
            raise ValueError("loss: a share below 1; what loses everything for a while is a burst")


@dataclass(frozen=True)
class Links:
    """All links of a match.

    Attributes:
        between_peers: Of each direction that is not in ``directions``.
        to_server: Between each peer and the server, either way.
        directions: From (source, target), one way, either of which may be :data:`SERVER`.
    """

    between_peers: Conditions = field(default_factory=Conditions)
    to_server: Conditions = field(default_factory=lambda: Conditions(delay=0.03))
    directions: Mapping[tuple[int, int], Conditions] = field(default_factory=dict)

    def of(self, source: int, target: int) -> Conditions:
        """Those of one direction."""
        general = self.to_server if SERVER in (source, target) else self.between_peers
        return self.directions.get((source, target), general)


class Direction:
    """One direction at work. All its chance comes from its own generator, so no other traffic changes it."""

    def __init__(self, conditions: Conditions, seed: str) -> None:
        self.conditions = conditions
        self._random = Random(seed)
        self._silent_until = 0.0
        self._free_at = 0.0
        self._newest_arrival = 0.0

    def renew(self) -> None:
        """Begin a new reliable channel, which waits for nothing of the old one."""
        self._newest_arrival = 0.0

    def silence(self, until: float) -> None:
        """Lose everything that is sent before ``until``."""
        self._silent_until = max(self._silent_until, until)

    def is_silent(self, now: float) -> bool:
        """Whether everything is lost that is sent now."""
        return now < self._silent_until

    def datagram(self, size: int, now: float) -> list[float]:
        """When a datagram of ``size`` bytes arrives: never, once or twice."""
        if self._waits(now) > self.conditions.queue:
            return []
        left = self._leaves(size, now)
        if self._is_lost(now):
            return []
        copies = 2 if self._happens(self.conditions.duplication) else 1
        return [left + self._held_back() + self._travels() for _ in range(copies)]

    def in_order(self, size: int, now: float) -> float:
        """When a message of a reliable ordered channel arrives: loss delays it, and all that follow it."""
        left = self._leaves(size, now)
        left += next(wait for wait in self._retransmissions() if not self._is_lost(left + wait))
        self._newest_arrival = max(self._newest_arrival, left + self._travels())
        return self._newest_arrival

    def _retransmissions(self) -> Iterator[float]:
        """Seconds after the first attempt; the pause doubles up to a second, as in SCTP and TCP on browsers."""
        pause, waited = max(0.2, 4 * self.conditions.delay), 0.0
        while True:
            yield waited
            waited += pause
            pause = max(pause, min(1.0, 2 * pause))

    def _waits(self, now: float) -> float:
        return max(0.0, self._free_at - now)

    def _leaves(self, size: int, now: float) -> float:
        if self.conditions.rate is None:
            return now
        self._free_at = max(now, self._free_at) + size / self.conditions.rate
        return self._free_at

    def _is_lost(self, now: float) -> bool:
        return self._happens(self.conditions.loss) or now < self._silent_until

    def _held_back(self) -> float:
        return self.conditions.delay if self._happens(self.conditions.reordering) else 0.0

    def _travels(self) -> float:
        return self.conditions.delay + self.conditions.jitter * self._random.random()

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share
