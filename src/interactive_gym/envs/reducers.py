"""How each kind of object goes into a snapshot: one small function per kind, chosen once per class.

A reducer gets the object and the :class:`Shelf`, and returns what ``pickle`` expects of ``__reduce__``, or
``NotImplemented`` for "as pickle would".
"""

from __future__ import annotations

import ast
import copyreg
import enum
import inspect
import io
import itertools
import logging
import random
import re
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any

MEMORY = 1024  # saves; a rollback goes back some sixty. What no save of these refers to is let go.

Reducer = Callable[[Any, "Shelf"], Any]


class Shelf:
    """The objects that snapshots refer to by number instead of containing them."""

    def __init__(self) -> None:
        self.reducers: dict[type, Reducer] = {}
        self._objects: dict[int, object] = {}
        self.take = self._objects.__getitem__  # for every reference that is read: a bound C method, no Python frame
        self._numbers: dict[int, int] = {}
        self._used: dict[int, int] = {}
        self._anchored: set[int] = set()
        self._saves = 0
        self._next = 0

    @property
    def anchored_count(self) -> int:
        """How many objects are to be restored in place because a kept function has captured them."""
        return len(self._anchored)

    def __contains__(self, obj: object) -> bool:
        return id(obj) in self._numbers

    def keep(self, obj: object) -> int:
        """Return the number of ``obj``, which stays alive as long as recent saves use it."""
        number = self._numbers.get(id(obj))
        if number is None:
            number = self._numbers[id(obj)] = self._next
            self._objects[number] = obj
            self._next += 1
        self._used[number] = self._saves
        return number

    def anchor(self, obj: object) -> None:
        """Have ``obj`` restored in place from now on."""
        self.keep(obj)
        self._anchored.add(id(obj))

    def is_anchored(self, obj: object) -> bool:
        """Whether ``obj`` is to be restored in place."""
        return id(obj) in self._anchored

    def next_save(self) -> None:
        """Count a save, and from time to time let go of what is no longer used."""
        self._saves += 1
        if self._saves % MEMORY == 0:
            for number in [number for number, save in self._used.items() if save < self._saves - MEMORY]:
                self._forget(number)

    def _forget(self, number: int) -> None:
        address = id(self._objects.pop(number))
        del self._used[number], self._numbers[address]
        self._anchored.discard(address)


def kept(number: int) -> object:
    """Stands in snapshots for :attr:`Shelf.take`."""
    raise LookupError(f"the snapshot names an object, {number}, that nobody has kept")


def reducer_for(cls: type) -> Reducer:
    """Choose how instances of ``cls`` are saved."""
    for choose in (_for_language, _for_numpy, _for_env, _for_rest):
        reducer = choose(cls)
        if reducer is not None:
            return reducer
    return _anchored_or_as_pickle


def is_hooked(cls: type) -> bool:
    """Whether environments of ``cls`` have the hooks ``get_state()`` and ``set_state(state)``."""
    return _takes(cls, "get_state", 1) and _takes(cls, "set_state", 2)


def _takes(cls: type, name: str, arguments: int) -> bool:
    method = getattr(cls, name, None)
    if not callable(method):
        return False
    try:
        inspect.signature(method).bind(*range(arguments))
    except (TypeError, ValueError):
        return False
    return True


# --- which kind a class is ------------------------------------------------------------------------------------------

_KEPT_TYPES = (
    type, ModuleType, CodeType, property, staticmethod, classmethod, GetSetDescriptorType,
    MethodDescriptorType, WrapperDescriptorType, type(lru_cache(len)), logging.Logger, type(threading.Lock()),
    type(threading.RLock()), enum.Enum, re.Pattern, random.SystemRandom,
)  # fmt: skip


def _for_language(cls: type) -> Reducer | None:
    if issubclass(cls, FunctionType):
        return _function
    if issubclass(cls, BuiltinFunctionType):
        return _builtin
    if issubclass(cls, MethodType):
        return _method
    if issubclass(cls, weakref.ReferenceType):
        return _weak_reference
    if issubclass(cls, itertools.count):
        return _count
    if issubclass(cls, random.Random) and not issubclass(cls, random.SystemRandom):
        return _random
    if issubclass(cls, _KEPT_TYPES) or (issubclass(cls, io.IOBase) and not issubclass(cls, io.StringIO | io.BytesIO)):
        return _keep
    return None


