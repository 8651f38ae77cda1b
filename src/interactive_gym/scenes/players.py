"""The check of ``policies``: which agent is played by whom."""

from __future__ import annotations

import math
from collections.abc import Mapping

from interactive_gym.policies import Human, Player
from interactive_gym.scenes.checks import function, shown

MAX_HUMANS = 16
"""In one game. Beyond it every input would have to reach too many others, one by one, within a frame."""

MAX_AGENTS = 64
"""In one game. Each has its columns in every row of the data, and its action in every datagram."""

MAX_PEERS = 32
"""A peer is known by the position of its agent, and the netcode numbers no more of them."""


def players(value: object) -> dict[str, Player]:
    """Agent, as text -> player, in the order of the players; at least one is human.

    Numbers come first, from the lowest: pages get this dict as an object of JavaScript, which has that order whatever
    was written, and everybody has to count alike.
    """
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"must be a dict of agents and their players, such as {{0: ig.Human}}, not {shown(value)}")
    named = {agent_name(agent): _player(agent, player) for agent, player in value.items()}
    if len(named) < len(value):
        raise ValueError(f"two agents have the same name as text: {', '.join(map(repr, value))}")
    if not 1 <= len(humans_of(named)) <= MAX_HUMANS:
        raise ValueError(f"must have 1 to {MAX_HUMANS} ig.Human, not {len(humans_of(named))}")
    if len(named) > MAX_AGENTS:
        raise ValueError(f"must have at most {MAX_AGENTS} agents, not {len(named)}")
    ordered = {agent: named[agent] for agent in sorted(named, key=_number)}
    humans = humans_of(ordered)
    if len(humans) > 1 and list(ordered).index(humans[-1]) >= MAX_PEERS:
        raise ValueError(f"must have its ig.Human among the first {MAX_PEERS} agents if there are several")
    return ordered


def humans_of(players: Mapping[str, Player]) -> tuple[str, ...]:
    """The agents that participants play, in the order of the config."""
    return tuple(agent for agent, player in players.items() if player is Human)


def one_human() -> dict[str, Player]:
    """The players of a scene that does not say: the one agent of a Gymnasium environment."""
    return {"0": Human}


def agent_name(agent: object) -> str:
    """An agent as we call it: its name or number in the environment, as text."""
    if isinstance(agent, bool) or not isinstance(agent, (str, int)) or agent == "":
        raise ValueError(f"{shown(agent)} is not an agent; use the environment's own name or number of it")
    return str(agent)


def _number(agent: str) -> float:
    return int(agent) if agent.isdecimal() and str(int(agent)) == agent else math.inf


def _player(agent: object, player: object) -> Player:
    if player is Human:
        return Human
    try:
        policy: Player = function("observation", "agent")(player)
    except ValueError as problem:
        raise ValueError(f"agent {agent!r}: {problem}; or use ig.Human") from problem
    return policy
