"""How far peers run ahead of each other by our rule, by those of GGPO and GGRS, and by ours with parts left out.

    python -m benchmarks.timesync [--seeds 12]

Simulated in virtual time, at 60 fps. Per scenario and rule, means over the seeds; the first 15 s are counted apart.

- one_sidedness: how many frames two peers are apart at the same true moment, all pairs, all the time.
- depth: frames that are played on predicted inputs, at every frame.
- stopped, skipped: ticks without a frame per minute and peer, because of the barrier, because of the rule.
- at_first: ticks without a frame per peer in the first 15 s, for either cause.
- together_after: seconds until no pair was a frame apart for three seconds; in what part of the runs that came to be.
- fps and speed_error: frames per second; by which part the frames of one second differ from 60, mean.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.common import write_result
from benchmarks.timesync_model import FPS, MakeRule, Scenario, World
from benchmarks.timesync_rules import PUBLISHED, Nothing, Ours
from benchmarks.timesync_variants import VARIANTS

SECONDS, SETTLED = 75, 15
EVERY = 0.05  # seconds
MS = 0.001


def links(**one_way_ms: float) -> dict[tuple[int, int], float]:
    """``links(p01=40)``: 40 ms from peer 0 to peer 1, and back."""
    return {(int(pair[1]), int(pair[2])): ms * MS for pair, ms in one_way_ms.items()}


TWO = links(p01=40)
THREE = links(p01=10, p02=60, p12=90)
FOUR = links(p01=10, p02=60, p12=90, p03=30, p13=20, p23=80)

SCENARIOS = {
    "two": Scenario(TWO),
    "two_far": Scenario(links(p01=100), jitter=0.01, loss=0.05),
    "two_jittery": Scenario(links(p01=30), jitter=0.03, loss=0.1, lateness=0.003),
    "two_late_start": Scenario(TWO, late_start=0.2),
    "two_one_5%_slow": Scenario(TWO, cost=(0.001, 0.0175)),
    "two_one_20%_slow": Scenario(TWO, cost=(0.001, 0.02)),
    "two_one_small_window": Scenario(links(p01=60), cost=(0.001, 0.01), window=(8, 2)),
    "two_pausing": Scenario(TWO, pauses=20),
    "two_held_up": Scenario(TWO, holds=20),
    "three": Scenario(THREE),
    "three_one_5%_slow": Scenario(THREE, cost=(0.001, 0.001, 0.0175)),
    "three_one_small_window": Scenario(links(p01=10, p02=50, p12=60), cost=(0.001, 0.001, 0.01), window=(8, 8, 2)),
    "four": Scenario(FOUR),
    "four_one_5%_slow": Scenario(FOUR, cost=(0.001, 0.001, 0.001, 0.0175)),
    "four_one_20%_slow": Scenario(FOUR, cost=(0.001, 0.001, 0.001, 0.02)),
    "four_one_small_window": Scenario(FOUR, cost=(0.001, 0.001, 0.008, 0.001), window=(8, 8, 3, 8)),
    "four_pausing": Scenario(FOUR, pauses=20),
    "four_held_up": Scenario(FOUR, holds=20),
}
RULES: dict[str, MakeRule] = {"none": Nothing, "ours": Ours, **PUBLISHED, **VARIANTS}


def positions(played: Sequence[float]) -> list[float]:
    """The frames that a peer has played at each moment, in between in proportion."""
    result, count = [], 0
    for step in range(int(SECONDS / EVERY)):
        t = step * EVERY
        while count < len(played) and played[count] <= t:
            count += 1
        between = 0 < count < len(played)
        part = (t - played[count - 1]) / (played[count] - played[count - 1]) if between else 0.0
        result.append(count + part)
    return result


def together_after(gaps: Sequence[Sequence[float]]) -> float | None:
    """Seconds, or None if the peers never are."""
    second = round(1 / EVERY)
    starts = range(0, len(gaps[0]) - second, second // 2)
    worst = [max(abs(statistics.fmean(gap[start : start + second])) for gap in gaps) for start in starts]
    return next((i / 2 for i in range(len(worst) - 5) if max(worst[i : i + 6]) < 1), None)


def measure(scenario: str, rule: str, seed: int) -> dict[str, Any]:
    """One run."""
    world = World(SCENARIOS[scenario], RULES[rule], seed).run(SECONDS)
    peers = world.peers
    tracks = [positions(peer.played) for peer in peers]
    gaps = [[a - b for a, b in zip(*pair, strict=True)] for pair in itertools.combinations(tracks, 2)]
    settled = round(SETTLED / EVERY)
    apart = sorted(abs(gap) for pair in gaps for gap in pair[settled:])
    second = round(1 / EVERY)
    in_seconds = [b - a for track in tracks for a, b in itertools.pairwise(track[settled::second])]
    per_minute = 60 / (SECONDS - SETTLED) / len(peers)
    return {
        "one_sidedness": statistics.fmean(apart),
        "one_sidedness_p95": apart[int(0.95 * len(apart))],
        "depth": statistics.fmean(depth for peer in peers for depth in peer.depths[int(SETTLED * FPS) :]),
        "stopped": per_minute * sum(t > SETTLED for peer in peers for t in peer.stopped),
        "skipped": per_minute * sum(t > SETTLED for peer in peers for t in peer.skipped),
        "at_first": sum(t <= SETTLED for peer in peers for t in peer.stopped + peer.skipped) / len(peers),
        "together_after": together_after(gaps),
        "fps": statistics.fmean(in_seconds),
        "speed_error": statistics.fmean(abs(frames / FPS - 1) for frames in in_seconds),
    }


def means(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Over the seeds."""
    names = [name for name in runs[0] if name != "together_after"]
    times = [run["together_after"] for run in runs if run["together_after"] is not None]
    return {
        **{name: round(statistics.fmean(run[name] for run in runs), 3) for name in names},
        "together_after": round(statistics.fmean(times), 2) if times else None,
        "together_in": round(len(times) / len(runs), 2),
    }


def compare(by_rule: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Ours over the best of the published rules, each figure for itself; small is good."""
    best = {
        "one_sidedness": min(by_rule[rule]["one_sidedness"] for rule in PUBLISHED),
        "ticks_without_frame": min(by_rule[rule]["stopped"] + by_rule[rule]["skipped"] for rule in PUBLISHED),
    }
    ours = by_rule["ours"]
    mine = {"one_sidedness": ours["one_sidedness"], "ticks_without_frame": ours["stopped"] + ours["skipped"]}
    return {name: round(mine[name] / best[name], 3) if best[name] else None for name in best}


def _job(job: tuple[str, str, int]) -> tuple[tuple[str, str, int], dict[str, Any]]:
    return job, measure(*job)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=12)
    seeds = parser.parse_args().seeds
    jobs = list(itertools.product(SCENARIOS, RULES, range(seeds)))
    with multiprocessing.Pool() as pool:
        runs = dict(pool.imap_unordered(_job, jobs, chunksize=8))
    figures = {
        name: {rule: means([runs[name, rule, seed] for seed in range(seeds)]) for rule in RULES} for name in SCENARIOS
    }
    target = figures["two"]["ours"]["one_sidedness"]
    results = {
        "seeds": seeds,
        "seconds": SECONDS,
        "target_two_with_drift": {"one_sidedness": target, "at_most": 0.25, "met": target <= 0.25},
        "ours_over_best_published": {name: compare(by_rule) for name, by_rule in figures.items()},
        "scenarios": figures,
    }
    write_result("timesync", results)


if __name__ == "__main__":
    main()
