"""Chromium with Firefox, and with a browser that has no WebRTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright

from tests import browsers
from tests.e2e.harness import STUDIES, Participant, Server, wait_for
from tests.net.playing import play_through


@pytest.fixture(params=[True, False], ids=["webrtc", "no-webrtc"])
def firefox(driver: Playwright, request: pytest.FixtureRequest) -> Iterator[tuple[Browser, bool]]:
    try:
        options = browsers.firefox(webrtc=request.param)
    except browsers.NoFirefox as missing:
        pytest.skip(f"FIREFOX IS NOT TESTED HERE: {missing}")
    browser = driver.firefox.launch(**options)
    yield browser, request.param
    browser.close()


def test_chromium_and_firefox_play_in_one_world(
    server: Callable[..., Server], participant: Callable[..., Participant], firefox: tuple[Browser, bool]
) -> None:
    served = server(STUDIES / "crowd.py", CROWD_EPISODES="2")
    browser, has_webrtc = firefox
    context: BrowserContext = browser.new_context()
    people = [participant(f"{served.url}/?debug=latency", context), participant(f"{served.url}/?debug=latency")]
    for person in people:
        person.press_primary()
    play_through(people)
    assert [row["parity"] for row in served.settled(2)] == ["identical"] * 2
    wait_for(lambda: len(served.table("links.csv")) == 2, "what both say of their link")
    links = served.table("links.csv")
    ways = {row["connection"].split()[0] for row in links}
    assert ways == ({"direct"} if has_webrtc else {"server"}), links
    context.close()
