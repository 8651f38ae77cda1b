"""What everybody does in random play."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from interactive_gym.envs.codec import ActionCodec
from interactive_gym.game.episode import plain_action
from interactive_gym.policies.roster import HUMAN_NAME

LONGEST_HOLD = 8  # frames; people hold keys, and an env that changes its mind every frame gets nowhere

Actions = Mapping[str, object]


class Choices:
    """Chooses for all agents, frame by frame: for humans what their keys can say, for others anything.

    Args:
        game: The fields of ``protocol_game.Game``.
        codecs: Of all agents.
        seed: Equal seeds choose alike, on every platform.
    """

    def __init__(self, game: Mapping[str, Any], codecs: Mapping[str, ActionCodec], seed: str) -> None:
        self._game = game
        self._codecs = codecs
        self._rng = random.Random(seed)
        self._held: dict[str, tuple[object, int]] = {}

    def next(self) -> Actions:
        """The actions of the next frame; they are held for some."""
        return {agent: self._action(agent) for agent in self._codecs}

    def _action(self, agent: str) -> object:
        action, left = self._held.get(agent, (None, 0))
        if left == 0:
            action, left = self._choose(agent), self._rng.randint(1, LONGEST_HOLD)
        self._held[agent] = action, left - 1
        return action

    def _choose(self, agent: str) -> object:
        codec = self._codecs[agent]
        bound = possible_actions(self._game, codec) if self._game["policies"].get(agent) == HUMAN_NAME else []
        return self._rng.choice(bound) if bound else codec.plain(codec.sample(self._rng))


def possible_actions(game: Mapping[str, Any], codec: ActionCodec) -> list[object]:
    """The actions that keys can say, and the default; those that are none are left out."""
    possible = []
    for action in [*(binding["action"] for binding in game["bindings"]), game["default_action"]]:
        try:
            possible.append(plain_action(codec, action))
        except ValueError:
            continue
    return possible
