"""Who is to be cut only when the server knows whether their page is there."""

from __future__ import annotations

from interactive_gym.netcode.messages import WantCut

DOUBTFUL = frozenset({"silent", "stuck", "left", "failed"})
"""Reasons for a cut of somebody who may be gone for good. All others show that the peer is there."""


class Questions:
    """Those that are open: of each peer one, and all who wait for its answer."""

    def __init__(self) -> None:
        self._open: dict[int, dict[int, WantCut | None]] = {}
        self._unasked: list[int] = []

    def ask(self, peer: int, by: int, want: WantCut | None) -> None:
        """About ``peer``, as ``by`` wants its cut; ``want`` is None if it said itself that it leaves."""
        if peer not in self._open:
            self._open[peer] = {}
            self._unasked.append(peer)
        self._open[peer][by] = want

    def forgive(self, peer: int, by: int) -> None:
        """``by`` does not want its cut any more; if nobody else does, the answer does not matter."""
        waiting = self._open.get(peer, {})
        waiting.pop(by, None)
        if not waiting:
            self.drop(peer)

    def drop(self, peer: int) -> None:
        """The answer does not matter any more."""
        self._open.pop(peer, None)
        self._unasked = [unasked for unasked in self._unasked if unasked != peer]

    def take(self) -> list[int]:
        """Peers about whom nobody was asked yet."""
        unasked, self._unasked = self._unasked, []
        return unasked

    def answered(self, peer: int) -> dict[int, WantCut | None] | None:
        """Who waited for it, in their order; None if it does not matter."""
        return self._open.pop(peer, None)
