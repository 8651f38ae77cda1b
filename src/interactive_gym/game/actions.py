"""What each player can do, as the bytes that travel between peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from interactive_gym.envs.codec import ActionCodec

REMEMBERED = 4096  # actions; those of a game with keys are a handful


class Actions:
    """The actions of all players.

    Args:
        agents: Player 0, player 1, ...
        codecs: Of each agent.

    Attributes:
        codecs: Of each player.
    """

    def __init__(self, agents: Sequence[str], codecs: Mapping[str, ActionCodec]) -> None:
        self.codecs = [codecs[agent] for agent in agents]
        self.plain = lru_cache(REMEMBERED)(self._plain)

    def encode(self, player: int, action: object) -> bytes:
        """``action``, native or plain, as bytes.

        Raises:
            ValueError: It is none of this player's.
        """
        return self.codecs[player].encode(action)

    def is_action(self, player: int, data: bytes) -> bool:
        """Whether ``data`` are an action of ``player``; what ``netcode.Config`` asks for."""
        try:
            self.codecs[player].decode(data)
        except (ValueError, IndexError):
            return False
        return True

    def _plain(self, player: int, data: bytes) -> object:
        """The action that ``data`` are, as it is recorded; nobody may change it. Raises ValueError if they are none."""
        codec = self.codecs[player]
        return codec.plain(codec.decode(data))
