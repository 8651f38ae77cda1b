"""Input to paint: from the key event to the first animation frame that shows its effect, as the data itself records it.

    python -m benchmarks.input_path [--keys 300]

The target is one tick plus one frame of the display; "within" is the share of presses that met it.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.common import summary, write_result
from tests import browsers
from tests.e2e.harness import Participant, Server

KEYS = ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown")
DISPLAY_MS = 1000 / 60


def play(participant: Participant, presses: int) -> None:
    """Random presses, two to fifteen a second, until enough were made or the game is over."""
    draw = random.Random(1)
    for _ in range(presses):
        if participant.page.get_attribute("body", "data-page") not in {"playing", "gym"}:
            return
        participant.page.keyboard.press(draw.choice(KEYS), delay=draw.uniform(20, 120))
        participant.page.wait_for_timeout(draw.uniform(20, 150))


def rows_of(server: Server, kind: str) -> list[dict[str, str]]:
    files = server.episode_files("*/*/*.experience.csv")
    return [row for rows in files.values() for row in rows if row["row"] == kind]


def between(rows: list[dict[str, str]], start: str, end: str) -> list[float]:
    return [float(row[end]) - float(row[start]) for row in rows if row[end]]


def figures(server: Server, tick_ms: float) -> dict[str, Any]:
    keys, ticks = rows_of(server, "key"), rows_of(server, "tick")
    to_paint = between(keys, "event_ms", "painted_ms")
    target = tick_ms + DISPLAY_MS
    return {
        "tick_ms": round(tick_ms, 1),
        "target_ms": round(target, 1),
        "within_target": round(sum(value <= target for value in to_paint) / len(to_paint), 3),
        "event_to_sampled_ms": summary(between(keys, "event_ms", "sampled_ms"), 1),
        "sampled_to_executed_ms": summary(between(keys, "sampled_ms", "executed_ms"), 1),
        "executed_to_painted_ms": summary(between(keys, "executed_ms", "painted_ms"), 1),
        "event_to_painted_ms": summary(to_paint, 1),
        "tick_late_ms": summary([float(row["late_ms"]) for row in ticks], 2),
        "step_ms": summary([float(row["step_ms"]) for row in ticks], 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=300)
    wanted = parser.parse_args().keys
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        server = Server(Path(__file__).parent / "studies" / "overcooked_alone.py", Path(data)).start()
        try:
            browser = playwright.chromium.launch(**browsers.chromium())
            participant = Participant(browser.new_context(), f"{server.url}/?renderer=canvas")
            participant.press_primary()
            participant.start_game()
            play(participant, wanted)
            participant.sees("end", seconds=120)
            server.settled(1)
            measured = figures(server, 1000 / 30)
            browser.close()
        finally:
            server.stop()
    write_result("input_path", measured)


if __name__ == "__main__":
    main()
