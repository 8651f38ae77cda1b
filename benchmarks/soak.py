"""Thousands of games in virtual time: networks, faults, absences and returns by chance, all judged by the oracle.

    python -m benchmarks.soak --games 7000 --frames 600 --long 200 --long-frames 5000

Any problem is printed with its seed, which then belongs into ``tests/netcode/corpus.json``; the exit code is 1 then.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from benchmarks.common import write_result
from interactive_gym.netcode.testing import Report, random_scenario, run_match


class Game(NamedTuple):
    """What one game came to."""

    seed: int
    frames: int
    peers: int
    rows: int
    rollbacks: int
    faults: tuple[str, ...]
    events: dict[str, int]
    virtual_s: float
    problems: list[str]


@dataclass
class Line:
    """All games of one number of peers."""

    games: int = 0
    rows: int = 0
    rollbacks: int = 0
    virtual_s: float = 0.0
    bad: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    def add(self, game: Game) -> None:
        """Count it."""
        self.games += 1
        self.rows += game.rows
        self.rollbacks += game.rollbacks
        self.virtual_s += game.virtual_s
        self.bad += bool(game.problems)
        self.faults.update(game.faults)
        self.events.update(game.events)


def play(job: tuple[int, int]) -> Game:
    """One game: (seed, frames)."""
    seed, frames = job
    report = run_match(random_scenario(seed, frames=frames))
    return Game(
        seed,
        frames,
        len(report.scenario.config.peers),
        sum(len(record.rows) for peer in report.processes for record in peer.host.records),
        report.rollbacks,
        tuple(type(fault).__name__ for fault in report.scenario.faults),
        _counted(report),
        report.took,
        report.problems,
    )


def _counted(report: Report) -> dict[str, int]:
    names = (type(seen.event).__name__ for peer in report.processes for seen in peer.events)
    return dict(Counter(name for name in names if name in ("Cut", "Returned", "Mismatch", "Away", "Held", "TakenOver")))


def soak(jobs: list[tuple[int, int]], workers: int) -> dict[int, Line]:
    """Play all; print what is wrong as soon as it is known."""
    lines: dict[int, Line] = {}
    for done, game in enumerate(_played(jobs, workers), 1):
        lines.setdefault(game.peers, Line()).add(game)
        if game.problems:
            print(f"seed {game.seed}, {game.frames} frames: {game.problems[0][:500]}", flush=True)
        if done % 100 == 0:
            print(f"{done} of {len(jobs)} games", file=sys.stderr, flush=True)
    return dict(sorted(lines.items()))


def _played(jobs: list[tuple[int, int]], workers: int) -> Iterator[Game]:
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(play, jobs, chunksize=4)


def table(lines: dict[int, Line]) -> str:
    """For people."""
    head = ("peers", "games", "rows", "rollbacks", "virtual h", "faults", "cuts", "returns", "mismatches", "bad")
    rows = [head, *((str(peers), *_cells(line)) for peers, line in lines.items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _cells(line: Line) -> tuple[str, ...]:
    counts = (line.faults.total(), line.events["Cut"], line.events["Returned"], line.events["Mismatch"], line.bad)
    start = (str(line.games), str(line.rows), str(line.rollbacks), f"{line.virtual_s / 3600:.1f}")
    return (*start, *map(str, counts))


def main() -> int:
    """Play, print, write down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--games", type=int, default=7000, help="short ones (%(default)s)")
    parser.add_argument("--frames", type=int, default=600, help="of a short game (%(default)s)")
    parser.add_argument("--long", type=int, default=200, help="long ones (%(default)s)")
    parser.add_argument("--long-frames", type=int, default=5000, help="of a long game (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the first game (%(default)s)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (%(default)s)")
    chosen = parser.parse_args()
    seeds = iter(range(chosen.seed, chosen.seed + chosen.games + chosen.long))
    jobs = [(next(seeds), chosen.frames) for _ in range(chosen.games)]
    jobs += [(next(seeds), chosen.long_frames) for _ in range(chosen.long)]
    began = time.perf_counter()
    lines = soak(jobs, chosen.workers)
    print(table(lines))
    write_result("soak", _figures(chosen, lines, time.perf_counter() - began))
    return 1 if any(line.bad for line in lines.values()) else 0


def _figures(chosen: argparse.Namespace, lines: dict[int, Line], seconds: float) -> dict[str, Any]:
    by_peers = {
        str(peers): {
            "games": line.games,
            "rows": line.rows,
            "rollbacks": line.rollbacks,
            "virtual_hours": round(line.virtual_s / 3600, 2),
            "faults": dict(sorted(line.faults.items())),
            "events": dict(sorted(line.events.items())),
            "bad": line.bad,
        }
        for peers, line in lines.items()
    }
    return {"options": vars(chosen), "took_s": round(seconds), "by_peers": by_peers}


if __name__ == "__main__":
    sys.exit(main())
