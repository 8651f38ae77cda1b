"""What the server wishes of all peers: that the game waits because somebody does not see it, and that it goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from interactive_gym.netcode.messages import Wish

_BOOT_BITS = 16  # so many wishes of one process of the server
_NO_WISH = Wish(0, "resume", ())


class Wishes:
    """The wish of one process of the server, with numbers that no earlier process has used.

    Attributes:
        last: What is to be told to whoever comes. Before the first wish it is one that changes nothing anywhere.
    """

    def __init__(self, boot: int) -> None:
        self.last = _NO_WISH
        self._number = boot << _BOOT_BITS
        self._is_pause = False
        self._peers: frozenset[int] = frozenset()

    @property
    def is_made(self) -> bool:
        """Whether this process has wished anything."""
        return self.last is not _NO_WISH

    def make(self, change: str, peers: Iterable[int]) -> None:
        """Another one: see ``Referee.wish``."""
        self._is_pause = change == "pause"
        self._peers = frozenset(peers)

    def news(self, out: Collection[int]) -> bool:
        """Whether ``last`` is another one, as these peers are out: nobody waits for them to look."""
        hiding = self._peers.difference(out)
        is_pause = self._is_pause and (bool(hiding) or not self._peers)
        change, peers = ("pause" if is_pause else "resume"), (tuple(sorted(hiding)) if is_pause else ())
        if self.is_made and (change, peers) == (self.last.change, self.last.peers):
            return False
        self._number += 1
        self.last = Wish(self._number, "pause" if is_pause else "resume", peers)
        return True
