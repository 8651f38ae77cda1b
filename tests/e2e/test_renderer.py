"""Everything that Surface offers is drawn, on the 2D canvas and on WebGL: a real browser, and its pixels looked at."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser

from interactive_gym.rendering import Surface
from tests.e2e.renderer_page import HEIGHT, WIDTH, Color, Picture, RendererPage, assert_colors

WHITE: Color = (255, 255, 255)
BLACK: Color = (0, 0, 0)
RED: Color = (255, 0, 0)
GRAY: Color = (127, 127, 127)
GREEN: Color = (0, 128, 0)
BLUE: Color = (0, 0, 255)

Draw = Callable[[Surface], None]
Points = Mapping[tuple[float, float], Color]


@pytest.fixture(scope="module")
def shared(webgl_chromium: Browser, built: Path, kind: str) -> Iterator[RendererPage]:
    """One page for all tests that begin with a full packet."""
    page = RendererPage(webgl_chromium, built)
    assert page.open(kind) == kind
    yield page
    page.context.close()
    assert page.errors == []


def drawn(page: RendererPage, draw: Draw) -> Picture:
    surface = Surface(WIDTH, HEIGHT)
    draw(surface)
    page.apply(surface.packet(full=True))
    return page.look()


def picture_source(rows: list[list[Color]]) -> str:
    image = Image.new("RGB", (len(rows[0]), len(rows)))
    image.putdata([color for row in rows for color in row])
    file = io.BytesIO()
    image.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def translucent(surface: Surface) -> None:
    surface.rect(50, 50, 100, 100, "red")
    surface.rect(100, 100, 100, 100, "blue", alpha=0.5)


def circle_on_rect(surface: Surface) -> None:
    surface.rect(50, 50, 100, 100, "red")
    surface.circle(100, 100, 20, "blue")


def rect_lifted_over_the_next(surface: Surface) -> None:
    surface.rect(50, 50, 100, 100, "red", depth=1, outline="green", line_width=10)
    surface.rect(100, 100, 100, 100, "blue")


def tiles(surface: Surface) -> None:
    for column in range(40):
        surface.rect(20 + 7.3 * column, 50, 7.3, 50, "black")


CHECKS = picture_source([[RED, BLUE], [BLUE, RED]])

PRIMITIVES: dict[str, tuple[Draw, Points]] = {
    "rect": (
        lambda s: s.rect(50, 40, 100, 60, "red"),
        {(51, 41): RED, (149, 99): RED, (49, 50): WHITE, (151, 50): WHITE, (100, 39): WHITE, (100, 101): WHITE},
    ),
    "rect with an outline": (
        lambda s: s.rect(50, 40, 100, 60, "red", outline="blue", line_width=10),
        {(46, 36): BLUE, (54, 60): BLUE, (57, 60): RED, (154, 104): BLUE, (43, 60): WHITE, (157, 60): WHITE},
    ),
    "outline of a rect alone": (
        lambda s: s.rect(50, 40, 100, 60, None, outline="blue", line_width=10),
        {(46, 36): BLUE, (100, 70): WHITE},
    ),
    "an outline of width 0": (
        lambda s: s.rect(50, 40, 100, 60, "red", outline="blue", line_width=0),
        {(50.5, 60): RED, (49, 60): WHITE},
    ),
    "rotated rect": (
        lambda s: s.rect(50, 50, 100, 20, "red", rotation=math.pi / 2),
        {(100, 15): RED, (100, 105): RED, (55, 60): WHITE, (145, 60): WHITE},
    ),
    "rect turned clockwise": (
        lambda s: s.rect(50, 50, 100, 20, "red", rotation=math.pi / 4),
        {(130, 90): RED, (70, 30): RED, (130, 30): WHITE, (70, 90): WHITE},
    ),
    "circle": (
        lambda s: s.circle(100, 100, 50, "red"),
        {(52, 100): RED, (148, 100): RED, (100, 52): RED, (134, 134): RED, (138, 138): WHITE, (47, 100): WHITE},
    ),
    "circle with an outline": (
        lambda s: s.circle(100, 100, 50, "red", outline="blue", line_width=8),
        {(48, 100): BLUE, (100, 152): BLUE, (100, 100): RED, (100, 157): WHITE},
    ),
    "ellipse": (
        lambda s: s.ellipse(100, 100, 120, 40, "red"),
        {(42, 100): RED, (100, 82): RED, (100, 77): WHITE, (55, 85): WHITE},
    ),
    "rotated ellipse": (
        lambda s: s.ellipse(100, 100, 120, 40, "red", rotation=math.pi / 2),
        {(100, 42): RED, (42, 100): WHITE},
    ),
    "slice of pie": (
        lambda s: s.arc(100, 100, 50, 0, math.pi / 2, "red", outline="blue", line_width=4),
        {(120, 120): RED, (125, 100): BLUE, (100, 125): BLUE, (135, 135): BLUE, (80, 80): WHITE, (120, 80): WHITE},
    ),
    "open arc": (
        lambda s: s.arc(100, 100, 50, math.pi, 1.5 * math.pi, None, pie=False, outline="blue", line_width=6),
        {(65, 65): BLUE, (75, 100): WHITE, (100, 75): WHITE, (135, 135): WHITE},
    ),
    "arc that is filled up to its chord": (
        lambda s: s.arc(100, 100, 50, -0.8, 0.8, "red", pie=False),
        {(145, 100): RED, (138, 100): RED, (130, 100): WHITE, (100, 100): WHITE},
    ),
    "arc of a whole turn": (
        lambda s: s.arc(100, 100, 50, 0, 2 * math.pi, "red", outline="blue", line_width=4),
        {(125, 100): RED, (100, 150): BLUE, (60, 100): RED},
    ),
    "rotated arc": (
        lambda s: s.arc(100, 100, 50, 0, math.pi / 2, "red", rotation=math.pi),
        {(80, 80): RED, (120, 120): WHITE},
    ),
    "line": (
        lambda s: s.line(50, 50, 150, 150, "red", line_width=6),
        {(100, 100): RED, (52, 52): RED, (110, 100): WHITE, (45, 45): WHITE},
    ),
    "thin line": (
        lambda s: s.line(50, 50, 150, 50, "red"),
        {(100, 50.5): RED, (100, 49): WHITE, (100, 52): WHITE, (49, 50.5): WHITE, (151, 50.5): WHITE},
    ),
    "rotated line": (
        lambda s: s.line(50, 100, 150, 100, "red", line_width=6, rotation=math.pi / 2),
        {(100, 55): RED, (100, 145): RED, (55, 100): WHITE},
    ),
    "polygon": (
        lambda s: s.polygon([(50, 50), (150, 50), (150, 150), (100, 100), (50, 150)], "red"),
        {(100, 60): RED, (55, 140): RED, (145, 140): RED, (100, 120): WHITE},
    ),
    "polygon with a pointed outline": (
        lambda s: s.polygon([(50, 50), (150, 50), (150, 150), (50, 150)], "red", outline="blue", line_width=12),
        {(45, 45): BLUE, (155, 155): BLUE, (100, 100): RED, (100, 42): WHITE},
    ),
    "rotated polygon": (
        lambda s: s.polygon([(50, 90), (150, 90), (150, 110), (50, 110)], "red", rotation=math.pi / 2),
        {(100, 55): RED, (100, 145): RED, (55, 100): WHITE},
    ),
    "image": (
        lambda s: s.image(CHECKS, 50, 50, 80, 40),
        {(51, 51): RED, (89, 69): RED, (91, 69): BLUE, (129, 89): RED, (48, 60): WHITE, (131, 60): WHITE},
    ),
    "image anchored at its centre and turned": (
        lambda s: s.image(CHECKS, 100, 100, 80, 40, anchor=(0.5, 0.5), rotation=math.pi / 2),
        {(90, 70): BLUE, (110, 70): RED, (100, 145): WHITE, (125, 100): WHITE},
    ),
    "image of its own size": (
        lambda s: s.image(picture_source([[RED] * 30] * 20), 50, 50),
        {(51, 51): RED, (79, 69): RED, (81, 60): WHITE, (60, 71): WHITE},
    ),
    "translucent objects": (
        translucent,
        {(75, 75): RED, (125, 125): (128, 0, 127), (175, 175): (127, 127, 255)},
    ),
    "a translucent line, as strong in its corners as elsewhere": (
        lambda s: s.polygon([(50, 50), (150, 50), (100, 150)], None, outline="black", line_width=16, alpha=0.5),
        {(100, 50): GRAY, (50, 51): GRAY, (146, 52): GRAY, (100, 146): GRAY},
    ),
    "later objects in front": (
        circle_on_rect,
        {(100, 100): BLUE, (60, 60): RED},
    ),
    "greater depth in front": (
        rect_lifted_over_the_next,
        {(120, 120): RED, (150, 120): GREEN, (175, 175): BLUE},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PRIMITIVES)
def test_primitive(shared: RendererPage, name: str) -> None:
    draw, expected = PRIMITIVES[name]
    wait_for_images(shared, draw)
    assert_colors(drawn(shared, draw), expected)


def wait_for_images(page: RendererPage, draw: Draw) -> None:
    """Images are decoded when they are first seen; the picture that is looked at comes after that."""
    drawn(page, draw)
    page.page.wait_for_function("() => renderer.textures.images.values().every(({ source }) => source !== null)")


def ink(picture: Picture) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of all that is not background."""
    inverted = Image.eval(picture.image, lambda value: 255 - value)
    box = inverted.getbbox()
    assert box is not None, "nothing is drawn"
    return box


