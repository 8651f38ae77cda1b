"""Everything that an environment consists of, by name: to say *what* differs, *where* something cannot be saved.

A path reads as one would write it: ``env.env.state[2]``, ``env.pots['left'].onions``, ``env.tick.<closure>.count``.
For the check only; a walk takes a hundred times as long as a snapshot.
"""

from __future__ import annotations

import enum
import logging
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

LIMIT = 200_000  # parts; an env with more is compared as far as this reaches
_SCALARS = (type(None), bool, int, float, complex, str, bytes, range, slice, type(...))
_NAMES_ONLY = (ModuleType, type, BuiltinFunctionType, enum.Enum, logging.Logger, property, staticmethod, classmethod)
_NOT_THEIRS = frozenset(sys.stdlib_module_names) | {
    "numpy", "gymnasium", "gym", "pettingzoo", "farama_notifications", "interactive_gym", "builtins",
}  # fmt: skip

ROOT = "env"

Part = tuple[str, object]
Attribute = tuple[str, str]
"""The name of a class, and that of an attribute of its instances."""


@dataclass
class Description:
    """The parts of an env by path.

    Attributes:
        tokens: Something of each part that is equal if and only if the part itself (without its parts) is.
        parts: The suffixes by which the parts of a part are named.
        aliases: Where an object that was met again had been met before.
        orders: The order in which each set iterates; where it follows from addresses, no two are equal.
        outside: The roots of what all envs of the process share: attributes of its classes, globals of their modules.
    """

    tokens: dict[str, object] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    orders: dict[str, list[str]] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)

    def first_name(self, path: str) -> str:
        """The path under which what is at ``path`` is described."""
        return self.aliases.get(path, path)


def describe(env: object) -> Description:
    """Walk through ``env`` and what surrounds it."""
    visitor = _Visitor()
    description = visitor.description
    for _, obj in visitor.visit(ROOT, env):
        visitor.remember_home(obj)
    for path, root in _surroundings(visitor.classes, visitor.modules):
        description.outside.append(path)
        for _ in visitor.visit(path, root):
            pass
    return description


def differences(one: Description, other: Description, roots: Iterable[str] = (ROOT,)) -> list[str]:
    """The paths whose values differ, outermost first; whether two names mean one object or equal ones is ignored."""
    return [path for path, _ in _compared(one, other, roots)]


def changed_attributes(one: Description, other: Description) -> set[Attribute]:
    """For each difference, the innermost attribute that it is in."""
    return {attribute for _, attribute in _compared(one, other, (ROOT,)) if attribute is not None}


def _compared(one: Description, other: Description, roots: Iterable[str]) -> Iterator[tuple[str, Attribute | None]]:
    stack: list[tuple[str, str, str, Attribute | None]] = [(root, root, root, None) for root in reversed(list(roots))]
    compared: set[tuple[str, str]] = set()
    while stack:
        path, mine, theirs, within = stack.pop()
        mine, theirs = one.first_name(mine), other.first_name(theirs)
        if (mine, theirs) in compared:
            continue
        compared.add((mine, theirs))
        if one.tokens.get(mine) != other.tokens.get(theirs):
            yield path, within
            continue
        owner = one.tokens.get(mine)
        my_parts, their_parts = one.parts.get(mine, ()), other.parts.get(theirs, ())
        for part in (*my_parts, *their_parts):
            if part not in their_parts or part not in my_parts:
                yield path + part, _attribute(owner, part) or within
        stack += [
            (path + part, mine + part, theirs + part, _attribute(owner, part) or within)
            for part in reversed(my_parts)
            if part in their_parts
        ]


def _attribute(owner: Any, part: str) -> Attribute | None:
    if not (part[0] == "." and part[1:].isidentifier()):
        return None
    return (owner[0] if isinstance(owner, tuple) else owner), part[1:]


def path_to(env: object, target: object) -> str | None:
    """Where in ``env`` the object ``target`` is; None if it cannot be found."""
    return next((path for path, obj in _Visitor().visit(ROOT, env) if obj is target), None)


