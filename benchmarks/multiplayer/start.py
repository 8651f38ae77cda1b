"""From navigation to the first frame that can be played, with a partner who waits and no page to click.

Machines differ, and what they are busy with: in each round bare Pyodide with the same packages is measured as well, in
a worker of a browser that was never here, and then again.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Playwright, sync_playwright

from benchmarks.first_load import bare
from benchmarks.multiplayer.games import STUDY
from tests import browsers
from tests.e2e.harness import Participant, Server

ALONE = 60  # seconds that somebody may take to come to a page
POLL_MS = 50  # the console's lines are stamped as they come, and looking often costs the pages time
WHATS = ("cold_s", "warm_s", "bare_cold_s", "bare_warm_s", "cold_ratio", "warm_ratio")


def start(wanted: argparse.Namespace) -> dict[str, Any]:
    """Cold: a browser that was never here. Warm: the same one comes again, for another game."""
    rounds = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        environ = {"PAIR_SECONDS": "5", "PAIR_GAMES": "1"}
        server = Server(STUDY, Path(folder), environ=environ).start()
        try:
            for number in range(wanted.rounds):
                rounds.append(_one_round(playwright, server, number))
                print(rounds[-1], flush=True)
        finally:
            server.stop()
    middle = {what: round(statistics.median(one[what] for one in rounds), 2) for what in WHATS}
    return {"rounds": rounds, "median": middle}


def _one_round(playwright: Playwright, server: Server, number: int) -> dict[str, float]:
    partner, visitor = (playwright.chromium.launch(**browsers.chromium()) for _ in range(2))
    try:
        cold = _first_frame(server, partner, visitor, f"cold{number}")
        warm = _first_frame(server, partner, visitor, f"warm{number}")
    finally:
        partner.close()
        visitor.close()
    bare_cold, bare_warm = _bare(playwright, server)
    values = (cold, warm, bare_cold, bare_warm, cold / bare_cold, warm / bare_warm)
    return dict(zip(WHATS, (round(value, 3) for value in values), strict=True))


def _bare(playwright: Playwright, server: Server) -> tuple[float, float]:
    """Seconds of a first visit, and of a second one."""
    browser = playwright.chromium.launch(**browsers.chromium())
    try:
        visits = bare(browser.new_context(), server.url, in_worker=True)
    finally:
        browser.close()
    return visits["first"]["ready"] / 1000, visits["reload"]["ready"] / 1000


def _first_frame(server: Server, partner: Browser, visitor: Browser, subject: str) -> float:
    """Seconds from the visitor's navigation until the first frame is on their screen."""
    _click_through_first_page(server, partner, subject)
    waiting = Participant(partner.new_context(), server.url)
    waiting.press_primary()
    waiting.sees("waiting", ALONE)
    contexts = visitor.contexts or [visitor.new_context()]  # the second visit finds the first one's cache
    page = contexts[0].new_page()
    shown: list[float] = []
    page.on("console", lambda message: shown.append(time.monotonic()) if message.text.startswith("frame 0/0") else None)
    began = time.monotonic()
    page.goto(f"{server.url}/{subject}?renderer=canvas&debug=latency")
    page.wait_for_selector("body[data-page='playing']", timeout=ALONE * 1000)
    while not shown:
        page.wait_for_timeout(POLL_MS)
    taken = shown[0] - began
    page.wait_for_selector("body[data-page='end']", timeout=ALONE * 1000)
    page.close()
    waiting.page.context.close()
    return taken


def _click_through_first_page(server: Server, browser: Browser, subject: str) -> None:
    """Somebody has been here before, with another browser: what follows begins with the game."""
    before = Participant(browser.new_context(), f"{server.url}/{subject}")
    before.press_primary()
    before.sees("gym")
    before.page.context.close()
