"""A game after a first page that lets only computers in, and that watches whether its player looks."""

from gymnasium.spaces import Discrete

import interactive_gym as ig


class Counting:
    """Its state is how many steps there were."""

    observation_space = Discrete(10_000)
    action_space = Discrete(2)

    def reset(self, seed=None):
        self.steps = 0
        return 0, {}

    def step(self, action):
        self.steps += 1
        return self.steps, 0.0, False, False, {}


def draw(env, surface):
    surface.circle(20 + env.steps % 200, 60, 10, "teal")


def judge(context):
    context.set(seen=context.device)


experiment = (
    ig.Experiment("screened")
    .screening(
        devices=["desktop"],
        browsers=["Chrome", "Firefox", "Edge"],
        webrtc=True,
        max_ping=5_000,
        callback=judge,
        messages={"devices": "<p>This game is played with a <b>keyboard</b>. A phone has none.</p>"},
    )
    .scenes(
        ig.StartScene("welcome").content(header="Welcome", body="<p>Thank you for coming.</p>", button="Begin"),
        ig.GymScene("count")
        .environment(Counting)
        .runtime(loading_timeout=300)
        .rendering(draw=draw, fps=10, width=240, height=120)
        .gameplay(actions={"ArrowUp": 1}, default_action=0, max_steps=3_000)
        .monitoring(hidden_warn_after=1, hidden_exclude_after=4, warning="Please come back to the game!"),
        ig.EndScene("thanks").content(header="Thanks"),
    )
)
