"""Small environments and their draw functions, named in the tests as an experiment would name them."""

import json
import random
import sys
import time

import numpy as np
from gymnasium import spaces

from interactive_gym import Surface

HERE = __name__


def game(**changes):
    """``protocol_game.Game`` as JSON."""
    plain = {
        "scene_id": "walk", "environment": f"{HERE}:Walk", "options": {}, "draw": f"{HERE}:draw", "hud": None,
        "hud_function": None, "policies": {"0": "human"},
        "bindings": [{"keys": ["ArrowLeft"], "action": 0}, {"keys": ["ArrowRight"], "action": 2}],
        "default_action": 1, "input_mode": "pressed_keys", "fps": 10, "width": 600, "height": 400, "assets": [],
        "background": "#ffffff", "episodes": 3, "max_steps": None, "pause_s": 1, "loading_timeout_s": 60,
        "record_observations": False, "interpolate": True, "smooth": True, "multiplayer": None,
    }  # fmt: skip
    return json.dumps(plain | changes)


class Walk:
    """A walker on a line, pushed by an unseeded generator, who ends after ``length`` steps."""

    made = 0
    closed = 0

    def __init__(self, length=25):
        type(self).made += 1
        self.length = length
        self.action_space = spaces.Discrete(3)
        self.info = {"at": [0], "history": np.zeros(3)}

    def reset(self, *, seed=None, options=None):
        self.np_random = np.random.default_rng(seed)
        self.x = float(self.np_random.random())
        self.t = 0
        return np.array([self.x], np.float32), self.info

    def step(self, action):
        self.t += 1
        self.x += action - 1 + random.random() / 100 + np.random.default_rng().random() / 100 + time.time() % 1
        self.info["at"][0] = self.x  # in place: what was recorded must not follow
        self.info["history"][self.t % 3] = self.x
        return np.array([self.x], np.float32), np.float64(action - 1), self.t >= self.length, False, self.info

    def close(self):
        type(self).closed += 1


def draw_pictures(env, surface):
    surface.image("chef", 300 + env.x, 200, frame=2)
    surface.image("pan" if env.t > 3 else "floor", 0, 0)


def draw(env, surface):
    surface.circle(300 + env.x, 200, 10, "red", id="walker")
    surface.rect(0, 300, 600, 100, "green")


def draw_for(env, surface, agent):
    surface.text(f"for {agent!r}", 0, 0)


def hud_of(env, agent):
    return f"{agent} at step {env.t}"


def hud(env):
    return f"at step {env.t}"


class Drifts(Walk):
    """Remembers across episodes, so it cannot be played again."""

    total = 0.0

    def step(self, action):
        type(self).total += 0.5
        observation, reward, *rest = super().step(action)
        return observation, reward + type(self).total, *rest


class Prints(Walk):
    def step(self, action):
        print("stepping", action)
        print("to stderr", file=sys.stderr)
        return super().step(action)


class Pushes(Walk):
    """Takes an array and changes it."""

    def __init__(self):
        super().__init__()
        self.action_space = spaces.Box(-1, 1, (2,), np.float32)

    def step(self, action):
        action *= 0
        return np.zeros(1), 1, False, False, {}


class Fails(Walk):
    """Does what ``how`` says, in step 3 unless it says where."""

    def __init__(self, how):
        super().__init__()
        if how == "make":
            raise ValueError("no map")
        self.how = how

    def reset(self, **how):
        if self.how == "reset":
            raise ValueError("no start")
        if self.how == "reset info":
            return 0, {"engine": object()}
        return super().reset(**how)

    def step(self, action):
        observation, reward, *rest, info = super().step(action)
        if self.t < 3:
            return observation, reward, *rest, {}
        if self.how == "exit":
            sys.exit(3)
        if self.how == "raise":
            return 1 / 0
        if self.how == "info":
            return observation, reward, *rest, {"engine": [object()]}
        return observation, "much" if self.how == "reward" else reward, *rest, info


class Pictures(Walk):
    """Renders itself, in the way that ``how`` names."""

    def __init__(self, how):
        super().__init__()
        self.how = how
        self.kept = Surface(600, 400)

    def render(self):
        if self.how == "array":
            return np.full((4, 6, 3), self.t, np.uint8)
        if self.how in ("surface", "new surface"):
            surface = self.kept if self.how == "surface" else Surface(600, 400)
            draw(self, surface)
            return surface
        return {"packet": {"full": True, "set": [], "drop": []}, "floats": np.zeros((4, 6, 3))}.get(self.how)


def draw_badly(env, surface):
    surface.circle(float("nan"), 0, 10)


class Chase:
    """A PettingZoo-style parallel game of a cat (0) and a mouse; the mouse may be caught before the episode ends."""

    def __init__(self, caught_at=1000):
        self.possible_agents = [0, "mouse"]
        self.caught_at = caught_at

    def action_space(self, agent):
        return spaces.Discrete(4, start=-1)

    def reset(self, seed=None, options=None):
        self.agents = list(self.possible_agents)
        self.t = 0
        self.seen = []
        return {agent: self.t for agent in self.agents}, {agent: {} for agent in self.agents}

    def step(self, actions):
        self.t += 1
        self.seen.append(actions)
        agents, caught = self.agents, self.t == self.caught_at
        ends = {agent: agent == "mouse" and caught for agent in agents}
        if caught:
            self.agents = [0]
        infos = {agent: {"noise": random.random()} for agent in agents}
        return (
            {agent: self.t for agent in agents}, {agent: float(actions[agent]) for agent in agents}, ends,
            dict.fromkeys(agents, False), infos,
        )  # fmt: skip


class Silent(Chase):
    """Says of nobody how it stands, only whether all of it is over; which is how RLlib's environments may do it."""

    def step(self, actions):
        observations, rewards, _, _, infos = super().step(actions)
        return observations, rewards, {"__all__": self.t == 25}, {"__all__": False}, infos


def flee(observation, agent):
    assert agent == "mouse"
    return np.int64(observation % 3)


def flee_randomly(observation, agent):
    return random.randrange(-1, 3)


def sulk(observation, agent):
    raise RuntimeError("no cheese")


def cheat(observation, agent):
    return 9


def nothing(env, surface):
    pass


class Forgets(Walk):
    """Keeps a part of its state where no snapshot looks, though each reset puts it back."""

    steps = 0

    def reset(self, **how):
        type(self).steps = 0
        return super().reset(**how)

    def step(self, action):
        type(self).steps += 1
        observation, reward, *rest = super().step(action)
        return observation, reward + type(self).steps, *rest


class Unsavable(Walk):
    """Holds what no snapshot can take: a generator that runs."""

    def reset(self, **how):
        self.running = (number for number in range(1000))
        return super().reset(**how)
