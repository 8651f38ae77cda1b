"""A small game of several people, and who is shown what of it."""

from __future__ import annotations

import json
import os
import random
import time
from typing import Any

import numpy as np
from gymnasium import spaces

from interactive_gym import Surface

HERE = __name__
KEYS = ("a", "b", "c")


def game(*players: str, **changes: Any) -> str:
    """``protocol_game.Game`` of :class:`Room` with these players, as JSON."""
    plain = {
        "scene_id": "room", "environment": f"{HERE}:Room", "options": {"size": len(players)}, "draw": f"{HERE}:draw",
        "hud": None, "hud_function": None, "policies": {str(agent): player for agent, player in enumerate(players)},
        "bindings": [{"keys": [key], "action": number} for number, key in enumerate(KEYS, 1)], "default_action": 0,
        "input_mode": "pressed_keys", "fps": 20, "width": 600, "height": 400, "background": "#ffffff",
        "interpolate": True, "smooth": True, "assets": [], "episodes": 2, "max_steps": None, "pause_s": 1,
        "loading_timeout_s": 60, "record_observations": True,
        "multiplayer": {"group": 2, "wait_s": 60, "countdown_s": 0, "input_delay": 1, "relay": "fallback"},
    }  # fmt: skip
    return json.dumps(plain | changes)


class Room:
    """Everybody walks on a line, on which all that is not seeded pushes them around."""

    closed = 0

    def __init__(self, size: int, length: int = 45, fails_at: int = -1) -> None:
        self.possible_agents = list(range(size))
        self.length = length
        self.fails_at = fails_at

    def action_space(self, agent: int) -> Any:
        return spaces.Discrete(4)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents = [*self.possible_agents]
        self.rng = np.random.default_rng(seed)
        self.t = 0
        self.at = dict.fromkeys(self.agents, 0.0)
        return self._seen(), {agent: {} for agent in self.agents}

    def step(self, actions: Any) -> Any:
        self.t += 1
        if self.t == self.fails_at:
            raise ValueError("the floor is lava")
        for agent, action in actions.items():
            self.at[agent] += int(action) + self._push()
        over = self.t >= self.length
        rewards = {agent: float(self.at[agent]) for agent in self.agents}
        infos = {agent: {"time": time.time(), "clock": time.perf_counter()} for agent in self.agents}
        return self._seen(), rewards, dict.fromkeys(self.agents, over), dict.fromkeys(self.agents, False), infos

    def _push(self) -> float:
        """From every source that a published environment may draw from."""
        return (
            self.rng.random()
            + np.random.default_rng().random()
            + np.random.random()
            + random.random()
            + os.urandom(1)[0]
            + time.time() % 1
        )

    def _seen(self) -> Any:
        return {agent: np.array([self.t, *self.at.values()]) for agent in self.agents}

    def close(self) -> None:
        type(self).closed += 1


class Doubts(Room):
    """Its states differ between peers from step ``apart`` on, though nothing that is recorded does."""

    def __init__(self, size: int, apart: int) -> None:
        super().__init__(size)
        self.apart = apart

    def step(self, actions: Any) -> Any:
        self.doubt = id(self) if self.t >= self.apart else 0
        return super().step(actions)


class Forgets(Room):
    """Keeps a part of its state where no snapshot looks, though each reset puts it back."""

    steps = 0

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        type(self).steps = 0
        return super().reset(seed, options)

    def step(self, actions: Any) -> Any:
        type(self).steps += 1
        observations, rewards, *rest = super().step(actions)
        return observations, {agent: reward + type(self).steps for agent, reward in rewards.items()}, *rest


class Paints(Room):
    """Keeps what it draws with, for each player something else."""

    def render(self, agent: int | None = None) -> Surface:
        self.shown = [*getattr(self, "shown", []), agent]
        surface = Surface(600, 400)
        surface.text(f"for {agent}", 10, 10)
        return surface


def draw(env: Any, surface: Surface, agent: int) -> None:
    for other, at in env.at.items():
        surface.circle(at % 600, 200, 10, "red" if other == agent else "blue", id=str(other))


def hud(env: Any, agent: int) -> str:
    return f"{agent} at step {env.t}"


def follow(observation: Any, agent: int) -> int:
    """Says in which step it was seen."""
    return int(observation[0]) % 4


def dice(observation: Any, agent: int) -> int:
    return random.randrange(4)


def sulk(observation: Any, agent: int) -> int:
    raise RuntimeError("no cheese")
