"""What must fit across the methods of a game. Each error names the parameter at fault and the one it does not fit."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.content import GameContent
from interactive_gym.scenes.factor import Factor
from interactive_gym.scenes.gym_parameters import Environment, Gameplay, Policies, Rendering
from interactive_gym.scenes.parameters import NOT_GIVEN
from interactive_gym.scenes.players import humans_of

MAX_EPISODE_HOURS = 24
"""No participant plays a longer episode: it is a slip in fps or max_steps."""


@dataclass(frozen=True)
class Misfit:
    """The method and parameter to change, and why."""

    method: str
    parameter: str | None
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
    _raise_first(scene, misfits)


def check_company(
    scene: str, called: frozenset[str], environment: Environment, policies: Policies, content: GameContent
) -> None:
    """Check what depends on who plays.

    Args:
        scene: Its id.
        called: The methods that the researcher called.
        environment: What is played.
        policies: By whom.
        content: What they are told.

    Raises:
        ConfigError: Something is for several people and there is one, or the other way round.
    """
    humans = humans_of(policies.agents)
    misfits = (
        *(_company_needed(called, humans), _told_to_humans(content, humans), _acts_at_once(environment, humans)),
        _conditions_shared(environment, humans),
    )
    _raise_first(scene, misfits)


def _raise_first(scene: str, misfits: Iterable[Misfit | None]) -> None:
    for misfit in filter(None, misfits):
        raise ConfigError(misfit.problem, scene=scene, method=misfit.method, parameter=misfit.parameter)


def _company_needed(called: frozenset[str], humans: tuple[str, ...]) -> Misfit | None:
    for method in ("waitroom", "multiplayer"):
        if method in called and len(humans) == 1:
            problem = f"is for games of several people, but policies() has one ig.Human, {humans[0]!r}"
            return Misfit(method, None, f"{problem}; leave {method}() out, or give more agents to ig.Human")
    return None


def _told_to_humans(content: GameContent, humans: tuple[str, ...]) -> Misfit | None:
    addressed = content.game_text if isinstance(content.game_text, Mapping) else {}
    strangers = [agent for agent in addressed if agent not in humans]
    if not strangers:
        return None
    known = ", ".join(map(repr, humans))
    problem = f"has a text for {strangers[0]!r}, who is no ig.Human in policies(); there are {known}"
    return Misfit("content", "game_text", problem)


def _acts_at_once(environment: Environment, humans: tuple[str, ...]) -> Misfit | None:
    """What a function makes is known when it is made; ``check`` says the same then."""
    made = environment.factory
    by_turns = all(callable(getattr(made, name, None)) for name in ("agent_iter", "last"))
    if not isinstance(made, type) or not by_turns or len(humans) == 1:
        return None
    problem = f"{made.__qualname__} lets its agents act in turn (PettingZoo's AEC API)"
    why = f"the {len(humans)} ig.Human of policies() act all at once, in every frame"
    fix = "give a function that returns pettingzoo.utils.conversions.aec_to_parallel(env)"
    return Misfit("environment", "factory", f"{problem}, but {why}; {fix}")


def _conditions_shared(environment: Environment, humans: tuple[str, ...]) -> Misfit | None:
    """Everybody's environment has to be made alike."""
    own = [item for item in environment.options.values() if isinstance(item, Factor) and item.by == "participant"]
    if not own or len(humans) == 1:
        return None
    problem = f"has the factor {own[0].id!r}, of which each participant has a condition of their own"
    return Misfit("environment", "options", f"{problem}, but {len(humans)} ig.Human play together; draw it by='group'")


def _environment_given(environment: Environment) -> Misfit | None:
    if environment.factory is not None:
        return None
    return Misfit("environment", "factory", "is missing; say what is played, such as environment(make_env)")


def _options_fit(environment: Environment) -> Misfit | None:
    factory, options = environment.factory, dict(environment.options)
    if isinstance(factory, str):
        repeats = f"repeats 'id', which factory={factory!r} gives already; leave it out"
        return Misfit("environment", "options", repeats) if "id" in options else None
    if environment.takes_attributes:
        options["attributes"] = {}
    problem = _call_problem(factory, options) if factory else None
    return Misfit("environment", "options", problem) if problem else None


def _call_problem(factory: Callable[..., Any], options: dict[str, object]) -> str | None:
    name = factory.__qualname__
    try:
        inspect.signature(factory).bind(**options)
    except TypeError as problem:
        return f"does not fit factory={name}, which is called as {name}(**options): {problem}"
    except ValueError:  # It is written in C and has no signature: only the call itself will tell.
        return None
    return None


def _picture_given(environment: Environment, rendering: Rendering) -> Misfit | None:
    factory = environment.factory
    if rendering.draw is not None or factory is None:
        return None
    if isinstance(factory, str) and environment.options.get("render_mode") != "rgb_array":
        option = "options={'render_mode': 'rgb_array'}"
        problem = f"is missing; give rendering(draw=...), or let environment({factory!r}, {option}) draw itself"
        return Misfit("rendering", "draw", problem)
    if isinstance(factory, type) and not callable(getattr(factory, "render", None)):
        problem = f"is missing, and environment({factory.__qualname__}) has no render(); write one of them"
        return Misfit("rendering", "draw", problem)
    return None


def _actions_given(gameplay: Gameplay) -> Misfit | None:
    if gameplay.actions:
        return None
    return Misfit(
        "gameplay", "actions", "is missing, and policies() has an ig.Human: bind keys, as in {'ArrowLeft': 0}"
    )


def _default_given(gameplay: Gameplay) -> Misfit | None:
    if gameplay.default_action is not NOT_GIVEN:
        return None
    return Misfit("gameplay", "default_action", "is missing beside actions; say what a step without a key does")


def _length_fits(rendering: Rendering, gameplay: Gameplay) -> Misfit | None:
    hours = (gameplay.max_steps or 0) / rendering.fps / 3600
    if hours <= MAX_EPISODE_HOURS:
        return None
    problem = f"lasts {hours:.0f} hours at rendering(fps={rendering.fps}); at most {MAX_EPISODE_HOURS} are allowed"
    return Misfit("gameplay", "max_steps", problem)
