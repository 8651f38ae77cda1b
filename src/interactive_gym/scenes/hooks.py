"""The parameters of ``Experiment.hooks`` and ``Experiment.console``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any

from interactive_gym.scenes.checks import flag, number, shown
from interactive_gym.scenes.parameters import Parameters

Hook = Callable[[Any], Any]


def hooks_of(value: object) -> tuple[Hook, ...]:
    """One function, or several, that take what has happened.

    Raises:
        ValueError: It is something else.
    """
    functions = (value,) if callable(value) or not isinstance(value, (list, tuple)) else tuple(value)
    return tuple(_hook(function) for function in functions)


def _hook(value: object) -> Hook:
    if not callable(value):
        raise ValueError(f"must be a function, or a list of them, not {shown(value)}")
    try:
        inspect.signature(value).bind("occasion")
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{shown(value)} is called with one argument, but does not take that: {problem}") from problem
    return value


@dataclass(frozen=True)
class Hooks(Parameters):
    session_start: Annotated[tuple[Hook, ...], hooks_of] = ()
    session_end: Annotated[tuple[Hook, ...], hooks_of] = ()
    episode_start: Annotated[tuple[Hook, ...], hooks_of] = ()
    episode_end: Annotated[tuple[Hook, ...], hooks_of] = ()
    chunk: Annotated[tuple[Hook, ...], hooks_of] = ()
    outcome: Annotated[tuple[Hook, ...], hooks_of] = ()
    message: Annotated[tuple[Hook, ...], hooks_of] = ()
    timeout: Annotated[float, number(0.1, 600)] = 10.0

    def by_kind(self) -> dict[str, tuple[Hook, ...]]:
        """The kinds that have hooks."""
        kinds = [one.name for one in fields(self) if one.name != "timeout"]
        return {kind: functions for kind in kinds if (functions := getattr(self, kind))}


@dataclass(frozen=True)
class Console(Parameters):
    capture: Annotated[bool, flag] = True
