"""Whether all players of an episode recorded the same, and if not, where they differ. Decided here, without a database.

Equal digests are equal rows. Only where they differ are chunks unpacked, and compared on the rows that they share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from interactive_gym.data.timeline import Piece, frames_of, unbroken
from interactive_gym.records import FIELDS, Row, encode, plain

Status = Literal["identical", "mismatch", "incomplete"]
Records = Mapping[str, Mapping[int, Piece]]
"""Player -> the chunks of an episode that count, by their first frame."""

_LONGEST_NAME = 200  # of a column; the keys of infos may be anything


@dataclass(frozen=True)
class Verdict:
    """
    Attributes:
        frame: The first frame that differs, and in ``column``, as ``ep<k>.csv`` calls it, it does; None if none does.
        players: Player -> frames that are here in a row.
    """

    status: Status
    frame: int | None
    column: str | None
    players: Mapping[str, int]


def judge(records: Records, frames: int | None, read: Callable[[Piece], Sequence[Row]]) -> Verdict:
    """
    Args:
        frames: How many the episode has; None while it is not complete.
        read: The rows of a chunk; called only for those that differ.
    """
    lines = {player: unbroken(pieces) for player, pieces in records.items()}
    players = {player: frames_of(line) for player, line in lines.items()}
    for pieces in suspects(records):
        found = difference([read(piece) for piece in pieces])
        if found:
            return Verdict("mismatch", *found, players)
    is_whole = frames is not None and all(line and frames_of(line) >= frames for line in lines.values())
    return Verdict("identical" if is_whole else "incomplete", None, None, players)


def suspects(records: Records) -> Iterator[list[Piece]]:
    """Chunks of the same second with different digests, one of each digest; the first second first."""
    for first in sorted({first for pieces in records.values() for first in pieces}):
        by_digest = {pieces[first].digest: pieces[first] for pieces in records.values() if first in pieces}
        if len(by_digest) > 1:
            yield list(by_digest.values())


def difference(chunks: Sequence[Sequence[Row]]) -> tuple[int, str] | None:
    """Frame and column of the first difference of chunks that begin with the same frame, as far as two of them go."""
    for position in range(max(map(len, chunks))):
        first, *others = (rows[position] for rows in chunks if position < len(rows))
        for other in others:
            column = differing_column(first, other)
            if column is not None:
                return first.frame, column
    return None


def differing_column(one: Row, other: Row) -> str | None:
    """The first column in which two rows of a frame have different bytes."""
    for name in FIELDS:
        mine, theirs = getattr(one, name), getattr(other, name)
        if encode(mine) != encode(theirs):
            return _deeper(name, mine, theirs)[:_LONGEST_NAME]
    return None


def _deeper(name: str, mine: Any, theirs: Any) -> str:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in _keys(mine, theirs):
            if key not in mine or key not in theirs:
                return f"{name}.{plain(key)}"
            if encode(mine[key]) != encode(theirs[key]):
                return _deeper(f"{name}.{plain(key)}", mine[key], theirs[key])
    return name


def _keys(mine: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Iterable[Any]:
    return [*mine, *(key for key in theirs if key not in mine)]
