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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

from benchmarks.common import summary, write_result
from tests import browsers
from tests.e2e.harness import EXAMPLES, Server

PROGRAMS = Path(__file__).parent / "programs"
Visit = dict[str, float]

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
  let ready;
  const log = console.log.bind(console);
  window.played = new Promise((resolve) => {
    console.log = (...words) => {
      if (String(words[0]).startsWith("frame ")) resolve({ ready, first_frame: performance.now(), gap });
      log(...words);
    };
  });
  const press = () => {
    const button = document.querySelector("button.primary:enabled");
    if (document.body?.dataset.page === "gym" && button) ready ??= performance.now();
    if (document.body?.dataset.page !== "playing") button?.click();
    setTimeout(press, 5);
  };
  press();
"""

ABSOLUTE_BOOT = """() => {
  const boot = JSON.parse(document.querySelector("#boot").textContent);
  const absolute = (path) => new URL(path, location.origin).href;
  return { ...boot, pyodide: absolute(boot.pyodide), archive: { ...boot.archive, url: absolute(boot.archive.url) } };
}"""
RUN_BARE = """async ([source, boot, inWorker]) => {
  const began = performance.now();
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  if (inWorker) {
    const worker = new Worker(url, { type: "module" });
    worker.postMessage(boot);
    await new Promise((resolve, reject) => { worker.onmessage = resolve; worker.onerror = reject; });
  } else {
    await (await import(url)).bare(boot);
  }
  return performance.now() - began;
}"""


def ours(context: BrowserContext, url: str) -> dict[str, Visit]:
    page = context.new_page()
    page.add_init_script(WATCH + HURRY)
    page.goto(f"{url}/?debug=latency&renderer=canvas")
    first = _played(page)
    page.reload()
    return {"first": first, "reload": _played(page)}


def _played(page: Page) -> Visit:
    return dict(page.evaluate("window.played"))


def bare(context: BrowserContext, url: str, *, in_worker: bool) -> dict[str, Visit]:
    """Measured from within a page that is there already, which is to the yardstick's advantage."""
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{url}/")
    job = [(PROGRAMS / "bare.js").read_text(), _boot(page), in_worker]
    visits = []
    for _ in ("first", "reload"):
        page.goto(f"{url}/healthz")  # the server's origin, and nothing that runs
        visits.append({"ready": page.evaluate(RUN_BARE, job), "gap": page.evaluate("window.gap")})
    return dict(zip(("first", "reload"), visits, strict=True))


def _boot(page: Page) -> dict[str, Any]:
    """The addresses of what our page would load, as absolute ones: a worker made of text has no address of its own."""
    return dict(page.evaluate(ABSOLUTE_BOOT))


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


def measure(playwright: Playwright, url: str) -> dict[str, Any]:
    """One round. Each has a profile of its own on the disk: a private window keeps no compiled WebAssembly."""
    ways: dict[str, Callable[[BrowserContext], dict[str, Visit]]] = {
        "ours": lambda context: ours(context, url),
        "bare_worker": lambda context: bare(context, url, in_worker=True),
        "bare_main_thread": lambda context: bare(context, url, in_worker=False),
    }
    found = {}
    for name, way in ways.items():
        with tempfile.TemporaryDirectory() as profile:
            context = playwright.chromium.launch_persistent_context(profile, **browsers.chromium())
            found[name] = way(context)
            context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    count = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        server = Server(EXAMPLES / "mountain_car.py", Path(data)).start()
        try:
            rounds = [measure(playwright, server.url) for _ in range(count)]
        finally:
            server.stop()
    write_result("first_load", {"rounds": count, **figures(rounds)})


if __name__ == "__main__":
    main()
