"""cogrid's Overcooked, unchanged: two humans. For measuring, not for playing; environment variables set it up."""

import os

from cogrid.envs import registry

import interactive_gym as ig

STAY = 6
SECONDS = float(os.environ.get("PAIR_SECONDS", "60"))
EPISODES = int(os.environ.get("PAIR_EPISODES", "1"))
GAMES = int(os.environ.get("PAIR_GAMES", "1"))
RELAY = os.environ.get("PAIR_RELAY", "fallback")
TURN = os.environ.get("PAIR_TURN")
TIMEOUT = float(os.environ.get("PAIR_TIMEOUT", "15"))
FPS = 30
COLORS = ("#3366cc", "#cc6633")


def make_env():
    env = registry.make("Overcooked-CrampedRoom-V0")
    env.max_steps = 10**6  # the scene's limit ends the game, not the environment's of 33 seconds
    return env


def draw(env, surface):
    for number, (agent_id, agent) in enumerate(env.env_agents.items()):
        row, column = agent.pos
        surface.circle(60 + 80 * column, 60 + 80 * row, 30, id=f"cook{agent_id}", fill=COLORS[number])


def kitchen(number):
    return (
        ig.GymScene(f"kitchen{number}")
        .environment(make_env)
        .rendering(draw=draw, fps=FPS, width=480, height=400, interpolate=False, smooth=False)
        .policies({0: ig.Human, 1: ig.Human})
        .gameplay(
            actions={"ArrowUp": 0, "ArrowDown": 1, "ArrowLeft": 2, "ArrowRight": 3, "w": 4, "q": 5},
            default_action=STAY,
            max_steps=round(SECONDS * FPS),
            episodes=EPISODES,
            pause=0,
        )
        .content(button=None)
        .waitroom(timeout=120, countdown=0)
        .multiplayer(input_delay=1, relay=RELAY)
    )


experiment = (
    ig.Experiment("overcooked-pair")
    .webrtc(timeout=TIMEOUT)
    .scenes(
        ig.StartScene("welcome").content(header="Welcome"),
        *map(kitchen, range(GAMES)),
        ig.EndScene("thanks").content(header="Thank you"),
    )
)
if TURN:
    experiment = experiment.webrtc(ice_servers=[TURN], turn_secret=ig.secret("PAIR_TURN_SECRET"))
