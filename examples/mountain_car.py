"""MountainCar-v0 of Gymnasium, unchanged, with a picture of its own. The car is too weak for the hill: swing it up."""

import math

import interactive_gym as ig

WIDTH, HEIGHT = 600, 400
LEFT, RIGHT, FLAG = -1.2, 0.6, 0.5  # positions on the track, as Gymnasium has them

SKY = [(122 + 8 * band, 194 + 3 * band, 240 - band) for band in range(16)]  # from blue to a warm horizon
CLOUDS = [(300, 62, 1.0), (486, 104, 0.7), (196, 124, 0.55)]  # x, y, size
TREES = [(-1.12, 0.8), (-1.0, 1.0), (-0.14, 0.7), (0.02, 0.9), (0.42, 0.7)]  # position, size
BODY = [(-25, -8), (-24, -17), (-13, -19), (-7, -28), (9, -28), (16, -19), (24, -16), (26, -8)]
WINDOW = [(-9, -19), (-5, -25), (7, -25), (12, -19)]


def on_track(position):
    """Where a position of the car is in the picture."""
    height = math.sin(3 * position) * 0.45 + 0.55
    return WIDTH * (position - LEFT) / (RIGHT - LEFT), 310 - 190 * height


def hills(base, height, length, shift):
    """The outline of a range of hills that fills the picture below it."""
    tops = [(x, base - height * math.sin(x / length + shift) ** 2) for x in range(0, WIDTH + 1, 10)]
    return [*tops, (WIDTH, HEIGHT), (0, HEIGHT)]


TRACK = [on_track(LEFT + (RIGHT - LEFT) * part / 60) for part in range(61)]
LANDSCAPE = [
    (hills(285, 120, 95, 0.4), "#a3c9d9"),
    (hills(315, 100, 72, 1.9), "#86bbb4"),
    (hills(345, 80, 115, 2.6), "#6aa98f"),
    ([*TRACK, (WIDTH, HEIGHT), (0, HEIGHT)], "#5b9e4d"),
    ([*((x, y + 9) for x, y in TRACK), (WIDTH, HEIGHT), (0, HEIGHT)], "#8a6844"),
    ([*((x, y + 34) for x, y in TRACK), (WIDTH, HEIGHT), (0, HEIGHT)], "#765637"),
]


def turned(points, x, y, angle):
    """A shape around (0, 0), moved to (x, y) and turned there."""
    cos, sin = math.cos(angle), math.sin(angle)
    return [(x + px * cos - py * sin, y + px * sin + py * cos) for px, py in points]


def draw(env, surface):
    position = float(env.unwrapped.state[0])
    draw_landscape(surface)
    draw_flag(surface, *on_track(FLAG))
    (x, y), (ahead_x, ahead_y) = on_track(position), on_track(position + 0.01)
    draw_car(surface, x, y, math.atan2(ahead_y - y, ahead_x - x))


def draw_landscape(surface):
    for band, color in enumerate(SKY):
        surface.rect(0, 20 * band, WIDTH, 21, color)
    surface.circle(104, 84, 48, "#fff1bd", alpha=0.4)
    surface.circle(104, 84, 31, "#ffdf85")
    for x, y, size in CLOUDS:
        for dx, dy, width, height in [(0, 0, 92, 30), (-34, 6, 60, 20), (36, 7, 66, 20), (6, -11, 46, 26)]:
            surface.ellipse(x + dx * size, y + dy * size, width * size, height * size, "#f3fafd")
    for outline, color in LANDSCAPE:
        surface.polygon(outline, color)
    for position, size in TREES:
        draw_tree(surface, *on_track(position), size)


def draw_tree(surface, x, y, size):
    surface.rect(x - 3 * size, y - 10 * size, 6 * size, 12 * size, "#6b4a2f")
    for tier, color in enumerate(["#2f7048", "#38805a", "#43906a"]):
        low, wide = y - (8 + 13 * tier) * size, (17 - 4 * tier) * size
        surface.polygon([(x - wide, low), (x + wide, low), (x, low - 24 * size)], color)


def draw_flag(surface, x, y):
    surface.ellipse(x, y + 1, 18, 6, "#3f7a36")
    surface.line(x, y, x, y - 58, "#4a4f57", line_width=3)
    surface.polygon([(x - 1, y - 57), (x - 36, y - 47), (x - 1, y - 36)], "#e8483f")
    surface.polygon([(x - 1, y - 46), (x - 36, y - 47), (x - 1, y - 36)], "#c93a34")


def draw_car(surface, x, y, slope):
    surface.polygon(turned([(-28, 1), (28, 1), (22, 5), (-22, 5)], x, y, slope), "black", alpha=0.22)
    surface.polygon(turned(BODY, x, y, slope), "#ee7435", outline="#b24d1c", line_width=1.5)
    surface.polygon(turned(WINDOW, x, y, slope), "#d8f0f7")
    for (wheel_x, wheel_y), spoke in zip(turned([(-14, -6), (15, -6)], x, y, slope), (0, 1), strict=True):
        surface.circle(wheel_x, wheel_y, 7, "#2c2f36")
        surface.circle(wheel_x, wheel_y, 3.5, "#d5d9de")
        (x1, y1), (x2, y2) = turned([(-5, 0), (5, 0)], wheel_x, wheel_y, x / 7 + spoke)
        surface.line(x1, y1, x2, y2, "#8b919a", line_width=1.5)


experiment = ig.Experiment("mountain-car").scenes(
    ig.StartScene("welcome").content(
        header="Drive up the mountain",
        body="<p>Your car is too weak for the hill. Swing it back and forth until it reaches the flag.</p>",
    ),
    ig.StaticScene("about-you").content(
        header="Before you start",
        body="<label>How often do you play video games? "
        '<select name="games"><option>never</option><option>sometimes</option><option>daily</option></select></label>',
    ),
    ig.GymScene("drive")
    .environment("MountainCar-v0", options={"max_episode_steps": 600})
    .rendering(draw=draw, fps=30, width=WIDTH, height=HEIGHT, hud="Drive {episode} of {episodes} · {seconds:.0f} s")
    .gameplay(actions={"ArrowLeft": 0, "ArrowRight": 2}, default_action=1, episodes=2, pause=2)
    .content(
        header="Ready?", body="<p>You drive twice.</p>", game_text="<p>Push with <kbd>←</kbd> and <kbd>→</kbd>.</p>"
    ),
    ig.CompletionCodeScene("thanks").content(header="Well driven", body="<p>Please hand in this code.</p>"),
)

if __name__ == "__main__":
    experiment.run()