def test_text_has_the_colour_and_place_that_were_asked_for(shared: RendererPage) -> None:
    picture = drawn(shared, lambda s: s.text("HHHH", 200, 150, "red", size=40, bold=True, anchor=(0.5, 0.5)))
    left, top, right, bottom = ink(picture)
    assert abs((left + right) / 2 - 200) <= 2
    assert abs((top + bottom) / 2 - 150) <= 6
    assert 24 <= bottom - top <= 36  # capitals of a 40 pixel font
    colors = {color for y in range(top, bottom) for color in picture.row(y)}
    assert RED in colors
    assert all(red == 255 for red, _, _ in colors), "red on white has no darker pixels"


def test_text_is_wider_in_bold_and_in_a_larger_size(shared: RendererPage) -> None:
    def width(**style: Any) -> int:
        left, _, right, _ = ink(drawn(shared, lambda s: s.text("wider", 20, 20, **style)))
        return right - left

    plain = width(size=20)
    assert width(size=20, bold=True) > plain
    assert 1.8 < width(size=40) / plain < 2.2
    assert width(size=20, font="monospace") != plain


def test_text_turns_about_its_anchor(shared: RendererPage) -> None:
    picture = drawn(shared, lambda s: s.text("turned", 200, 50, size=30, rotation=math.pi / 2))
    left, top, right, bottom = ink(picture)
    assert bottom - top > 2 * (right - left)
    assert 49 <= top <= 55
    assert right <= 201


