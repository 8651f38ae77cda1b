"""Tag for four humans, in an environment that is written here, in the style of PettingZoo (parallel).

With ``python tag.py --bot``, or with ``BOT=1`` in the environment of ``interactive-gym run tag.py``, each participant
plays with three scripted players instead. The picture is in tag_draw.
"""

import os
import random
import sys

from gymnasium.spaces import Discrete
from tag_draw import HEIGHT, PILLARS, RADIUS, WIDTH, draw

import interactive_gym as ig

WITH_BOTS = "--bot" in sys.argv or os.environ.get("BOT") == "1"

FPS = 30
STEPS = 45 * FPS
STUNNED = FPS  # steps that whoever was tagged stands still
REST = 2 * FPS  # steps between two dashes
WAYS = [(0, 0), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)]  # clockwise from up
DASH = len(WAYS)  # added to a way
CORNERS = [(0.15, 0.2), (0.85, 0.2), (0.15, 0.8), (0.85, 0.8)]


class Player:
    def __init__(self, x, y):
        self.x, self.y = x, y
        self.vx = self.vy = 0.0
        self.rest = self.stunned = self.points = 0

    def move(self, action, speed):
        self.rest, self.stunned = max(self.rest - 1, 0), max(self.stunned - 1, 0)
        right, down = (0, 0) if self.stunned else WAYS[action % DASH]
        push = speed * (0.7071 if right and down else 1)
        if action >= DASH and not self.rest and not self.stunned and (right or down):
            push, self.rest = push * 9, REST
        self.vx, self.vy = 0.8 * self.vx + push * right, 0.8 * self.vy + push * down
        self.x = min(max(self.x + self.vx, RADIUS), WIDTH - RADIUS)
        self.y = min(max(self.y + self.vy, RADIUS), HEIGHT - RADIUS)
        for x, y, size in PILLARS:
            self.keep_away(x, y, size + RADIUS)

    def keep_away(self, x, y, distance):
        away = self.distance(x, y)
        if 0 < away < distance:
            self.x, self.y = x + (self.x - x) * distance / away, y + (self.y - y) * distance / away

    def distance(self, x, y):
        return ((self.x - x) ** 2 + (self.y - y) ** 2) ** 0.5


class Tag:
    """One is it, and faster than the others; whoever is touched is it next, and cannot touch back.

    All but the one who is it get a point for each second.
    """

    possible_agents = ("blue", "orange", "green", "purple")

    def action_space(self, agent):
        return Discrete(2 * DASH)

    def reset(self, seed=None, options=None):
        corners = random.Random(seed).sample(CORNERS, len(CORNERS))
        self.agents = [*self.possible_agents]
        self.players = {a: Player(x * WIDTH, y * HEIGHT) for a, (x, y) in zip(self.agents, corners, strict=True)}
        self.it, self.safe = random.Random(seed).choice(self.agents), None
        self.players[self.it].stunned = STUNNED
        self.steps = 0
        return self.observations(), {agent: {} for agent in self.agents}

    def step(self, actions):
        self.steps += 1
        for agent, action in actions.items():
            self.players[agent].move(action, 1.75 if agent == self.it else 1.5)
        self.tag()
        paid = {agent: int(agent != self.it and self.steps % FPS == 0) for agent in self.agents}
        for agent, points in paid.items():
            self.players[agent].points += points
        over = dict.fromkeys(self.agents, self.steps >= STEPS)
        infos = {agent: {"is_it": agent == self.it} for agent in self.agents}
        return self.observations(), paid, dict.fromkeys(self.agents, False), over, infos

    def tag(self):
        chaser = self.players[self.it]
        for agent, player in self.players.items():
            is_near = player.distance(chaser.x, chaser.y) < 2 * RADIUS
            if is_near and agent not in (self.it, self.safe) and not chaser.stunned:
                self.it, self.safe, player.stunned = agent, self.it, STUNNED
                return

    def observations(self):
        places = {agent: (player.x, player.y) for agent, player in self.players.items()}
        return {agent: {"places": places, "it": self.it, "safe": self.safe} for agent in self.agents}


def chase_or_run(observation, agent):
    """The scripted player: towards the nearest other player, or away from the one who is it."""
    places, it = observation["places"], observation["it"]
    x, y = places[agent]
    others = [place for other, place in places.items() if other not in (agent, observation["safe"])]
    target_x, target_y = min(others, key=lambda at: (at[0] - x) ** 2 + (at[1] - y) ** 2) if agent == it else places[it]
    right, down = target_x - x, target_y - y
    if agent != it:  # away, and from afar rather to the middle than into a corner
        fear = 90_000 / max(right * right + down * down, 1)
        right, down = WIDTH / 2 - x - fear * right, HEIGHT / 2 - y - fear * down
    longer = max(abs(right), abs(down), 1)
    return WAYS.index((round(right / longer), round(down / longer)))


def hud(env, agent):
    left = f"{(STEPS - env.steps) // FPS} s left"
    task = "You are it: catch somebody!" if agent == env.it else f"{env.it.capitalize()} is it: run!"
    return f"{task} · {env.players[agent].points} points · {left}"


ARROWS = ["ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft"]
KEYS = {ARROWS[side]: 1 + 2 * side for side in range(4)}
KEYS |= {(ARROWS[side], ARROWS[(side + 1) % 4]): 2 + 2 * side for side in range(4)}
KEYS |= {(*(keys if isinstance(keys, tuple) else (keys,)), " "): way + DASH for keys, way in KEYS.items()} | {" ": DASH}
HOW = "<p>Arrow keys: run. Space, together with them: a dash, every two seconds.</p>"

tag = (
    ig.GymScene("tag")
    .environment(Tag)
    .rendering(draw=draw, fps=FPS, width=WIDTH, height=HEIGHT, background="#20313f", hud=hud)
    .gameplay(actions=KEYS, default_action=0, episodes=2, pause=3)
    .content(header="Ready?", body=f"<p>Do not get caught. Two rounds.</p>{HOW}")
)
if WITH_BOTS:
    tag = tag.policies({"blue": ig.Human, **dict.fromkeys(Tag.possible_agents[1:], chase_or_run)}).content(
        game_text=f"<p>You are the <b>blue</b> one.</p>{HOW}"
    )
else:
    told = {agent: f"<p>You are the <b>{agent}</b> one.</p>{HOW}" for agent in Tag.possible_agents}
    tag = tag.policies(dict.fromkeys(Tag.possible_agents, ig.Human)).content(game_text=told).waitroom(timeout=300)

experiment = ig.Experiment("tag").scenes(
    ig.StartScene("welcome").content(
        header="Tag", body="<p>Whoever is it catches the next. A point for each second as another.</p>"
    ),
    tag,
    ig.EndScene("thanks").content(header="Thank you", body="<p>You can close this page now.</p>"),
)

if __name__ == "__main__":
    experiment.run()
