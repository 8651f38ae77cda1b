"""An env that renders RGB arrays: a yellow field on blue, which goes one place to the right with each press."""

import interactive_gym as ig

PLACES, END = 4, 9


class Band:
    """The field stays where it is between presses, so what is seen of it depends on no time."""

    def __init__(self) -> None:
        from gymnasium.spaces import Discrete

        self.action_space = Discrete(10)
        self.observation_space = Discrete(PLACES)

    def reset(self, *, seed=None, options=None):
        self.place = 0
        return self.place, {}

    def step(self, action):
        self.place += action == 1
        return self.place, float(action == 1), action == END, False, {}

    def render(self):
        import numpy

        picture = numpy.full((30, 10 * PLACES, 3), (0, 0, 200), numpy.uint8)
        picture[:, 10 * self.place : 10 * self.place + 10] = (250, 200, 0)
        return picture

    def close(self):
        pass


experiment = ig.Experiment("pictures").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("band")
    .environment(Band)
    .runtime(loading_timeout=300)
    .rendering(fps=10, width=400, height=300, hud="Episode {episode} of {episodes}: {score:.0f}")
    .gameplay(actions={"ArrowRight": 1, "e": END}, default_action=0, episodes=2, pause=2, input_mode="single_keystroke")
    .content(header="Band", game_text="<p>Go <b>right</b>.</p>"),
    ig.EndScene("thanks").content(header="Thank you"),
)
