"""slimevb's volleyball, unchanged: one human, and an opponent who stands still. For measuring, not for playing."""

from slime_volleyball.slimevolley_env import SlimeVolleyEnv

import interactive_gym as ig


def stand_still(observation, agent):
    return 0


def draw(env, surface):
    surface.circle(100, 100, 10, id="ball", fill="#3366cc")


experiment = ig.Experiment("slime-alone").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("court")
    .environment(SlimeVolleyEnv)
    .rendering(draw=draw, fps=60, width=480, height=400)
    .policies({"agent_left": ig.Human, "agent_right": stand_still})
    .gameplay(actions={"ArrowLeft": 1, "ArrowRight": 2}, default_action=0, max_steps=3000),
    ig.EndScene("thanks").content(header="Thank you"),
)
