"""A game drawn with picture files: a cook who stands on floor, and shows another frame after each press."""

import interactive_gym as ig

END = 9


class Cook:
    def __init__(self) -> None:
        from gymnasium.spaces import Discrete

        self.action_space = Discrete(10)
        self.observation_space = Discrete(6)

    def reset(self, *, seed=None, options=None):
        self.frame = 0
        return self.frame, {}

    def step(self, action):
        self.frame += action == 1
        return self.frame, 0.0, action == END, False, {}

    def close(self):
        pass


def draw(env, surface):
    surface.image("kitchen", 0, 0, 200, 300, frame="plate")
    surface.image("chef", 200 + 20 * env.frame, 0, 100, 300, frame=env.frame, id="cook")


experiment = ig.Experiment("pictured").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("cook")
    .environment(Cook)
    .runtime(loading_timeout=300)
    .rendering(draw=draw, fps=10, width=400, height=300)
    .assets(
        folder="../../scenes/pictures",
        sheets={"chef": ("chef.png", (16, 16))},
        atlases={"kitchen": ("kitchen.png", "kitchen.json")},
    )
    .gameplay(actions={"ArrowRight": 1, "e": END}, default_action=0, input_mode="single_keystroke"),
    ig.EndScene("thanks").content(header="Thank you"),
)