def _for_numpy(cls: type) -> Reducer | None:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if cls is numpy.ndarray:
        return _array
    if issubclass(cls, numpy.dtype | numpy.ufunc):
        return _keep
    if issubclass(cls, numpy.random.Generator):
        return _generator
    if issubclass(cls, numpy.random.BitGenerator):
        return _bit_generator
    return _random_state if issubclass(cls, numpy.random.RandomState) else None


def _for_env(cls: type) -> Reducer | None:
    names = {(parent.__module__.split(".")[0], parent.__name__) for parent in cls.__mro__}
    if names & {("gymnasium", "Space"), ("gym", "Space")}:
        return _space
    if callable(getattr(cls, "reset", None)) and callable(getattr(cls, "step", None)):
        return _hooked if is_hooked(cls) else _in_place
    return None


def _for_rest(cls: type) -> Reducer | None:
    if cls.__name__ == "Surface" and cls.__module__.startswith("interactive_gym."):  # no state: drawn anew each time
        return _keep
    inherited = getattr(cls, "__getstate__", None)
    for parent in cls.__mro__:
        if parent.__name__ == "EzPickle" and vars(parent).get("__getstate__") is inherited:
            return _by_attributes
    return None


# --- the kinds ------------------------------------------------------------------------------------------------------


def _keep(obj: Any, shelf: Shelf) -> Any:
    return kept, (shelf.keep(obj),)


def _anchored_or_as_pickle(obj: Any, shelf: Shelf) -> Any:
    return _in_place(obj, shelf) if shelf.is_anchored(obj) else NotImplemented


def _function(obj: FunctionType, shelf: Shelf) -> Any:
    if obj.__module__ == __name__:  # the pickle itself needs ours by name
        return NotImplemented
    if obj not in shelf:
        shelf.keep(obj)
        for captured in _captured(obj):
            _anchor(captured, shelf)
    return kept, (shelf.keep(obj),)


def _captured(function: FunctionType) -> Iterator[object]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # a name that is not bound yet
            continue
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()


def _anchor(captured: object, shelf: Shelf) -> None:
    if isinstance(captured, MethodType):
        captured = captured.__self__
    if isinstance(captured, FunctionType):
        _function(captured, shelf)
    elif _is_all_attributes(type(captured)) and reducer_for(type(captured)) in (_anchored_or_as_pickle, _by_attributes):
        shelf.anchor(captured)


def _is_all_attributes(cls: type) -> bool:
    """Whether instances have no state but their attributes; others (a ``deque``) tell theirs in ``__reduce__``."""
    plain: Any = object
    return cls.__reduce__ is plain.__reduce__ and cls.__reduce_ex__ is plain.__reduce_ex__


def _builtin(obj: BuiltinFunctionType, shelf: Shelf) -> Any:
    owner = obj.__self__
    return _keep(obj, shelf) if owner is None or isinstance(owner, ModuleType | type) else NotImplemented


def _method(obj: MethodType, shelf: Shelf) -> Any:
    return MethodType, (obj.__func__, obj.__self__)


def _weak_reference(obj: weakref.ReferenceType[Any], shelf: Shelf) -> Any:
    target = obj()
    return _keep(obj, shelf) if target is None else (weakref.ref, (target,))


def _count(obj: itertools.count[Any], shelf: Shelf) -> Any:
    arguments = ast.literal_eval(repr(obj).removeprefix("count"))  # Python 3.14 no longer pickles it
    return itertools.count, arguments if isinstance(arguments, tuple) else (arguments,)


def _in_place(obj: Any, shelf: Shelf) -> Any:
    return kept, (shelf.keep(obj),), _attributes(obj), None, None, put_attributes


def _by_attributes(obj: Any, shelf: Shelf) -> Any:
    if shelf.is_anchored(obj):
        return _in_place(obj, shelf)
    return copyreg.__newobj__, (type(obj),), _attributes(obj), None, None, put_attributes  # type: ignore[attr-defined]


