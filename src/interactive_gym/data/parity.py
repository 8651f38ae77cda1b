"""Whether all players of an episode recorded the same, and if not, where they differ. Decided here, without a database.

Equal digests are equal rows. Only where they differ are chunks unpacked, and compared on the rows that they share.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from interactive_gym.data.timeline import Piece, frames_of, unbroken
from interactive_gym.records import FIELDS, Row, encode, plain

Status = Literal["identical", "mismatch", "incomplete"]
Records = Mapping[str, Mapping[int, Piece]]
"""Player -> the chunks of an episode that count, by their first frame."""

NOTHING = object()  # None is a value
_LONGEST_NAME = 200  # of a column; the keys of infos may be anything
_LONGEST_VALUE = 500  # characters; an observation may be a picture


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
    found = first_difference(one, other)
    return found.column if found else None


@dataclass(frozen=True)
class Difference:
    """Where two rows of a frame differ first.

    Attributes:
        path: The field, and the keys in it.
        mine, theirs: What is there; :data:`NOTHING` where only the other one has something.
    """

    path: tuple[Any, ...]
    mine: Any
    theirs: Any

    @property
    def column(self) -> str:
        """As ``ep<k>.csv`` calls it."""
        return ".".join(str(plain(key)) for key in self.path)[:_LONGEST_NAME]


def first_difference(one: Row, other: Row, fields: Sequence[str] = FIELDS) -> Difference | None:
    """The first of ``fields`` in which two rows have different bytes, and in it the first key."""
    for name in fields:
        mine, theirs = getattr(one, name), getattr(other, name)
        if encode(mine) != encode(theirs):
            return _deeper((name,), mine, theirs)
    return None


def value_at(row: Row, path: Sequence[Any]) -> Any:
    """What ``row`` has at the path of a :class:`Difference`; :data:`NOTHING` where it has nothing."""
    value = getattr(row, path[0])
    for key in path[1:]:
        if not isinstance(value, dict) or key not in value:
            return NOTHING
        value = value[key]
    return value


def shown(value: Any) -> str:
    """A value of a row as text, for somebody who compares it with another one. Cut off where it is long."""
    if value is NOTHING:
        return "nothing"
    text = json.dumps(plain(value), ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _deeper(path: tuple[Any, ...], mine: Any, theirs: Any) -> Difference:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in _keys(mine, theirs):
            if key not in mine or key not in theirs:
                return Difference((*path, key), mine.get(key, NOTHING), theirs.get(key, NOTHING))
            if encode(mine[key]) != encode(theirs[key]):
                return _deeper((*path, key), mine[key], theirs[key])
    return Difference(path, mine, theirs)


def _keys(mine: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Iterable[Any]:
    return [*mine, *(key for key in theirs if key not in mine)]
