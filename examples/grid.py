"""A human and a scripted partner collect gems on a grid. The environment is in the style of PettingZoo (parallel)."""

import math
import random

from gymnasium.spaces import Discrete

import interactive_gym as ig

COLUMNS, ROWS, CELL = 10, 7, 60
STEPS = 240
MOVES = [(0, 0), (0, -1), (0, 1), (-1, 0), (1, 0)]  # stay, up, down, left, right
COLORS = {"you": ("#f28f3b", "#a9541a"), "robot": ("#5b8def", "#2b4f9e")}


class Gems:
    """Whoever steps on a gem gets a point, and the gem appears somewhere else."""

    possible_agents = ("you", "robot")

    def action_space(self, agent):
        return Discrete(len(MOVES))

    def reset(self, seed=None, options=None):
        self.random = random.Random(seed)
        self.agents = [*self.possible_agents]
        self.places = {"you": (1, 3), "robot": (8, 3)}
        self.points = dict.fromkeys(self.agents, 0)
        self.steps = 0
        self.gems = []
        while len(self.gems) < 4:
            self.gems.append(self.free_cell())
        return self.observations(), {agent: {} for agent in self.agents}

    def step(self, actions):
        self.steps += 1
        rewards = {agent: self.move(agent, action) for agent, action in actions.items()}
        over = dict.fromkeys(self.agents, self.steps >= STEPS)
        infos = {agent: {"points": self.points[agent]} for agent in self.agents}
        return self.observations(), rewards, dict.fromkeys(self.agents, False), over, infos

    def move(self, agent, action):
        (x, y), (dx, dy) = self.places[agent], MOVES[action]
        target = (min(max(x + dx, 0), COLUMNS - 1), min(max(y + dy, 0), ROWS - 1))
        if target not in self.places.values():
            self.places[agent] = target
        found = self.places[agent] in self.gems
        if found:
            self.gems[self.gems.index(self.places[agent])] = self.free_cell()
            self.points[agent] += 1
        return int(found)

    def free_cell(self):
        taken = [*self.places.values(), *self.gems]
        return self.random.choice([(x, y) for x in range(COLUMNS) for y in range(ROWS) if (x, y) not in taken])

    def observations(self):
        shared = {"gems": list(self.gems), "step": self.steps}
        return {agent: {"place": self.places[agent], **shared} for agent in self.agents}


def go_for_the_nearest(observation, agent):
    """The partner: every third step, one cell towards the nearest gem."""
    x, y = observation["place"]
    if observation["step"] % 3:
        return 0
    gem_x, gem_y = min(observation["gems"], key=lambda gem: abs(gem[0] - x) + abs(gem[1] - y))
    if gem_x != x:
        return 4 if gem_x > x else 3
    return 2 if gem_y > y else 1


def draw(env, surface):
    for x in range(COLUMNS):
        for y in range(ROWS):
            surface.rect(x * CELL, y * CELL, CELL, CELL, ("#dfe8d3", "#e9efe0")[(x + y) % 2])
    for number, (x, y) in enumerate(env.gems):
        draw_gem(surface, (x + 0.5) * CELL, (y + 0.5) * CELL + 2 * math.sin(env.steps / 3 + number))
    for agent, (x, y) in env.places.items():
        draw_agent(surface, agent, (x + 0.5) * CELL, (y + 0.5) * CELL)


def draw_gem(surface, x, y):
    surface.ellipse(x, y + 17, 22, 6, "black", alpha=0.15)
    surface.polygon([(x - 13, y - 5), (x - 7, y - 13), (x + 7, y - 13), (x + 13, y - 5), (x, y + 14)], "#2bb3a3")
    surface.polygon([(x - 13, y - 5), (x - 4, y - 5), (x, y + 14)], "#52cfc0")
    surface.polygon([(x - 7, y - 13), (x + 7, y - 13), (x + 4, y - 5), (x - 4, y - 5)], "#a6efe5")
    surface.polygon([(x + 13, y - 5), (x + 4, y - 5), (x, y + 14)], "#1d9184")


def draw_agent(surface, agent, x, y):
    fill, edge = COLORS[agent]
    slide = {"tween": 110, "depth": 1}
    surface.ellipse(x, y + 21, 38, 10, "black", alpha=0.2, id=f"{agent}-shadow", **slide)
    surface.circle(x, y, 21, fill, outline=edge, line_width=2.5, id=f"{agent}-body", **slide)
    surface.ellipse(x - 6, y - 9, 18, 11, "white", alpha=0.35, id=f"{agent}-shine", **slide)
    for eye in (-7, 7):
        surface.circle(x + eye, y + 1, 5, "white", id=f"{agent}-eye{eye}", **slide)
        surface.circle(x + eye, y + 2, 2.5, "#222831", id=f"{agent}-pupil{eye}", **slide)


def hud(env):
    return f"You {env.points['you']} · Robot {env.points['robot']} · {(STEPS - env.steps) // 8} s left"


experiment = ig.Experiment("gems").scenes(
    ig.StartScene("welcome").content(header="Collect the gems", body="<p>A robot does, too. Who gets more?</p>"),
    ig.GymScene("collect")
    .environment(Gems)
    .rendering(draw=draw, fps=8, width=COLUMNS * CELL, height=ROWS * CELL, hud=hud)
    .policies({"you": ig.Human, "robot": go_for_the_nearest})
    .gameplay(actions={"ArrowUp": 1, "ArrowDown": 2, "ArrowLeft": 3, "ArrowRight": 4}, default_action=0, episodes=2)
    .content(header="Ready?", body="<p>You are the orange one.</p>", game_text="<p>Move with the arrow keys.</p>"),
    ig.EndScene("thanks").content(header="Thank you", body="<p>You can close this page now.</p>"),
)

if __name__ == "__main__":
    experiment.run()
