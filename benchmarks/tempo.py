"""What it is worth that all play as slowly as the slowest machine needs it, in games with one machine that is too slow.

    python -m benchmarks.tempo [--seeds 6]

In virtual time, at 30 fps; the steps of one peer take so many times a tick. Each game is played at the pace that its
peers agree on, and as if all were fast enough (``slowest=1``). Of all seeds together.

- stalls_per_minute: how often the game stood, and for how many ticks, on all machines together.
- slowdown: the pace that was agreed on; fps: frames per second of wall time.
"""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.common import write_result
from interactive_gym.netcode.testing import Computer, Conditions, Links, Report, Scenario, ToyGame, config_of, run_match

FPS, FRAMES = 30, 1800
LOADS = (0.7, 0.9, 1.0, 1.2, 1.4, 2.0, 3.0)
LINKS = Links(Conditions(delay=0.05, jitter=0.01, loss=0.01))


def play(peers: int, load: float, slowest: float, seed: int) -> Report:
    """A minute of a game. States take a tenth of the time; all costs vary by 30 %."""
    cost = load / FPS
    slow = Computer(1, step_cost=0.9 * cost, save_cost=0.1 * cost, unevenness=0.3)
    report = run_match(
        Scenario(
            config_of(peers, FPS, input_delay=1, slowest=slowest),
            seed=seed,
            game=ToyGame(peers, FRAMES),
            links=LINKS,
            computers={1: slow},
            until=600,
            progress_within=30,
        )
    )
    if report.problems:
        raise RuntimeError(str(report))
    return report


def figures(peers: int, load: float, slowest: float, seeds: int) -> dict[str, Any]:
    """Of all seeds together."""
    reports = [play(peers, load, slowest, seed) for seed in range(seeds)]
    minutes = sum(report.took for report in reports) / 60
    counted = [peer.session.statistics() for report in reports for peer in report.processes]
    return {
        "stalls_per_minute": round(sum(one["stalls"] for one in counted) / minutes, 2),
        "stalled_ticks_per_minute": round(sum(one["stalled_ticks"] for one in counted) / minutes, 2),
        "slowdown": counted[0]["slowdown"],
        "fps": round(seeds * FRAMES / minutes / 60, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    seeds = parser.parse_args().seeds
    found: dict[str, Any] = {}
    for peers in (2, 4):
        for load in LOADS:
            ours, without = figures(peers, load, 1.5, seeds), figures(peers, load, 1.0, seeds)
            stalls, before = ours["stalls_per_minute"], without["stalls_per_minute"]
            ratio = round(stalls / before, 4) if before else None
            found[f"{peers} players, {load} ticks"] = {"ours": ours, "without": without, "stalls_ratio": ratio}
    write_result("tempo", {"seeds": seeds, "fps": FPS, "games": found})


if __name__ == "__main__":
    main()
