"""An environment whose package does not import in a browser."""

import sys

import interactive_gym as ig

if sys.platform == "emscripten":  # fine wherever the researcher tries it
    raise ImportError("needs a real operating system")


def make_env():
    raise AssertionError("the browser does not get here")


def draw(env, surface):
    surface.circle(50, 50, 10, fill="#ff0000")


experiment = ig.Experiment("fails-to-import").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("game")
    .environment(make_env)
    .rendering(draw=draw, fps=30, width=200, height=100)
    .gameplay(actions={"ArrowRight": 1}, default_action=0),
    ig.EndScene("thanks").content(header="Thank you"),
)
