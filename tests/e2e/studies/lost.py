"""Two people of a crowd, one of whom is lost. LOST_RULES, LOST_PLAY and LOST_TURN, all JSON, say how they play.

The server reads them, and the pages are told.
"""

import json
import os

from crowd import Crowd, draw, wander

import interactive_gym as ig

RULES = json.loads(os.environ.get("LOST_RULES", "{}"))  # of ``multiplayer``; on_leave may be "bot"
PLAY = {"steps": 450, "episodes": 1, "input_mode": "pressed_keys", "pause": 1, "countdown": 1, "fps": 30}
PLAY |= json.loads(os.environ.get("LOST_PLAY", "{}"))
TURN = json.loads(os.environ.get("LOST_TURN", "[]"))
HEADER = "Thank you"

if RULES.get("on_leave") == "bot":
    RULES["on_leave"] = ig.TakeOver(wander)

experiment = ig.Experiment("lost").console(capture=False)  # frames are logged by the thousand
experiment = experiment.scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("game")
    .environment(Crowd, options={"agents": 2, "steps": PLAY["steps"], "all_walk": False})
    .rendering(draw=draw, fps=PLAY["fps"], width=400, height=400)
    .policies({"player0": ig.Human, "player1": ig.Human})
    .gameplay(
        actions={"ArrowRight": 1, "ArrowLeft": 2, "ArrowDown": 3, "ArrowUp": 4},
        default_action=0,
        episodes=PLAY["episodes"],
        pause=PLAY["pause"],
        input_mode=PLAY["input_mode"],
    )
    .waitroom(timeout=600, countdown=PLAY["countdown"])
    .content(header="Ready?", button=None)
    .multiplayer(**RULES),
    ig.EndScene("thanks").content(header=HEADER),
)
if TURN:
    experiment = experiment.webrtc(ice_servers=TURN, turn_secret=ig.secret("LOST_TURN_SECRET"))
