"""The parameters of a game's methods: one table per method, a row per parameter with its check and its default."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from interactive_gym.envs.reference import module_of
from interactive_gym.errors import ConfigError
from interactive_gym.policies import Player, TakeOver
from interactive_gym.rendering.colors import color
from interactive_gym.scenes.base import check_identifier
from interactive_gym.scenes.checks import (
    choice,
    distributions,
    flag,
    function,
    importable,
    number,
    optional,
    shown,
    text,
    view,
    whole,
)
from interactive_gym.scenes.checks import options as options_of
from interactive_gym.scenes.factor import Factor
from interactive_gym.scenes.hud import hud_text
from interactive_gym.scenes.keys import Binding, action, bindings
from interactive_gym.scenes.parameters import NOT_GIVEN, Parameters
from interactive_gym.scenes.players import one_human, players

MAX_SEED = 2**31 - 1
MAX_PIXELS = 4096
"""Of one side of a game; the largest texture that every browser's canvas can hold."""

MAX_INPUT_DELAY = 10
"""Frames; at 30 fps a third of a second, with which nobody plays."""

FAST_FPS = 60
"""From here on, one frame of input delay is too short to hide anything of the way to a partner."""

LEAVE, NEXT = "leave", "next"
"""What becomes of those who stay when somebody has left, apart from the id of a scene that they go on to."""

_bot = function("observation", "agent")


def _factory(value: object) -> str | Callable[..., Any]:
    return _registered(text(value)) if isinstance(value, str) else importable(value)


def _registered(value: str) -> str:
    """An id that Gymnasium knows, with the module that registers it in front: a browser would not import it unasked.

    Looked up where the experiment is served; in a browser it has been already.
    """
    if sys.platform == "emscripten":
        return value
    try:
        gymnasium = importlib.import_module("gymnasium")
    except ImportError as problem:
        raise ValueError(f"{value!r} is an id of Gymnasium, which is not installed: pip install gymnasium") from problem
    try:
        named, _, name = value.rpartition(":")
        if named:
            importlib.import_module(named)
        module = named or module_of(gymnasium.spec(name).entry_point)
    except (gymnasium.error.Error, ImportError) as problem:
        raise ValueError(f"{value!r} is not registered with Gymnasium: {problem}") from problem
    return name if module.partition(".")[0] == "gymnasium" else f"{module}:{name}"


def _options(value: object) -> dict[str, object]:
    """A factor stands for the value of each condition; its own check has seen to those."""
    if not isinstance(value, Mapping):
        return options_of(value)
    factors = {name: item for name, item in value.items() if isinstance(item, Factor)}
    plain = options_of({name: None if name in factors else item for name, item in value.items()})
    return plain | factors


@dataclass(frozen=True)
class Environment(Parameters):
    factory: Annotated[str | Callable[..., Any] | None, _factory] = None
    seed: Annotated[int | None, optional(whole(0, MAX_SEED))] = None
    options: Annotated[Mapping[str, object], _options] = field(default_factory=dict)

    @property
    def takes_attributes(self) -> bool:
        """Whether the factory has a parameter ``attributes``, to which the researcher gives nothing."""
        if not callable(self.factory) or "attributes" in self.options:
            return False
        try:
            return "attributes" in inspect.signature(self.factory).parameters
        except ValueError:  # It is written in C and has no signature.
            return False


@dataclass(frozen=True)
class Rendering(Parameters):
    draw: Annotated[Callable[..., Any] | None, optional(view("env", "surface"))] = None
    fps: Annotated[int, whole(1, 240)] = 30
    width: Annotated[int, whole(1, MAX_PIXELS)] = 600
    height: Annotated[int, whole(1, MAX_PIXELS)] = 400
    background: Annotated[str, color] = "#ffffff"
    hud: Annotated[str | Callable[..., Any] | None, optional(hud_text)] = None
    interpolate: Annotated[bool, flag] = True
    smooth: Annotated[bool, flag] = True


@dataclass(frozen=True)
class Policies(Parameters):
    agents: Annotated[Mapping[str, Player], players] = field(default_factory=one_human)


@dataclass(frozen=True)
class Gameplay(Parameters):
    actions: Annotated[tuple[Binding, ...], bindings] = ()
    default_action: Annotated[object, action] = NOT_GIVEN
    episodes: Annotated[int, whole(1, 10_000)] = 1
    max_steps: Annotated[int | None, optional(whole(1, 2**31 - 1))] = None
    input_mode: Annotated[str, choice("pressed_keys", "single_keystroke")] = "pressed_keys"
    pause: Annotated[float, number(0, 3600)] = 1.0
    record_observations: Annotated[bool, flag] = False
    record_states: Annotated[bool, flag] = False


def _input_delay(value: object) -> int | str:
    if value == "auto":
        return "auto"
    try:
        kept: int = whole(0, MAX_INPUT_DELAY)(value)
    except ValueError:
        problem = f"must be 'auto' or a whole number from 0 to {MAX_INPUT_DELAY}, not {shown(value)}"
        raise ValueError(problem) from None
    return kept


def _on_leave(value: object) -> Literal["end", "smaller"] | TakeOver:
    if isinstance(value, TakeOver):
        _bot(value.policy)
        return value
    if value == "end" or value == "smaller":
        return value
    raise ValueError(f"must be 'end', 'smaller' or ig.TakeOver(policy), not {shown(value)}")


def _left_behind(value: object) -> str:
    """``"leave"``, ``"next"``, or the id of a scene."""
    try:
        check_identifier(value, "multiplayer")
    except ConfigError:
        raise ValueError(f"must be 'leave', 'next', or the id of a scene, not {shown(value)}") from None
    return str(value)


@dataclass(frozen=True)
class Multiplayer(Parameters):
    input_delay: Annotated[int | Literal["auto"] | None, optional(_input_delay)] = None
    relay: Annotated[Literal["fallback", "never", "always"], choice("fallback", "never", "always")] = "fallback"
    on_disconnect: Annotated[Literal["pause", "continue"], choice("pause", "continue")] = "pause"
    reconnection_timeout: Annotated[float, number(1, 300)] = 5.0
    return_timeout: Annotated[float, number(1, 3600)] = 30.0
    on_leave: Annotated[Literal["end", "smaller"] | TakeOver, _on_leave] = "end"
    left_behind: Annotated[str, _left_behind] = LEAVE
    when_hidden: Annotated[Literal["default_action", "pause"], choice("default_action", "pause")] = "default_action"
    hidden_timeout: Annotated[float | None, optional(number(1, 3600))] = 30.0

    def delay_at(self, fps: int) -> int | Literal["auto"]:
        """The input delay in frames, which is about 33 ms where none is given."""
        if self.input_delay is not None:
            return self.input_delay
        return 2 if fps >= FAST_FPS else 1


@dataclass(frozen=True)
class Runtime(Parameters):
    loading_timeout: Annotated[float, number(1, 3600)] = 60.0
    packages: Annotated[tuple[str, ...], distributions] = ()
    min_speed: Annotated[float | None, optional(number(0.1, 1000))] = None
