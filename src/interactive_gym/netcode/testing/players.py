"""Who plays: humans by chance, and bots that act on what they have seen."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from interactive_gym.netcode.requests import BOT, FOCUSED, HUMAN, Input
from interactive_gym.netcode.testing.games import any_action
from interactive_gym.netcode.testing.host import Row

_HOST_BIT = 16  # the first flag that is not the session's


class Human:
    """Presses something else at least every ``longest_hold`` frames, and looks away now and then."""

    def __init__(self, seed: str, longest_hold: int) -> None:
        self._longest_hold = longest_hold
        self._random = Random(seed)
        self._left = 0
        self._input = Input(b"")

    def act(self) -> Input:
        """What is pressed now."""
        if self._left == 0:
            self._left = self._random.randint(1, self._longest_hold)
            self._input = Input(self._another_action(), self._any_flags())
        self._left -= 1
        return self._input

    def _another_action(self) -> bytes:
        while (action := any_action(self._random)) == self._input.action:
            pass
        return action

    def _any_flags(self) -> int:
        focused = FOCUSED if self._random.random() < 0.9 else 0
        return HUMAN | focused | _HOST_BIT * self._random.randrange(2)


def bot_action(player: int, rows: Sequence[Row], observed: int) -> bytes:
    """What a bot does that has seen the row of frame ``observed`` (-1: the reset)."""
    result = rows[observed].outcome.result if observed >= 0 else None
    return any_action(Random(f"{player} {observed} {result}"))


def bot_input(player: int, rows: Sequence[Row], frame: int) -> Input:
    """What a bot does in ``frame`` that acts on the newest committed row."""
    observed = len(rows) - 1
    return Input(bot_action(player, rows, observed), BOT, min(255, frame - observed))
