"""Environments with the mistakes that are made, one each; the self-check has to find them."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.utils import EzPickle

LOG: list[int] = []
SERIAL = itertools.count()


class Sound:
    """Nothing is wrong with it: the observation counts actions and adds noise from the seed."""

    action_space = spaces.Discrete(3)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.rng = np.random.default_rng(seed)
        self.t = self.total = 0
        return self.observation(), {}

    def step(self, action: int) -> Any:
        self.t += 1
        self.total += action
        return self.observation(), float(action), self.t >= 60, False, {}

    def observation(self) -> Any:
        return np.array([self.total, self.rng.random()])


class Noisy(Sound):
    """A second of its states, or of what it shows, is more than can be stored."""

    def step(self, action: Any) -> Any:
        _, *rest = super().step(action)
        self.noise = self.rng.bytes(40_000)
        return self.noise, *rest


class Crumbled(Sound):
    """Its state is few bytes, and too many values."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.crumbs = [None] * 40_000
        return super().reset(seed=seed, options=options)


class LosesStateToEzPickle(Sound, EzPickle):
    def __init__(self) -> None:
        EzPickle.__init__(self)


class HidesStateInAClosure(Sound):
    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return steps

        self.count: Callable[[], int] = count
        return super().reset(seed=seed)

    def observation(self) -> Any:
        return np.array([self.total, self.count()])


class DrawsUnseeded(Sound):
    def observation(self) -> Any:
        return np.array([self.total, np.random.default_rng().random()])


class DrawsFromGlobals(Sound):
    def observation(self) -> Any:
        return np.array([random.random(), np.random.random()])


class ReadsTheClock(Sound):
    def observation(self) -> Any:
        return np.array([self.total, time.time()])


class ReadsTheDevice(Sound):
    """What nobody can give it: bytes from the operating system itself."""

    def observation(self) -> Any:
        with open("/dev/urandom", "rb") as device:
            return np.array([self.total, *device.read(8)])


class KeepsWhatItReads(Sound):
    def step(self, action: int) -> Any:
        with open("/dev/urandom", "rb") as device:
            self.luck = device.read(8)
        return super().step(action)


class DrawsWithItself(Sound):
    """Keeps its brush, which is its own affair."""

    def render(self) -> None:
        self.strokes = getattr(self, "strokes", 0) + 1
        self.palette = {"grass": [0, 255, 0]}


class MovesWhenDrawn(Sound):
    def render(self) -> None:
        self.total += 1


class MovesWhenDrawnLate(Sound):
    """Not in the frames that are looked at before the game begins."""

    def render(self) -> None:
        if self.t > 20:
            self.blink = self.t


class CountsOnItsClass(Sound):
    episodes = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        type(self).episodes += 1
        return super().reset(seed=seed)

    def observation(self) -> Any:
        return np.array([self.total, self.episodes])


class CountsInItsModule(Sound):
    def observation(self) -> Any:
        return np.array([self.total, next(SERIAL)])


class LogsInItsModule(Sound):
    """It repeats itself all the same."""

    def step(self, action: int) -> Any:
        LOG.append(action)
        return super().step(action)


class IteratesOverASet(Sound):
    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.pots = {1, 0, 8}
        self.pots.remove(0)  # as a set that was built anew, it would put 8 first
        return super().reset(seed=seed)

    def observation(self) -> Any:
        return np.array(list(self.pots))


class ForgetsInItsHook(Sound):
    def get_state(self) -> Any:
        return self.t, self.rng.bit_generator.state

    def set_state(self, state: Any) -> None:
        self.t, self.rng.bit_generator.state = state


class ForgetsItsEnd(Sound):
    """Its hooks have all that changes in an episode, but for what only the last step does."""

    length = 200
    is_over = False

    def step(self, action: int) -> Any:
        if self.is_over:
            return self.after_the_end()
        observation, reward, _, truncated, info = super().step(action)
        self.is_over = self.t >= self.length
        return observation, reward, self.is_over, truncated, info

    def after_the_end(self) -> Any:
        return self.observation(), 0.0, True, False, {}

    def get_state(self) -> Any:
        return self.t, self.total, self.rng.bit_generator.state

    def set_state(self, state: Any) -> None:
        self.t, self.total, self.rng.bit_generator.state = state


class RefusesToGoOn(ForgetsItsEnd):
    def after_the_end(self) -> Any:
        raise RuntimeError("call reset() first")


class NeverEnds(Sound):
    def step(self, action: int) -> Any:
        observation, reward, _, truncated, info = super().step(action)
        return observation, reward, False, truncated, info


class FailsVeryLate(NeverEnds):
    def step(self, action: int) -> Any:
        if self.t == 700:
            raise RuntimeError("the pot is empty")
        return super().step(action)


class HoldsAGenerator(Sound):
    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.moves: Iterator[int] = (n for n in range(1000))
        return super().reset(seed=seed)


class GivesObjects(Sound):
    class Pot:
        pass

    pot: ClassVar = Pot()

    def step(self, action: int) -> Any:
        observation, reward, terminated, truncated, _ = super().step(action)
        return observation, reward, terminated, truncated, {"kitchen": {"pot": self.pot}}


class FailsLate(Sound):
    def step(self, action: int) -> Any:
        if self.t == 50:
            raise RuntimeError("the pot is empty")
        return super().step(action)


class FailsToReset(Sound):
    def reset(self) -> Any:  # type: ignore[override]
        return 0, {}


class FailsToBeMade(Sound):
    def __init__(self) -> None:
        raise RuntimeError("no kitchen")
