"""Slime volleyball for two humans: slimevb's environment as it comes from PyPI (``pip install slimevb``).

With ``python slime_volley.py --bot``, or with ``BOT=1`` in the environment of ``interactive-gym run``, each participant
plays against a scripted slime instead. The picture is in slime_draw.
"""

import math
import os
import sys

from slime_draw import HEIGHT, WIDTH, draw, hud
from slime_volleyball.slimevolley_env import SlimeVolleyEnv

import interactive_gym as ig

WITH_BOT = "--bot" in sys.argv or os.environ.get("BOT") == "1"

STAY, LEFT, LEFT_JUMP, JUMP, RIGHT_JUMP, RIGHT = range(6)
GRAVITY = 22.05
REACH = 2  # height at which the ball meets a slime
WALL = 23.5
HOME = 11  # where the scripted slime waits


def make_env(points=5):
    """A game to so many points; the environment's own default is one."""
    env = SlimeVolleyEnv({"human_inputs": True})
    env.max_lives = points
    return env


def defend(observation, agent):
    """The scripted slime, on the right: stands behind the place where the ball comes down, and jumps at it."""
    x, y, _, _, ball_x, ball_y, ball_vx, ball_vy, *_ = (float(value) * 10 for value in observation["obs"])
    lands = landing(ball_x, ball_y, ball_vx, ball_vy)
    target = lands + 0.6 if lands > 0 else HOME
    near = abs(ball_x - x) < 2.2 and 0 < ball_y - y < 4.5 and ball_vy < 0
    if abs(target - x) < 0.4:
        return JUMP if near else STAY
    if target < x:
        return LEFT_JUMP if near else LEFT
    return RIGHT_JUMP if near else RIGHT


def landing(x, y, vx, vy):
    """Where a ball comes down; negative is on the other side of the net."""
    seconds = (vy + math.sqrt(max(vy * vy + 2 * GRAVITY * (y - REACH), 0))) / GRAVITY
    lands = x + vx * max(seconds, 0)
    return 2 * WALL - lands if lands > WALL else -2 * WALL - lands if lands < -WALL else lands


HOW = "<p>Left and right arrow: move. Up: jump.</p>"
SIDES = {"agent_left": "<b>blue</b> slime on the left", "agent_right": "<b>orange</b> slime on the right"}
TEXTS = {agent: f"<p>You are the {side}.</p>{HOW}" for agent, side in SIDES.items()}

volleyball = (
    ig.GymScene("volleyball")
    .environment(make_env, options={"points": 5})
    .rendering(draw=draw, fps=30, width=WIDTH, height=HEIGHT, background="#bfe3f7", hud=hud)
    .gameplay(
        actions={
            "ArrowLeft": LEFT,
            "ArrowRight": RIGHT,
            "ArrowUp": JUMP,
            ("ArrowLeft", "ArrowUp"): LEFT_JUMP,
            ("ArrowRight", "ArrowUp"): RIGHT_JUMP,
        },
        default_action=STAY,
        episodes=2,
        pause=2,
    )
)
if WITH_BOT:
    volleyball = volleyball.policies({"agent_left": ig.Human, "agent_right": defend})
    volleyball = volleyball.content(game_text={"agent_left": TEXTS["agent_left"]})
else:
    volleyball = volleyball.policies({"agent_left": ig.Human, "agent_right": ig.Human})
    volleyball = volleyball.content(game_text=TEXTS).waitroom(timeout=300)

experiment = ig.Experiment("slime-volleyball").scenes(
    ig.StartScene("welcome").content(
        header="Slime volleyball", body="<p>Whoever lets the ball drop on their side of the net loses the point.</p>"
    ),
    volleyball.content(header="Ready?", body=f"<p>Two games, to five points each.</p>{HOW}"),
    ig.EndScene("thanks").content(header="Thank you", body="<p>You can close this page now.</p>"),
)

if __name__ == "__main__":
    experiment.run()
