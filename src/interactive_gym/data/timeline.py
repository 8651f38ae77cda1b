"""Which of the stored chunks are an episode, and where it goes on: decided here, without a database.

A worker's life in a session is a *generation*. It starts at a position, (episode, first frame), and what earlier
generations played at that position or later is superseded: it stays in the store and no longer counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

BEFORE_RESET = -1  # the frame of row -1: what a generation that begins an episode plays first


@dataclass(frozen=True)
class Start:
    """A generation, and the first frame that is its own: what earlier ones played from there on is superseded."""

    generation: int
    episode: int
    frame: int


@dataclass(frozen=True)
class Piece:
    """A stored chunk without its bytes; ``id`` is its key in the store and grows with time."""

    id: int
    episode: int
    generation: int
    number: int
    first: int
    rows: int
    ending: str | None
    digest: str = ""

    @property
    def next_frame(self) -> int:
        return self.first + self.rows

    def whole(self, fps: int) -> bool:
        """Whether nothing can follow in this chunk: it has its full second, or ends the episode."""
        return self.ending is not None or self.next_frame == (self.number + 1) * fps


def superseded(piece: Piece, starts: Iterable[Start]) -> bool:
    """Whether a later generation began at or before this chunk."""
    position = (piece.episode, piece.first)
    return any(start.generation > piece.generation and (start.episode, start.frame) <= position for start in starts)


def counting(pieces: Iterable[Piece], starts: Sequence[Start]) -> dict[int, Piece]:
    """The chunks of one episode that count, by their first frame.

    Of two chunks with the same key and different bytes the one that came first counts. Of a second that two generations
    have sent (who comes back into a game of several plays the episode from its reset) the newer one's does.
    """
    valid = [piece for piece in pieces if not superseded(piece, starts)]
    return {piece.first: piece for piece in sorted(valid, key=lambda piece: (piece.generation, -piece.id))}


def canonical(pieces: Iterable[Piece], starts: Sequence[Start]) -> list[Piece]:
    """The chunks of one episode that count, from row -1 as far as they go without a gap."""
    return unbroken(counting(pieces, starts))


def unbroken(by_first: Mapping[int, Piece]) -> list[Piece]:
    """As far as these chunks, by their first frame, go from row -1 without a gap; nothing follows an ending."""
    line: list[Piece] = []
    frame = BEFORE_RESET
    while (piece := by_first.get(frame)) is not None:
        line.append(piece)
        frame = piece.next_frame
        if piece.ending:
            break
    return line


def frames_of(line: Sequence[Piece]) -> int:
    """How many steps these chunks have; row -1 is not one."""
    return max(line[-1].next_frame, 0) if line else 0


def resumable(line: Sequence[Piece], fps: int) -> list[Piece]:
    """The chunks after which play can go on: whole seconds, so that a chunk is never the work of two generations."""
    return list(line) if not line or line[-1].whole(fps) else list(line[:-1])


def next_start(line: Sequence[Piece], *, generation: int, episode: int) -> Start:
    """The generation that goes on after ``line`` (see :func:`resumable`)."""
    return Start(generation, episode, line[-1].next_frame if line else BEFORE_RESET)
