"""Rows into chunks: chunk k holds frames ``[k * fps, (k + 1) * fps)``, and row -1 travels in chunk 0."""

from __future__ import annotations

from dataclasses import dataclass

from interactive_gym.records import Packed, Packer, Row, index_of


@dataclass(frozen=True)
class Finished:
    """A chunk that is complete."""

    index: int
    packed: Packed

    def head(self) -> dict[str, object]:
        """What is said of it beside its bytes."""
        return {
            "index": self.index,
            "first": self.packed.first,
            "rows": self.packed.count,
            "digest": self.packed.digest,
        }


class Recorder:
    """Collects the rows of one episode in their order."""

    def __init__(self, fps: int) -> None:
        self._fps = fps
        self._packer = Packer()

    def add(self, row: Row, *, last: bool) -> list[Finished]:
        """Record ``row``; the chunks that it completes.

        Raises:
            NotCanonical: A value cannot be recorded.
        """
        self._packer.add(row)
        if (not last and (row.frame + 1) % self._fps != 0) or row.frame < 0:
            return []
        return [Finished(index_of(row.frame, self._fps), self._packer.pack())]
