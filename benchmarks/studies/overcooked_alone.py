"""cogrid's Overcooked, unchanged: one human, and a cook who stands still. For measuring, not for playing."""

from cogrid.envs import registry

import interactive_gym as ig

STAY = 6


def make_env():
    return registry.make("Overcooked-CrampedRoom-V0")


def stand_still(observation, agent):
    return STAY


def draw(env, surface):
    for agent_id, agent in env.env_agents.items():
        row, column = agent.pos
        surface.circle(60 + 80 * column, 60 + 80 * row, 30, id=f"cook{agent_id}", fill="#3366cc")


experiment = ig.Experiment("overcooked-alone").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("kitchen")
    .environment(make_env)
    .rendering(draw=draw, fps=30, width=480, height=400)
    .policies({0: ig.Human, 1: stand_still})
    .gameplay(
        actions={"ArrowUp": 0, "ArrowDown": 1, "ArrowLeft": 2, "ArrowRight": 3, "w": 4, "q": 5},
        default_action=STAY,
        max_steps=900,
    ),
    ig.EndScene("thanks").content(header="Thank you"),
)
