"""Environments that have in them what environments have, and the hosts of their games."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from gymnasium import spaces

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.host import Host
from interactive_gym.game.setup import Setup

SEED = 7


def setup_of(make: Any, agents: tuple[str, ...] = ("0",), **changes: Any) -> Setup:
    """A game of ``make()`` in which all ``agents`` are humans."""
    plain: dict[str, Any] = {
        "scene_id": "game", "make": make, "options": {}, "agents": agents, "humans": frozenset(agents), "fps": 10,
        "max_steps": None, "record_observations": False, "record_states": False,
        "no_state": frozenset(),
    }  # fmt: skip
    return Setup(**plain | changes)


def host_of(world: VirtualWorld, make: Any, agents: tuple[str, ...] = ("0",), **changes: Any) -> Host:
    """The host of such a game."""
    return Host(setup_of(make, agents, **changes), world, SEED)


class Parallel:
    """What the games below have in common: two agents, who step until ``length``."""

    possible_agents: tuple[Any, ...] = ("cat", "mouse")
    length = 40

    def action_space(self, agent: Any) -> Any:
        return spaces.Discrete(4)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents = [*self.possible_agents]
        self.rng = np.random.default_rng(seed)
        self.own = random.Random(seed)
        self.t = 0
        self.places = dict.fromkeys(self.agents, 0)
        return {agent: self.seen(agent) for agent in self.agents}, {agent: {} for agent in self.agents}

    def seen(self, agent: Any) -> Any:
        return np.array([self.t, *self.places.values()], np.float32)

    def step(self, actions: Any) -> Any:
        self.t += 1
        for agent, action in actions.items():
            self.places[agent] += int(np.sum(action)) * self.own.choice([1, 2]) + int(self.rng.integers(2))
        agents = self.agents
        return (
            {agent: self.seen(agent) for agent in agents}, {agent: self.reward(agent) for agent in agents},
            dict.fromkeys(agents, False), dict.fromkeys(agents, self.t >= self.length),
            {agent: self.info(agent) for agent in agents},
        )  # fmt: skip

    def reward(self, agent: Any) -> Any:
        return float(self.places[agent] % 3)

    def info(self, agent: Any) -> Any:
        return {}


class Duel(Parallel):
    """Draws from everywhere, and from the world's entropy."""

    def info(self, agent: Any) -> Any:
        return {"noise": random.random() + np.random.random() + np.random.default_rng().random()}


class Unequal(Parallel):
    """The cat can do more than the mouse."""

    def action_space(self, agent: Any) -> Any:
        return spaces.Discrete(3 if agent == "cat" else 2)


class NumpyResults(Parallel):
    """Rewards and infos are scalars and arrays of numpy, changed in place; infos are sparse, some rewards missing."""

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.history = np.zeros(4, np.int32)
        self.shared = {"history": self.history, "list": [0]}
        return super().reset(seed)

    def step(self, actions: Any) -> Any:
        observations, rewards, ended, cut, infos = super().step(actions)
        self.history[self.t % 4] += self.t
        self.shared["list"][0] = self.t
        if self.t % 3:
            rewards.pop("mouse")
            infos.pop("cat")
        return observations, rewards, ended, cut, infos

    def reward(self, agent: Any) -> Any:
        return np.array(self.places[agent], np.float32) if agent == "cat" else np.int8(self.places[agent] % 100)

    def info(self, agent: Any) -> Any:
        return self.shared | ({"event": np.bool_(True)} if self.t % 5 == 0 else {})


class Early(Parallel):
    """The mouse is caught when the cat does 3 for the third time; with that the cat plays alone."""

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.bites = 0
        return super().reset(seed)

    def step(self, actions: Any) -> Any:
        self.bites += actions["cat"] == 3
        observations, rewards, ended, cut, infos = super().step(actions)
        if self.bites >= 3 and "mouse" in self.agents:
            ended["mouse"] = True
            self.agents = ["cat"]
        return observations, rewards, ended, cut, infos


