"""Two people pull a cart along a line, twice: three episodes, and one more in a scene of its own.

An episode ends when somebody presses E.
"""

import random

import patient  # noqa: F401

import interactive_gym as ig

END = 3


class Pulling:
    """Each player pulls by -1, 0 or 1. Where the cart begins comes from the seed."""

    possible_agents = ("left", "right")

    def __init__(self) -> None:
        self.agents = list(self.possible_agents)

    def action_space(self, agent):
        from gymnasium.spaces import Discrete

        return Discrete(4)

    def observation_space(self, agent):
        from gymnasium.spaces import Discrete

        return Discrete(1000)

    def reset(self, *, seed=None, options=None):
        self.agents = list(self.possible_agents)
        self.cart = random.Random(seed).randrange(100)
        return self._all(self.cart), self._all({})

    def step(self, actions):
        self.cart += sum((0, 1, -1, 0)[action] for action in actions.values())
        over = END in actions.values()
        infos = {agent: {"cart": self.cart, "action": action} for agent, action in actions.items()}
        return self._all(self.cart % 1000), self._all(float(self.cart)), self._all(over), self._all(False), infos

    def close(self):
        pass

    def _all(self, value):
        return dict.fromkeys(self.possible_agents, value)


def draw(env, surface):
    surface.rect(0, 0, 400, 200, fill="#202020", id="back", depth=-1)
    surface.rect(env.cart % 360, 80, 40, 40, fill="#ff0000", id="cart")


def pull(name, episodes):
    return (
        ig.GymScene(name)
        .environment(Pulling)
        .runtime(loading_timeout=300)
        .policies({"left": ig.Human, "right": ig.Human})
        .rendering(draw=draw, fps=20, width=400, height=200)
        .gameplay(actions={"ArrowRight": 1, "ArrowLeft": 2, "e": END}, default_action=0, episodes=episodes, pause=0.5)
        .waitroom(timeout=300, countdown=1)
        .content(header="Pull", body="<p>Right and left.</p>")
        .content(game_text={"left": "You are left.", "right": "You are right."})
    )


experiment = (
    ig.Experiment("pulling")
    .webrtc(timeout=120)
    .scenes(
        ig.StartScene("welcome").content(header="Welcome", body="<p>Let us pull.</p>"),
        pull("pull", episodes=3),
        pull("again", episodes=1),
        ig.CompletionCodeScene("thanks").content(header="Thank you"),
    )
)

if __name__ == "__main__":
    experiment.run()
