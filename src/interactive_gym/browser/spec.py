"""A game as the worker gets it: ``protocol.Game`` as JSON, and the researcher's functions that it names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from interactive_gym.envs.reference import resolve
from interactive_gym.policies.roster import HUMAN_NAME, Policy


@dataclass(frozen=True)
class Spec:
    """What of ``protocol.Game`` the worker needs, with its functions imported.

    Attributes:
        make: Called with ``options``, makes the environment.
        human: The agent that the participant plays.
        policies: Who plays the other agents.
        bindings: Keys held together, and the action that they mean, as the config holds it.
        hud: A template, see ``scenes.hud``; ``hud_function`` is called with the environment instead.
    """

    scene_id: str
    make: Callable[..., Any]
    options: Mapping[str, Any]
    draw: Callable[[Any, Any], object] | None
    hud: str | None
    hud_function: Callable[[Any], object] | None
    human: str
    policies: Mapping[str, Policy]
    bindings: tuple[tuple[frozenset[str], Any], ...]
    default_action: Any
    input_mode: str
    fps: int
    width: int
    height: int
    episodes: int
    max_steps: int | None
    record_observations: bool


def load(game_json: str) -> Spec:
    """Import what a game needs.

    Raises:
        EnvError: A module does not import; ``stage`` is ``"import"``.
    """
    game: dict[str, Any] = json.loads(game_json)
    policies = game["policies"]
    return Spec(
        scene_id=game["scene_id"],
        make=cast(Callable[..., Any], resolve(game["environment"])),
        options=game["options"],
        draw=_function(game["draw"]),
        hud=game["hud"],
        hud_function=_function(game["hud_function"]),
        human=next(agent for agent, name in policies.items() if name == HUMAN_NAME),
        policies={agent: cast(Policy, resolve(name)) for agent, name in policies.items() if name != HUMAN_NAME},
        bindings=tuple((frozenset(bound["keys"]), bound["action"]) for bound in game["bindings"]),
        default_action=game["default_action"],
        input_mode=game["input_mode"],
        fps=game["fps"],
        width=game["width"],
        height=game["height"],
        episodes=game["episodes"],
        max_steps=game["max_steps"],
        record_observations=game["record_observations"],
    )


def _function(reference: str | None) -> Callable[..., Any] | None:
    return None if reference is None else cast(Callable[..., Any], resolve(reference))
