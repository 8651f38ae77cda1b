"""An environment whose package is not installed."""

import interactive_gym as ig


def make_env():
    import nonexistent_kitchen

    return nonexistent_kitchen.Env()


def draw(env, surface):
    surface.circle(50, 50, 10, fill="#ff0000")


experiment = ig.Experiment("package-missing").scenes(
    ig.StartScene("welcome").content(header="Welcome"),
    ig.GymScene("game")
    .environment(make_env)
    .rendering(draw=draw, fps=30, width=200, height=100)
    .gameplay(actions={"ArrowRight": 1}, default_action=0),
    ig.EndScene("thanks").content(header="Thank you"),
)
