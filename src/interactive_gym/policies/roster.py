"""Who can play an agent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from interactive_gym.envs.reference import name_of

HUMAN_NAME: Final = "human"


class Human:
    """Marks the agent that a participant plays: ``.policies({"chef": ig.Human})``."""


Policy = Callable[[Any, Any], Any]
"""``policy(observation, agent) -> action``; ``agent`` is the environment's own name or number of it."""

Player = type[Human] | Policy


def roster(players: Mapping[str, Player]) -> dict[str, str]:
    """Agent -> "human" or "module:qualname", as ``protocol.Game`` carries it."""
    return {agent: HUMAN_NAME if player is Human else name_of(player) for agent, player in players.items()}
