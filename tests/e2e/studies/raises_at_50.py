"""An environment that raises at its fiftieth step."""

import interactive_gym as ig


class Env:
    """Breaks at step 50."""

    def __init__(self) -> None:
        from gymnasium.spaces import Discrete

        self.action_space = Discrete(2)
        self.observation_space = Discrete(1)
        self.steps = 0

    def reset(self, *, seed=None, options=None):
        return 0, {}

    def step(self, action):
        self.steps += 1
        if self.steps == 50:
            raise RuntimeError("the wheel came off")
        return 0, 0.0, False, False, {}

    def close(self):
        pass


def draw(env, surface):
    surface.circle(50, 50, 10, fill="#ff0000")


experiment = ig.Experiment("raises-at-50").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("game")
    .environment(Env)
    .runtime(loading_timeout=300)
    .rendering(draw=draw, fps=30, width=200, height=100)
    .gameplay(actions={"ArrowRight": 1}, default_action=0),
    ig.EndScene("thanks").content(header="Thank you"),
)
