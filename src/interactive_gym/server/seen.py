"""What chunks hold that were read not long ago: all players of a game send the same ones, a moment apart."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from interactive_gym.records import Row

MOST = 4_000  # some seconds of a thousand games; 1 kB each


@dataclass(frozen=True)
class Content:
    """Of a chunk. ``last``: what its last row says of the episode's end, and nothing else."""

    first: int
    rows: int
    last: Row


class Seen:
    """By the digest of a chunk's bytes; of equal bytes the content is equal. For any thread."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._contents: OrderedDict[str, Content] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, digest: str) -> Content | None:
        return self._contents.get(digest)

    def add(self, digest: str, content: Content) -> None:
        with self._lock:
            self._contents[digest] = content
            if len(self._contents) > self._most:
                self._contents.popitem(last=False)
