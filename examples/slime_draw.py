"""The picture of the slime volleyball example. The environment measures from the middle of the court, upwards."""

from math import pi

SCALE = 20
WIDTH, HEIGHT = 48 * SCALE, 22 * SCALE
GROUND = 1.5
NET_HEIGHT, NET_WIDTH = 3.5, 1.0
SLIME, BALL = 1.5, 0.5
FPS = 30
AGENTS = ("agent_left", "agent_right")
LOOKS = (("#3d7dd8", "#2a5aa3"), ("#ef7d3b", "#b9541c"))  # fill and outline, left and right


def draw(env, surface, agent):
    state = env._env_state
    draw_court(surface)
    for number, others_lives in enumerate(reversed(state.agent_life)):
        draw_points(surface, number, env.max_lives - int(others_lives), env.max_lives)
    ball = (to_x(state.ball_pos[0]), to_y(state.ball_pos[1]))
    for number, place in enumerate(state.agent_pos):
        draw_slime(surface, number, to_x(place[0]), to_y(place[1]), ball, is_own=AGENTS[number] == agent)
    draw_ball(surface, *ball)


def draw_court(surface):
    surface.circle(0.82 * WIDTH, 70, 38, "#fff3c4")
    for x, y, size in ((120, 80, 1.0), (420, 50, 0.8), (690, 110, 1.1)):
        for left, top, w, h in ((0, 0, 90, 34), (-30, 8, 60, 26), (32, 9, 64, 26)):
            surface.ellipse(x + left * size, y + top * size, w * size, h * size, "white", alpha=0.75)
    ground = to_y(GROUND)
    surface.ellipse(WIDTH * 0.2, ground, 560, 120, "#a9d59b")
    surface.ellipse(WIDTH * 0.75, ground, 720, 160, "#9acb8c")
    surface.rect(0, ground, WIDTH, HEIGHT - ground, "#e8c98f")
    surface.rect(0, ground, WIDTH, 4, "#cfa968")
    net = to_y(NET_HEIGHT)
    surface.rect(WIDTH / 2 - NET_WIDTH * SCALE / 2, net, NET_WIDTH * SCALE, ground - net, "#f8fafc")
    surface.circle(WIDTH / 2, net, NET_WIDTH * SCALE / 2, "#f8fafc")
    for y in range(int(net) + 8, int(ground), 12):
        surface.rect(WIDTH / 2 - NET_WIDTH * SCALE / 2, y, NET_WIDTH * SCALE, 3, "#c4ced8")


def draw_points(surface, number, points, of):
    fill, edge = LOOKS[number]
    for point in range(of):
        x = WIDTH / 2 + (24 + 24 * point) * (1 if number else -1)
        won = point < points
        look = {"outline": edge if won else "#8aa5b5", "line_width": 2}
        surface.circle(x, 26, 8, fill if won else None, id=f"point{number}-{point}", **look)


def draw_slime(surface, number, x, y, ball, is_own):
    fill, edge = LOOKS[number]
    name, size = AGENTS[number], SLIME * SCALE
    height = max(0.0, to_y(GROUND) - y)
    surface.ellipse(x, to_y(GROUND) + 5, 2 * size * (1 - height / 300), 9, "#7a5c2e", alpha=0.3, id=f"{name}-shadow")
    surface.arc(x, y, size, pi, 2 * pi, fill, outline=edge, line_width=3, id=f"{name}-body")
    surface.ellipse(x - 0.3 * size, y - 0.68 * size, 0.5 * size, 0.22 * size, "white", alpha=0.3, id=f"{name}-shine")
    eye_x, eye_y = x + 0.42 * size * (-1 if number else 1), y - 0.5 * size
    right, down = ball[0] - eye_x, ball[1] - eye_y
    far = max((right * right + down * down) ** 0.5, 1)
    surface.circle(eye_x, eye_y, 7, "white", outline=edge, line_width=1.5, id=f"{name}-eye")
    surface.circle(eye_x + 3 * right / far, eye_y + 3 * down / far, 3.4, "#1f2933", id=f"{name}-pupil")
    if is_own:
        top = y - size - 26
        points = [(x - 9, top), (x + 9, top), (x, top + 12)]
        surface.polygon(points, "white", outline=edge, line_width=2.5, id=f"{name}-marker")


def draw_ball(surface, x, y):
    size = BALL * SCALE
    surface.ellipse(x, to_y(GROUND) + 5, 2 * size, 6, "#7a5c2e", alpha=0.25, id="ball-shadow")
    surface.circle(x, y, size, "#f7d44c", outline="#a67c00", line_width=2.5, id="ball")
    surface.circle(x - 3, y - 3, 3, "#fff6cf", id="ball-shine")
    if y < -size:  # it will come back
        surface.polygon([(x - 9, 60), (x + 9, 60), (x, 46)], "#a67c00", id="ball-above")


def to_x(x):
    return WIDTH / 2 + float(x) * SCALE


def to_y(y):
    return HEIGHT - float(y) * SCALE


def hud(env, agent):
    own = AGENTS.index(agent)
    mine, theirs = (env.max_lives - int(env._env_state.agent_life[1 - side]) for side in (own, 1 - own))
    return f"You {mine} : {theirs} other · {(env.max_steps - env.t) // FPS} s left"
