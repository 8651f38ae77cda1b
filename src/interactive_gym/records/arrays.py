"""Numpy's arrays and scalars as canonical bytes know them, with or without numpy."""

from __future__ import annotations

import math
import re
import struct
from dataclasses import dataclass
from typing import Any

MAX_AXES = 32  # numpy 1.x has no more
MAX_EMPTY_SHAPE = 65_536  # (10**9, 0) holds no byte, and a thousand million lists once it is written out

_SIZES = {"b1": 1, "i1": 1, "i2": 2, "i4": 4, "i8": 8, "u1": 1, "u2": 2, "u4": 4, "u8": 8}
_SIZES |= {"f2": 2, "f4": 4, "f8": 8, "c8": 8, "c16": 16}
_PARTS = {"f2": "e", "f4": "f", "f8": "d", "c8": "f", "c16": "d"}  # struct's code for what the floats consist of
_INTS = {"b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q"}
_NANS = {"e": b"\x00\x7e", "f": b"\x00\x00\xc0\x7f", "d": b"\x00\x00\x00\x00\x00\x00\xf8\x7f"}
_TEXT = re.compile(r"[SU][1-9][0-9]{0,5}", re.ASCII)
_MAX_CODE_POINT = 0x10FFFF


@dataclass(frozen=True)
class Array:
    """A numpy array, or with ``shape`` None a numpy scalar, where there is no numpy to hold it.

    ``data`` are its elements in C order, little-endian; ``dtype`` is like ``"f4"``. It encodes to the same bytes.
    """

    dtype: str
    shape: tuple[int, ...] | None
    data: bytes

    def tolist(self) -> Any:
        """Nested lists of Python values, or one value, as numpy's method of this name gives them."""
        flat = _elements(self.dtype, self.data)
        return flat[0] if self.shape is None else _nested(flat, self.shape)


def is_number(dtype: str) -> bool:
    """Whether ``dtype`` is a bool, int, float or complex that is recorded (no platform's long double)."""
    return dtype in _SIZES


def is_recorded(dtype: str) -> bool:
    return dtype in _SIZES or _TEXT.fullmatch(dtype) is not None


def itemsize(dtype: str) -> int:
    """Bytes of one element."""
    size = _SIZES.get(dtype)
    return size if size is not None else int(dtype[1:]) * (4 if dtype[0] == "U" else 1)


def shape_is_sane(shape: tuple[int, ...]) -> bool:
    return len(shape) <= MAX_AXES and (0 not in shape or math.prod(n for n in shape if n) <= MAX_EMPTY_SHAPE)


def flaw(dtype: str, data: bytes) -> str | None:
    """What is wrong with elements that somebody sent, where encoding gives exactly one form."""
    if dtype == "b1" and data.strip(b"\x00\x01"):
        return "a bool is neither 0 nor 1"
    if dtype in _PARTS and not _nans_are_ours(_PARTS[dtype], data):
        return "an array holds another NaN than ours"
    if dtype[0] == "U" and any(point > _MAX_CODE_POINT for (point,) in struct.iter_unpack("<I", data)):
        return "an array holds what is no character"
    return None


def _nans_are_ours(code: str, data: bytes) -> bool:
    ours = _NANS[code]
    size = len(ours)
    floats = struct.unpack(f"<{len(data) // size}{code}", data)
    return all(not math.isnan(number) or data[i * size : (i + 1) * size] == ours for i, number in enumerate(floats))


def _elements(dtype: str, data: bytes) -> list[Any]:
    if dtype in _INTS:
        return [number for (number,) in struct.iter_unpack("<" + _INTS[dtype], data)]
    if dtype in _PARTS:
        floats = [number for (number,) in struct.iter_unpack("<" + _PARTS[dtype], data)]
        return floats if dtype[0] == "f" else [complex(*pair) for pair in zip(floats[::2], floats[1::2], strict=True)]
    size = itemsize(dtype)
    items = [data[at : at + size] for at in range(0, len(data), size)]
    if dtype[0] == "S":
        return [item.rstrip(b"\x00") for item in items]
    return [item.decode("utf-32-le", "surrogatepass").rstrip("\x00") for item in items]


def _nested(flat: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return flat[0]
    if len(shape) == 1:
        return flat
    size = math.prod(shape[1:])
    return [_nested(flat[i * size : (i + 1) * size], shape[1:]) for i in range(shape[0])]
