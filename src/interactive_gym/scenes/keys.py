"""Names of keys as browsers report them (``KeyboardEvent.key``), and the bindings of keys to actions."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from interactive_gym.scenes.checks import json_value, shown

NAMED_KEYS = (
    *("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"),
    *("Enter", "Escape", "Backspace", "Delete", "Insert", "Tab"),
    *("Home", "End", "PageUp", "PageDown"),
    *("Shift", "Control", "Alt"),
    *(f"F{n}" for n in range(1, 13)),
)

OTHER_NAMES = {
    **{"space": " ", "spacebar": " ", "return": "Enter", "esc": "Escape", "ctrl": "Control", "del": "Delete"},
    **{"up": "ArrowUp", "down": "ArrowDown", "left": "ArrowLeft", "right": "ArrowRight"},
}
"""What people and older browsers call them."""

MAX_TOGETHER = 4
"""Many keyboards report no more keys than this at the same time."""


@dataclass(frozen=True)
class Binding:
    """``keys`` held together mean ``action``."""

    keys: tuple[str, ...]
    action: object


def bindings(value: object) -> tuple[Binding, ...]:
    """The ``actions`` of a scene: key, or tuple of keys held together -> action."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"must be a dict of keys and their actions, such as {{'ArrowLeft': 0}}, not {shown(value)}")
    bound = tuple(Binding(_combination(keys), _action(keys, action)) for keys, action in value.items())
    _check_distinct(bound)
    return bound


def action(value: object) -> object:
    """An action as it is written in a config. None is no action: an environment is never stepped without one."""
    if value is None:
        raise ValueError("None is no action; give one that the environment's action space contains")
    return json_value(value)


def _action(keys: object, value: object) -> object:
    try:
        return action(value)
    except ValueError as problem:
        raise ValueError(f"action of {shown(keys)}: {problem}") from problem


def _combination(keys: object) -> tuple[str, ...]:
    together = keys if isinstance(keys, tuple) else (keys,)
    if not 1 <= len(together) <= MAX_TOGETHER or len(set(together)) != len(together):
        raise ValueError(f"{shown(keys)} must be 1 to {MAX_TOGETHER} different keys")
    return tuple(_key(key) for key in together)


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"{shown(key)} is not the name of a key, such as 'ArrowUp' or 'w'")
    if key in NAMED_KEYS or (len(key) == 1 and key.isprintable() and key == key.lower()):
        return key
    raise ValueError(f"{shown(key)} is not the name of a key{_suggestion(key)}")


def _suggestion(key: str) -> str:
    names = {**{name.lower(): name for name in NAMED_KEYS}, **OTHER_NAMES}
    near = difflib.get_close_matches(key.lower(), names, n=1)
    if len(key) == 1:
        return f"; did you mean {key.lower()!r}? Capital letters are ('Shift', {key.lower()!r})"
    if near:
        return f"; did you mean {names[near[0]]!r}?"
    return "; use a character such as 'w', or a name such as 'ArrowUp'"


def _check_distinct(bound: tuple[Binding, ...]) -> None:
    seen: set[frozenset[str]] = set()
    for binding in bound:
        if frozenset(binding.keys) in seen:
            raise ValueError(f"{binding.keys} is bound twice")
        seen.add(frozenset(binding.keys))
