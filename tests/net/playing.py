"""People at their keyboards in the homes of a lab, and what the data says of their games."""

from __future__ import annotations

import heapq
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright

from benchmarks.common import summary
from tests import browsers
from tests.e2e.harness import PATIENCE_S, Participant, Rows, Server
from tests.net.lab import Home, Lab

full = pytest.mark.skipif(
    not os.environ.get("NETWORKS"), reason="NOT IN THE SAMPLE: `make e2e-full` plays on all networks, for longer"
)

KEYS = ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "w")
PRESSES_PER_S = 5.0
SHORTEST_S, LONGEST_S = 0.03, 0.2  # for which a key is held


class Fingers:
    """Random keys of several people at once, about five a second each, held for a while.

    ``press_until`` types on until its condition holds. ``can_type`` is asked by number whether somebody is typed for.
    """

    def __init__(
        self, people: Sequence[Participant], seed: int = 1, can_type: Callable[[int], bool] = lambda _: True
    ) -> None:
        self._people, self._can_type = people, can_type
        self._draw = random.Random(seed)
        self._due: list[tuple[float, int, str | None]] = []

    def press_until(self, is_over: Callable[[], bool], seconds: float) -> None:
        """Type until ``is_over``, which is asked about ten times a second.

        Raises:
            AssertionError: It did not become true within ``seconds``.
        """
        began = asked = time.monotonic()
        self._due = [(began + self._draw.random() / PRESSES_PER_S, k, None) for k in range(len(self._people))]
        heapq.heapify(self._due)
        while True:
            now = time.monotonic()
            if now - asked > 0.1:
                asked = now
                if is_over():
                    return
                assert now - began < seconds, f"not over after {seconds:g} s"
            due, person, held = self._due[0]
            if due > now:
                anybody = next(one for one in self._people if not one.page.is_closed())
                anybody.page.wait_for_timeout(min(due - now, 0.1) * 1000)
                continue
            heapq.heapreplace(self._due, self._type(now, person, held))

    def _type(self, now: float, person: int, held: str | None) -> tuple[float, int, str | None]:
        if not self._can_type(person):
            return now + 1 / PRESSES_PER_S, person, held
        keyboard = self._people[person].page.keyboard
        if held is not None:
            keyboard.up(held)
            return now + self._draw.expovariate(PRESSES_PER_S), person, None
        key = self._draw.choice(KEYS)
        keyboard.down(key)
        return now + self._draw.uniform(SHORTEST_S, LONGEST_S), person, key


@contextmanager
def browsers_in(lab: Lab, playwright: Playwright, folder: Path, homes: Sequence[Home]) -> Iterator[list[Browser]]:
    """A Chromium in each home."""
    opened: list[Browser] = []
    try:
        for home in homes:
            options = browsers.chromium()
            options["executable_path"] = lab.browser(home, str(options["executable_path"]), folder)
            opened.append(playwright.chromium.launch(**options))
        yield opened
    finally:
        for browser in opened:
            browser.close()


def shows(person: Participant) -> str:
    """Which page the participant is on."""
    return person.page.get_attribute("body", "data-page") or ""


def connections(person: Participant) -> list[str]:
    """By which way somebody has heard each partner in the last second: "direct host udp", "server" or "none"."""
    shown = person.page.get_attribute("body", "data-connection") or ""
    return [each for each in shown.split(", ") if each]


def until_connected(people: Sequence[Participant], way: str) -> None:
    """Waits until each has heard each partner by this way; on a busy machine some take another one for a while."""
    for person in people:
        heard: set[int] = set()

        def is_so(person: Participant = person, heard: set[int] = heard) -> bool:
            heard.update(k for k, each in enumerate(connections(person)) if each.startswith(way))
            return len(heard) == len(people) - 1

        person.until(is_so, f"{way} connections")


def experience(server: Server, row: str) -> list[Rows]:
    """Of each player of each episode, the rows of their experience that are ``"tick"`` or ``"key"``."""
    files = server.episode_files("*/*/*.experience.csv")
    return [[line for line in rows if line["row"] == row] for rows in files.values()]


def figures(server: Server, fps: float) -> dict[str, Any]:
    """What all players of a study felt together, from its files."""
    ticks = experience(server, "tick")
    keys = [key for player in experience(server, "key") for key in player if key["painted_ms"]]
    flat = [tick for player in ticks for tick in player]
    rolled = [tick for tick in flat if int(tick["rollback"])]
    late = [float(tick["late_ms"]) for tick in flat]
    return {
        "fps": [round(held(player), 2) for player in ticks],
        "late_share": round(sum(value > 500 / fps for value in late) / len(late), 4),
        "late_ms": spread(late),
        "key_to_paint_ms": spread([float(key["painted_ms"]) - float(key["event_ms"]) for key in keys]),
        "rollbacks": len(rolled),
        "rollback_depth": spread([float(tick["rollback"]) for tick in rolled]),
        "rollback_ms": spread([float(tick["rollback_ms"]) for tick in rolled]),
        "predicted": spread([float(tick["predicted"]) for tick in flat]),
        "step_ms": spread([float(tick["step_ms"]) for tick in flat]),
        "stalls": [int(row["stalls"] or 0) for row in server.table("sessions.csv")],
        "parity": [row["parity"] for row in server.table("episodes.csv")],
    }


def held(ticks: Sequence[dict[str, str]]) -> float:
    """Frames a second, from the first to the last."""
    due = [float(tick["due_ms"]) + float(tick["late_ms"]) for tick in ticks]
    return (len(due) - 1) * 1000 / (due[-1] - due[0])


def spread(values: Sequence[float]) -> dict[str, float | int] | None:
    """Their summary, to hundredths; None of nothing."""
    return summary(values, 2) if values else None


def play_through(people: Sequence[Participant], seconds: float = 2 * PATIENCE_S) -> None:
    """Keys are pressed until all have come to the end.

    Raises:
        AssertionError: They have not within ``seconds``.
    """
    Fingers(people).press_until(lambda: all(shows(person) == "end" for person in people), seconds)
