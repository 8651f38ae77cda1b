"""Picture files: loaded before the game, and drawn by name, on the 2D canvas and on WebGL."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, Route

import interactive_gym as ig
from interactive_gym.rendering import Surface
from interactive_gym.scenes.assets import PictureFile
from tests.e2e.harness import STUDIES, Participant, Server
from tests.e2e.renderer_page import HEIGHT, WIDTH, Color, RendererPage, assert_colors
from tests.scenes import kitchen

WHITE: Color = (255, 255, 255)
RED: Color = (255, 0, 0)
GREEN: Color = (0, 128, 0)
BLUE: Color = (0, 0, 255)
YELLOW: Color = (250, 200, 0)
PICTURES = Path(__file__).parents[1] / "scenes" / "pictures"

# floor   16 x 16       chef    cells of 16 x 16     kitchen  pot    20 x 20
#     R B                   R G B                             plate  10 x 10
#     B R                   Y B G                             knife  10 x 10
FILES: tuple[PictureFile, ...] = (
    kitchen.complete_game()
    .assets(
        folder=PICTURES,
        images={"floor": "floor.png"},
        sheets={"chef": ("chef.png", (16, 16)), "tiles": ("chef.png", (48, 16))},
        atlases={"kitchen": ("kitchen.png", "kitchen.json")},
    )
    .pictures
)
ASSETS = [file.asset() for file in FILES]

Draw = Callable[[Surface], None]
Points = Mapping[tuple[float, float], Color]

DRAWN: dict[str, tuple[Draw, Points]] = {
    "an image of its own size": (
        lambda s: s.image("floor", 50, 50),
        {(51, 51): RED, (65, 51): BLUE, (51, 65): BLUE, (65, 65): RED, (67, 60): WHITE, (60, 67): WHITE},
    ),
    "an enlarged image": (
        lambda s: s.image("floor", 50, 50, 160, 80),
        {(51, 51): RED, (129, 89): RED, (131, 89): BLUE, (209, 129): RED, (211, 60): WHITE},
    ),
    "a cell of a sheet": (
        lambda s: s.image("chef", 50, 50, frame=3),
        {(51, 51): YELLOW, (65, 65): YELLOW, (67, 60): WHITE, (60, 67): WHITE},
    ),
    "an enlarged cell, whose neighbours do not run into it": (
        lambda s: s.image("chef", 50, 50, 24, 24, frame=4),
        {(50, 50): BLUE, (73, 50): BLUE, (50, 73): BLUE, (73, 73): BLUE, (75, 60): WHITE},
    ),
    "a frame of an atlas": (
        lambda s: s.image("kitchen", 100, 100, frame="plate", anchor=(0.5, 0.5)),
        {(96, 96): GREEN, (104, 104): GREEN, (93, 100): WHITE, (107, 100): WHITE},
    ),
    "a turned frame": (
        lambda s: s.image("tiles", 100, 100, frame=0, anchor=(0.5, 0.5), rotation=math.pi / 2),
        {(100, 78): RED, (100, 100): GREEN, (100, 122): BLUE, (85, 100): WHITE},
    ),
    "an image with left and right exchanged": (
        lambda s: s.image("floor", 50, 50, flip_x=True),
        {(51, 51): BLUE, (65, 51): RED, (51, 65): RED, (67, 60): WHITE, (48, 60): WHITE},
    ),
    "a flipped frame, which stays at its anchor": (
        lambda s: s.image("tiles", 100, 100, 96, 32, frame=0, anchor=(1, 0.5), flip_x=True, alpha=1),
        {(5, 100): BLUE, (50, 100): GREEN, (98, 100): RED, (2, 100): WHITE, (102, 100): WHITE},
    ),
}


@pytest.fixture(scope="module")
def page(webgl_chromium: Browser, built: Path, kind: str) -> Iterator[RendererPage]:
    """One page for all tests, which begin with a full packet."""
    page = RendererPage(webgl_chromium, built, files={f"pictures/{file.file}": file.data for file in FILES})
    assert page.open(kind, ASSETS) == kind
    yield page
    page.context.close()
    assert page.errors == []


@pytest.mark.parametrize("name", DRAWN)
def test_pictures_are_drawn_in_the_first_frame_that_names_them(page: RendererPage, name: str) -> None:
    draw, expected = DRAWN[name]
    surface = Surface(WIDTH, HEIGHT, ASSETS)
    draw(surface)
    page.apply(surface.packet(full=True))
    assert_colors(page.look(), expected)


def test_a_named_object_changes_its_frame(page: RendererPage) -> None:
    surface = Surface(WIDTH, HEIGHT, ASSETS)
    for frame, color in [(0, RED), (1, GREEN), (2, BLUE), (0, RED)]:
        surface.image("chef", 50, 50, frame=frame, id="chef")
        page.apply(surface.packet(full=frame == 0))
        assert_colors(page.look(), {(58, 58): color})


def test_loading_is_told_byte_by_byte(page: RendererPage) -> None:
    told = page.page.evaluate("() => loaded")
    total = sum(len(file.data) for file in FILES)
    assert told[-1] == [total, total]
    assert [received for received, _ in told] == sorted({received for received, _ in told})


def test_a_picture_that_does_not_come_or_cannot_be_decoded_is_named(open_page: Callable[..., RendererPage]) -> None:
    (cut, missing), file = ASSETS[:2], FILES[0]
    page = open_page(files={f"pictures/{file.file}": file.data[:40]})
    for asset, problem in (
        (cut, f'The picture "{cut["name"]}" could not be decoded'),
        (missing, f"{missing['url']}: the server answered with HTTP status 404."),
    ):
        with pytest.raises(Error, match=re.escape(problem)):
            page.open(None, [asset])
    assert "404" in page.until_error()  # the browser's own word on the missing file


def test_a_name_that_slipped_past_python_draws_nothing_and_says_so(page: RendererPage) -> None:
    page.apply({"full": True, "set": [{"id": "a", "t": "image", "src": "pan", "x": 0, "y": 0}], "drop": []})
    assert_colors(page.look(), {(5, 5): WHITE})
    assert page.until_error() == 'An image must be an asset of this game or a data: URI, not "pan".'


def test_the_public_surface_takes_the_assets_of_a_scene() -> None:
    surface = ig.Surface(WIDTH, HEIGHT, assets=ASSETS)
    surface.image("chef", 0, 0, frame=5)
    assert surface.packet()["set"][0]["frame"] == 5


def test_a_game_waits_for_its_pictures_and_is_drawn_with_them(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "pictured.py")
    ada = participant(None)
    held: list[Route] = []
    ada.page.route("**/pictures/*", lambda route: held.append(route))
    ada.page.goto(served.url)
    ada.press_primary()
    ada.sees("gym")
    ada.until(lambda: len(held) == 2, "the requests for both pictures")
    ada.page.wait_for_selector("text=/Setting up the game|Loading the game/")
    assert ada.page.locator("button").count() == 0 or not ada.page.locator("button").first.is_enabled()
    for route in held:
        route.continue_()
    ada.press_primary()
    ada.sees("playing")
    ada.until(lambda: seen_at(ada, 0.25, 0.6, 0.95) == [GREEN, RED, WHITE], "the first picture")
    ada.press("ArrowRight")
    ada.until(lambda: seen_at(ada, 0.25, 0.52, 0.6) == [GREEN, WHITE, GREEN], "the cook's next frame, further right")
    ada.press("e")
    ada.sees("end")
    answers = [served_picture(served.url, file) for file in FILES[1:]]
    assert {answer.headers["content-type"] for answer in answers} == {"image/png"}
    assert all("immutable" in answer.headers["cache-control"] for answer in answers)


def seen_at(ada: Participant, *places: float) -> list[Color]:
    """The colours in the middle row of the canvas, at parts of its width."""
    image = Image.open(io.BytesIO(ada.page.locator("canvas").screenshot())).convert("RGB")
    colors = [image.getpixel((int(image.width * place), image.height // 2)) for place in places]
    return [color for color in colors if isinstance(color, tuple) and len(color) == 3]


def served_picture(url: str, file: PictureFile) -> httpx.Response:
    answer = httpx.get(f"{url}/pictures/{file.file}")
    assert answer.content == file.data
    return answer
