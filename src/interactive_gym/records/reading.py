"""Canonical bytes read back, from whoever sent them."""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from interactive_gym.errors import ClientError
from interactive_gym.records.arrays import MAX_AXES, Array, flaw, is_number, is_recorded, itemsize, shape_is_sane
from interactive_gym.records.canonical import MAX_DEPTH, NAN, int_size

MAX_VALUES = 1_000_000  # an empty list takes 2 bytes here and 56 in memory: without a limit, 8 MB of them are a bomb
MAX_EQUAL_HASHES = 64  # (-1, -2, ...) and (-2, -1, ...) hash alike: 100 000 such keys make a dict that takes an hour


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
    if reader.at != len(data):
        raise Malformed(f"{len(data) - reader.at} bytes follow the value")
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
        self._values_left = MAX_VALUES

    def value(self, depth: int) -> Any:
        self._values_left -= 1
        if self._values_left < 0:
            raise Malformed(f"more than {MAX_VALUES} values", "too_large")
        if depth > MAX_DEPTH:
            raise Malformed(f"nested more than {MAX_DEPTH} deep")
        tag = self._take(1)
        read = _READERS.get(tag)
        if read is None:
            raise Malformed(f"byte {self.at - 1}: {tag!r} begins no value")
        return read(self, depth)

    def leading(self, count: int) -> list[Any]:
        if self._take(1) != b"l" or self._count() < count:
            raise Malformed(f"this is no list of {count} values")
        return [self.value(1) for _ in range(count)]

    def none(self, depth: int) -> None:
        return None

    def true(self, depth: int) -> bool:
        return True

    def false(self, depth: int) -> bool:
        return False

    def integer(self, depth: int) -> int:
        data = self._sized()
        number = int.from_bytes(data, "big", signed=True)
        if int_size(number) != len(data):
            raise Malformed("an int is longer than it need be")
        return number

    def a_float(self, depth: int) -> float:
        data = self._take(8)
        (number,) = struct.unpack(">d", data)
        if math.isnan(number) and data != NAN[1:]:
            raise Malformed("a float is another NaN than ours")
        return float(number)

    def text(self, depth: int) -> str:
        try:
            return self._sized().decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise Malformed("a str is not UTF-8") from None

    def blob(self, depth: int) -> bytes:
        return self._sized()

    def a_list(self, depth: int) -> list[Any]:
        return [self.value(depth + 1) for _ in range(self._count())]

    def a_tuple(self, depth: int) -> tuple[Any, ...]:
        return tuple(self.a_list(depth))

    def a_set(self, depth: int) -> frozenset[Any]:
        items = []
        before = b""
        for _ in range(self._count()):
            before, item = self._key(depth, before)
            items.append(item)
        _check_keys(items)
        return frozenset(items)

    def a_dict(self, depth: int) -> dict[Any, Any]:
        keys, items = [], []
        before = b""
        for _ in range(self._count()):
            before, key = self._key(depth, before)
            keys.append(key)
            items.append(self.value(depth + 1))
        _check_keys(keys)
        return dict(zip(keys, items, strict=True))

    def scalar(self, depth: int) -> Any:
        dtype = self._dtype()
        if not is_number(dtype):
            raise Malformed("a numpy scalar is text")
        return _to_numpy(Array(dtype, None, self._elements(dtype, 1)))

    def array(self, depth: int) -> Any:
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

    def _count(self) -> int:
        """A number of values; each takes a byte at least, so that no number can promise more than there is."""
        count = self._varint()
        if count > len(self.data) - self.at:
            raise Malformed("the data end too early")
        return count

    def _varint(self) -> int:
        number = shift = 0
        while True:
            (byte,) = self._take(1)
            number |= (byte & 0x7F) << shift
            if byte < 128:
                break
            shift += 7
            if shift > 56:
                raise Malformed("a length is too long")
        if byte == 0 and shift:
            raise Malformed("a length is longer than it need be")
        return number

    def _take(self, count: int) -> bytes:
        start = self.at
        if count > len(self.data) - start:
            raise Malformed("the data end too early")
        self.at = start + count
        return self.data[start : self.at]


_READERS: dict[bytes, Callable[[_Reader, int], Any]] = {
    b"N": _Reader.none,
    b"T": _Reader.true,
    b"F": _Reader.false,
    b"i": _Reader.integer,
    b"f": _Reader.a_float,
    b"s": _Reader.text,
    b"b": _Reader.blob,
    b"l": _Reader.a_list,
    b"t": _Reader.a_tuple,
    b"S": _Reader.a_set,
    b"d": _Reader.a_dict,
    b"n": _Reader.scalar,
    b"a": _Reader.array,
}


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
