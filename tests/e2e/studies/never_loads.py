"""A study that gives up loading after a second without progress."""

import interactive_gym as ig


class Env:
    """Never reached."""

    def __init__(self) -> None:
        from gymnasium.spaces import Discrete

        self.action_space = Discrete(2)
        self.observation_space = Discrete(1)
        self.steps = 0

    def reset(self, *, seed=None, options=None):
        return 0, {}

    def step(self, action):
        self.steps += 1
        return 0, 0.0, False, False, {}

    def close(self):
        pass


def draw(env, surface):
    surface.circle(50, 50, 10, fill="#ff0000")


experiment = ig.Experiment("never-loads").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("game")
    .environment(Env)
    .rendering(draw=draw, fps=30, width=200, height=100)
    .gameplay(actions={"ArrowRight": 1}, default_action=0)
    .runtime(loading_timeout=1),
    ig.EndScene("thanks").content(header="Thank you"),
)
