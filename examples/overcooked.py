"""Overcooked for two humans: cogrid's environment as it comes from PyPI (``pip install cogrid``), our own pictures.

With ``python overcooked.py --bot``, or with ``BOT=1`` in the environment of ``interactive-gym run overcooked.py``, each
participant cooks with a scripted partner instead. The pictures are in overcooked_art, and overcooked_draw shows them.
"""

import os
import random
import sys

from cogrid.envs import registry
from overcooked_draw import CELL, draw, hud

import interactive_gym as ig

WITH_BOT = "--bot" in sys.argv or os.environ.get("BOT") == "1"

UP, DOWN, LEFT, RIGHT, ACT, _, STAY = range(7)  # actions; the sixth is of no use in this kitchen
STEPS = {UP: (-1, 0), DOWN: (1, 0), LEFT: (0, -1), RIGHT: (0, 1)}
FACING = (RIGHT, DOWN, LEFT, UP)

# An observation of cogrid describes the own chef, the other chef, and then where everything is.
CHEF = 61
LOOK, HELD, POT, PLACE = slice(0, 4), slice(4, 9), slice(29, 41), slice(55, 57)
ITEMS = ("onion", "soup", "plate")
THINGS = ("counter", "delivery", "onion", "soup", "onions", "plate", "plates", "tomato", "tomato soup", "tomatoes")
ROWS, COLUMNS = 7, 11


def make_env():
    return registry.make("Overcooked-CrampedRoom-V0")


def cook(observation, agent):
    """The scripted partner: fetches onions, fills the pot, serves the soup; acts as often as people press keys."""
    if random.random() < 0.85:
        return STAY
    me, other = observation[:CHEF], observation[CHEF : 2 * CHEF]
    things = observation[2 * CHEF :].reshape(len(THINGS), ROWS, COLUMNS)
    where = {name: cells(mask) for name, mask in zip(THINGS, things, strict=True)}
    _, ready, _, cooking, *_, row, column = me[POT]
    pot = (int(row), int(column))
    targets = errand(held(me), held(other), where, pot, bool(ready), bool(cooking))
    return towards(targets, me, place(other), set().union(*where.values(), {pot}))


def errand(mine, others, where, pot, ready, cooking):
    """The cells that are worth to act on with what is in both chefs' hands."""
    full = ready or cooking
    if mine == "soup":
        return where["delivery"]
    if mine == ("plate" if full else "onion"):
        return {pot} if ready or not full else set()
    if mine:
        return where["counter"] - where["onion"] - where["plate"] - where["soup"]
    if full:
        return set() if others == "plate" else where["plates"] | where["plate"]
    return where["onions"] | where["onion"]


def towards(targets, me, other, taken):
    """Act on a target in front, or go the shortest way to one, around the other chef."""
    row, column = place(me)
    down, right = STEPS[FACING[int(me[LOOK].argmax())]]
    if (row + down, column + right) in targets:
        return ACT
    reached, seen = [((row, column), STAY)], {(row, column), other}
    for cell, first in reached:
        for action, (down, right) in STEPS.items():
            onto = (cell[0] + down, cell[1] + right)
            if onto in targets:
                return action if first == STAY else first
            if onto not in seen and onto not in taken:
                seen.add(onto)
                reached.append((onto, action if first == STAY else first))
    return STAY


def cells(mask):
    return {(int(row), int(column)) for row, column in zip(*mask.nonzero(), strict=True)}


def held(chef):
    return next((item for item, is_held in zip(ITEMS, chef[HELD], strict=False) if is_held), None)


def place(chef):
    row, column = chef[PLACE]
    return int(row), int(column)


HOW = "<p>Arrow keys: one step for each press. <kbd>W</kbd>: take and put down.</p>"
RULES = """
<p>Put three onions into the pot, wait until the soup is done, take it with a plate, and serve it at the green counter.
Each soup is worth 20 points, and the way to it a few.</p>
"""

kitchen = (
    ig.GymScene("kitchen")
    .environment(make_env)
    .rendering(draw=draw, fps=30, width=5 * CELL, height=4 * CELL, background="#f3e9d6", hud=hud)
    .assets(folder="overcooked_art", atlases={"kitchen": ("kitchen.png", "kitchen.json")})
    .gameplay(
        actions={"ArrowUp": UP, "ArrowDown": DOWN, "ArrowLeft": LEFT, "ArrowRight": RIGHT, "w": ACT},
        default_action=STAY,
        input_mode="single_keystroke",
        episodes=3,
        pause=2,
    )
)
if WITH_BOT:
    kitchen = kitchen.policies({0: ig.Human, 1: cook}).content(game_text=f"<p>You are the blue chef.</p>{HOW}")
else:
    colors = {0: "blue", 1: "orange"}
    texts = {agent: f"<p>You are the <b>{color}</b> chef.</p>{HOW}" for agent, color in colors.items()}
    kitchen = kitchen.policies({0: ig.Human, 1: ig.Human}).content(game_text=texts).waitroom(timeout=300)

experiment = ig.Experiment("overcooked").scenes(
    ig.StartScene("welcome").content(header="Cook together", body=RULES),
    kitchen.content(header="Ready?", body=f"<p>Three rounds of half a minute.</p>{HOW}"),
    ig.EndScene("thanks").content(header="Thank you", body="<p>You can close this page now.</p>"),
)

if __name__ == "__main__":
    experiment.run()
