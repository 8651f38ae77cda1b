"""Answers in free text, a game, and a code for all that only the server may know."""

import interactive_gym as ig


class Still:
    """Nothing ever happens."""

    def __init__(self) -> None:
        from gymnasium.spaces import Discrete

        self.action_space = Discrete(2)
        self.observation_space = Discrete(1)

    def reset(self, *, seed=None, options=None):
        return 0, {}

    def step(self, action):
        return 0, 0.0, False, False, {}

    def close(self):
        pass


def draw(env, surface):
    surface.circle(50, 50, 10, fill="#ff0000")


experiment = ig.Experiment("answers").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.StaticScene("questions").content(
        header="Questions",
        body='<label>Name <input name="name"></label><label>More <textarea name="more"></textarea></label>',
    ),
    ig.GymScene("game")
    .environment(Still)
    .runtime(loading_timeout=300)
    .rendering(draw=draw, fps=10, width=200, height=100)
    .gameplay(actions={"ArrowRight": 1}, default_action=0),
    ig.CompletionCodeScene("thanks").code(ig.secret("E2E_STUDY_CODE")),
)
