"""People and bots who push each other about. The environment is full of what tempts two worlds to differ.

It draws from generators that nobody seeded, reads the clock, and has sparse infos of all kinds. How many take part, and
how, is set by environment variables: the server reads them, and the pages are told.
"""

import os
import random
import time

import numpy as np
import patient  # noqa: F401
from gymnasium.spaces import Discrete

import interactive_gym as ig

HUMANS = int(os.environ.get("CROWD_HUMANS", "2"))
BOTS = int(os.environ.get("CROWD_BOTS", "0"))
EPISODES = int(os.environ.get("CROWD_EPISODES", "1"))
STEPS = int(os.environ.get("CROWD_STEPS", "90"))
ALL_WALK = bool(os.environ.get("CROWD_ALL_WALK"))  # nor does an episode end before everybody has
GAMES = int(os.environ.get("CROWD_GAMES", "1"))
RELAY = os.environ.get("CROWD_RELAY", "fallback")
COUNTDOWN = float(os.environ.get("CROWD_COUNTDOWN", "0"))
FPS = int(os.environ.get("CROWD_FPS", "30"))
FEWER_AFTER = float(os.environ.get("CROWD_FEWER_AFTER", "0"))  # seconds; 0: all have to be there
NEAR = float(os.environ.get("CROWD_NEAR", "0"))  # ms to a partner and back, at most; 0: anybody will do
WAIT = float(os.environ.get("CROWD_WAIT", "300"))  # seconds; where all have to be near, a bot is the partner then
SIZE = 20
MOVES = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
COLORS = ["#d62828", "#1d4ed8", "#2a9d46", "#e0a100", "#7b2cbf", "#0aa3b5", "#555555", "#111111"]


class Crowd:
    """Whoever walks into somebody takes a point from them, and the wind takes some along."""

    def __init__(self, agents, steps, all_walk):
        self.possible_agents = [f"player{k}" for k in range(agents)]
        self.steps = steps
        self.all_walk = all_walk

    def action_space(self, agent):
        return Discrete(len(MOVES))

    def reset(self, seed=None, options=None):
        self.agents = [*self.possible_agents]
        self.random = np.random.default_rng(seed)
        self.places = {agent: self.random.integers(0, SIZE, 2) for agent in self.agents}
        self.count = 0
        self.idle = [*self.agents] if self.all_walk else []
        return self.seen(), {agent: {"start": self.places[agent].copy()} for agent in self.agents}

    def step(self, actions):
        self.count += 1
        rewards = dict.fromkeys(self.agents, np.float32(0))
        self.idle = [agent for agent in self.idle if actions[agent] == 0]
        for agent, action in actions.items():
            target = np.clip(self.places[agent] + MOVES[action], 0, SIZE - 1)
            for other in self.agents:
                if other != agent and (self.places[other] == target).all():
                    rewards[agent] += 1
                    rewards[other] -= 1
            self.places[agent] = target
        wind = np.random.default_rng().integers(0, 100)
        if wind < 5:
            self.places[random.choice(self.agents)] = self.random.integers(0, SIZE, 2)
        infos = {agent: {"wind": wind} if wind < 20 else {} for agent in self.agents}
        infos[self.agents[0]]["clock"] = time.time()
        over = dict.fromkeys(self.agents, self.count >= self.steps and not self.idle)
        return self.seen(), rewards, over, dict.fromkeys(self.agents, False), infos

    def seen(self):
        return {agent: np.concatenate([self.places[agent], [self.count]]) for agent in self.agents}


def wander(observation, agent):
    """A bot that moves on what it sees, and by chance."""
    return (int(observation.sum()) + random.randrange(2)) % len(MOVES)


def draw(env, surface, agent):
    surface.rect(0, 0, 400, 400, "#f4f4f0", id="ground", depth=-1)
    for number, (name, (x, y)) in enumerate(env.places.items()):
        outline = "black" if name == agent else None
        surface.rect(int(x) * 20, int(y) * 20, 20, 20, COLORS[number], id=name, outline=outline, line_width=3)


def hud(env, agent):
    return f"{agent}: {env.count} of {env.steps}"


def scene(number):
    players = {f"player{k}": ig.Human if k < HUMANS else wander for k in range(HUMANS + BOTS)}
    made = (
        ig.GymScene(f"crowd{number}")
        .environment(Crowd, options={"agents": HUMANS + BOTS, "steps": STEPS, "all_walk": ALL_WALK})
        .runtime(loading_timeout=300)
        .rendering(draw=draw, fps=FPS, width=400, height=400, hud=hud)
        .policies(players)
        .gameplay(
            actions={"ArrowRight": 1, "ArrowLeft": 2, "ArrowDown": 3, "ArrowUp": 4},
            default_action=0,
            episodes=EPISODES,
            pause=0.5,
            record_observations=True,
        )
        .content(header="Ready?", button=None)
    )
    if HUMANS == 1:
        return made
    made = made.waitroom(timeout=WAIT, countdown=COUNTDOWN).multiplayer(relay=RELAY)
    if NEAR:
        made = made.content(button="I am ready")
        return made.waitroom(matcher=ig.Latency(max_p2p_rtt=NEAR), on_timeout="bot", bot=wander)
    if not FEWER_AFTER:
        return made
    near = ig.Latency(max_p2p_rtt=10_000)
    made = made.content(button="I am ready")
    return made.waitroom(matcher=near, start_smaller_after=FEWER_AFTER, min_group=1, bot=wander)


experiment = (
    ig.Experiment("crowd")
    .webrtc(timeout=120)
    .scenes(
        ig.StartScene("welcome").content(header="Welcome", body="<p>A crowd.</p>"),
        *map(scene, range(GAMES)),
        ig.EndScene("thanks").content(header="Thank you"),
    )
)

if __name__ == "__main__":
    experiment.run()
