"""Canonical bytes: one value, one encoding, so that two records are equal exactly when their bytes are.

A value is a tag (one ASCII byte) and what the tag says; lengths and counts are LEB128 varints (``#``)::

    N T F            None, True, False
    i # bytes        int of any size, big-endian two's complement, as short as possible
    f 8 bytes        float, big-endian IEEE 754; all NaN are one NaN, -0.0 is not 0.0
    s # bytes        str, UTF-8 (lone surrogates pass)          b # bytes    bytes
    l # values       list          t # values    tuple          S # values   set, sorted by their bytes
    d # key value... dict, sorted by the bytes of its keys
    n dtype bytes    numpy scalar                               dtype: # and text such as "f4" or "U3"
    a dtype # #... bytes   numpy array: number of axes, shape, elements in C order, little-endian

Decoding is total: hostile bytes give a value whose encoding is exactly those bytes, or :class:`Malformed`.
"""

from __future__ import annotations

import math
import struct
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from operator import itemgetter
from types import ModuleType
from typing import Any

from interactive_gym.errors import EnvError
from interactive_gym.records.arrays import Array, is_recorded, shape_is_sane

MAX_DEPTH = 64  # a browser's stack is small, and overflowing it takes the worker down
NAN = b"f\x7f\xf8\x00\x00\x00\x00\x00\x00"

_MOST_KEYS = 32  # of a dict whose order is remembered
_ONE_BYTE = tuple(bytes((n,)) for n in range(128))
_pack_float = struct.Struct(">cd").pack


class NotCanonical(EnvError):
    """A value that the environment gave cannot be recorded. ``path`` says which, as in ``infos['a']['b']``."""

    def __init__(self, reason: str, path: str = "") -> None:
        self.reason = reason
        self.path = path
        super().__init__(f"{path or 'the value'} cannot be recorded: {reason}", stage="step")

    def inside(self, step: str) -> NotCanonical:
        """The same error, seen from the container that holds the value at ``step``."""
        return NotCanonical(self.reason, f"{step}{self.path}")


def encode(value: object) -> bytes:
    """The canonical bytes of ``value``.

    Raises:
        NotCanonical: ``value`` holds something that is no plain data, naming where.
    """
    out = bytearray()
    _write(value, out, 0)
    return bytes(out)


def joined(encoded: Sequence[bytes]) -> bytes:
    """The canonical bytes of the list whose items have been encoded already."""
    return b"".join((b"l", _varint(len(encoded)), *encoded))


def digest(data: bytes) -> str:
    """BLAKE2b of ``data``: 16 bytes as 32 hexadecimal characters."""
    return blake2b(data, digest_size=16).hexdigest()


def _write(value: object, out: bytearray, depth: int) -> None:
    _WRITERS.get(type(value), _write_other)(value, out, depth)


def _write_none(value: None, out: bytearray, depth: int) -> None:
    out += b"N"


def _write_bool(value: bool, out: bytearray, depth: int) -> None:
    out += b"T" if value else b"F"


def _write_int(value: int, out: bytearray, depth: int) -> None:
    if -128 <= value < 128:
        out += b"i\x01"
        out.append(value & 0xFF)
        return
    data = value.to_bytes(int_size(value), "big", signed=True)
    out += b"i" + _varint(len(data)) + data


def int_size(value: int) -> int:
    """Bytes that ``value`` needs in two's complement."""
    return (value + (value < 0)).bit_length() // 8 + 1


def _write_float(value: float, out: bytearray, depth: int) -> None:
    out += NAN if math.isnan(value) else _pack_float(b"f", value)


def _write_str(value: str, out: bytearray, depth: int) -> None:
    data = value.encode("utf-8", "surrogatepass")
    out += b"s" + _varint(len(data)) + data


def _write_bytes(value: bytes | bytearray, out: bytearray, depth: int) -> None:
    out += b"b" + _varint(len(value)) + value


def _write_list(value: list[object], out: bytearray, depth: int) -> None:
    out += b"l" + _varint(len(value))
    _write_items(value, out, depth)


def _write_tuple(value: tuple[object, ...], out: bytearray, depth: int) -> None:
    out += b"t" + _varint(len(value))
    _write_items(value, out, depth)


def _write_items(items: Sequence[object], out: bytearray, depth: int) -> None:
    _check_depth(depth)
    position = 0
    try:
        for item in items:
            _write(item, out, depth + 1)
            position += 1
    except NotCanonical as error:
        raise error.inside(f"[{position}]") from None


def _write_set(value: set[object] | frozenset[object], out: bytearray, depth: int) -> None:
    _check_depth(depth)
    out += b"S" + _varint(len(value))
    items = sorted(_bytes_of(item, depth + 1) for item in value)
    if any(before == after for before, after in pairwise(items)):
        raise NotCanonical("it is a set with several NaN")
    out += b"".join(items)


