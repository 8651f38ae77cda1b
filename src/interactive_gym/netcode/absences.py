"""How long those who were cut may be away, as the server counts it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from interactive_gym.netcode.returning import CATCHING_UP


class Absences:
    """Of each absent peer, since when it is, and when it was last known to be about to come back.

    Args:
        patience: Seconds within which a peer has to begin to come back. Playing what it has missed may take several
            times as long.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: dict[int, float] = {}
        self._seen: dict[int, float] = {}

    def __contains__(self, peer: int) -> bool:
        return peer in self._since

    def __iter__(self) -> Iterator[int]:
        return iter(self._since)

    def begin(self, peer: int, now: float) -> None:
        """``peer`` was cut."""
        self._since[peer] = self._seen[peer] = now

    def restore(self, peers: Iterable[int]) -> None:
        """An earlier process of the server cut these: their time begins anew when it is known what time it is."""
        for peer in peers:
            self.begin(peer, math.inf)

    def see(self, peer: int, now: float) -> None:
        """``peer`` is about to come back."""
        if peer in self:
            self._seen[peer] = now

    def end(self, peer: int) -> None:
        """``peer`` is back, or gone, or was not away at all."""
        self._since.pop(peer, None)
        self._seen.pop(peer, None)

    def clear(self) -> None:
        """Nobody is away."""
        self._since.clear()
        self._seen.clear()

    def overdue(self, now: float) -> list[int]:
        """Who has not come back in time."""
        for peer, since in self._since.items():
            if math.isinf(since):
                self._since[peer] = self._seen[peer] = now
        return [peer for peer in self._since if now >= self._deadline(peer)]

    def next_deadline(self, now: float) -> float:
        """When :meth:`overdue` is to be called next; infinity if never."""
        return min((now if math.isinf(self._since[peer]) else self._deadline(peer) for peer in self), default=math.inf)

    def _deadline(self, peer: int) -> float:
        return min(self._seen[peer] + self._patience, self._since[peer] + CATCHING_UP * self._patience)
