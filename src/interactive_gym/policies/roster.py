"""Who can play an agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from interactive_gym.envs.reference import name_of

HUMAN_NAME: Final = "human"


class Human:
    """Marks the agent that a participant plays: ``.policies({"chef": ig.Human})``."""


Policy = Callable[[Any, Any], Any]
"""``policy(observation, agent) -> action``; ``agent`` is the environment's own name or number of it."""


@dataclass(frozen=True)
class TakeOver:
    """For ``GymScene.multiplayer(on_leave=...)``: ``policy(observation, agent)`` plays on for whoever is lost."""

    policy: Policy


Player = type[Human] | Policy


def roster(players: Mapping[str, Player]) -> dict[str, str]:
    """Agent -> "human" or "module:qualname", as ``protocol_game.Game`` carries it."""
    return {agent: HUMAN_NAME if player is Human else name_of(player) for agent, player in players.items()}
