"""How often somebody may ask for something."""

from __future__ import annotations

from dataclasses import dataclass

from interactive_gym.errors import ClientError

_MAX_KNOWN = 10_000  # callers that are remembered; a full bucket is the same as an unknown one


@dataclass(frozen=True)
class Rate:
    """``burst`` at once, then ``per_second``."""

    per_second: float
    burst: float


class Limiter:
    """One token bucket per caller."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._buckets: dict[str, tuple[float, float]] = {}  # caller -> tokens left, and when that was

    def spend(self, caller: str, now: float, tokens: float = 1) -> None:
        """Takes ``tokens`` of ``caller`` at time ``now`` (seconds of any clock that only goes forward).

        Raises:
            ClientError: ``too_fast``; there were not as many left.
        """
        left = self._left(caller, now)
        if left < tokens:
            raise ClientError("too_fast", f"more than {self._rate.per_second:g} a second")
        self._buckets[caller] = (left - tokens, now)
        if len(self._buckets) > _MAX_KNOWN:
            self._forget_full(now)

    def charge(self, caller: str, tokens: float, now: float) -> None:
        """Takes ``tokens`` for work that has been done; who has none left waits until they have come back."""
        self._buckets[caller] = (self._left(caller, now) - tokens, now)

    def _left(self, caller: str, now: float) -> float:
        left, then = self._buckets.get(caller, (self._rate.burst, now))
        return min(self._rate.burst, left + (now - then) * self._rate.per_second)

    def _forget_full(self, now: float) -> None:
        self._buckets = {
            caller: bucket for caller, bucket in self._buckets.items() if self._left(caller, now) < self._rate.burst
        }