def test_a_delta_changes_adds_and_drops(shared: RendererPage) -> None:
    surface = Surface(WIDTH, HEIGHT)
    surface.rect(10, 10, 40, 40, "red", id="stays")
    surface.rect(110, 10, 40, 40, "red", id="changes")
    surface.rect(210, 10, 40, 40, "red", id="goes", outline="blue")
    shared.apply(surface.packet(full=True))
    surface.rect(10, 10, 40, 40, "red", id="stays")
    surface.rect(110, 60, 40, 40, "blue", id="changes")
    surface.circle(330, 30, 20, "green")
    shared.apply(surface.packet())
    expected: Points = {(30, 30): RED, (130, 30): WHITE, (130, 80): BLUE, (230, 30): WHITE, (330, 30): GREEN}
    assert_colors(shared.look(), expected)


def test_an_object_may_become_another_primitive(shared: RendererPage) -> None:
    surface = Surface(WIDTH, HEIGHT)
    surface.rect(50, 50, 100, 100, "red", id="a")
    surface.rect(120, 50, 100, 100, "blue", id="b")
    shared.apply(surface.packet(full=True))
    surface.circle(100, 100, 50, "green", id="a")
    surface.rect(120, 50, 100, 100, "blue", id="b")
    shared.apply(surface.packet())
    assert_colors(shared.look(), {(100, 100): GREEN, (52, 52): WHITE, (140, 100): BLUE})


def test_an_object_that_is_drawn_later_than_before_comes_to_the_front(shared: RendererPage) -> None:
    surface = Surface(WIDTH, HEIGHT)
    for order in (("red", "blue"), ("blue", "red")):
        for color in order:
            surface.rect(50, 50, 100, 100, color, id=color)
        shared.apply(surface.packet(full=order[0] == "red"))
    assert_colors(shared.look(), {(100, 100): RED})


