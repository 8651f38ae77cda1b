"""The renderer on a page of its own, built for the tests only, and what it looks like."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, Route

from build_support.node import find_node
from tests.e2e.harness import PATIENCE_S, wait_for

CLIENT = Path(__file__).parents[2] / "client"
ADDRESS = "http://renderer.test/"
WIDTH, HEIGHT = 400, 300  # of the scene; harness.html gives it as many CSS pixels

Color = tuple[int, int, int]


def build(target: Path) -> Path:
    """Bundles client/tests/renderer into ``target``."""
    vite = CLIENT / "node_modules" / "vite" / "bin" / "vite.js"
    arguments = [str(vite), "build", "--config", "tests/renderer/vite.config.ts", "--outDir", str(target)]
    find_node().run(arguments, folder=CLIENT, task="Building the renderer's test page")
    return target


@dataclass(frozen=True)
class Picture:
    """A screenshot; ``ratio`` of its pixels are one CSS pixel."""

    image: Image.Image
    ratio: int

    def at(self, x: float, y: float) -> Color:
        """The colour at a point of the page in CSS pixels."""
        return self.device(int(x * self.ratio), int(y * self.ratio))

    def device(self, x: int, y: int) -> Color:
        red, green, blue = self.image.getpixel((x, y))[:3]  # type: ignore[index]
        return (red, green, blue)

    def row(self, y: int) -> list[Color]:
        """All pixels of one row, in device pixels."""
        return [self.device(x, y) for x in range(self.image.width)]


def assert_colors(picture: Picture, expected: Mapping[tuple[float, float], Color]) -> None:
    """Each point has its colour, up to the rounding of a GPU's blending."""
    seen = {point: picture.at(*point) for point in expected}
    wrong = {
        point: color
        for point, color in seen.items()
        if any(abs(a - b) > 3 for a, b in zip(color, expected[point], strict=True))
    }
    assert not wrong, {point: (color, "should be", expected[point]) for point, color in wrong.items()}


class RendererPage:
    """A page with the harness; ``errors`` has whatever it complained about."""

    def __init__(
        self,
        browser: Browser,
        built: Path,
        ratio: int = 1,
        query: str = "",
        clock: bool = False,
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        self.ratio = ratio
        self.files = files or {}
        self.context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=ratio)
        self.context.set_default_timeout(PATIENCE_S * 1000)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.route(f"{ADDRESS}**", lambda route: self._serve(route, built))
        if clock:
            self.page.clock.install(time=0)
        self.page.goto(f"{ADDRESS}harness.html{query}")
        self.page.wait_for_function("() => window.open_renderer !== undefined")

    def open(self, kind: str | None, assets: Sequence[Mapping[str, Any]] = (), **options: Any) -> str:
        """Creates the renderer; returns its kind, which is its own choice for None."""
        scene = {"width": WIDTH, "height": HEIGHT, "background": "#ffffff", **({"force": kind} if kind else {})}
        given = [{**scene, **options}, list(assets)]
        chosen: str = self.page.evaluate("([options, assets]) => open_renderer(options, assets)", given)
        return chosen

    def apply(self, packet: dict[str, Any], corrected: bool = False) -> None:
        self.page.evaluate("([packet, how]) => renderer.apply(packet, how)", [packet, {"corrected": corrected}])

    def look(self) -> Picture:
        """The page once everything that was given has been drawn, images included."""
        self.page.evaluate("() => painted()")
        return self.screenshot()

    def until_error(self) -> str:
        """The one complaint that was to be expected, which counts no more."""
        wait_for(lambda: self.errors, "a complaint", pause=lambda: self.page.evaluate("1"))
        (error,) = self.errors
        self.errors.clear()
        return error

    def screenshot(self) -> Picture:
        return Picture(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"), self.ratio)

    def _serve(self, route: Route, built: Path) -> None:
        name = route.request.url.split("?")[0].removeprefix(ADDRESS)
        if name in self.files:
            route.fulfill(body=self.files[name])
        elif (built / name).is_file():
            route.fulfill(path=built / name)
        else:
            route.fulfill(status=404)
