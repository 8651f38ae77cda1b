"""Small deterministic games that stand for an environment."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, Protocol

from interactive_gym.netcode.requests import Input

IDLE = b"\x00"
"""The default action of the toy games."""

_SIZE = 23  # cells of the ring on which the players walk
_AIM = 3  # the action that has two bytes more: where it aims


class Result(NamedTuple):
    """What one step returned, with what is kept over an episode.

    Attributes:
        rewards: One per player.
        score: Their sum over all steps.
        steps: So many were made.
        trace: A checksum of all actions from the beginning: an input that differs shows in every later row.
    """

    rewards: tuple[int, ...]
    score: int
    steps: int
    trace: int


class Game(Protocol):
    """What a host needs of an environment."""

    def begin(self, episode: int) -> None:
        """Start over, with the seed of ``episode``."""

    def save(self) -> object:
        """The whole state; later steps do not change what was returned."""

    def load(self, state: object) -> None:
        """Put a saved state back; it can be loaded again."""

    def step(self, inputs: tuple[Input, ...]) -> tuple[bool, Result]:
        """One step; whether it was the last, and what it returned. It may raise."""

    def digest(self) -> bytes:
        """Equal where the states are equal."""


MakeGame = Callable[[int], Game]
"""From a peer's number to its game. All peers' games are equal, unless one is broken on purpose."""


@dataclass(frozen=True)
class ToyGame:
    """Walkers on a ring who look for a treasure that is hidden anew, by chance, wherever it is found.

    It ends after ``max_steps``, or when the score reaches ``goal``: when that is, the inputs decide.
    """

    players: int
    max_steps: int | None = 300
    goal: int | None = None
    seed: int = 7

    def __call__(self, peer: int) -> Game:
        """The game as ``peer`` plays it."""
        return Walkers(self)


class Walkers:
    """A :class:`ToyGame` that is being played."""

    def __init__(self, rules: ToyGame) -> None:
        self.rules = rules
        self.random = Random()
        self.places: list[int] = []
        self.treasure = self.score = self.steps = self.trace = 0

    def begin(self, episode: int) -> None:
        """Start over, with the seed of ``episode``."""
        self.random.seed(f"{self.rules.seed} {episode}")
        self.places = [self.random.randrange(_SIZE) for _ in range(self.rules.players)]
        self.treasure = self.random.randrange(_SIZE)
        self.score = self.steps = self.trace = 0

    def save(self) -> Any:
        """The whole state, the generator included."""
        return (tuple(self.places), self.treasure, self.score, self.steps, self.trace, self.random.getstate())

    def load(self, state: Any) -> None:
        """Put a saved state back."""
        places, self.treasure, self.score, self.steps, self.trace, chance = state
        self.places = list(places)
        self.random.setstate(chance)

    def step(self, inputs: Sequence[Input]) -> tuple[bool, Result]:
        """All walk at once; who then stands on the treasure has found it."""
        self.steps += 1
        self.trace = zlib.crc32(b"".join(given.action for given in inputs), self.trace)
        rewards = tuple(self._walk(player, given.action) for player, given in enumerate(inputs))
        self.score += sum(rewards)
        return self._is_over(), Result(rewards, self.score, self.steps, self.trace)

    def digest(self) -> bytes:
        """Of everything that is saved."""
        return hashlib.blake2b(repr(self.save()).encode(), digest_size=16).digest()

    def _walk(self, player: int, action: bytes) -> int:
        stride = (0, 1, -1, action[-1] - action[-2] if len(action) > 2 else 5)[action[0] % 4]
        self.places[player] = (self.places[player] + stride) % _SIZE
        if self.places[player] != self.treasure:
            return 0
        self.treasure = self.random.randrange(_SIZE)
        return 1 + self.random.randrange(3)

    def _is_over(self) -> bool:
        rules = self.rules
        return self.steps == rules.max_steps or (rules.goal is not None and self.score >= rules.goal)


def is_action(player: int, action: bytes) -> bool:
    """Whether the toy games know it: a direction, or an aim with two bytes more."""
    return len(action) == (3 if action[:1] == bytes([_AIM]) else 1) and action[0] <= _AIM


def any_action(random: Random) -> bytes:
    """An action by chance, seldom the idle one."""
    direction = random.choice((0, 1, 1, 2, 2, _AIM))
    return bytes([direction, random.randrange(256), random.randrange(256)]) if direction == _AIM else bytes([direction])
