"""What must fit across the methods of a game. Each error names the parameter at fault and the one it does not fit."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.gym_parameters import Environment, Gameplay, Rendering
from interactive_gym.scenes.parameters import NOT_GIVEN

MAX_EPISODE_HOURS = 24
"""No participant plays a longer episode: it is a slip in fps or max_steps."""


@dataclass(frozen=True)
class Misfit:
    """What is wrong, and the method and parameter to change."""

    method: str
    parameter: str
    problem: str


def check_fit(scene: str, environment: Environment, rendering: Rendering, gameplay: Gameplay) -> None:
    """Check a game as a whole.

    Raises:
        ConfigError: Something needed is missing, or two parameters contradict each other.
    """
    misfits = (
        *(_environment_given(environment), _options_fit(environment), _picture_given(environment, rendering)),
        *(_actions_given(gameplay), _default_given(gameplay), _length_fits(rendering, gameplay)),
    )
    for misfit in filter(None, misfits):
        raise ConfigError(misfit.problem, scene=scene, method=misfit.method, parameter=misfit.parameter)


def _environment_given(environment: Environment) -> Misfit | None:
    if environment.factory is not None:
        return None
    return Misfit(
        "environment", "factory", "is missing; say which environment is played, such as environment(make_env)"
    )


def _options_fit(environment: Environment) -> Misfit | None:
    factory, options = environment.factory, dict(environment.options)
    if isinstance(factory, str):
        taken = "id" in options
        return (
            Misfit("environment", "options", f"has 'id', which environment({factory!r}) gives already")
            if taken
            else None
        )
    return _call_fits(factory, options) if factory else None


def _call_fits(factory: Callable[..., Any], options: dict[str, object]) -> Misfit | None:
    try:
        inspect.signature(factory).bind(**options)
    except TypeError as problem:
        name = factory.__qualname__
        return Misfit(
            "environment", "options", f"do not fit environment({name}), which is called as {name}(**options): {problem}"
        )
    except ValueError:  # Written in C, without a signature: only the call itself will tell.
        return None
    return None


def _picture_given(environment: Environment, rendering: Rendering) -> Misfit | None:
    factory = environment.factory
    if rendering.draw is not None or factory is None:
        return None
    if isinstance(factory, str) and environment.options.get("render_mode") != "rgb_array":
        fix = "give rendering(draw=...), or let the environment draw with environment(options={'render_mode': 'rgb_array'})"
        return Misfit("rendering", "draw", f"is missing, and environment({factory!r}) is not asked to render; {fix}")
    if isinstance(factory, type) and not callable(getattr(factory, "render", None)):
        fix = "give rendering(draw=...), or add the method"
        return Misfit(
            "rendering", "draw", f"is missing, and environment({factory.__qualname__}) has no render(); {fix}"
        )
    return None


def _actions_given(gameplay: Gameplay) -> Misfit | None:
    if gameplay.actions:
        return None
    return Misfit(
        "gameplay", "actions", "is missing, but policies() has an ig.Human; bind keys, such as {'ArrowLeft': 0}"
    )


def _default_given(gameplay: Gameplay) -> Misfit | None:
    if gameplay.default_action is not NOT_GIVEN:
        return None
    return Misfit(
        "gameplay", "default_action", "is missing beside actions; say which action a step without a key takes"
    )


def _length_fits(rendering: Rendering, gameplay: Gameplay) -> Misfit | None:
    hours = (gameplay.max_steps or 0) / rendering.fps / 3600
    if hours <= MAX_EPISODE_HOURS:
        return None
    problem = f"makes an episode of {hours:.0f} hours with rendering(fps={rendering.fps}); at most {MAX_EPISODE_HOURS} are allowed"
    return Misfit("gameplay", "max_steps", problem)
