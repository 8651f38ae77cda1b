"""Peers connect in real browsers, whether the worker has the channels or the page; what breaks is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from build_support.node import find_node
from tests import browsers
from tests.e2e.harness import wait_for

CLIENT = Path(__file__).parents[2] / "client"
DATAGRAM, CONTROL = 0, 1

Meet = Callable[..., "Meeting"]


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where client/tests/p2p is served."""
    target = tmp_path_factory.mktemp("p2p")
    vite = CLIENT / "node_modules" / "vite" / "bin" / "vite.js"
    arguments = [str(vite), "build", "--config", "tests/p2p/vite.config.ts", "--outDir", str(target)]
    find_node().run(arguments, folder=CLIENT, task="Building the test page of the links")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=target)) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/harness.html"
        server.shutdown()


class Meeting:
    """Two peers on one page, each with its own worker."""

    def __init__(self, page: Page, address: str, hand: tuple[bool, bool], may_relay: bool) -> None:
        self.page = page
        page.goto(address)
        page.wait_for_function("() => window.meet !== undefined")
        options = [{"hand": hands, "may_relay": may_relay} for hands in hand]
        page.evaluate("([first, second]) => meet(first, second)", options)

    def of(self, peer: int, field: str) -> Any:
        return self.page.evaluate(f"sides[{peer}].{field}")

    def both(self, field: str) -> bool:
        return bool(self.of(0, field) and self.of(1, field))

    def until_both(self, field: str) -> None:
        wait_for(lambda: self.both(field), f"{field} on both sides")

    def assert_talk(self, text: str) -> None:
        """A frame of each kind arrives, from each to the other."""
        for tag in (CONTROL, DATAGRAM):
            self._assert_arrives(0, 1, tag, text)
            self._assert_arrives(1, 0, tag, text)

    def _assert_arrives(self, peer: int, other: int, tag: int, text: str) -> None:
        """It may be lost, so it is sent until it arrives."""

        def heard() -> bool:
            self.page.evaluate("([peer, tag, text]) => sides[peer].say(tag, text)", [peer, tag, text])
            return f"{tag} {text}" in self.of(other, "heard")

        wait_for(heard, f"frame {tag} from {peer} to {other}")


@pytest.fixture(scope="module")
def firefox(driver: Playwright) -> Iterator[Browser]:
    try:
        browser = driver.firefox.launch(**browsers.firefox())
    except browsers.NoFirefox as missing:
        pytest.skip(str(missing))
    yield browser
    browser.close()


@pytest.fixture(params=["chromium", "firefox"])
def meet(request: pytest.FixtureRequest, address: str) -> Iterator[Meet]:
    """Opens meetings in one of the browsers."""
    browser: Browser = request.getfixturevalue(request.param)
    context = browser.new_context()

    def opened(hand: tuple[bool, bool] = (True, True), may_relay: bool = False) -> Meeting:
        return Meeting(context.new_page(), address, hand, may_relay)

    yield opened
    context.close()


def test_peers_connect_and_each_knows_how(meet: Meet) -> None:
    meeting = meet()
    meeting.until_both("connected")
    meeting.assert_talk("hello")
    meeting.until_both("up")
    wait_for(lambda: meeting.of(0, "connection") == "host udp", "what the connection is")
    expected = ["1", "direct", "host udp"]
    wait_for(lambda: (meeting.of(0, "row") or [])[1:4] == expected, "figures of a second in which that was known")
    for one in (0, 1):
        wait_for(lambda one=one: meeting.of(one, "reports") == ["link_repair: connected"], "how it came about")


def test_the_worker_gets_the_channels(meet: Meet) -> None:
    meeting = meet()
    meeting.until_both("connected")
    assert not meeting.of(0, "kept") and not meeting.of(1, "kept")


@pytest.mark.parametrize("meet", ["chromium"], indirect=True)
@pytest.mark.parametrize("hand", [(False, False), (True, False)], ids=["both", "one"])
def test_the_page_carries_the_frames_of_channels_that_it_keeps(meet: Meet, hand: tuple[bool, bool]) -> None:
    meeting = meet(hand)
    meeting.until_both("connected")
    assert meeting.of(1, "kept")
    meeting.assert_talk("hello")


def test_a_connection_that_is_gone_is_relayed_and_then_replaced(meet: Meet) -> None:
    meeting = meet(may_relay=True)
    meeting.until_both("up")
    meeting.page.evaluate("sides[1].rtcs.at(-1).close()")
    meeting.assert_talk("by the server, if it is quicker")
    wait_for(lambda: meeting.of(0, "losses"), "the loss of the direct way")
    meeting.until_both("up")
    meeting.assert_talk("direct again")


def test_new_ways_are_found_under_a_connection_that_stands(meet: Meet) -> None:
    meeting = meet()
    meeting.until_both("up")
    ufrag = "rtcs.at(-1).currentLocalDescription.sdp.match(/ice-ufrag:(.*)/)[1]"
    first, second = meeting.of(0, ufrag), meeting.of(1, ufrag)
    meeting.page.evaluate("sides[0].peers.fromWorker({ type: 'direct', run: 1, peer: 1, up: false })")
    wait_for(lambda: first != meeting.of(0, ufrag) and second != meeting.of(1, ufrag), "new candidates")
    meeting.page.evaluate("sides[0].peers.fromWorker({ type: 'direct', run: 1, peer: 1, up: true })")
    meeting.assert_talk("still here")
    assert [meeting.of(0, "rtcs.length"), meeting.of(1, "rtcs.length")] == [2, 2], "one was only tried"