def _hooked(obj: Any, shelf: Shelf) -> Any:
    """PettingZoo's ``agents`` too: we act by it, and hooks forget it, as cogrid's do, whose last step empties it."""
    agents = getattr(obj, "__dict__", {}).get("agents")
    return kept, (shelf.keep(obj),), (obj.get_state(), agents), None, None, put_by_hook


def _space(obj: Any, shelf: Shelf) -> Any:
    generators = [getattr(space, "_np_random", None) for space in _spaces_in(obj)]
    if all(generator is None for generator in generators):  # as in nearly all envs
        return kept, (shelf.keep(obj),), (None,), None, None, put_space_generators
    return kept, (shelf.keep(obj),), (tuple(generators),), None, None, put_space_generators


def _spaces_in(space: Any) -> Iterator[Any]:
    yield space
    parts = getattr(space, "spaces", None)
    if parts is not None:
        for part in parts.values() if hasattr(parts, "values") else parts:
            yield from _spaces_in(part)


def _random(obj: random.Random, shelf: Shelf) -> Any:
    state = obj.getstate(), _attributes(obj)
    return kept, (shelf.keep(obj),), state, None, None, put_random


def _generator(obj: Any, shelf: Shelf) -> Any:
    return kept, (shelf.keep(obj),), obj.bit_generator.state, None, None, put_generator


def _bit_generator(obj: Any, shelf: Shelf) -> Any:
    return kept, (shelf.keep(obj),), obj.state, None, None, put_bit_generator


def _random_state(obj: Any, shelf: Shelf) -> Any:
    return kept, (shelf.keep(obj),), obj.get_state(legacy=False), None, None, put_random_state


def _array(obj: Any, shelf: Shelf) -> Any:
    if not obj.dtype.isnative:  # pickle would bring it back in the machine's own byte order
        return type(obj), (obj.shape, obj.dtype, bytearray(obj.tobytes()))
    owner = obj.base
    if type(owner) is not type(obj) or not owner.flags.c_contiguous or owner.dtype.hasobject or obj.size == 0:
        return NotImplemented
    offset = obj.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    return type(obj), (obj.shape, obj.dtype, owner, offset, obj.strides)


# --- putting state back; called by the unpickler, so found under these names ----------------------------------------


def put_attributes(obj: Any, state: tuple[dict[str, Any] | None, dict[str, Any]]) -> None:
    """Give ``obj`` exactly these attributes: those that it got since are gone."""
    fields, slots = state
    if fields is not None:
        vars(obj).clear()
        vars(obj).update(fields)
    for name in _slots(type(obj)):
        if name in slots:
            object.__setattr__(obj, name, slots[name])  # frozen dataclasses refuse an ordinary assignment
        elif hasattr(obj, name):
            object.__delattr__(obj, name)


def put_by_hook(env: Any, state: tuple[Any, Any]) -> None:
    """Restore ``env`` with its own hook."""
    hooked, agents = state
    env.set_state(hooked)
    if agents is not None:
        env.agents = agents


def put_space_generators(space: Any, state: tuple[tuple[Any, ...] | None]) -> None:
    """Give ``space`` and its parts the generators they had; None is made anew when it is first used."""
    spaces = list(_spaces_in(space))
    for part, generator in zip(spaces, state[0] or [None] * len(spaces), strict=True):
        part._np_random = generator


def put_random(generator: random.Random, state: tuple[Any, Any]) -> None:
    """Restore a generator of the standard library."""
    put_attributes(generator, state[1])
    generator.setstate(state[0])


def put_generator(generator: Any, state: Any) -> None:
    """Restore numpy's ``Generator``."""
    generator.bit_generator.state = state


def put_bit_generator(generator: Any, state: Any) -> None:
    """Restore one of numpy's bit generators."""
    generator.state = state


def put_random_state(generator: Any, state: Any) -> None:
    """Restore numpy's legacy ``RandomState``."""
    generator.set_state(state)


def _attributes(obj: Any) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    slots = {name: getattr(obj, name) for name in _slots(type(obj)) if hasattr(obj, name)}
    return getattr(obj, "__dict__", None), slots


def _slots(cls: type) -> list[str]:
    names: list[str] = copyreg._slotnames(cls)  # type: ignore[attr-defined]  # what object.__getstate__ asks, too
    return names
