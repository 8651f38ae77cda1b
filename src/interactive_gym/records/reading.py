"""Canonical bytes read back, from whoever sent them.

No encoding is the beginning of another one. Where the bytes of a value that has just been read come again, it is that
value again: what stays the same from row to row is read once.
"""

from __future__ import annotations

import math
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from typing import Any

from interactive_gym.errors import ClientError
from interactive_gym.records.arrays import MAX_AXES, Array, flaw, is_number, is_recorded, itemsize, shape_is_sane
from interactive_gym.records.canonical import MAX_DEPTH, NAN, int_size

MAX_VALUES = 1_000_000  # an empty list takes 2 bytes here and 56 in memory: without a limit, 8 MB of them are a bomb
MAX_EQUAL_HASHES = 64  # (-1, -2, ...) and (-2, -1, ...) hash alike: 100 000 such keys make a dict that takes an hour

_SHORT = 40  # bytes of a text that is remembered: the keys of a game, and what it calls its things
_MOST_KEYS = 1_000  # that are remembered, of each depth
_SMALL_INTS = {bytes((1, number & 0xFF)): number for number in range(-128, 128)}
_float_at = struct.Struct(">d").unpack_from


class Malformed(ClientError):
    """Bytes that no encoder of ours wrote."""

    def __init__(self, problem: str, reason: str = "malformed") -> None:
        super().__init__(reason, problem)


def decode(data: bytes) -> Any:
    """The value whose canonical bytes are ``data``; numpy values are :class:`Array` where numpy is not installed.

    Raises:
        Malformed: ``data`` is not exactly one value in canonical form.
    """
    reader = _Reader(data)
    value = reader.value(0)
    reader.finish()
    return value


def decode_columns(data: bytes) -> list[Any]:
    """The list whose canonical bytes are ``data``; lists in it are columns, whose cells are dicts as a rule.

    Neighbours with equal bytes are one object, if they hold nothing that can be changed. So nobody may change a cell.

    Raises:
        Malformed: ``data`` is not exactly one list in canonical form.
    """
    reader = _Reader(data)
    value = reader.columns()
    reader.finish()
    return value


def leading(data: bytes, count: int) -> list[Any]:
    """The first ``count`` items of the list whose canonical bytes are ``data``; the others are not looked at.

    Raises:
        Malformed: They are no list, or one with fewer items, or these are not in canonical form.
    """
    reader = _Reader(data)
    return reader.leading(count)


