"""Which agent is played by whom."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from interactive_gym.envs.reference import name_of

HUMAN_NAME: Final = "human"

Policy = Callable[[Any, Any], Any]
"""``policy(observation, agent) -> action``; ``agent`` is the environment's own id."""


class Human:
    """Marks the agent that a participant plays: ``.policies({"chef": ig.Human})``."""


Player = type[Human] | Policy


def roster(players: Mapping[Hashable, Player]) -> dict[str, str]:
    """Agent -> "human" or "module:qualname", as ``protocol.Game`` carries it."""
    return {str(agent): HUMAN_NAME if player is Human else name_of(player) for agent, player in players.items()}
