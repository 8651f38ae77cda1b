"""A second of rows, packed: columns of canonical bytes, compressed.

The uncompressed bytes are the canonical form of ``[version, first frame, column, ...]`` with one list per field of a
row, so that equal rows have equal digests wherever they were played. The digest is over these bytes, not over the
compressed ones: two versions of zlib need not agree.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from interactive_gym.errors import EnvError
from interactive_gym.records.canonical import NotCanonical, digest, encode, joined
from interactive_gym.records.reading import Malformed, decode_columns, leading
from interactive_gym.records.rows import FIELDS, PLAYED, SHARED, Row

VERSION = 4
MAX_CHUNK_BYTES = 8_000_000  # uncompressed: a second of 160 x 210 RGB observations at 60 Hz is 6 MB
MAX_PACKED_BYTES = 525_000  # compressed; what fits into protocol.Chunk.data as base64
MAX_ROWS = 10_000
SOURCES = frozenset({"human", "bot", "default"})
_FLAGS = frozenset({"terminated", "truncated", "is_focused", "present"})
_STATELESS = tuple(name for name in FIELDS if name not in SHARED)
_FIELDS_OF = MappingProxyType(  # earlier versions are stored somewhere
    {
        1: _STATELESS[: _STATELESS.index("observed")],
        2: _STATELESS[: _STATELESS.index("present")],
        3: _STATELESS,
        VERSION: FIELDS,
    }
)
_NOTHING = encode(None)
_OPTIONAL = frozenset({"observations", *SHARED})
_is_hash = re.compile(r"[0-9a-f]{32}").fullmatch
_COMPRESSION = 6  # 1 is twice as fast and a quarter larger; a chunk takes under a millisecond either way


@dataclass(frozen=True)
class Packed:
    """A chunk as it travels: ``count`` rows from frame ``first``; ``digest`` is over the uncompressed bytes."""

    first: int
    count: int
    digest: str
    data: bytes


class Packer:
    """Collects the rows of one chunk. A row is encoded when it is added: environments change their dicts in place."""

    def __init__(self) -> None:
        self.count = 0
        self._first = 0
        self._columns: tuple[list[bytes], ...] = tuple([] for _ in FIELDS)

    def add(self, row: Row) -> None:
        """Add the next frame.

        Raises:
            NotCanonical: A value of the row cannot be recorded; the row was not added.
        """
        self.add_cells(row.frame, encode_fields(row))

    def add_cells(self, frame: int, cells: Sequence[bytes]) -> None:
        """Add the next frame, whose fields have been encoded before, by :func:`encode_fields`."""
        if self.count == 0:
            self._first = frame
        elif frame != self._first + self.count:
            raise ValueError(f"frame {frame} does not follow frame {self._first + self.count - 1}")
        for column, cell in zip(self._columns, cells, strict=True):
            column.append(cell)
        self.count += 1

    def pack(self) -> Packed:
        """The chunk of the rows added so far; the packer is empty afterwards.

        Raises:
            EnvError: It is larger than the server takes.
        """
        body = joined([encode(VERSION), encode(self._first), *map(joined, self._columns)])
        packed = Packed(self._first, self.count, digest(body), zlib.compress(body, _COMPRESSION))
        if len(body) > MAX_CHUNK_BYTES or len(packed.data) > MAX_PACKED_BYTES:
            raise EnvError(_too_large(packed, len(body)), stage="step")
        self.count = 0
        for column in self._columns:
            column.clear()
        return packed


def _too_large(packed: Packed, size: int) -> str:
    last = packed.first + packed.count - 1
    return (
        f"the records of frames {packed.first} to {last} have {size:,} bytes, compressed {len(packed.data):,}; at most "
        f"{MAX_CHUNK_BYTES:,} and {MAX_PACKED_BYTES:,} can be stored: give smaller infos, or do not ask for "
        "record_observations or record_states"
    )


def encode_fields(row: Row, names: Sequence[str] = FIELDS) -> list[bytes]:
    """The canonical bytes of each of these fields of ``row``.

    Raises:
        NotCanonical: A value cannot be recorded.
    """
    return [_encode_field(row, name) for name in names]


def _encode_field(row: Row, name: str) -> bytes:
    value = getattr(row, name)
    if value is None:
        return _NOTHING  # of most games, three fields of each row
    try:
        return encode(value)
    except NotCanonical as error:
        raise error.inside(name) from None


def pack(rows: Iterable[Row]) -> Packed:
    """``rows`` of consecutive frames as one chunk."""
    packer = Packer()
    for row in rows:
        packer.add(row)
    return packer.pack()


def unpack(data: bytes, *, digest: str | None = None, max_bytes: int = MAX_CHUNK_BYTES) -> list[Row]:
    """The rows of a chunk that somebody sent.

    Args:
        data: ``Packed.data``; may be hostile.
        digest: What ``Packed.digest`` is said to be; checked if given.
        max_bytes: Limit of the uncompressed size.

    Raises:
        Malformed: with reason ``"too_large"``, ``"wrong_digest"`` or ``"malformed"``.
    """
    return rows_of(inflate(data, digest=digest, max_bytes=max_bytes))


def inflate(data: bytes, *, digest: str | None = None, max_bytes: int = MAX_CHUNK_BYTES) -> bytes:
    """The canonical bytes of a chunk that somebody sent. Nothing is known of them yet but their digest, if it is given.

    Raises:
        Malformed: with reason ``"too_large"``, ``"wrong_digest"`` or ``"malformed"``.
    """
    body = _inflate(data, max_bytes)
    if digest is not None and digest != _digest(body):
        raise Malformed("the chunk's bytes do not have the digest that came with them", "wrong_digest")
    return body


def rows_of(body: bytes) -> list[Row]:
    """The rows in these canonical bytes of a chunk. What stays the same in a field is one object for all of them.

    Raises:
        Malformed: They are no chunk.
    """
    first, columns = _checked(body)
    rows = enumerate(zip(*columns.values(), strict=True), first)
    return [Row(frame, **dict(zip(columns, row, strict=True))) for frame, row in rows]


@dataclass(frozen=True)
class Outline:
    """A chunk that has been read to its end, and is none that :func:`rows_of` would refuse: ``count`` rows from frame
    ``first``, and the last of them.
    """

    first: int
    count: int
    last: Row


def outline(body: bytes) -> Outline:
    """What :func:`rows_of` has, without making the rows.

    Raises:
        Malformed: They are no chunk.
    """
    first, columns = _checked(body)
    count = len(columns["source"])
    last = Row(first + count - 1, **{name: column[-1] for name, column in columns.items()})
    return Outline(first, count, last)


@dataclass(frozen=True)
class Peeked:
    """A chunk of which only the actions have been read, which is a fraction of the work.

    Attributes:
        first: Its first frame.
        actions: Of each of its rows.
    """

    first: int
    actions: list[Any]
    _version: int
    _body: bytes

    @property
    def played(self) -> int:
        """How many of :data:`PLAYED`, from the first one on, it has; later versions have more."""
        return sum(name in PLAYED for name in _FIELDS_OF[self._version])

    def begins_with(self, rows: Sequence[Sequence[bytes]]) -> bool:
        """Whether all of its rows have these cells, as :func:`encode_fields` makes them of :data:`PLAYED`."""
        if len(rows) != len(self.actions):
            return False
        columns = [joined(column) for column in zip(*rows, strict=True)][: self.played]
        items = 2 + len(_FIELDS_OF[self._version])
        head = joined([encode(self._version), encode(self.first), *columns, *[b""] * (items - 2 - len(columns))])
        return self._body.startswith(head)


def peek(data: bytes) -> Peeked:
    """What was done in a chunk.

    Raises:
        Malformed: ``data`` are no chunk.
    """
    body = _inflate(data, MAX_CHUNK_BYTES)
    version, first, actions = leading(body, 3)
    if type(version) is not int or version not in _FIELDS_OF or type(first) is not int or not isinstance(actions, list):
        raise Malformed("this is no chunk of a version that we know")
    return Peeked(first, actions, version, body)


def index_of(frame: int, fps: int) -> int:
    """The number of the chunk that ``frame`` belongs to; row -1 travels in chunk 0."""
    return max(frame, 0) // fps


_digest = digest


def _inflate(data: bytes, max_bytes: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(data, max_bytes + 1)
    except zlib.error:
        raise Malformed("the chunk is not compressed as ours are") from None
    if len(body) > max_bytes:
        raise Malformed(f"the chunk has more than {max_bytes} bytes", "too_large")
    if not inflater.eof or inflater.unused_data:
        raise Malformed("the chunk is cut off, or something follows it")
    return body


def _checked(body: bytes) -> tuple[int, dict[str, list[Any]]]:
    """The first frame, and the cells of each field."""
    content = decode_columns(body)
    if len(content) < 2 or type(content[0]) is not int:
        raise Malformed("this is no chunk")
    version, first, *columns = content
    names = _FIELDS_OF.get(version)
    if names is None or len(columns) != len(names):
        raise Malformed("this is no chunk of a version that we know")
    _check_shape(first, columns)
    for name, column in zip(names, columns, strict=True):
        _check_column(name, column, first)
    return first, dict(zip(names, columns, strict=True))


def _check_shape(first: Any, columns: list[Any]) -> None:
    if type(first) is not int or not -1 <= first <= 2**31:
        raise Malformed("the first frame of a chunk is a number from -1")
    if not all(isinstance(column, list) for column in columns) or len({len(column) for column in columns}) != 1:
        raise Malformed("the columns of a chunk have as many cells as it has rows")
    if not 1 <= len(columns[0]) <= MAX_ROWS:
        raise Malformed(f"a chunk has 1 to {MAX_ROWS} rows")


def _check_column(name: str, column: Sequence[Any], first: int) -> None:
    """A cell that is the one before it needs no second look."""
    before = object()
    for frame, cell in enumerate(column, first):
        if cell is not before:
            _check_cell(name, cell, frame)
            before = cell


def _check_cell(name: str, cell: Any, frame: int) -> None:
    if cell is None and name in _OPTIONAL:
        return
    if name == "state_hash":
        _check_hash(cell, frame)
    elif type(cell) is not dict or not all(type(agent) is str for agent in cell):
        raise Malformed(f"frame {frame}: {name} is no dict of agents, or names")
    if name in _FLAGS and not all(type(value) is bool for value in cell.values()):
        raise Malformed(f"frame {frame}: {name} is not true or false")
    if name == "source" and not all(type(value) is str and value in SOURCES for value in cell.values()):
        raise Malformed(f"frame {frame}: source is none of {', '.join(sorted(SOURCES))}")
    if name == "observed" and not all(type(seen) is int and -1 <= seen < frame for seen in cell.values()):
        raise Malformed(f"frame {frame}: observed is no earlier frame")


def _check_hash(cell: Any, frame: int) -> None:
    if type(cell) is not str or _is_hash(cell) is None:
        raise Malformed(f"frame {frame}: state_hash is no digest")