def test_tiles_that_touch_leave_no_gap(shared: RendererPage) -> None:
    picture = drawn(shared, tiles)
    left, _, right, _ = ink(picture)
    assert set(picture.row(75)[left:right]) == {BLACK}


def test_a_pixel_array_is_drawn_as_it_comes_and_fits_the_scene(shared: RendererPage) -> None:
    drawn(shared, lambda s: s.circle(200, 150, 20, "green"))
    rows = [[RED, BLUE, RED], [BLUE, RED, BLUE]]  # 3 x 2: 400 x 267 pixels in a scene of 400 x 300
    rgb = [channel for row in rows for color in row for channel in color]
    shared.page.evaluate("(rgb) => renderer.pixels(3, 2, Uint8Array.from(rgb))", rgb)
    picture = shared.look()
    expected: Points = {(1, 20): RED, (131, 149): RED, (135, 20): BLUE, (1, 151): BLUE, (399, 280): BLUE}
    assert_colors(picture, {**expected, (1, 10): WHITE, (1, 290): WHITE, (200, 150): GREEN})
    row = picture.row(20)
    assert [x for x in range(1, WIDTH) if row[x] != row[x - 1]] in ([133, 267], [134, 267], [133, 266])


def test_pixel_arrays_reuse_one_texture(shared: RendererPage) -> None:
    textures = "() => Object.keys(renderer.drawing.game.textures.list).length"
    play = """async ([first, last]) => {
        const rgba = new Uint8Array(4 * 160 * 120).fill(255);
        for (let i = first; i < last; i++) {
            rgba[0] = i;
            renderer.pixels(160, 120, rgba);
            await painted();
        }
    }"""
    shared.page.evaluate(play, [0, 1])
    before = shared.page.evaluate(textures)
    shared.page.evaluate(play, [1, 120])
    assert shared.page.evaluate(textures) == before
    assert_colors(shared.look(), {(1, 1): (119, 255, 255), (200, 20): WHITE})


def test_images_are_freed_when_many_others_have_been_seen(shared: RendererPage) -> None:
    for shade in range(60):
        color = (shade, 0, 0)
        wait_for_images(shared, lambda s, c=color: s.image(picture_source([[c]]), 0, 0, 400, 300))  # type: ignore[misc]
    assert shared.page.evaluate("() => renderer.textures.images.size") <= 40
    drawn(shared, lambda s: s.rect(0, 0, 400, 300, "white"))


def test_nothing_runs_while_nothing_changes(shared: RendererPage) -> None:
    drawn(shared, lambda s: s.rect(50, 50, 50, 50, "red"))
    asked = shared.page.evaluate(
        """async () => {
            const real = window.requestAnimationFrame;
            let asked = 0;
            window.requestAnimationFrame = (callback) => { asked++; return real(callback); };
            for (let i = 0; i < 10; i++) await new Promise((resolve) => real(resolve));
            window.requestAnimationFrame = real;
            return asked;
        }"""
    )
    assert asked == 0


def test_what_cannot_be_drawn_is_refused_by_name(shared: RendererPage) -> None:
    message = shared.page.evaluate(
        """() => {
            try { renderer.apply({ full: false, set: [{ id: "s", t: "sphere" }], drop: [] }); }
            catch (error) { return error.message; }
        }"""
    )
    assert '"s" is a "sphere"' in message


def test_a_tween_moves_turns_and_fades_between_two_packets(open_page: Callable[..., RendererPage], kind: str) -> None:
    page = open_page(clock=True)
    page.open(kind)
    page.page.clock.pause_at(3_600)  # in the future: time now passes only by run_for()
    surface = Surface(WIDTH, HEIGHT)
    for x, angle, alpha, tween in ((50, 0, 1, 0), (250, math.pi, 0.5, 1000)):
        surface.rect(x, 50, 20, 20, "red", id="moves", tween=tween)
        surface.rect(150, 130, 100, 10, "blue", id="turns", tween=tween, rotation=angle)
        surface.rect(50, 200, 100, 50, "black", id="fades", tween=tween, alpha=alpha)
        page.apply(surface.packet(full=tween == 0))
        page.page.clock.run_for(20)
    assert_colors(page.screenshot(), {(60, 60): RED, (260, 60): WHITE, (160, 135): BLUE})
    page.page.clock.run_for(480)
    assert_colors(page.screenshot(), {(160, 60): RED, (60, 60): WHITE, (260, 60): WHITE, (200, 100): BLUE})
    assert_colors(page.screenshot(), {(160, 135): WHITE, (100, 225): (64, 64, 64)})
    page.page.clock.run_for(1000)
    assert_colors(page.screenshot(), {(260, 60): RED, (160, 60): WHITE, (160, 135): BLUE, (100, 225): GRAY})


