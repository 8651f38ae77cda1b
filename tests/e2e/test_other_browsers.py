"""Chromium with Firefox, and with a browser that has no WebRTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright

from tests import browsers
from tests.e2e.harness import STUDIES, Participant, Server
from tests.net.playing import play_through, until_connected


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
    served = server(STUDIES / "crowd.py", CROWD_EPISODES="2", CROWD_ALL_WALK="yes")
    way = "direct" if firefox[1] else "server"
    context: BrowserContext = firefox[0].new_context()
    people = [participant(f"{served.url}/?debug=latency", context), participant(f"{served.url}/?debug=latency")]
    for person in people:
        person.press_primary()
    until_connected(people, way)  # nobody walks yet
    play_through(people)
    assert [row["parity"] for row in served.settled(2)] == ["identical"] * 2
    links = served.links(2)
    assert {bool(row["own_end"]) for row in links} == {way == "direct"}, links
    context.close()
