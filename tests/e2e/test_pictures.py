"""What is seen of a game on a real page: its pixels, on any screen and in any window, and the words around it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.e2e.harness import STUDIES, Participant, Server

BLUE, YELLOW = (0, 0, 200), (250, 200, 0)
CANVAS = """() => { const canvas = document.querySelector("canvas"); const seen = canvas.getBoundingClientRect();
    return { width: canvas.width, height: canvas.height, seenWidth: seen.width, seenHeight: seen.height,
             inside: seen.left >= 0 && seen.top >= 0 && seen.right <= innerWidth && seen.bottom <= innerHeight }; }"""

# Each thing that the veil over the picture says, however soon it says another.
NOTE_WHAT_IS_SAID_BETWEEN = """() => { window.said = [];
    const veil = document.querySelector(".veil");
    const note = () => { if (veil.checkVisibility()) said.push(veil.innerText); };
    new MutationObserver(note).observe(veil, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(STUDIES / "pictures.py", tmp_path_factory.mktemp("pictures")).start()
    yield server
    server.stop()


def begin(ada: Participant) -> None:
    ada.sees("gym")
    ada.press_primary()
    ada.sees("playing")


def colours(ada: Participant) -> list[tuple[int, ...]]:
    """Of the middles of the four places."""
    image = Image.open(io.BytesIO(ada.page.locator("canvas").screenshot())).convert("RGB")
    found = [image.getpixel((image.width * (2 * place + 1) // 8, image.height // 2)) for place in range(4)]
    return [colour for colour in found if isinstance(colour, tuple)]


def sees_field_at(ada: Participant, place: int) -> None:
    expected = [YELLOW if number == place else BLUE for number in range(4)]
    ada.until(lambda: colours(ada) == expected, f"the field at place {place}")


def says(ada: Participant, text: str) -> None:
    """Above the picture."""
    ada.until(lambda: ada.page.inner_text(".hud") == text, text)


def canvas(ada: Participant) -> dict[str, Any]:
    measured: dict[str, Any] = ada.page.evaluate(CANVAS)
    return measured


def has_shape(ada: Participant, width: float) -> bool:
    """Whether the picture is that wide, give or take a pixel, inside the window, and not distorted."""
    seen = canvas(ada)
    return bool(
        seen["inside"]
        and abs(seen["seenWidth"] - width) <= 2
        and abs(seen["seenWidth"] / seen["seenHeight"] - 4 / 3) < 0.01
    )


def test_an_array_is_drawn_and_is_the_same_after_a_reload(
    served: Server, participant: Callable[..., Participant]
) -> None:
    ada = participant(None)
    heard: list[str] = []
    ada.page.on("console", lambda message: heard.append(message.text))
    ada.page.goto(f"{served.url}/?debug=latency")
    ada.press_primary()
    begin(ada)
    sees_field_at(ada, 0)
    says(ada, "Episode 1 of 2: 0")
    assert ada.page.inner_html(".game-text") == "<p>Go <b>right</b>.</p>"
    for place in (1, 2):
        ada.press("ArrowRight")
        sees_field_at(ada, place)
    says(ada, "Episode 1 of 2: 2")
    ada.until(lambda: [line for line in heard if line.startswith('key "ArrowRight": to sample ')][1:], "both keys' log")

    ada.until_stored(0, ada.frames[-1][1] // 10)  # the second of the last press
    ada.page.reload()
    begin(ada)
    sees_field_at(ada, 2)
    says(ada, "Episode 1 of 2: 2")

    ada.page.evaluate(NOTE_WHAT_IS_SAID_BETWEEN)
    ada.press("e")
    says(ada, "Episode 2 of 2: 0")
    ada.page.wait_for_selector(".veil", state="hidden")
    said = ada.page.evaluate("said")
    assert [any(text in one for one in said) for text in ("Episode 2 of 2", "Starts in 2", "Starts in 1")] == [True] * 3
    sees_field_at(ada, 0)
    ada.press("e")
    ada.sees("end")


def test_the_picture_fits_the_screen_and_the_window(chromium: Browser, served: Server) -> None:
    context = chromium.new_context(viewport={"width": 1000, "height": 800}, device_scale_factor=2)
    ada = Participant(context, f"{served.url}/?debug")
    ada.press_primary()
    begin(ada)
    sees_field_at(ada, 0)
    seen = canvas(ada)
    assert (seen["width"], seen["height"]) == (round(2 * seen["seenWidth"]), round(2 * seen["seenHeight"]))
    for line in (r"^fps [1-9]\d*$", r"^step  [\d.]+ ms \(median [\d.]+, p95 [\d.]+\)$"):
        ada.until(lambda: re.search(line, ada.page.inner_text("#debug"), re.M), line)  # noqa: B023

    for width, height in ((1400, 500), (500, 900)):
        ada.page.set_viewport_size({"width": width, "height": height})
        frame = "() => document.querySelector('.frame').getBoundingClientRect().width"
        ada.until(lambda: has_shape(ada, ada.page.evaluate(frame)), f"the picture in {width} x {height}")  # noqa: B023
        assert canvas(ada)["seenWidth"] < seen["seenWidth"]
        sees_field_at(ada, 0)
    context.close()