def moving_page(open_page: Callable[..., RendererPage], kind: str, **options: Any) -> tuple[RendererPage, Surface]:
    """A page whose time passes only by run_for(), with a ball at (50, 60) and, below it, a square at x = 50."""
    page = open_page(clock=True)
    page.open(kind, **{"fps": 5, "interpolate": True, "smooth": True, **options})
    page.page.clock.pause_at(3_600)
    surface = Surface(WIDTH, HEIGHT)
    move(page, surface, 50)
    return page, surface


def move(page: RendererPage, surface: Surface, x: float, corrected: bool = False) -> None:
    """To ``x`` with both, and one display frame."""
    surface.circle(x, 60, 10, "red", id="ball")
    surface.rect(x, 150, 20, 20, "blue", rotation=(x - 50) * math.pi / 80)
    page.apply(surface.packet(full=x == 50), corrected)
    page.page.clock.run_for(20)


def ball(page: RendererPage) -> float:
    """Where the middle of the ball is seen."""
    row = page.screenshot().row(60)
    red = [x for x, color in enumerate(row) if color == RED]
    assert 15 <= len(red) <= 22
    return (red[0] + red[-1] + 1) / 2


def test_named_objects_are_seen_on_their_way_from_tick_to_tick(
    open_page: Callable[..., RendererPage], kind: str
) -> None:
    page, surface = moving_page(open_page, kind)  # 200 ms from one tick to the next
    move(page, surface, 90)
    assert_colors(page.screenshot(), {(100, 160): BLUE, (60, 160): WHITE})  # this one has no name
    page.page.clock.run_for(80)
    assert abs(ball(page) - 70) <= 4  # half of the way, give or take a display frame
    page.page.clock.run_for(200)
    assert ball(page) == 90
    move(page, surface, 250)  # too far to have walked
    assert ball(page) == 250
    page.page.clock.run_for(400)
    assert page.page.evaluate("() => [renderer.store.moving, renderer.frameRequest]") == [False, None]


def test_a_correction_fades_out(open_page: Callable[..., RendererPage], kind: str) -> None:
    page, surface = moving_page(open_page, kind, fps=60)
    move(page, surface, 90, corrected=True)
    page.page.clock.run_for(20)
    assert 60 < ball(page) < 85
    page.page.clock.run_for(100)
    assert 88 <= ball(page) <= 90
    page.page.clock.run_for(200)
    assert ball(page) == 90
    assert page.page.evaluate("() => renderer.frameRequest") is None


def test_raw_jumps_for_studies_that_want_them(open_page: Callable[..., RendererPage], kind: str) -> None:
    page, surface = moving_page(open_page, kind, smooth=False)
    move(page, surface, 90, corrected=True)
    assert ball(page) == 90
    page, surface = moving_page(open_page, kind, interpolate=False)
    move(page, surface, 90)
    assert ball(page) == 90


def test_a_picture_is_painted_in_the_first_frame_after_its_packet(open_page: Callable[..., RendererPage]) -> None:
    page, surface = moving_page(open_page, "canvas")
    ask = "renderer.painted((t) => { window.paintedAt = t; })"
    page.page.evaluate(f"() => {{ {ask}; window.askedAt = performance.now(); }}")
    move(page, surface, 90)
    assert 0 <= page.page.evaluate("() => window.paintedAt - window.askedAt") <= 20


