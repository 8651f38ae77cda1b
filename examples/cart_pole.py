"""CartPole-v1 of Gymnasium, unchanged: keep the pole upright with one key."""

import math

import interactive_gym as ig

WIDTH, HEIGHT = 600, 400
TRACK_Y = 300
POLE = 170
LIMIT = math.radians(12)  # Gymnasium ends the episode there
FPS = 12  # a quarter of the speed that Gymnasium has in mind, so that people can keep up
SMOOTH = {"tween": 1000 / FPS}
NIGHT = [(20 + 2 * band, 25 + 3 * band, 50 + 4 * band) for band in range(16)]
STARS = [(60, 50, 1.5), (150, 110, 1), (235, 40, 1.2), (330, 90, 1), (420, 35, 1.6), (505, 120, 1.1), (560, 60, 1.3)]


def draw(env, surface):
    position, _, angle, _ = env.unwrapped.state
    x = WIDTH / 2 + position * 100
    draw_stage(surface)
    draw_limits(surface, x, danger=min(1, abs(angle) / LIMIT))
    draw_cart(surface, x)
    draw_pole(surface, x, TRACK_Y - 44, angle)


def draw_stage(surface):
    for band, color in enumerate(NIGHT):
        surface.rect(0, 20 * band, WIDTH, 21, color)
    for x, y, size in STARS:
        surface.circle(x, y, size, "white", alpha=0.7)
    surface.rect(0, TRACK_Y + 6, WIDTH, HEIGHT, "#10142a")
    surface.rect(0, TRACK_Y + 6, WIDTH, 4, "#3b4a78")
    for x in range(60, WIDTH, 40):
        surface.line(x, TRACK_Y + 14, x - 10, TRACK_Y + 34, "#232c50", line_width=3)
    for x in (WIDTH / 2 - 240, WIDTH / 2 + 240):  # where the track ends
        surface.rect(x - 5, TRACK_Y - 26, 10, 32, "#e2574c")
        surface.rect(x - 5, TRACK_Y - 26, 10, 6, "#ff8d7f")


def draw_limits(surface, x, danger):
    """The sector in which the pole has to stay; the nearer its edge, the redder."""
    up = -math.pi / 2
    color = (int(90 + 165 * danger), int(190 - 90 * danger), int(170 - 70 * danger))
    surface.arc(x, TRACK_Y - 44, POLE + 26, up - LIMIT, up + LIMIT, color, alpha=0.16, id="sector", **SMOOTH)
    rim = {"outline": color, "line_width": 3, "pie": False, "id": "rim", **SMOOTH}
    surface.arc(x, TRACK_Y - 44, POLE + 26, up - LIMIT, up + LIMIT, None, **rim)


def draw_cart(surface, x):
    surface.ellipse(x, TRACK_Y + 8, 112, 10, "black", alpha=0.35, id="shadow", **SMOOTH)
    surface.rect(x - 45, TRACK_Y - 44, 90, 36, "#3f8fd2", outline="#1d4f80", line_width=2, id="cart", **SMOOTH)
    surface.rect(x - 43, TRACK_Y - 42, 86, 9, "#74b8ec", id="shine", **SMOOTH)
    surface.rect(x - 30, TRACK_Y - 26, 60, 8, "#2a6ba5", id="slot", **SMOOTH)
    for side in (-26, 26):
        wheel, y = x + side, TRACK_Y - 4
        surface.circle(wheel, y, 11, "#1b2036", outline="#8fa0cc", line_width=2, id=f"wheel{side}", **SMOOTH)
        for spoke in range(3):
            turn = {"rotation": wheel / 11 + spoke * math.pi / 3, "id": f"spoke{side}{spoke}", **SMOOTH}
            surface.line(wheel - 8, y, wheel + 8, y, "#8fa0cc", line_width=1.5, **turn)


def draw_pole(surface, x, y, angle):
    tip_x, tip_y = x + POLE * math.sin(angle), y - POLE * math.cos(angle)
    surface.line(x, y, tip_x, tip_y, "#c98a4b", line_width=10, id="pole", **SMOOTH)
    surface.line(x - 2, y, tip_x - 2, tip_y, "#eab67c", line_width=3, id="edge", **SMOOTH)
    surface.circle(tip_x, tip_y, 12, "#ffd166", outline="#d99a2b", line_width=2, id="ball", **SMOOTH)
    surface.circle(tip_x - 4, tip_y - 4, 3.5, "#fff3cf", id="glint", **SMOOTH)
    surface.circle(x, y, 8, "#e8edf8", outline="#8fa0cc", line_width=2, id="joint", **SMOOTH)


experiment = ig.Experiment("cart-pole").scenes(
    ig.StartScene("welcome").content(
        header="Keep the pole upright",
        body="<p>The cart's motor never rests: it pushes to the left, unless you hold the right arrow key.</p>",
    ),
    ig.GymScene("balance")
    .environment("CartPole-v1")
    .rendering(draw=draw, fps=FPS, width=WIDTH, height=HEIGHT, hud="Try {episode} of {episodes} · {score:.0f} points")
    .gameplay(actions={"ArrowLeft": 0, "ArrowRight": 1}, default_action=0, episodes=3, pause=1.5)
    .content(
        header="Ready?",
        body="<p>You have three tries. Each ends when the pole leaves its sector, or the cart its track.</p>",
        game_text="<p>Hold <kbd>→</kbd> to push right.</p>",
    ),
    ig.EndScene("thanks").content(header="Thank you", body="<p>You can close this page now.</p>"),
)

if __name__ == "__main__":
    experiment.run()
