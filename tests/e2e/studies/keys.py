"""What the keys do: the line above the game lists the actions that the env was given, and 9 ends the episode."""

import interactive_gym as ig

DEFAULT, RIGHT, UP, RIGHT_UP, FIRE, LETTER, END = 0, 1, 2, 3, 4, 5, 9


class Echo:
    """``heard`` has every action once for as long as it does not change."""

    def __init__(self) -> None:
        from gymnasium.spaces import Discrete

        self.action_space = Discrete(10)
        self.observation_space = Discrete(1)

    def reset(self, *, seed=None, options=None):
        self.heard = []
        return 0, {}

    def step(self, action):
        if self.heard[-1:] != [int(action)]:
            self.heard.append(int(action))
        return 0, 0.0, action == END, False, {}

    def close(self):
        pass


def draw(env, surface):
    surface.circle(50, 50, 10, fill="#ff0000")


def heard(env):
    return " ".join(map(str, env.heard))


game = (
    ig.GymScene("held")
    .environment(Echo)
    .runtime(loading_timeout=300)
    .rendering(draw=draw, hud=heard, fps=10, width=200, height=100)
    .gameplay(
        actions={
            "ArrowRight": RIGHT,
            "ArrowUp": UP,
            ("ArrowRight", "ArrowUp"): RIGHT_UP,
            " ": FIRE,
            "w": LETTER,
            "e": END,
        },
        default_action=DEFAULT,
    )
    .content(header="Hold", game_text='<label>Chat <input id="chat"></label><button id="idle">Idle</button>')
)

experiment = ig.Experiment("keys").scenes(
    ig.StartScene("welcome").content(header="Welcome", body="<div style='height: 3000px'>Long</div>"),
    ig.StaticScene("more").content(header="More", body="<div style='height: 3000px'>Long, too</div>"),
    game,
    ig.GymScene("tapped")
    .environment(Echo)
    .runtime(loading_timeout=300)
    .rendering(draw=draw, hud=heard, fps=5, width=200, height=100)
    .gameplay(
        actions={"ArrowRight": RIGHT, "ArrowUp": UP, ("ArrowRight", "ArrowUp"): RIGHT_UP, "e": END},
        default_action=DEFAULT,
        input_mode="single_keystroke",
    )
    .content(header="Tap"),
    ig.GymScene("unseen")
    .environment(Echo)
    .runtime(loading_timeout=300)
    .rendering(draw=draw, fps=20, width=200, height=100)
    .gameplay(actions={"ArrowRight": RIGHT, "e": END}, default_action=DEFAULT)
    .content(header="Look away"),
    ig.EndScene("thanks").content(header="Thank you"),
)
