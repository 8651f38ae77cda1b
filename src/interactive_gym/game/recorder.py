"""Rows into chunks: chunk k holds frames ``[k * fps, (k + 1) * fps)``, and row -1 travels in chunk 0."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from interactive_gym.errors import EnvError
from interactive_gym.records import NotCanonical, Packed, Packer, Row, encode_fields, index_of


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
        self._last = -1

    def add(self, row: Row, *, last: bool) -> list[Finished]:
        """Record ``row``; the chunks that it completes.

        Raises:
            EnvError: A value cannot be recorded, or the chunk is larger than the server takes.
        """
        try:
            cells = encode_fields(row)
        except NotCanonical as error:
            stage = "reset" if row.frame < 0 else "step"
            raise EnvError(error.problem, stage=stage, detail=traceback.format_exc()) from error
        return self.add_cells(row.frame, cells, last=last)

    def add_cells(self, frame: int, cells: Sequence[bytes], *, last: bool) -> list[Finished]:
        """The same with a row whose fields have been encoded before."""
        self._packer.add_cells(frame, cells)
        self._last = frame
        is_full = (frame + 1) % self._fps == 0 and frame >= 0
        return self.finish() if last or is_full else []

    def finish(self) -> list[Finished]:
        """The chunk of the rows that are in none yet, if there are any: nothing will follow."""
        if self._packer.count == 0:
            return []
        return [Finished(index_of(self._last, self._fps), self._packer.pack())]
