"""From the link to the first playable frame, and what it does to the page, against bare Pyodide in the same run.

    python -m benchmarks.first_load [--rounds 7]

Each round measures, one after the other in new browser profiles: our page (first visit, then a reload), the same
Pyodide with the same packages in a bare worker (first visit, then a reload), and on the page's main thread. The
participant presses each button as soon as it may be pressed.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, sync_playwright

from benchmarks.common import summary, write_result
from tests import browsers
from tests.e2e.harness import EXAMPLES, Server

PAGES = Path(__file__).parent / "pages"
LONGEST_S = 60_000

WATCH = """
  window.gap = 0;
  let last = performance.now();
  const beat = () => {
    const now = performance.now();
    window.gap = Math.max(window.gap, now - last);
    last = now;
    setTimeout(beat);
  };
  beat();
"""
HURRY = """
  const log = console.log.bind(console);
  console.log = (...words) => {
    if (String(words[0]).startsWith("frame 0/0")) window.firstFrame ??= performance.now();
    log(...words);
  };
  const press = () => {
    const button = document.querySelector("button.primary:enabled");
    if (document.body?.dataset.page === "gym" && button) window.ready ??= performance.now();
    if (document.body?.dataset.page !== "playing") button?.click();
    setTimeout(press, 5);
  };
  press();
"""


def ours(browser: Browser, url: str) -> dict[str, dict[str, float]]:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH + HURRY)
    page.goto(f"{url}/?debug=latency&renderer=canvas")
    first = _played(page)
    page.reload()
    again = _played(page)
    context.close()
    return {"first": first, "reload": again}


def _played(page: Page) -> dict[str, float]:
    page.wait_for_function("window.firstFrame", timeout=LONGEST_S)
    return dict(page.evaluate("({ready: window.ready, first_frame: window.firstFrame, gap: window.gap})"))


def yardstick(browser: Browser, url: str, query: str) -> dict[str, dict[str, float]]:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    context.route("**/yardstick/*", _serve)
    page.goto(f"{url}/yardstick/yardstick.html{query}")
    first = _titled(page)
    page.reload()
    again = _titled(page)
    context.close()
    return {"first": first, "reload": again}


def _serve(route: Route) -> None:
    name = route.request.url.rpartition("/")[2].partition("?")[0]
    route.fulfill(path=PAGES / name)


def _titled(page: Page) -> dict[str, float]:
    page.wait_for_function("document.title.startsWith('ready')", timeout=LONGEST_S)
    ready, gap = page.evaluate("[Number(document.title.split(' ')[1]), window.gap]")
    return {"ready": ready, "gap": gap}


def figures(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    def values(who: str, visit: str, what: str) -> list[float]:
        return [one[who][visit][what] for one in rounds]

    def ratio(visit: str) -> float:
        pairs = zip(values("ours", visit, "ready"), values("bare_worker", visit, "ready"), strict=True)
        return round(statistics.median(mine / bare for mine, bare in pairs), 3)

    table: dict[str, Any] = {}
    for who in ("ours", "bare_worker", "bare_main_thread"):
        for visit in ("first", "reload"):
            whats = ("ready", "first_frame", "gap") if who == "ours" else ("ready", "gap")
            table.setdefault(who, {})[visit] = {f"{what}_ms": summary(values(who, visit, what), 0) for what in whats}
    table["ready_over_bare_worker"] = {visit: ratio(visit) for visit in ("first", "reload")}
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    count = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        server = Server(EXAMPLES / "mountain_car.py", Path(data)).start()
        try:
            browser = playwright.chromium.launch(**browsers.chromium())
            rounds = []
            for _ in range(count):
                rounds.append(
                    {
                        "ours": ours(browser, server.url),
                        "bare_worker": yardstick(browser, server.url, ""),
                        "bare_main_thread": yardstick(browser, server.url, "?main"),
                    }
                )
            version = browser.version
            browser.close()
        finally:
            server.stop()
    write_result("first_load", {"chromium": version, "rounds": count, **figures(rounds)})


if __name__ == "__main__":
    main()
