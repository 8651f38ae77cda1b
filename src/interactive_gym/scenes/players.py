"""The check of ``policies``: which agent is played by whom."""

from __future__ import annotations

from collections.abc import Mapping

from interactive_gym.policies import Human, Player
from interactive_gym.scenes.checks import function, shown


def players(value: object) -> dict[str, Player]:
    """Agent, as text -> player; exactly one is human."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"must be a dict of agents and their players, such as {{0: ig.Human}}, not {shown(value)}")
    named = {str(agent): _player(agent, player) for agent, player in value.items()}
    if len(named) < len(value):
        raise ValueError(f"two agents have the same name as text: {', '.join(map(repr, value))}")
    humans = sum(player is Human for player in named.values())
    if humans != 1:
        raise ValueError(f"must have exactly one ig.Human, not {humans}")
    return named


def one_human() -> dict[str, Player]:
    """The players of a scene that does not say: the one agent of a Gymnasium environment."""
    return {"0": Human}


def _player(agent: object, player: object) -> Player:
    if isinstance(agent, bool) or not isinstance(agent, (str, int)) or agent == "":
        raise ValueError(f"{shown(agent)} is not an agent; use the environment's own name or number of it")
    if player is Human:
        return Human
    try:
        policy: Player = function("observation", "agent")(player)
    except ValueError as problem:
        raise ValueError(f"agent {agent!r}: {problem}; or use ig.Human") from problem
    return policy