class _Visitor:
    """One walk, and what it has met."""

    def __init__(self) -> None:
        self.description = Description()
        self.classes: dict[type, None] = {}
        self.modules: dict[str, None] = {}
        self._met: dict[int, tuple[str, object]] = {}  # with the object, lest another one gets its address

    def visit(self, path: str, root: object) -> Iterator[Part]:
        """Yield (path, object) of ``root`` and all its parts, each before its own parts."""
        stack: list[Part] = [(path, root)]
        while stack and len(self.description.tokens) < LIMIT:
            path, obj = stack.pop()
            known = self._met.get(id(obj))
            if known is not None and not _is_plain(obj):
                self.description.aliases[path] = known[0]
                continue
            self._met[id(obj)] = (path, obj)
            parts = list(_parts(obj))
            self._write_down(path, obj, tuple(suffix for suffix, _ in parts))
            yield path, obj
            stack += [(path + suffix, part) for suffix, part in reversed(parts)]

    def _write_down(self, path: str, obj: object, parts: tuple[str, ...]) -> None:
        self.description.tokens[path] = _token(obj)
        if parts:
            self.description.parts[path] = parts
        if isinstance(obj, set | frozenset):
            self.description.orders[path] = _order(obj)

    def remember_home(self, obj: object) -> None:
        """Note where shared state of ``obj`` would be: its classes, or the module of a function."""
        if isinstance(obj, FunctionType):
            self.modules[obj.__module__ or ""] = None
        elif not _is_plain(obj):
            self.classes.update(dict.fromkeys(type(obj).__mro__))


def _is_plain(obj: object) -> bool:
    """Whether it does not matter if two names mean this very object or an equal one."""
    return isinstance(obj, (*_SCALARS, *_NAMES_ONLY, tuple, frozenset, FunctionType, MethodType))


def _token(obj: Any) -> object:
    kind = type(obj).__qualname__
    if isinstance(obj, _SCALARS):
        return kind, repr(obj)
    if isinstance(obj, _NAMES_ONLY):
        return kind, getattr(obj, "__qualname__", getattr(obj, "__name__", getattr(obj, "name", "")))
    if isinstance(obj, FunctionType):
        return kind, obj.__qualname__
    if isinstance(obj, set | frozenset):
        return kind, sorted(_shortened(part) for part in obj)
    if _is_array(obj):
        return kind, obj.dtype.str, obj.shape, obj.tobytes() if not obj.dtype.hasobject else None
    if isinstance(obj, bytearray | memoryview):
        return kind, bytes(obj)
    if isinstance(obj, dict | list | tuple | deque):
        return kind, len(obj)
    return kind


def _order(obj: Iterable[object]) -> list[str]:
    by_address = [type(part).__hash__ is object.__hash__ and not isinstance(part, _NAMES_ONLY) for part in obj]
    return [f"{id(part)}" if lost else _shortened(part) for part, lost in zip(obj, by_address, strict=True)]


def _parts(obj: Any) -> Iterator[Part]:
    if isinstance(obj, (*_SCALARS, *_NAMES_ONLY)):
        return
    if isinstance(obj, FunctionType):
        yield from _parts_of_function(obj)
    elif isinstance(obj, MethodType):
        yield from ((".__self__", obj.__self__), (".__func__", obj.__func__))
    elif _is_space(obj):
        yield "._np_random", getattr(obj, "_np_random", None)
        yield from _items(getattr(obj, "spaces", ()))
    elif _is_generator(obj):
        yield ".state", _generator_state(obj)
    elif _is_array(obj):
        yield from _items(obj.tolist() if obj.dtype.hasobject else ())
    else:
        yield from _items(obj)
        yield from _attributes(obj)


def _parts_of_function(function: FunctionType) -> Iterator[Part]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f".<closure>.{name}", cell.cell_contents
        except ValueError:  # a name that is not bound yet
            continue
    yield from ((f".<default>[{n}]", value) for n, value in enumerate(function.__defaults__ or ()))
    yield from ((f".<default>.{name}", value) for name, value in (function.__kwdefaults__ or {}).items())
    yield from ((f".{name}", value) for name, value in vars(function).items())


