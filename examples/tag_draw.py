"""The picture of the tag example, as each of the four players sees it."""

from math import pi

WIDTH, HEIGHT = 900, 600
RADIUS = 22
PILLARS = ((250, 300, 42), (650, 300, 42), (450, 150, 34), (450, 450, 34))  # x, y, radius
COLORS = {"blue": "#4c8dff", "orange": "#ff9f45", "green": "#4ccb7f", "purple": "#b07bff"}
SHADE = "#15222c"
LATE = 60  # steps that a dash takes to come back


def draw(env, surface, agent):
    draw_floor(surface)
    draw_board(surface, env)
    for name, player in env.players.items():
        if name == env.it:
            draw_it(surface, player, env.steps)
        edge = "#ff4d5e" if name == env.it else "#7fe0ff" if name == env.safe else "#ffffff"
        draw_player(surface, name, player, edge)
    draw_own(surface, env.players[agent])


def draw_floor(surface):
    for column in range(WIDTH // 60):
        for row in range(HEIGHT // 60):
            if (column + row) % 2:
                surface.rect(column * 60, row * 60, 60, 60, "#243746")
    surface.rect(3, 3, WIDTH - 6, HEIGHT - 6, None, outline="#3d566a", line_width=6)
    for x, y, size in PILLARS:
        surface.ellipse(x, y + 8, 2 * size, 2 * size, SHADE, alpha=0.5)
        surface.circle(x, y, size, "#5b7286", outline="#3d5163", line_width=4)
        surface.circle(x - size * 0.2, y - size * 0.25, size * 0.55, "#6d869b")


def draw_board(surface, env):
    for number, (name, player) in enumerate(env.players.items()):
        x = WIDTH / 2 + (number - 1.5) * 90
        surface.rect(x - 39, 12, 78, 28, SHADE, alpha=0.75)
        surface.circle(x - 22, 26, 8, COLORS[name])
        surface.text(
            str(player.points), x + 12, 26, "white", size=18, bold=True, anchor=(0.5, 0.5), id=f"{name}-points"
        )


def draw_it(surface, player, steps):
    """A star around whoever is it, which turns."""
    for number in range(3):
        place = {"rotation": number * pi / 6 + steps * 0.05, "id": f"star{number}", "depth": 1}
        surface.rect(player.x - 25, player.y - 25, 50, 50, "#ff4d5e", alpha=0.85, **place)


def draw_player(surface, name, player, edge):
    x, y = player.x, player.y
    tired = 0.55 if player.stunned else 1
    surface.ellipse(x, y + RADIUS * 0.9, RADIUS * 1.9, RADIUS * 0.8, "black", alpha=0.3, id=f"{name}-shadow", depth=1)
    look = {"outline": edge, "line_width": 4, "alpha": tired, "depth": 2}
    surface.circle(x, y, RADIUS, COLORS[name], id=f"{name}-body", **look)
    for side in (-7, 7):
        eye_x, eye_y = x + side + player.vx * 0.5, y - 3 + player.vy * 0.5
        if player.stunned:
            surface.line(eye_x - 4, eye_y, eye_x + 4, eye_y, SHADE, line_width=3, depth=2, id=f"{name}-eye{side}")
        else:
            surface.circle(eye_x, eye_y, 5, "white", depth=2, id=f"{name}-eye{side}")
            surface.circle(
                eye_x + player.vx * 0.25, eye_y + player.vy * 0.25, 2.6, SHADE, depth=2, id=f"{name}-pupil{side}"
            )


def draw_own(surface, player):
    """What the player sees of themselves alone: who they are, and how long until the next dash."""
    x, y = player.x, player.y
    ready = 1 - player.rest / LATE
    if ready < 1:
        top = -pi / 2
        look = {"outline": "#ffe066", "line_width": 4, "depth": 3}
        surface.arc(x, y, RADIUS + 9, top, top + 2 * pi * ready, None, pie=False, id="own-dash", **look)
    else:
        surface.circle(x, y, RADIUS + 9, None, outline="#ffe066", line_width=4, depth=3, id="own-dash")
    points = [(x - 10, y - RADIUS - 30), (x + 10, y - RADIUS - 30), (x, y - RADIUS - 16)]
    surface.polygon(points, "white", outline=SHADE, line_width=2, depth=3, id="own-marker")
