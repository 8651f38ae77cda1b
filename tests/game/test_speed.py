"""How fast a machine is, on a clock that only the environment moves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.probe import probe
from interactive_gym.game.setup import load_setup
from interactive_gym.game.speed import ENOUGH_S, LEAST, MOST, WARM, frame_cost
from tests.browser.rooms import Room, game

HERE = __name__


class Clock:
    """What the stopwatch shows."""

    now = 0.0

    def __call__(self) -> float:
        return Clock.now


class Lump:
    """Takes its time to be copied."""

    def __init__(self, save_s: float) -> None:
        self.save_s = save_s

    def __reduce__(self) -> Any:
        Clock.now += self.save_s
        return Lump, (self.save_s,)


class Slow(Room):
    """Takes its time: the longest in its first steps, and now and then in others."""

    steps = 0

    def __init__(self, size: int, step_s: float, save_s: float = 0.0, **others: Any) -> None:
        super().__init__(size, **others)
        self.step_s = step_s
        self.lump = Lump(save_s)

    def step(self, actions: Any) -> Any:
        Slow.steps += 1
        Clock.now += 10 * self.step_s if Slow.steps <= WARM or Slow.steps % 10 == 0 else self.step_s
        return super().step(actions)


def cost(*, is_kept: bool = True, **options: Any) -> float | None:
    Clock.now, Slow.steps = 0.0, 0
    made = game("human", "human", environment=f"{HERE}:Slow", options={"size": 2, **options})
    setup, world = load_setup(json.loads(made)), VirtualWorld()
    world.stopwatch = Clock()
    with world.installed():
        found = probe(setup, world, 0, None)
        Clock.now, Slow.steps = 0.0, 0
        return frame_cost(setup, world, 0, found, is_kept=is_kept)


def test_it_is_what_most_steps_take_once_the_environment_is_warm() -> None:
    assert cost(step_s=0.001) == pytest.approx(0.001)
    assert Slow.steps == WARM + MOST


def test_a_slow_environment_is_tried_for_a_short_time_only() -> None:
    assert cost(step_s=0.1) == pytest.approx(0.1)
    assert Slow.steps == WARM + LEAST
    assert cost(step_s=0.003) == pytest.approx(0.003)
    assert WARM + LEAST < Slow.steps < WARM + MOST
    assert pytest.approx(ENOUGH_S, rel=0.3) == Clock.now


def test_states_are_kept_where_the_game_does_so() -> None:
    assert cost(step_s=0.004, save_s=0.001) == pytest.approx(0.005)
    assert cost(step_s=0.004, save_s=0.001, is_kept=False) == pytest.approx(0.004)
    assert cost(step_s=0.004, save_s=5.0) == pytest.approx(0.008)  # then they are seldom kept


def test_an_episode_that_ends_begins_anew() -> None:
    assert cost(step_s=0.001, length=3) == pytest.approx(0.001)
    assert Slow.steps == WARM + MOST


def test_what_raises_is_told_by_the_game_itself() -> None:
    closed = Slow.closed
    assert cost(step_s=0.002, fails_at=9) is None
    assert Slow.closed == closed + 2  # nothing is left open, here or by the look at it before
