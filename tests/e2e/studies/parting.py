"""Two people in one game. Whoever steps on the mine or looks away is taken out of it, and either may leave it."""

from gymnasium.spaces import Discrete

import interactive_gym as ig

STEP, MINE = 1, 2
COLORS = {"red": "#d62828", "blue": "#1d4ed8"}


class Walk:
    """Each of two counts steps, and nobody arrives."""

    possible_agents = ("red", "blue")

    def action_space(self, agent):
        return Discrete(3)

    def reset(self, seed=None, options=None):
        self.agents = [*self.possible_agents]
        self.places = dict.fromkeys(self.agents, 0)
        return dict(self.places), {agent: {} for agent in self.agents}

    def step(self, actions):
        rewards = {agent: float(actions[agent] == STEP) for agent in self.agents}
        for agent in self.agents:
            self.places[agent] += int(rewards[agent])
        nobody = dict.fromkeys(self.agents, False)
        return dict(self.places), rewards, nobody, nobody, {agent: {} for agent in self.agents}


def draw(env, surface, agent):
    surface.rect(0, 0, 400, 240, "#f4f4f0", id="ground", depth=-1)
    for row, (name, place) in enumerate(env.places.items()):
        outline = "black" if name == agent else None
        surface.circle(20 + place * 8 % 360, 80 + row * 80, 20, COLORS[name], id=name, outline=outline, line_width=3)


def watch(context):
    """Takes out whoever steps on the mine."""
    if any(row.actions.get(context.agent) == MINE for row in context.rows):
        return "You stepped on the mine."


experiment = (
    ig.Experiment("parting")
    .scenes(
        ig.StartScene("welcome").content(header="Welcome", body="<p>A walk for two.</p>"),
        ig.GymScene("walk")
        .environment(Walk)
        .rendering(draw=draw, fps=20, width=400, height=240)
        .policies({"red": ig.Human, "blue": ig.Human})
        .gameplay(actions={"ArrowRight": STEP, "ArrowDown": MINE}, default_action=0, max_steps=12_000)
        .content(header="Ready?", game_text="<p><kbd>→</kbd> walks.</p>", button="I am ready")
        .waitroom(timeout=120)
        .leaving()
        .monitoring(
            hidden_exclude_after=3,
            callback=watch,
            callback_every=1,
            partner_text="<p>Your partner was <b>taken out</b> of the game. You are paid in full.</p>",
        ),
        ig.EndScene("thanks").content(header="Thank you"),
    )
    .outcome("excluded", header="The game is over for you")
    .outcome("focus_timeout", header="The game is over for you", body="<p>You did not look at it.</p>")
    .outcome("withdrew", body="<p>You have left. What you have played is paid.</p>", code=True)
    .outcome("partner_left", header="You are alone", body="<p>Your partner has left. You are paid.</p>", code=True)
)