def test_edges_and_text_are_sharp_on_a_dense_screen(open_page: Callable[..., RendererPage], kind: str) -> None:
    page = open_page(ratio=2)
    page.open(kind)

    def draw(surface: Surface) -> None:
        surface.rect(50.1, 50, 100, 50, "black")
        surface.rect(200.3, 50.3, 100, 50, "black", outline="red")
        surface.text("I", 50, 150, size=60, bold=True)

    picture = drawn(page, draw)
    assert picture.image.size == (800, 600)
    row = picture.row(150)
    assert (row[99], row[100], row[299], row[300]) == (WHITE, BLACK, BLACK, WHITE)
    assert [color for color in row[380:420] if color not in (WHITE, BLACK, RED)] == []
    assert row.count(RED) == 4  # two lines, each one scene pixel wide
    text = picture.row(380)[:200]
    assert text.count(BLACK) > 10
    assert len([color for color in text if color not in (WHITE, BLACK)]) <= 2  # one on either side of the stem


def test_the_picture_follows_its_parent_and_the_window(open_page: Callable[..., RendererPage], kind: str) -> None:
    page = open_page()
    page.open(kind)
    drawn(page, lambda s: s.rect(0, 0, 200, 300, "red"))
    size = """() => {
        const { width, height } = document.querySelector("canvas").getBoundingClientRect();
        return [width, height];
    }"""
    assert page.page.evaluate(size) == [400, 300]
    parent = "document.querySelector('#parent').style"
    page.page.evaluate(f"() => {{ {parent}.width = '200px'; }}")
    page.page.wait_for_function(f"() => ({size})()[0] === 200")
    assert_colors(page.look(), {(99, 149): RED, (101, 75): WHITE, (50, 151): WHITE})
    page.page.evaluate(f"() => {{ {parent}.width = '100%'; {parent}.height = 'auto'; }}")  # no height of its own
    page.page.set_viewport_size({"width": 1000, "height": 600})
    page.page.wait_for_function(f"() => ({size})()[0] === 800")
    assert_colors(page.look(), {(101, 300): RED, (499, 300): RED, (501, 300): WHITE, (99, 300): WHITE})


def test_many_games_on_one_page_leave_nothing_behind(open_page: Callable[..., RendererPage], kind: str) -> None:
    page = open_page()
    for _ in range(25):  # browsers allow 16 WebGL contexts
        page.open(kind)
        drawn(page, lambda s: s.rect(50, 50, 50, 50, "red"))
        page.page.evaluate("() => renderer.destroy()")
    assert page.page.evaluate("() => document.querySelector('#parent').childNodes.length") == 0
    assert page.page.evaluate("() => [window.onblur, window.onfocus]") == [None, None]


def test_a_lost_webgl_context_comes_back_with_everything(open_page: Callable[..., RendererPage]) -> None:
    def draw(surface: Surface) -> None:
        surface.rect(50, 50, 50, 50, "red", outline="blue", line_width=10)
        surface.image(CHECKS, 200, 50, 80, 40)
        surface.text("H", 200, 150, "red", size=60, bold=True)

    page = open_page()
    page.open("webgl")
    page.page.evaluate("() => renderer.pixels(1, 1, Uint8Array.of(0, 128, 0))")
    wait_for_images(page, draw)
    before = page.look()
    page.page.evaluate(
        """async () => {
            const lose = document.querySelector("canvas").getContext("webgl").getExtension("WEBGL_lose_context");
            const game = renderer.drawing.game.renderer;
            for (const [act, event] of [["loseContext", "losewebgl"], ["restoreContext", "restorewebgl"]]) {
                const happened = new Promise((resolve) => game.once(event, resolve));
                await new Promise((resolve) => setTimeout(resolve)); // it may not be restored while it is being lost
                lose[act]();
                await happened;
            }
        }"""
    )
    assert ImageChops.difference(page.look().image, before.image).getbbox() is None
    assert [error for error in page.errors if "WebGL Context" not in error] == []
    page.errors.clear()


def test_software_webgl_is_left_for_the_canvas_unless_the_address_asks_for_it(
    open_page: Callable[..., RendererPage],
) -> None:
    assert open_page().open(None) == "canvas"
    assert open_page(query="?renderer=webgl").open(None) == "webgl"


def test_a_browser_without_webgl_gets_the_canvas(chromium: Browser, built: Path) -> None:
    page = RendererPage(chromium, built)
    assert page.open(None) == "canvas"
    assert_colors(drawn(page, lambda s: s.rect(50, 50, 50, 50, "red")), {(75, 75): RED})
    page.context.close()
    assert page.errors == []
