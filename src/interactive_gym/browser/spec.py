"""A game as the worker gets it: ``protocol_game.Game`` as JSON, and the researcher's functions that it names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from interactive_gym.envs.reference import resolve
from interactive_gym.game.setup import Setup, load_setup
from interactive_gym.policies.roster import HUMAN_NAME, Policy


@dataclass(frozen=True)
class Spec(Setup):
    """What of ``protocol_game.Game`` the worker needs, with its functions imported.

    Attributes:
        human: The agent that this participant plays.
        policies: Who plays those agents that nobody plays.
        understudies: Who plays on for those participants who are lost.
        bindings: Keys held together, and the action that they mean, as the config holds it.
        hud: A template, see ``scenes.hud``; ``hud_function`` is called instead, with the environment and perhaps the
            agent.
        assets: The picture files that ``draw`` may name, as ``protocol_game.GameAsset``.
    """

    draw: Callable[..., object] | None
    hud: str | None
    hud_function: Callable[..., object] | None
    human: str
    policies: Mapping[str, Policy]
    understudies: Mapping[str, Policy]
    bindings: tuple[tuple[frozenset[str], Any], ...]
    default_action: Any
    input_mode: str
    width: int
    height: int
    assets: tuple[Mapping[str, Any], ...]
    episodes: int


def load(game_json: str) -> Spec:
    """Import what a game needs, for the first agent that a human plays.

    Args:
        game_json: ``protocol_game.Game``.

    Raises:
        EnvError: A module does not import; ``stage`` is ``"import"``.
    """
    game: dict[str, Any] = json.loads(game_json)
    policies = game["policies"]
    humans = [agent for agent, name in policies.items() if name == HUMAN_NAME]
    understudy = (game["multiplayer"] or {}).get("take_over")
    return Spec(
        **vars(load_setup(game)),
        draw=_function(game["draw"]),
        hud=game["hud"],
        hud_function=_function(game["hud_function"]),
        human=humans[0],
        policies={agent: cast(Policy, resolve(name)) for agent, name in policies.items() if name != HUMAN_NAME},
        understudies={agent: cast(Policy, resolve(understudy)) for agent in humans if understudy},
        bindings=tuple((frozenset(bound["keys"]), bound["action"]) for bound in game["bindings"]),
        default_action=game["default_action"],
        input_mode=game["input_mode"],
        width=game["width"],
        height=game["height"],
        assets=tuple(game["assets"]),
        episodes=game["episodes"],
    )


def _function(reference: str | None) -> Callable[..., Any] | None:
    return None if reference is None else cast(Callable[..., Any], resolve(reference))
