"""A digest of an environment's state that is equal wherever the state is, in another process and after a restore too.

It covers what a snapshot holds (``reducers`` decide that), by value: which names mean one object, in which order a set
iterates or a dict was filled, at which addresses things lie is left out. Where two states differ in nothing else, their
digests are equal; one that missed something would be noticed a little later, one that saw too much would end a game
for nothing.

A value is a tag and what the tag says, with all lengths, as in ``records``; what is longer than a digest is replaced by
its digest, so that an object which many others refer to is walked through once.
"""

from __future__ import annotations

import copyreg
import enum
import logging
import math
import re
import struct
import sys
import weakref
from collections.abc import Callable, Collection, Iterable
from hashlib import blake2b
from operator import itemgetter
from types import ModuleType
from typing import Any

from interactive_gym.envs.anatomy import Attribute, changed_attributes, describe
from interactive_gym.envs.reducers import Shelf, reducer_for

SIZE = 16  # bytes
MAX_DEPTH = 64  # a browser's stack is small; what is deeper is known by its class


class _Names(Shelf):
    """Nothing is kept for later; of what is no state only the name counts."""

    def __contains__(self, obj: object) -> bool:
        return True  # or else what a function has captured would be noted

    def keep(self, obj: object) -> Any:
        return _name(obj)


class StateDigest:
    """Takes digests of environments.

    Args:
        ignored: Attributes that are no part of the state; see :func:`changed_by`. All who compare their digests have to
            ignore the same.
    """

    def __init__(self, ignored: Iterable[Attribute] = ()) -> None:
        self._ignored: dict[str, set[str]] = {}
        for cls, name in ignored:
            self._ignored.setdefault(cls, set()).add(name)
        self._names = _Names()
        self._known: dict[int, tuple[bytes, object]] = {}  # with the object, lest another one gets its address
        self._depth = 0

    def of(self, env: Any) -> bytes:
        """The digest of ``env`` as it is now, :data:`SIZE` bytes."""
        self._known, self._depth = {}, 0
        try:
            return blake2b(self._bytes(env), digest_size=SIZE).digest()
        finally:
            self._known = {}

    def _bytes(self, value: Any) -> bytes:
        kind = type(value)
        scalar = _SCALARS.get(kind)
        if scalar is not None:
            return scalar(value)
        known = self._known.get(id(value))
        if known is not None:
            return known[0]
        name = b"@%b;" % kind.__qualname__.encode()  # of whatever contains itself
        if self._depth >= MAX_DEPTH:
            return name
        self._known[id(value)] = name, value
        self._depth += 1
        data = _WALKS.get(kind, StateDigest._other)(self, value)
        self._depth -= 1
        if len(data) > SIZE:
            data = b"#" + blake2b(data, digest_size=SIZE).digest()
        self._known[id(value)] = data, value
        return data

    def _sequence(self, value: list[Any] | tuple[Any, ...]) -> bytes:
        if set(map(type, value)) == {int}:
            return b"l%d;%b" % (len(value), b"".join(map(_INT, value)))
        return b"l%d;%b" % (len(value), b"".join([self._bytes(item) for item in value]))

    def _set(self, value: Collection[object]) -> bytes:
        # Objects that are found by their address come in any order, and where they refer to one another it would matter
        # which is looked at first. They are nearly always somewhere else too.
        by_address = [type(item).__hash__ is object.__hash__ for item in value]
        items = [
            _text(_name(type(item))) if lost else self._bytes(item)
            for item, lost in zip(value, by_address, strict=True)
        ]
        return b"S%d;%b" % (len(items), b"".join(sorted(items)))

    def _dict(self, value: dict[Any, Any]) -> bytes:
        keyed = sorted([(self._bytes(key), item) for key, item in value.items()], key=_FIRST)
        return b"d%d;%b" % (len(keyed), b"".join([key + self._bytes(item) for key, item in keyed]))

    def _other(self, value: Any) -> bytes:
        numpy = sys.modules.get("numpy")
        try:
            if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
                return self._numpy(numpy, value)
            return self._instance(value)
        except Exception:  # a snapshot of it fails too, and says why
            return _text(_name(value))

    def _numpy(self, numpy: ModuleType, value: Any) -> bytes:
        kind = value.dtype.kind
        if not isinstance(value, numpy.ndarray):
            plain = value.item()
            return _SCALARS[type(plain)](plain) if type(plain) in _SCALARS else _text(repr(value))
        if kind not in "biufcSUmM":
            return b"A%b%b" % (_text(str(value.shape)), self._bytes(value.tolist()))
        if kind in "fc" and numpy.isnan(value).any():
            value = numpy.where(numpy.isnan(value), numpy.nan, value)  # the bits of a NaN depend on the processor
        return b"a%b%b%b" % (_text(value.dtype.str), _text(str(value.shape)), value.tobytes())

    def _instance(self, value: Any) -> bytes:
        kind = type(value)
        if issubclass(kind, _WEAK):  # who else still holds what it refers to is chance
            return _text(_name(value))
        reduce = self._names.reducers.get(kind)
        if reduce is None:
            reduce = self._names.reducers[kind] = reducer_for(kind)
        reduced = reduce(value, self._names)
        if reduced is NotImplemented:
            reduced = _as_pickle(kind, value)
        if isinstance(reduced, str):
            return _text(reduced)
        function, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
        return b"o%b%b%b%b%b" % (
            _text(_name(function)),
            self._bytes(arguments),
            self._bytes(self._without_ignored(kind, state)),
            self._bytes(None if items is None else list(items)),
            self._bytes(None if pairs is None else list(pairs)),
        )

    def _without_ignored(self, kind: type, state: Any) -> Any:
        """``state`` of an instance: its attributes, or a tuple of these and those in slots."""
        ignored = self._ignored.get(kind.__qualname__)
        if ignored is None:
            return state
        halves = state if isinstance(state, tuple) else (state,)
        return [
            {name: value for name, value in half.items() if name not in ignored} if isinstance(half, dict) else half
            for half in halves
        ]


