"""Games on networks, and what their data says."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.e2e.harness import Participant, Server, wait_for
from tests.net.lab import Lab, LabServer
from tests.net.playing import Fingers, browsers_in, figures, shows
from tests.net.shaping import CLEAN, Network

STUDY = Path(__file__).parents[1] / "studies" / "overcooked_pair.py"
FPS = 30
NETWORKS = {
    "clean": CLEAN,
    "50 ms": Network(0.05),
    "100 ms": Network(0.1),
    "200 ms": Network(0.2),
    "100+-30 ms, 5 % loss": Network(0.1, 0.03, 0.05),
    "20 % loss": Network(loss=0.2),
}
BURSTS_S = (0.5, 1.0, 3.0)
BAD = Network(0.1, 0.0, 0.05)


@dataclass(frozen=True)
class Table:
    """Two people who can begin to play."""

    lab: Lab
    server: Server
    people: list[Participant]

    def begin(self) -> None:
        for person in self.people:
            person.press_primary()
        for person in self.people:
            person.until(lambda person=person: shows(person) == "playing", "the game", 60)  # type: ignore[misc]

    def over(self) -> bool:
        return all(shows(person) == "end" for person in self.people)

    def play(self, seconds: float, is_over: Callable[[], bool] | None = None) -> dict[str, Any]:
        """Keys are pressed until both have come to the end."""
        try:
            Fingers(self.people).press_until(is_over or self.over, seconds + 60)
        except AssertionError:
            print([person.page.inner_text("body") for person in self.people], self.server.log.read_text(), sep="\n")
            raise
        wait_for(lambda: self._compared(), "the comparison of both sides")
        return {**figures(self.server, FPS), "links": self._links(), "switch": self.lab.report()}

    def _compared(self) -> bool:
        rows = self.server.table("episodes.csv")
        return bool(rows) and all(row["parity"] != "incomplete" for row in rows)

    def _links(self) -> list[dict[str, Any]]:
        names = ("connection", "rtt_ms_median", "rtt_ms_p95", "lost", "server_share")
        return [
            {
                **{name: row[name] for name in names},
                "datagrams_per_s": round(int(row["sent"]) / max(1.0, float(row["seconds"])), 1),
            }
            for row in self.server.table("links.csv")
        ]


@contextmanager
def table(network: Network, query: str = "", **environ: str) -> Iterator[Table]:
    """A server, two homes with ``network`` between them, and a browser in each."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, Lab(2) as lab:
        one, other = lab.homes
        lab.between(one, other, network)
        server = LabServer(STUDY, Path(folder) / "data", environ=environ, namespace=lab.server_namespace).start()
        try:
            with browsers_in(lab, playwright, Path(folder), lab.homes) as browsers:
                people = [
                    Participant(one.new_context(), f"{server.url}/?renderer=canvas{query}") for one in browsers
                ]
                yield Table(lab, server, people)
        finally:
            server.stop()


def one_game(network: Network, seconds: float) -> dict[str, Any]:
    with table(network, PAIR_SECONDS=str(seconds)) as seated:
        seated.begin()
        seated.lab.report()  # what was late while the pages loaded is not of interest
        return seated.play(seconds)


def networks(wanted: argparse.Namespace) -> dict[str, Any]:
    found = {}
    for name, network in NETWORKS.items():
        found[name] = {"network": asdict(network), **one_game(network, wanted.seconds)}
        print(name, found[name], flush=True)
    return {"seconds": wanted.seconds, "games": found}


def bursts(wanted: argparse.Namespace) -> dict[str, Any]:
    """How long after the end of a cut new frames are played again, per player; the line is clean but for it."""
    return {f"{burst:g} s": _burst(burst, wanted.seconds / 2) for burst in BURSTS_S}


def _burst(burst: float, seconds: float) -> dict[str, Any]:
    with table(CLEAN, "&debug=latency", PAIR_SECONDS=str(seconds)) as seated:
        frames: list[list[float]] = [[] for _ in seated.people]
        for person, times in zip(seated.people, frames, strict=True):
            person.page.on("console", _noting(times))
        seated.begin()
        cuts = [time.monotonic() + 5 + number * (burst + 5) for number in range(3)]
        ends: list[float] = []
        one, other = seated.lab.homes

        def over() -> bool:
            if cuts and time.monotonic() > cuts[0]:
                cuts.pop(0)
                ends.append(time.monotonic() + burst)
                seated.lab.cut(one, other, burst)
            return seated.over()

        played = seated.play(seconds, over)
        recovered = [_first_after(times, end) - end for end in ends for times in frames]
        return {
            "cuts": len(ends),
            "played_on_after_s": [round(value, 3) for value in recovered],
            **{name: played[name] for name in ("parity", "stalls", "rollback_depth", "links")},
        }


def _noting(times: list[float]) -> Callable[[Any], None]:
    def note(message: Any) -> None:
        if message.text.startswith("frame "):
            times.append(time.monotonic())

    return note


def _first_after(times: list[float], moment: float) -> float:
    return next((at for at in times if at > moment), float("inf"))


def keys(wanted: argparse.Namespace) -> dict[str, Any]:
    """Key to paint on the two lines, in turn: each round is a game on each, of 600 keys and more together."""
    lines = {"clean": CLEAN, "100 ms, 5 % loss": BAD}
    rounds = [
        {name: one_game(network, wanted.seconds)["key_to_paint_ms"] for name, network in lines.items()}
        for _ in range(wanted.rounds)
    ]
    clean, bad = lines
    ratios = {part: [one[bad][part] / one[clean][part] for one in rounds] for part in ("median", "p95")}
    return {
        "rounds": rounds,
        "ratio_of_bad_to_clean": {part: round(statistics.median(values), 3) for part, values in ratios.items()},
    }
