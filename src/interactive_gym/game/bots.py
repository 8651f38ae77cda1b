"""Bots in a game of several people: functions that choose for agents, on what is final for everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from interactive_gym.game.actions import Actions
from interactive_gym.game.episode import Episode
from interactive_gym.game.ledger import Seen
from interactive_gym.netcode.requests import BOT, Input
from interactive_gym.policies import Policy

OLDEST = 255  # frames; an input says no more than this of how old the observation was


@dataclass
class _Sight:
    """The newest observation of an agent, after ``frame``; ``action`` is what was chosen on it."""

    frame: int
    observation: Any
    action: bytes | None = None


class Bots:
    """What functions choose, in one episode. Each is asked once for each observation; until the next, that is repeated.

    Args:
        policies: Of the agents that bots play.
        players: The number of each agent.
    """

    def __init__(self, policies: Mapping[str, Policy], players: Mapping[str, int], actions: Actions) -> None:
        self._bots = {players[agent]: (agent, policy) for agent, policy in policies.items()}
        self._actions = actions
        self._seen: dict[str, _Sight] = {}

    @property
    def players(self) -> Collection[int]:
        """Whom bots play."""
        return self._bots.keys()

    def see(self, seen: Iterable[Seen]) -> None:
        """Take what agents saw in committed frames; every peer does, so that it can go on where another one left."""
        for frame, observations in seen:
            for agent, observation in observations.items():
                self._seen[agent] = _Sight(frame, observation)

    def choose(self, player: int, frame: int, episode: Episode) -> Input | None:
        """What ``player`` does in ``frame``; None as long as it has seen nothing.

        Raises:
            EnvError: The function raised, or returned no action.
        """
        agent, policy = self._bots[player]
        sight = self._seen.get(agent)
        if sight is None:
            return None
        if sight.action is None:
            chosen = episode.ask(agent, policy, sight.observation, sight.frame)
            sight.action = self._actions.encode(player, chosen)
        return Input(sight.action, BOT, min(OLDEST, frame - sight.frame))
