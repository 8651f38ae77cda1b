"""Fixtures of the browser tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright

from tests import browsers
from tests.e2e.harness import Participant, Server
from tests.e2e.renderer_page import RendererPage, build


@pytest.fixture(scope="session")
def chromium(driver: Playwright) -> Iterator[Browser]:
    browser = driver.chromium.launch(**browsers.chromium())
    yield browser
    browser.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts the server of a study, with environment variables by keyword.

    All are stopped at the end, their logs are printed for a failure, and parity is checked.
    """
    started: list[Server] = []

    def start(study: Path, **environ: str) -> Server:
        started.append(Server(study, tmp_path / f"data{len(started)}", environ=environ))
        return started[-1].start()

    yield start
    for one in started:
        one.stop()
        print(one.log.read_text()[-4000:])
    for one in started:
        one.check_parity()


@pytest.fixture
def participant(chromium: Browser) -> Iterator[Callable[..., Participant]]:
    """Opens a participant's tab in a context of its own, or in the given one."""
    contexts: list[BrowserContext] = []

    def open_tab(url: str | None, context: BrowserContext | None = None) -> Participant:
        if context is None:
            context = chromium.new_context(viewport={"width": 1000, "height": 800})
            contexts.append(context)
        return Participant(context, url or "about:blank")

    yield open_tab
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("renderer"))


@pytest.fixture(scope="session")
def webgl_chromium(chromium: Browser) -> Iterator[Browser]:
    """A second browser, one that has WebGL, on the CPU."""
    browser = chromium.browser_type.launch(**browsers.chromium(webgl=True))
    yield browser
    browser.close()


@pytest.fixture
def open_page(webgl_chromium: Browser, built: Path) -> Iterator[Callable[..., RendererPage]]:
    """Opens pages of one test; none may have written anything to its console."""
    opened: list[RendererPage] = []

    def open_one(**options: Any) -> RendererPage:
        opened.append(RendererPage(webgl_chromium, built, **options))
        return opened[-1]

    yield open_one
    for page in opened:
        page.context.close()
    assert [error for page in opened for error in page.errors] == []


@pytest.fixture(scope="session", params=["canvas", "webgl"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)
