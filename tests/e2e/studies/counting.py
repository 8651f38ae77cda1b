"""A study whose frames can be predicted: the env counts, and says in every row what it was told to do.

COUNTING_STEPS is the length of an episode; the server reads it, and tells the pages. The key E ends an episode at once.
"""

import os
import random

import interactive_gym as ig

END = 3


class Counting:
    """So many steps to the end; the reward of the last one is 10. ``reset`` draws a start value from the seed."""

    def __init__(self, steps=40) -> None:
        self.steps = steps
        self.count = 0
        self.lane = 0

    @property
    def action_space(self):
        from gymnasium.spaces import Discrete

        return Discrete(4)

    @property
    def observation_space(self):
        from gymnasium.spaces import Discrete

        return Discrete(1000)

    def reset(self, *, seed=None, options=None):
        self.count, self.lane = 0, 0
        self.start = random.Random(seed).randrange(1000)
        return self.start, {"start": self.start}

    def step(self, action):
        self.count += 1
        self.lane = min(9, max(0, self.lane + (action == 1) - (action == 2)))
        over = self.count == self.steps or action == END
        return self.start, 10.0 if over else 0.0, over, False, {"count": self.count, "action": action}

    def close(self):
        pass


def draw(env, surface):
    surface.rect(0, 0, 400, 200, fill="#202020", id="back", depth=-1)
    surface.rect(env.lane * 40, 80, 40, 40, fill="#ff0000", id="car")


experiment = ig.Experiment("counting").scenes(
    ig.StartScene("welcome").content(header="Welcome", body="<p>Let us count.</p>"),
    ig.StaticScene("questions").content(
        header="One question",
        body='<label>Your name <input name="name" required></label>'
        '<label><input type="checkbox" name="hobby" value="chess"> Chess</label>'
        '<label><input type="checkbox" name="hobby" value="go"> Go</label>',
    ),
    ig.GymScene("count")
    .environment(Counting, options={"steps": int(os.environ.get("COUNTING_STEPS", "40"))})
    .runtime(loading_timeout=300)
    .rendering(draw=draw, fps=20, width=400, height=200)
    .gameplay(actions={"ArrowRight": 1, "ArrowLeft": 2, "e": END}, default_action=0, episodes=2, pause=0.5)
    .content(header="Count", body="<p>Right and left.</p>"),
    ig.CompletionCodeScene("thanks").content(header="Thank you"),
)

if __name__ == "__main__":
    experiment.run()
