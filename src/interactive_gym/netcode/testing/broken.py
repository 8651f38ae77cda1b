"""Toy games that are broken on purpose, each in one way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.testing.games import IDLE, Game, Result, ToyGame, Walkers


class StepError(Exception):
    """Raised by a broken game in ``step``."""


@dataclass(frozen=True)
class Forgetful:
    """State outside of the snapshot: a counter of the steps made, and so also of those played again."""

    rules: ToyGame

    def __call__(self, peer: int) -> Game:
        """The game as ``peer`` plays it."""
        return _Forgetful(self.rules)


class _Forgetful(Walkers):
    def begin(self, episode: int) -> None:
        super().begin(episode)
        self.outside = 0

    def step(self, inputs: Sequence[Input]) -> tuple[bool, Result]:
        self.outside += 1
        if self.outside % 50 == 0:
            self.trace += 1
        return super().step(inputs)


@dataclass(frozen=True)
class Diverging:
    """From step ``frame`` on, the state of ``peer`` is another."""

    rules: ToyGame
    peer: int
    frame: int

    def __call__(self, peer: int) -> Game:
        """The game as ``peer`` plays it."""
        return _Diverging(self) if peer == self.peer else Walkers(self.rules)


class _Diverging(Walkers):
    def __init__(self, way: Diverging) -> None:
        super().__init__(way.rules)
        self.way = way

    def step(self, inputs: Sequence[Input]) -> tuple[bool, Result]:
        if self.steps == self.way.frame:
            self.trace += 1
        return super().step(inputs)


@dataclass(frozen=True)
class Raising:
    """Step ``frame`` raises: on ``peer`` alone, or on all."""

    rules: ToyGame
    frame: int
    peer: int | None = None

    def __call__(self, peer: int) -> Game:
        """The game as ``peer`` plays it."""
        return _Raising(self) if self.peer in (None, peer) else Walkers(self.rules)


class _Raising(Walkers):
    def __init__(self, way: Raising) -> None:
        super().__init__(way.rules)
        self.way = way

    def step(self, inputs: Sequence[Input]) -> tuple[bool, Result]:
        if self.steps == self.way.frame:
            raise StepError(f"step {self.way.frame}")
        return super().step(inputs)


@dataclass(frozen=True)
class RaisingWhenHeld:
    """Raises when an action is held for more than ``frames``: players who never do that only meet it predicted."""

    rules: ToyGame
    frames: int

    def __call__(self, peer: int) -> Game:
        """The game as ``peer`` plays it."""
        return _RaisingWhenHeld(self)


class _RaisingWhenHeld(Walkers):
    def __init__(self, way: RaisingWhenHeld) -> None:
        super().__init__(way.rules)
        self.way = way
        self.held: list[tuple[bytes, int]] = []

    def begin(self, episode: int) -> None:
        super().begin(episode)
        self.held = [(IDLE, 0)] * self.rules.players

    def save(self) -> Any:
        return super().save(), tuple(self.held)

    def load(self, state: Any) -> None:
        walkers, held = state
        super().load(walkers)
        self.held = list(held)

    def step(self, inputs: Sequence[Input]) -> tuple[bool, Result]:
        for player, given in enumerate(inputs):
            action, times = self.held[player]
            self.held[player] = (given.action, times + 1 if given.action == action else 1)
            if given.action != IDLE and self.held[player][1] > self.way.frames:
                raise StepError(f"player {player} holds {given.action!r}")
        return super().step(inputs)