class _Reader:
    """A position in hostile bytes. Every method takes what it needs from there, or raises Malformed."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self._values_left = MAX_VALUES - 1
        self._changeable = 0  # how many lists, dicts and arrays have been made
        self._following: defaultdict[int, dict[bytes, tuple[bytes, str]]] = defaultdict(dict)  # by depth, see a_dict

    def value(self, depth: int) -> Any:
        at = self.at
        self.at = at + 1
        try:
            read = _READERS[self.data[at]]
        except LookupError:
            raise Malformed(f"byte {at} begins no value") from None
        return read(self, depth)

    def finish(self) -> None:
        if self.at != len(self.data):
            raise Malformed(f"{len(self.data) - self.at} bytes follow the value")

    def leading(self, count: int) -> list[Any]:
        if self._byte() != _LIST or self._count(0) < count:
            raise Malformed(f"this is no list of {count} values")
        return [self.value(1) for _ in range(count)]

    def columns(self) -> list[Any]:
        if self._byte() != _LIST:
            raise Malformed("this is no list")
        return [self._column() if self.data.startswith(b"l", self.at) else self.value(1) for _ in range(self._count(0))]

    def _column(self) -> list[Any]:
        self.at += 1
        cells: list[Any] = []
        encoded, cell, values = b"", None, 0
        for _ in range(self._count(1)):
            if encoded and self.data.startswith(encoded, self.at):
                self.at += len(encoded)
                self._spend(values)
            else:
                start, made, left = self.at, self._changeable, self._values_left
                cell = self.value(2)
                values = left - self._values_left
                is_flat = self._changeable - made <= isinstance(cell, dict)
                encoded = self.data[start : self.at] if is_flat else b""
            cells.append(cell)
        return cells

    def none(self, depth: int) -> None:
        return None

    def true(self, depth: int) -> bool:
        return True

    def false(self, depth: int) -> bool:
        return False

    def integer(self, depth: int) -> int:
        small = _SMALL_INTS.get(self.data[self.at : self.at + 2])
        if small is not None:
            self.at += 2
            return small
        data = self._sized()
        number = int.from_bytes(data, "big", signed=True)
        if int_size(number) != len(data):
            raise Malformed("an int is longer than it need be")
        return number

    def a_float(self, depth: int) -> float:
        start = self.at
        self.at = start + 8
        try:
            number: float = _float_at(self.data, start)[0]
        except struct.error:
            raise Malformed("the data end too early") from None
        if number != number and self.data[start : self.at] != NAN[1:]:
            raise Malformed("a float is another NaN than ours")
        return number

    def text(self, depth: int) -> str:
        data = self._sized()
        return _short_text(data) if len(data) <= _SHORT else _text(data)

    def blob(self, depth: int) -> bytes:
        return self._sized()

    def a_list(self, depth: int) -> list[Any]:
        self._changeable += 1
        return [self.value(depth + 1) for _ in range(self._count(depth))]

    def a_tuple(self, depth: int) -> tuple[Any, ...]:
        return tuple([self.value(depth + 1) for _ in range(self._count(depth))])

    def a_set(self, depth: int) -> frozenset[Any]:
        items = []
        before = b""
        for _ in range(self._count(depth)):
            before, item = self._key(depth, before)
            items.append(item)
        _check_keys(items)
        return frozenset(items)

    def a_dict(self, depth: int) -> dict[Any, Any]:
        """What followed the key ``before`` the last time, at this depth, often follows it again."""
        self._changeable += 1
        keys, items = [], []
        before = b""
        following = self._following[depth]
        for _ in range(self._count(depth, 2)):
            known = following.get(before)
            if known is not None and self.data.startswith(known[0], self.at):
                self.at += len(known[0])
            else:
                known = self._key(depth, before)
                if type(known[1]) is str and len(following) < _MOST_KEYS:
                    following[before] = known
            before, key = known
            keys.append(key)
            items.append(self.value(depth + 1))
        if not {str}.issuperset(map(type, keys)):
            _check_keys(keys)
        return dict(zip(keys, items, strict=True))

    def scalar(self, depth: int) -> Any:
        dtype = self._dtype()
        if not is_number(dtype):
            raise Malformed("a numpy scalar is text")
        return _to_numpy(Array(dtype, None, self._elements(dtype, 1)))

    def array(self, depth: int) -> Any:
        self._changeable += 1
        dtype = self._dtype()
        axes = self._varint()
        if axes > MAX_AXES:
            raise Malformed(f"an array has {axes} axes")
        shape = tuple(self._varint() for _ in range(axes))
        if not shape_is_sane(shape):
            raise Malformed("an array without elements is too large")
        return _to_numpy(Array(dtype, shape, self._elements(dtype, math.prod(shape))))

    def _key(self, depth: int, before: bytes) -> tuple[bytes, Any]:
        start = self.at
        key = self.value(depth + 1)
        encoded = self.data[start : self.at]
        if encoded <= before:
            raise Malformed("keys are not in order, or not unique")
        return encoded, key

    def _dtype(self) -> str:
        dtype = self._sized().decode("ascii", "replace")
        if not is_recorded(dtype):
            raise Malformed("an array has a dtype that is not recorded")
        return dtype

    def _elements(self, dtype: str, count: int) -> bytes:
        data = self._take(count * itemsize(dtype))
        problem = flaw(dtype, data)
        if problem is not None:
            raise Malformed(problem)
        return data

    def _sized(self) -> bytes:
        return self._take(self._varint())

    def _count(self, depth: int, each: int = 1) -> int:
        """How many items follow, ``each`` of so many values; more than there are bytes left cannot be promised."""
        if depth >= MAX_DEPTH:
            raise Malformed(f"nested more than {MAX_DEPTH} deep")
        count = self._varint()
        if count > len(self.data) - self.at:
            raise Malformed("the data end too early")
        self._spend(count * each)
        return count

    def _spend(self, values: int) -> None:
        self._values_left -= values
        if self._values_left < 0:
            raise Malformed(f"more than {MAX_VALUES} values", "too_large")

    def _varint(self) -> int:
        try:
            byte = self.data[self.at]
        except IndexError:
            raise Malformed("the data end too early") from None
        self.at += 1
        return byte if byte < 128 else self._long_varint(byte)

    def _long_varint(self, byte: int) -> int:
        number = shift = 0
        while byte >= 128:
            number |= (byte & 0x7F) << shift
            shift += 7
            if shift > 56:
                raise Malformed("a length is too long")
            byte = self._byte()
        if byte == 0:
            raise Malformed("a length is longer than it need be")
        return number | byte << shift

    def _byte(self) -> int:
        try:
            byte = self.data[self.at]
        except IndexError:
            raise Malformed("the data end too early") from None
        self.at += 1
        return byte

    def _take(self, count: int) -> bytes:
        start = self.at
        if count > len(self.data) - start:
            raise Malformed("the data end too early")
        self.at = start + count
        return self.data[start : self.at]


_LIST = ord("l")
_READERS: dict[int, Callable[[_Reader, int], Any]] = {
    ord("N"): _Reader.none,
    ord("T"): _Reader.true,
    ord("F"): _Reader.false,
    ord("i"): _Reader.integer,
    ord("f"): _Reader.a_float,
    ord("s"): _Reader.text,
    ord("b"): _Reader.blob,
    ord("l"): _Reader.a_list,
    ord("t"): _Reader.a_tuple,
    ord("S"): _Reader.a_set,
    ord("d"): _Reader.a_dict,
    ord("n"): _Reader.scalar,
    ord("a"): _Reader.array,
}


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Malformed("a str is not UTF-8") from None


_short_text = lru_cache(4096)(_text)


def _check_keys(keys: Sequence[Hashable]) -> None:
    """Refuse what a dict or set cannot hold, equals another key (1 and True), or was chosen to make the table slow."""
    try:
        hashes = Counter(hash(key) for key in keys if type(key) is not str)  # str hashes are salted
    except TypeError:
        raise Malformed("a key cannot be hashed") from None
    if hashes and max(hashes.values()) > MAX_EQUAL_HASHES:
        raise Malformed("too many keys have the same hash")
    if len(set(keys)) != len(keys):
        raise Malformed("two keys are equal")


def _to_numpy(array: Array) -> Any:
    try:
        import numpy
    except ImportError:
        return array
    elements = numpy.frombuffer(array.data, dtype="<" + array.dtype)
    return elements[0] if array.shape is None else elements.reshape(array.shape).copy()
