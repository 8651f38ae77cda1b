"""An environment that takes all its luck and its time from outside of its seed, as published ones do."""

import os
import random
import time
import uuid

import numpy as np
from gymnasium.spaces import Discrete

import interactive_gym as ig

END = 2


class Unseeded:
    """Steps until E is pressed; what it drew and what the clock said is in the infos."""

    action_space = Discrete(3)
    observation_space = Discrete(1)

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return 0, self.luck()

    def step(self, action):
        self.steps += 1
        return 0, 0.0, action == END, False, self.luck()

    def luck(self):
        return {
            "python": random.random(),
            "unseeded": random.Random().random(),
            "numpy": np.random.default_rng().random(),
            "legacy": np.random.rand(),
            "system": os.urandom(4).hex(),
            "uuid": uuid.uuid4().hex,
            "clock": time.time(),
        }

    def close(self):
        pass


def draw(env, surface):
    surface.circle(20 + 5 * env.steps + random.random(), 50, 10, "red")


experiment = ig.Experiment("unseeded").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("luck")
    .environment(Unseeded, seed=11)
    .runtime(loading_timeout=300)
    .rendering(draw=draw, fps=10, width=200, height=100)
    .gameplay(actions={"ArrowRight": 1, "e": END}, default_action=0),
    ig.EndScene("thanks").content(header="Thank you"),
)