def changed_by(env: Any, action: Callable[[Any], object]) -> set[Attribute]:
    """The attributes, anywhere in ``env``, that ``action(env)`` changes: drawing may keep pictures or fonts there."""
    before = describe(env)
    action(env)
    return changed_attributes(before, describe(env))


def _name(obj: Any) -> str:
    if isinstance(obj, enum.Enum):
        return f"{_name(type(obj))}.{obj.name}"
    if isinstance(obj, re.Pattern):
        return f"{obj.pattern!r} {obj.flags}"
    named = obj if hasattr(obj, "__qualname__") or isinstance(obj, ModuleType | logging.Logger) else type(obj)
    return f"{getattr(named, '__module__', None)}.{getattr(named, '__qualname__', None) or named.__name__}"


def _text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return b"s%d;%b" % (len(data), data)


def _blob(data: bytes | bytearray) -> bytes:
    return b"b%d;" % len(data) + data


def _float(number: float) -> bytes:
    return b"fN" if math.isnan(number) else _pack_float(b"f", number)


def _complex(number: complex) -> bytes:
    return b"c" + _float(number.real) + _float(number.imag)


def _as_pickle(kind: type, value: Any) -> Any:
    reduce: Callable[[Any], Any] | None = copyreg.dispatch_table.get(kind)
    return value.__reduce_ex__(4) if reduce is None else reduce(value)


_FIRST = itemgetter(0)
_INT = b"i%x;".__mod__  # so that map() runs without a frame of Python
_pack_float = struct.Struct(">cd").pack
_WEAK: tuple[type, ...] = (
    weakref.ReferenceType, weakref.WeakSet, weakref.WeakKeyDictionary, weakref.WeakValueDictionary, *weakref.ProxyTypes,
)  # fmt: skip
_SCALARS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"N",
    bool: lambda value: b"T" if value else b"F",
    int: _INT,
    float: _float,
    str: _text,
    complex: _complex,
    bytes: _blob,
    bytearray: _blob,
}
_WALKS: dict[type, Callable[[StateDigest, Any], bytes]] = {
    list: StateDigest._sequence,
    tuple: StateDigest._sequence,
    dict: StateDigest._dict,
    set: StateDigest._set,
    frozenset: StateDigest._set,
}
