"""What is recorded of one frame, and how it looks in a table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_COLUMNS_PER_DICT = 1_000  # a wider dict is one cell of JSON: no spreadsheet has more columns than 16 384
_LONGEST_INT = 1_000  # bits; Python refuses to write ints of more than 4 300 digits in decimal


@dataclass(frozen=True, slots=True)
class Row:
    """One frame: what every agent did and what the environment answered.

    All but the last two fields is keyed by agent. Row -1 holds what ``reset`` gave, ``infos`` and ``observations``, and
    ``state``; its other fields are empty.
    ``source`` says who chose the action: ``"human"``, ``"bot"``, or ``"default"`` where nobody pressed a key.
    ``observed`` is, of the bots, the frame after which they saw what they acted on: -1 is the reset.
    ``present`` says, of the humans who play with others, whether they were there: not cut, and back if they had been.
    ``state`` is the environment's after the frame, by name, and ``state_hash`` a digest of all of it, hexadecimal; None
    where none was taken.
    """

    frame: int
    actions: Mapping[str, Any] = field(default_factory=dict)
    rewards: Mapping[str, Any] = field(default_factory=dict)
    terminated: Mapping[str, bool] = field(default_factory=dict)
    truncated: Mapping[str, bool] = field(default_factory=dict)
    infos: Mapping[str, Any] = field(default_factory=dict)
    observations: Mapping[str, Any] | None = None
    source: Mapping[str, str] = field(default_factory=dict)
    is_focused: Mapping[str, bool] = field(default_factory=dict)
    observed: Mapping[str, int] = field(default_factory=dict)
    present: Mapping[str, bool] = field(default_factory=dict)
    state: Mapping[str, Any] | None = None
    state_hash: str | None = None


def end_reason(last: Row, max_steps: int | None) -> str:
    """Why an episode ended with this row: ``"terminated"``, ``"max_steps"`` or ``"truncated"``.

    Whoever reads the record comes to the same answer as the worker that wrote it.
    """
    if any(last.terminated.values()):
        return "terminated"
    return "max_steps" if max_steps is not None and last.frame + 1 >= max_steps else "truncated"


#: What was played: the same wherever the same actions are played from the same seed.
PLAYED = ("actions", "rewards", "terminated", "truncated", "infos", "observations", "state", "state_hash")
#: The columns of a chunk and of a table, in this order.
FIELDS = (*PLAYED, "source", "is_focused", "observed", "present")
#: Those that are of the game as a whole; in the others each agent has a value.
SHARED = ("state", "state_hash")


def columns(row: Row, fps: float) -> dict[str, object]:
    """One line of the table: ``frame``, ``t_ms``, then ``<field>.<agent>`` and ``infos.<agent>.<key>``;
    ``state.<name>`` and ``state_hash``.

    Nested dicts become dotted names, lists and arrays JSON text; everything else is a plain Python value.
    """
    line: dict[str, object] = {"frame": row.frame, "t_ms": row.frame * 1000 / fps}
    repeats: dict[str, int] = {}
    for name in FIELDS:
        for head, value in _headed(name, getattr(row, name)):
            for key, cell in _cells(head, plain(value), top=name not in SHARED):
                line[_unused(key, line, repeats)] = cell
    return line


def _headed(name: str, values: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(values, str):
        yield name, values
    else:
        yield from ((f"{name}.{plain(key)}", value) for key, value in (values or {}).items())


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: numpy as numbers and lists, bytes as hexadecimal text, NaN as ``"NaN"``."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode() if not value.isascii() else str(value)
    if isinstance(value, int):
        return int(value) if value.bit_length() <= _LONGEST_INT else hex(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else _not_finite(value)
    return _plain_container(value)


def _plain_container(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, complex):
        return [plain(value.real), plain(value.imag)]
    if isinstance(value, Mapping):
        return _plain_dict(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return plain(value.tolist())  # numpy, or our stand-in for it


def _plain_dict(value: Mapping[Any, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    repeats: dict[str, int] = {}
    for key, item in value.items():
        name = plain(key)
        out[_unused(name if isinstance(name, str) else json.dumps(name), out, repeats)] = plain(item)
    return out


def _not_finite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _cells(name: str, value: Any, *, top: bool) -> Iterator[tuple[str, object]]:
    """``value`` must be plain. An empty info dict (``top``) has no cells; deeper, emptiness is a value."""
    if not isinstance(value, dict):
        yield name, _text(value) if isinstance(value, list) else value
    elif len(value) > MAX_COLUMNS_PER_DICT or not (value or top):
        yield name, _text(value)
    else:
        for key, item in value.items():
            yield from _cells(f"{name}.{key}", item, top=False)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unused(name: str, taken: Mapping[str, object], repeats: dict[str, int]) -> str:
    """``name``, or where it is taken ({"a.b": 1, "a": {"b": 2}}) the same with a number: nothing may be overwritten.

    ``repeats`` holds the last number of each name: a hostile record has a hundred thousand keys that look alike, and
    counting from the beginning for each of them would take hours.
    """
    unused = name
    while unused in taken:
        repeats[name] = repeats.get(name, 1) + 1
        unused = f"{name}#{repeats[name]}"
    return unused