class Numbered(Parallel):
    """Agents are numbers, and each has a space of another kind."""

    possible_agents = (0, 1, 2, 3, 4)
    spaces = (
        spaces.Discrete(300, start=-5),
        spaces.MultiDiscrete([3, 4]),
        spaces.Box(-1, 1, (2,), np.float32),
        spaces.MultiBinary(10),
        spaces.Dict({"go": spaces.Discrete(3), "aim": spaces.Tuple([spaces.Box(0, 9, (), np.float64)])}),
    )

    def action_space(self, agent: Any) -> Any:
        return self.spaces[agent]

    def step(self, actions: Any) -> Any:
        actions[2] *= 2  # in place: the record must not follow
        self.aimed = actions.pop(4)
        return super().step(actions)

    def info(self, agent: Any) -> Any:
        return {"aimed": self.aimed["aim"][0]} if agent == 4 else {}


class Pit(Parallel):
    """Raises where both jump."""

    how = "raise"

    def step(self, actions: Any) -> Any:
        if list(actions.values()) == [3, 3]:
            self.t = -1000  # half done
            if self.how == "exit":
                raise SystemExit(3)
            raise RuntimeError("the pit is deep")
        return super().step(actions)

    def info(self, agent: Any) -> Any:
        return {"engine": object()} if self.how == "info" and self.t == 5 else {}


class Exits(Pit):
    how = "exit"


class GivesObjects(Pit):
    how = "info"


class Steer:
    """A Gymnasium environment with Box actions and hooks."""

    action_space = spaces.Box(-1, 1, (2,), np.float32)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.rng = np.random.default_rng(seed)
        self.at = np.zeros(2, np.float32)
        self.t = 0
        return self.at.copy(), {}

    def step(self, action: Any) -> Any:
        self.t += 1
        self.at += action + self.rng.normal(size=2).astype(np.float32)
        return self.at.copy(), -float(np.abs(self.at).sum()), bool(self.at[0] > 30), False, {"at": self.at}

    def get_state(self) -> Any:
        return {"at": self.at, "t": self.t, "rng": self.rng.bit_generator.state}

    def set_state(self, state: Any) -> None:
        self.at, self.t = state["at"].copy(), state["t"]
        self.rng.bit_generator.state = state["rng"]


class Paints(Parallel):
    """Keeps what it draws with."""

    def draw(self) -> None:
        self.frames_drawn = getattr(self, "frames_drawn", 0) + 1
        self.tiles = {"grass": [1, 2]}


class HidesItsScore(Parallel):
    """In a variable that no snapshot reaches."""

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        score = 0

        def add() -> int:
            nonlocal score
            score += 1
            return score

        self.add = add
        return super().reset(seed)

    def reward(self, agent: Any) -> Any:
        return self.add()


class Gathers(Parallel):
    """Keeps names and places in sets, and asks only what is in them."""

    length = 1000

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.found: set[str] = set()
        self.left = {f"gem {number}" for number in range(300)}
        self.by_place: dict[Any, str] = {}
        return super().reset(seed)

    def step(self, actions: Any) -> Any:
        gem = f"gem {self.own.randrange(300)}"
        if gem in self.left:
            self.left.remove(gem)
            self.found.add(gem)
            self.by_place[self.t, len(self.found)] = gem
        return super().step(actions)

    def info(self, agent: Any) -> Any:
        return {"found": frozenset(self.found)} if self.t % 20 == 0 else {"count": len(self.found)}


class ForgetsItsEnd(Parallel):
    """Long; with its last step somebody has won, and its hooks do not know of that."""

    length = 150
    winner: Any = None

    def step(self, actions: Any) -> Any:
        result = super().step(actions)
        if self.t >= self.length:
            self.winner = max(self.places, key=lambda agent: self.places[agent])
        return result

    def reward(self, agent: Any) -> Any:
        return 100.0 if agent == self.winner else super().reward(agent)

    def get_state(self) -> Any:
        return self.t, dict(self.places), self.rng.bit_generator.state, self.own.getstate()

    def set_state(self, state: Any) -> None:
        self.t, self.places, self.rng.bit_generator.state, own = state
        self.places = dict(self.places)
        self.own.setstate(own)