def _items(obj: object) -> Iterator[Part]:
    if isinstance(obj, dict):
        for position, (key, value) in enumerate(list(obj.items())):
            yield f"[{_shortened(key)}]", value
            if not isinstance(key, _SCALARS):
                yield f".<key {position}>", key
    elif isinstance(obj, list | tuple | deque):
        yield from ((f"[{position}]", part) for position, part in enumerate(obj))
    elif isinstance(obj, set | frozenset):
        yield from ((f".<element {n}>", part) for n, part in enumerate(obj) if not isinstance(part, _SCALARS))


def _attributes(obj: object) -> Iterator[Part]:
    fields = getattr(obj, "__dict__", None)
    slots = [name for cls in type(obj).__mro__ for name in _slot_names(cls)]
    if isinstance(fields, dict):
        yield from ((f".{name}", value) for name, value in list(fields.items()))
    yield from ((f".{name}", getattr(obj, name)) for name in slots if hasattr(obj, name))
    if fields is None and not slots and not isinstance(obj, dict | list | tuple | deque | set | frozenset):
        yield ".<state>", _reduced(obj)


def _slot_names(cls: type) -> list[str]:
    slots = vars(cls).get("__slots__", ())
    names = [slots] if isinstance(slots, str) else list(slots)
    prefix = f"_{cls.__name__.lstrip('_')}"
    mangled = [prefix + name if name.startswith("__") and not name.endswith("__") else name for name in names]
    return [name for name in mangled if name not in ("__dict__", "__weakref__")]


def _reduced(obj: object) -> object:
    """What pickle would make of an object that has neither attributes nor items for us to look at."""
    try:
        reduced = obj.__reduce_ex__(4)
    except Exception:
        text = repr(obj)  # which shows what an itertools.count is at; an address would differ for no reason
        return None if " at 0x" in text else text
    return tuple(list(part) if isinstance(part, Iterator) else part for part in reduced[1:]) if reduced else None


def _surroundings(classes: Iterable[type], modules: Iterable[str]) -> Iterator[Part]:
    theirs = [cls for cls in classes if cls.__module__.split(".")[0] not in _NOT_THEIRS]
    for cls in theirs:
        for name, value in list(vars(cls).items()):
            if _is_data(name, value):
                yield f"{cls.__module__}.{cls.__qualname__}.{name}", value
    for module in dict.fromkeys([*(cls.__module__ for cls in theirs), *modules]):
        if module.split(".")[0] in _NOT_THEIRS or module not in sys.modules:
            continue
        for name, value in list(vars(sys.modules[module]).items()):
            if _is_data(name, value):
                yield f"{module}.{name}", value


def _is_data(name: str, value: object) -> bool:
    if name.startswith("__") or name.startswith("_abc_"):
        return False
    return not (isinstance(value, _NAMES_ONLY) or callable(value) or hasattr(type(value), "__get__"))


def _is_array(obj: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(obj, numpy.ndarray | numpy.generic)


def _is_space(obj: object) -> bool:
    return any(cls.__name__ == "Space" and cls.__module__.startswith("gym") for cls in type(obj).__mro__)


def _is_generator(obj: object) -> bool:
    return hasattr(obj, "bit_generator") or hasattr(obj, "getstate") or hasattr(obj, "seed_seq")


def _generator_state(obj: Any) -> object:
    if hasattr(obj, "getstate"):
        return obj.getstate()
    if hasattr(obj, "get_state"):
        return obj.get_state(legacy=False)
    seeds = getattr(getattr(obj, "bit_generator", obj), "seed_seq", None)
    return getattr(obj, "bit_generator", obj).state, getattr(seeds, "n_children_spawned", None)


def _shortened(key: object) -> str:
    text = repr(key) if isinstance(key, (*_SCALARS, tuple)) else type(key).__qualname__
    return text if len(text) <= 40 else f"{text[:37]}..."
