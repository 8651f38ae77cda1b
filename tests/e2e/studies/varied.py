"""Two forms in an order of one's own, and then two people walk twice, for as long as their condition says."""

import patient  # noqa: F401

import interactive_gym as ig


class Walking:
    """Whoever plays takes a step or does not; after ``steps`` frames it is over."""

    possible_agents = ("left", "right")

    def __init__(self, steps) -> None:
        self.agents = list(self.possible_agents)
        self.steps = steps

    def action_space(self, agent):
        from gymnasium.spaces import Discrete

        return Discrete(2)

    def observation_space(self, agent):
        from gymnasium.spaces import Discrete

        return Discrete(1000)

    def reset(self, *, seed=None, options=None):
        self.agents = list(self.possible_agents)
        self.count, self.at = 0, dict.fromkeys(self.possible_agents, 0)
        return dict(self.at), self._all({})

    def step(self, actions):
        self.count += 1
        for agent, action in actions.items():
            self.at[agent] += action
        return dict(self.at), self._all(0.0), self._all(self.count == self.steps), self._all(False), self._all({})

    def _all(self, value):
        return dict.fromkeys(self.possible_agents, value)


def draw(env, surface):
    for line, place in enumerate(env.at.values()):
        surface.rect(place % 360, 40 + 80 * line, 40, 40, fill="#ff0000", id=f"walker-{line}")


length = ig.Factor("length", {"short": 30, "long": 50}, by="group")
walk = (
    ig.GymScene("walk")
    .environment(Walking, options={"steps": length})
    .runtime(loading_timeout=300)
    .policies({"left": ig.Human, "right": ig.Human})
    .rendering(draw=draw, fps=20, width=400, height=200)
    .gameplay(actions={"ArrowRight": 1}, default_action=0)
    .waitroom(timeout=300, countdown=1)
    .content(button=None)
)
experiment = (
    ig.Experiment("varied")
    .webrtc(timeout=120)
    .scenes(
        ig.StartScene("welcome").content(header="Welcome"),
        ig.RandomizeOrder(ig.StaticScene("one").content(header="One"), ig.StaticScene("two").content(header="Two")),
        ig.RepeatScene(walk, n=2),
        ig.EndScene("thanks").content(header="Thank you"),
    )
)
