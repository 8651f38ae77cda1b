"""The checks of parameter tables: each returns the value to keep, or raises ValueError saying what is wrong."""

from __future__ import annotations

import inspect
import re
import reprlib
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

from interactive_gym.envs.reference import name_of
from interactive_gym.rendering.perspective import takes_agent
from interactive_gym.scenes.parameters import Check

MAX_TEXT = 200_000
"""Characters of a header or body. Pages travel over the control path, which is no place for embedded films."""

LARGEST_WHOLE = 2**53
"""JavaScript rounds whole numbers beyond this one, and every value passes through it."""

_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def shown(value: object) -> str:
    """``value`` as an error shows it: short, and with its type where that is the surprise."""
    return reprlib.repr(value)


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be True or False, not {shown(value)}")
    return value


def whole(low: int, high: int) -> Check:
    """A whole number; True and False are not numbers here, numpy's integers are."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, Integral) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}, not {shown(value)}")
        return int(value)

    return check


def number(low: float, high: float) -> Check:
    """A finite number; NaN fails the comparison."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, Real) or not low <= float(value) <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}, not {shown(value)}")
        return float(value)

    return check


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {shown(value)}")
    if not value.strip():
        raise ValueError("is empty; leave it out to have none")
    if len(value) > MAX_TEXT:
        raise ValueError(f"has {len(value)} characters, of which at most {MAX_TEXT} fit")
    return value


def choice(*names: str) -> Check:
    def check(value: object) -> str:
        if value not in names:
            raise ValueError(f"must be one of {', '.join(map(repr, names))}, not {shown(value)}")
        return str(value)

    return check


def optional(check: Check) -> Check:
    """None, or what ``check`` asks for."""

    def check_unless_none(value: object) -> object:
        return None if value is None else check(value)

    return check_unless_none


def function(*arguments: str) -> Check:
    """A function that participants' browsers can import by name and that takes ``arguments``, in this order."""

    def check(value: object) -> Callable[..., Any]:
        kept = importable(value)
        try:
            inspect.signature(kept).bind(*arguments)
        except TypeError as problem:
            called = f"{kept.__name__}({', '.join(arguments)})"
            raise ValueError(f"is called as {called}, but does not take that: {problem}") from problem
        return kept

    return check


def view(*arguments: str) -> Check:
    """A :func:`function` of ``arguments``, or of these and the agent for whose player it is."""

    def check(value: object) -> Callable[..., Any]:
        kept = importable(value)
        try:
            takes_agent(kept, *arguments)
        except TypeError as problem:
            called = ", ".join(arguments)
            either = f"{kept.__name__}({called}) or {kept.__name__}({called}, agent)"
            raise ValueError(f"is called as {either}, but takes neither: {problem}") from problem
        return kept

    return check


def own_function(*arguments: str) -> Check:
    """A function that the server calls with ``arguments``, and nobody else: it needs no name, and may be async."""

    def check(value: object) -> Callable[..., Any]:
        if not callable(value):
            raise ValueError(f"must be a function, not {shown(value)}")
        try:
            inspect.signature(value).bind(*arguments)
        except TypeError as problem:
            raise ValueError(f"is called with ({', '.join(arguments)}), but does not take that: {problem}") from problem
        return value

    return check


def importable(value: object) -> Callable[..., Any]:
    """A function or class that participants' browsers can import by name."""
    if not callable(value):
        raise ValueError(f"must be a function, not {shown(value)}")
    try:
        name_of(value)
    except ValueError as problem:
        raise ValueError(f"must be a function that can be imported, but {problem}") from problem
    return value


def json_value(value: Any) -> object:
    """A value that JSON carries unchanged; numpy's numbers and arrays become Python's, tuples become lists."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, Mapping):
        return {_json_key(key): json_value(item) for key, item in plain.items()}
    if isinstance(plain, (list, tuple)):
        return [json_value(item) for item in plain]
    if isinstance(plain, float):
        return _finite(plain)
    if isinstance(plain, int) and not isinstance(plain, bool):
        return whole(-LARGEST_WHOLE, LARGEST_WHOLE)(plain)
    if plain is None or isinstance(plain, (bool, str)):
        return plain
    raise ValueError(f"{shown(value)} cannot be sent as JSON; use numbers, text, True, False, lists and dicts of them")


def _json_key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"has the key {shown(key)}, where JSON knows only text")
    return key


def _finite(value: float) -> float:
    if value - value != 0:
        raise ValueError(f"{value} cannot be sent as JSON; use a finite number")
    return value


def options(value: object) -> dict[str, object]:
    """Keyword arguments of an environment."""
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a dict of the environment's arguments, not {shown(value)}")
    return {_json_key(name): json_value(item) for name, item in value.items()}


def distributions(value: object) -> tuple[str, ...]:
    """Names of Python packages as pip knows them."""
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise ValueError(f"must be a list of package names, not {shown(value)}")
    for name in value:
        if not isinstance(name, str) or not _DISTRIBUTION.fullmatch(name):
            raise ValueError(f"{shown(name)} is not a package name; versions are left out, the installed one is sent")
    return tuple(value)
