"""The action codecs whose native form is a numpy array; imported only when a space needs one of them."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

from interactive_gym.envs.codec import ActionCodec, check_size

Array = npt.NDArray[Any]


class MultiDiscreteCodec(ActionCodec):
    """An array of integers, each below its own number of choices (``nvec``, any shape) and counted from ``start``."""

    def __init__(self, nvec: Array, start: Array | None, dtype: npt.DTypeLike) -> None:
        self._nvec = np.asarray(nvec, np.int64)
        self._start = np.zeros_like(self._nvec) if start is None else np.asarray(start, np.int64)
        self._dtype = np.dtype(dtype)
        self._wire = _unsigned(int(self._nvec.max(initial=1)) - 1)
        self.size = self._nvec.size * self._wire.itemsize

    def native(self, plain: object) -> Array:
        array = _array(plain, self._nvec.shape, "iu", "whole numbers")
        indices = array.astype(np.int64) - self._start
        if array.dtype.kind == "u" and array.size and int(array.max()) > np.iinfo(np.int64).max:
            raise ValueError(f"{plain!r} is out of range")
        if not np.all((indices >= 0) & (indices < self._nvec)):
            raise ValueError(f"{plain!r} is out of range: the numbers of choices are {self._nvec.tolist()}")
        return array.astype(self._dtype)

    def plain(self, native: Any) -> object:
        return np.asarray(native).tolist()

    def encode(self, native: Any) -> bytes:
        return (self.native(native).astype(np.int64) - self._start).astype(self._wire).tobytes()

    def decode(self, data: bytes) -> Array:
        check_size(data, self.size)
        indices = np.frombuffer(data, self._wire).reshape(self._nvec.shape)
        if not np.all(indices < self._nvec):
            raise ValueError("an encoded choice is out of range")
        return (indices.astype(np.int64) + self._start).astype(self._dtype)

    def sample(self, rng: Random) -> Array:
        drawn = [rng.randrange(choices) for choices in self._nvec.ravel().tolist()]
        return (np.array(drawn, np.int64).reshape(self._nvec.shape) + self._start).astype(self._dtype)


class MultiBinaryCodec(ActionCodec):
    """An array of zeros and ones; eight of them to the byte."""

    def __init__(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self._shape = tuple(shape)
        self._dtype = np.dtype(dtype)
        self._count = int(np.prod(self._shape, dtype=np.int64))
        self.size = (self._count + 7) // 8

    def native(self, plain: object) -> Array:
        array = _array(plain, self._shape, "biu", "zeros and ones")
        if not np.all((array == 0) | (array == 1)):
            raise ValueError(f"{plain!r} holds something else than zeros and ones")
        return array.astype(self._dtype)

    def plain(self, native: Any) -> object:
        return np.asarray(native).astype(int).tolist()

    def encode(self, native: Any) -> bytes:
        return np.packbits(self.native(native).astype(bool)).tobytes()

    def decode(self, data: bytes) -> Array:
        check_size(data, self.size)
        bits = np.unpackbits(np.frombuffer(data, np.uint8))
        if bits[self._count :].any():
            raise ValueError("the bits after the last choice must be zero")
        return bits[: self._count].reshape(self._shape).astype(self._dtype)

    def sample(self, rng: Random) -> Array:
        return np.array([rng.randrange(2) for _ in range(self._count)], self._dtype).reshape(self._shape)


class BoxCodec(ActionCodec):
    """An array of numbers between ``low`` and ``high``; never NaN, and infinite only where the bounds are."""

    def __init__(self, low: Array, high: Array, dtype: npt.DTypeLike) -> None:
        self._dtype = np.dtype(dtype)
        self._low = np.asarray(low, self._dtype)
        self._high = np.asarray(high, self._dtype)
        self._wire = self._dtype.newbyteorder("<")
        self.size = self._low.size * self._dtype.itemsize

    def native(self, plain: object) -> Array:
        array = _array(plain, self._low.shape, "iuf" if self._dtype.kind != "b" else "b", "numbers")
        with np.errstate(all="ignore"):
            native = array.astype(self._dtype)
        if self._dtype.kind in "iu" and not np.array_equal(native, array):
            raise ValueError(f"{plain!r} does not fit {self._dtype.name}: whole numbers within its range are needed")
        if self._dtype.kind == "f" and np.any(np.isinf(native) & np.isfinite(array)):
            raise ValueError(f"{plain!r} does not fit {self._dtype.name}")
        return self._within(native)

    def plain(self, native: Any) -> object:
        return np.asarray(native).tolist()

    def encode(self, native: Any) -> bytes:
        return self.native(native).astype(self._wire).tobytes()

    def decode(self, data: bytes) -> Array:
        check_size(data, self.size)
        if self._dtype.kind == "b" and data.strip(b"\x00\x01"):
            raise ValueError("an encoded choice is neither true nor false")
        return self._within(np.frombuffer(data, self._wire).reshape(self._low.shape).astype(self._dtype))

    def sample(self, rng: Random) -> Array:
        bounds = zip(self._low.ravel().tolist(), self._high.ravel().tolist(), strict=True)
        if self._dtype.kind == "f":
            drawn: list[float] = [rng.uniform(*_finite(low, high)) for low, high in bounds]
        else:
            drawn = [rng.randint(int(low), int(high)) for low, high in bounds]
        array = np.array(drawn, np.float64 if self._dtype.kind == "f" else self._dtype)
        return np.asarray(np.clip(array.reshape(self._low.shape).astype(self._dtype), self._low, self._high))

    def _within(self, native: Array) -> Array:
        if self._dtype.kind == "f" and np.any(np.isnan(native)):
            raise ValueError("NaN is no action")
        if not np.all((native >= self._low) & (native <= self._high)):
            raise ValueError(f"{native.tolist()} is not between {self._low.tolist()} and {self._high.tolist()}")
        return native


def _array(plain: object, shape: tuple[int, ...], kinds: str, what: str) -> Array:
    try:
        array: Array = np.asarray(plain)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{plain!r} is not an array: {error}") from error
    if array.size == 0 and array.shape == shape:
        return array.astype(np.int64)
    if array.dtype.kind not in kinds:
        raise ValueError(f"{plain!r} does not consist of {what}")
    if array.shape != shape:
        raise ValueError(f"{plain!r} has the shape {list(array.shape)} where {list(shape)} is needed")
    return array


def _unsigned(largest: int) -> np.dtype[Any]:
    for kind in ("u1", "<u2", "<u4"):
        if largest <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype("<u8")


def _finite(low: float, high: float) -> tuple[float, float]:
    """A range to draw from: an open end is taken to lie ten away from the other, or from zero."""
    if np.isinf(low):
        low = min(-10.0, high - 10.0) if np.isfinite(high) else -10.0
    if np.isinf(high):
        high = max(10.0, low + 10.0)
    return low, high
