"""The parameters of a game's methods: one table per method, a row per parameter with its default and its check."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from interactive_gym.policies import Human, Policy
from interactive_gym.rendering.colors import color
from interactive_gym.scenes import checks
from interactive_gym.scenes.hud import hud
from interactive_gym.scenes.keys import Binding, action, bindings
from interactive_gym.scenes.parameters import NOT_GIVEN, Parameters, parameter

MAX_SEED = 2**31 - 1
MAX_PIXELS = 4096
"""Of one side of a game; the largest texture that every browser's canvas can hold."""


def _factory(value: object) -> str | Callable[..., Any]:
    return _registered(value) if isinstance(value, str) else checks.importable(value)


def _registered(value: str) -> str:
    """An id that Gymnasium knows. Only looked up where the experiment is served: browsers load Gymnasium when they play."""
    checks.text(value)
    if sys.platform == "emscripten":
        return value
    try:
        gymnasium = importlib.import_module("gymnasium")
        gymnasium.spec(value)
    except ModuleNotFoundError as problem:
        raise ValueError(
            f"{value!r} is an environment of Gymnasium, which is not installed: {problem}; pip install gymnasium"
        ) from problem
    except gymnasium.error.Error as problem:
        raise ValueError(f"{value!r} is not registered with Gymnasium: {problem}") from problem
    return value


def _roster(value: object) -> Mapping[str, type[Human] | Policy]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError(
            f"must be a dict of agents and who plays them, such as {{0: ig.Human}}, not {checks.shown(value)}"
        )
    players = {str(agent): _player(agent, player) for agent, player in value.items()}
    if len(players) < len(value):
        raise ValueError(f"two agents have the same name as text: {', '.join(map(repr, value))}")
    humans = sum(player is Human for player in players.values())
    if humans != 1:
        raise ValueError(f"must have exactly one ig.Human, not {humans}")
    return MappingProxyType(players)


def _player(agent: object, player: object) -> type[Human] | Policy:
    if isinstance(agent, bool) or not isinstance(agent, (str, int)) or agent == "":
        raise ValueError(f"{checks.shown(agent)} is not an agent; use the environment's own name or number of it")
    if player is Human:
        return Human
    try:
        return checks.function("observation", "agent")(player)
    except ValueError as problem:
        raise ValueError(f"agent {agent!r}: {problem}; or use ig.Human") from problem


@dataclass(frozen=True)
class Environment(Parameters):
    factory: str | Callable[..., Any] | None = parameter(None, _factory)
    seed: int | None = parameter(None, checks.optional(checks.whole(0, MAX_SEED)))
    options: Mapping[str, object] = parameter(MappingProxyType({}), checks.options)


@dataclass(frozen=True)
class Rendering(Parameters):
    draw: Callable[..., Any] | None = parameter(None, checks.optional(checks.function("env", "surface")))
    fps: int = parameter(30, checks.whole(1, 240))
    width: int = parameter(600, checks.whole(1, MAX_PIXELS))
    height: int = parameter(400, checks.whole(1, MAX_PIXELS))
    background: str = parameter("#ffffff", color)
    hud: str | Callable[..., Any] | None = parameter(None, checks.optional(hud))


@dataclass(frozen=True)
class Policies(Parameters):
    agents: Mapping[str, type[Human] | Policy] = parameter(MappingProxyType({"0": Human}), _roster)


@dataclass(frozen=True)
class Gameplay(Parameters):
    actions: tuple[Binding, ...] = parameter((), bindings)
    default_action: object = parameter(NOT_GIVEN, action)
    episodes: int = parameter(1, checks.whole(1, 10_000))
    max_steps: int | None = parameter(None, checks.optional(checks.whole(1, 2**31 - 1)))
    input_mode: str = parameter("pressed_keys", checks.choice("pressed_keys", "single_keystroke"))
    pause: float = parameter(1.0, checks.number(0, 3600))
    record_observations: bool = parameter(False, checks.flag)


@dataclass(frozen=True)
class Runtime(Parameters):
    loading_timeout: float = parameter(60.0, checks.number(1, 3600))
    packages: tuple[str, ...] = parameter((), checks.distributions)