def _write_dict(value: dict[Any, object], out: bytearray, depth: int) -> None:
    _check_depth(depth)
    out += b"d" + _varint(len(value))
    for encoded, key in _ordered(value, depth):
        out += encoded
        item = value[key]
        try:
            _WRITERS.get(type(item), _write_other)(item, out, depth + 1)
        except NotCanonical as error:
            raise error.inside(f"[{key!r}]") from None


def _ordered(value: dict[Any, object], depth: int) -> Sequence[tuple[bytes, object]]:
    """The keys with their canonical bytes, in the order of these."""
    if len(value) <= _MOST_KEYS and (known := _text_keys(*value)) is not None:
        return known
    keys = sorted(((_bytes_of(key, depth + 1), key) for key in value), key=itemgetter(0))
    for (before, _), (after, key) in pairwise(keys):
        if before == after:
            raise NotCanonical(f"two of its keys are {key!r}")
    return keys


@lru_cache(maxsize=256, typed=True)
def _text_keys(*keys: object) -> tuple[tuple[bytes, object], ...] | None:
    """An environment has the same keys in every frame: encoding them again would be a third of the cost of a row."""
    if not all(type(key) is str for key in keys):
        return None
    return tuple(sorted((_bytes_of(key, 0), key) for key in keys))


def _bytes_of(value: object, depth: int) -> bytes:
    out = bytearray()
    _write(value, out, depth)
    return bytes(out)


def _check_depth(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise NotCanonical(f"it is nested more than {MAX_DEPTH} deep, or contains itself")


def _write_other(value: object, out: bytearray, depth: int) -> None:
    """A numpy value, or an instance of a subclass (IntEnum, OrderedDict, numpy.str_), which counts as its base."""
    numpy = sys.modules.get("numpy")  # if nobody has imported it, value is not of it
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)) and not isinstance(value, (str, bytes)):
        _write_numpy(numpy, value, out)
        return
    for base in type(value).__mro__[1:]:
        if base in _WRITERS:
            _WRITERS[base](value, out, depth)
            return
    name = f"{type(value).__module__}.{type(value).__qualname__}"
    raise NotCanonical(f"it is a {name}; use numbers, text, lists, tuples, dicts or numpy arrays")


def _write_numpy(numpy: ModuleType, value: Any, out: bytearray) -> None:
    name = value.dtype.str
    if not is_recorded(name[1:]) or hasattr(value, "mask"):
        kind = f"{type(value).__name__} of dtype {value.dtype}"
        raise NotCanonical(f"it is a numpy {kind}; use an array of numbers or text")
    elements = numpy.asarray(value)
    if name[0] == ">":
        elements = elements.astype("<" + name[1:])
    shape = value.shape if isinstance(value, numpy.ndarray) else None
    _write_elements(name[1:], shape, _clean(numpy, elements, name[1]).tobytes(), out)


def _clean(numpy: ModuleType, elements: Any, kind: str) -> Any:
    """``elements`` with one NaN, and with 1 for every True (an array made from foreign memory may hold other bytes)."""
    if kind == "b":
        return elements.view("u1") != 0
    if kind not in "fc" or b"\x01" not in numpy.isnan(elements).tobytes():  # any() costs five times as much in wasm
        return elements
    parts = numpy.array(elements, order="C", ndmin=1)
    parts = parts.view(parts.real.dtype)
    parts[numpy.isnan(parts)] = numpy.nan
    return parts


def _write_array(value: Array, out: bytearray, depth: int) -> None:
    _write_elements(value.dtype, value.shape, value.data, out)


def _write_elements(dtype: str, shape: tuple[int, ...] | None, data: bytes, out: bytearray) -> None:
    out += b"a" if shape is not None else b"n"
    out += _ONE_BYTE[len(dtype)]
    out += dtype.encode("ascii")
    if shape is not None:
        if not shape_is_sane(shape):
            raise NotCanonical(f"it is an array of shape {shape}")
        out += _varint(len(shape))
        for length in shape:
            out += _varint(length)
    out += data


def _varint(number: int) -> bytes:
    if number < 128:
        return _ONE_BYTE[number]
    out = bytearray()
    while number >= 128:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


_WRITERS: dict[type, Callable[[Any, bytearray, int], None]] = {
    type(None): _write_none,
    bool: _write_bool,
    int: _write_int,
    float: _write_float,
    str: _write_str,
    bytes: _write_bytes,
    bytearray: _write_bytes,
    list: _write_list,
    tuple: _write_tuple,
    set: _write_set,
    frozenset: _write_set,
    dict: _write_dict,
    Array: _write_array,
}
