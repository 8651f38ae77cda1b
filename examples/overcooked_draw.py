"""The picture of the Overcooked example, put together from the sprites in overcooked_art."""

from math import pi

from cogrid.core.objects import get_object_names

CELL = 120
FPS = 30
NAMES = get_object_names(scope="overcooked")
COLORS = ("blue", "orange")
SIDES = ("right", "down", "left", "up")
IN_FRONT = ((0.36, 0.16), (0, 0.22), (-0.36, 0.16), (0, -0.02))  # of a chef who looks there, in cells
COOKING_STEPS = 30
GLIDE = {"tween": 90}


def draw(env, surface, agent):
    state = env.get_state()
    draw_room(surface, state)
    draw_pots(surface, state["extra_state"])
    chefs = zip(state["agent_pos"], state["agent_dir"], state["agent_inv"], strict=True)
    for number, (place, side, (item,)) in enumerate(chefs):
        draw_chef(surface, number, place, side, item, is_own=number == agent)


def draw_room(surface, state):
    for row, (things, items) in enumerate(zip(state["object_type_map"], state["object_state_map"], strict=True)):
        for column, (thing, item) in enumerate(zip(things, items, strict=True)):
            x, y = column * CELL, row * CELL
            if not thing:
                surface.rect(x, y, CELL, CELL, ("#efe2c8", "#f7eedb")[(row + column) % 2])
            elif NAMES[thing] != "pot":
                sprite(surface, NAMES[thing], x + CELL / 2, y + CELL / 2)
            if thing and item and NAMES[thing] == "counter":
                sprite(surface, NAMES[item], x + CELL / 2, y + CELL * 0.42, 0.75)


def draw_pots(surface, extra):
    kept = (extra[f"overcooked.pot_{what}"]["data"] for what in ("positions", "contents", "timer"))
    for (row, column), contents, left in zip(*kept, strict=True):
        x, y = (column + 0.5) * CELL, (row + 0.5) * CELL
        onions = sum(item > 0 for item in contents)
        look = onions if onions < len(contents) else "cooking" if left else "ready"
        sprite(surface, f"pot_{look}", x, y)
        if look == "cooking":
            done = 1 - left / COOKING_STEPS
            top = -pi / 2
            surface.arc(x, y - 8, 26, top, top + 2 * pi * done, None, pie=False, outline="white", line_width=7)
        elif look == "ready":
            surface.circle(x + 36, y - 36, 14, "#2f9e63", outline="white", line_width=3)
            surface.polygon([(x + 29, y - 36), (x + 34, y - 31), (x + 43, y - 41)], None, outline="white", line_width=3)


def draw_chef(surface, number, place, side, item, is_own):
    x, y, depth = (place[1] + 0.5) * CELL, (place[0] + 0.34) * CELL, 1 + place[0]
    name = f"chef{number}"
    if is_own:
        ring = {"outline": "#ffc933", "line_width": 6, "depth": 0.5}
        surface.ellipse(x, y + 0.44 * CELL, 0.78 * CELL, 0.3 * CELL, None, id=f"{name}-ring", **ring, **GLIDE)
        draw_marker(surface, x, y - 0.68 * CELL, name)
    shown = [(f"{COLORS[number]}_{SIDES[side]}", x, y, 1.1, f"{name}-body")]
    if item > 0:
        right, down = IN_FRONT[side]
        shown.append((NAMES[item], x + right * CELL, y + (down + 0.16) * CELL, 0.55, f"{name}-item"))
    for frame, left, top, size, id in shown if SIDES[side] != "up" else reversed(shown):
        sprite(surface, frame, left, top, size, id=id, depth=depth, **GLIDE)


def draw_marker(surface, x, y, name):
    """An arrow that points at the player's own chef."""
    points = [(x - 13, y - 8), (x + 13, y - 8), (x, y + 9)]
    surface.polygon(points, "#ffffff", outline="#33272a", line_width=3, depth=9, id=f"{name}-marker", **GLIDE)


def sprite(surface, frame, x, y, size=1.0, **look):
    """The picture ``frame`` around (x, y), ``size`` cells wide and high."""
    surface.image("kitchen", x, y, size * CELL, size * CELL, frame=frame, anchor=(0.5, 0.5), **look)


def hud(env):
    left = (env.max_steps - env.t + FPS - 1) // FPS
    return f"{env.cumulative_score / 2:.0f} points · {left} s left"
