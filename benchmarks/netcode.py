"""The session's figures: what it costs, what a rollback costs, what it sends, and how it plays on bad networks.

    python -m benchmarks.netcode

Costs are measured in CPython and in Pyodide under Node; all that has to do with networks is played in virtual time.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.common import summary, write_result
from benchmarks.programs import replay_cost, session_cost
from interactive_gym.cli.loading import load_experiment
from interactive_gym.netcode.testing import Computer, Conditions, Links, Match, PeerClock, Scenario, ToyGame, config_of
from interactive_gym.packaging import build_runtime
from interactive_gym.packaging.node import Node
from interactive_gym.packaging.plan import gym_scenes

HERE = Path(__file__).parent
STUDIES = {
    "overcooked": HERE / "studies" / "overcooked_alone.py",
    "slime_volleyball": HERE / "studies" / "slime_alone.py",
}
PROGRAMS = HERE / "programs"
COST_JOB = {"peers": [2, 4, 8], "ticks": 1800, "rounds": 5}
DEPTHS, ROUNDS = [4, 8], 60
TICK_US = 1e6 / session_cost.FPS
WATCH_EVERY = 0.1  # virtual seconds


def session_costs(node: Node) -> dict[str, Any]:
    """Microseconds per tick of one peer, and the share of a tick at 60 frames a second."""
    found = {"cpython": session_cost.main(COST_JOB), "pyodide": node.run(PROGRAMS / "session_cost.py", COST_JOB)}
    return {
        interpreter: {
            name: {
                "us_per_tick": summary(costs["us_per_tick"], 1),
                "share_of_a_tick": round(statistics.median(costs["us_per_tick"]) / TICK_US, 4),
                "replayed_per_tick": round(statistics.median(costs["replayed_per_tick"]), 2),
                "bytes_per_second_and_link": round(statistics.median(costs["bytes_per_second_and_link"])),
            }
            for name, costs in by_name.items()
        }
        for interpreter, by_name in found.items()
    }


def replay_costs(games: Mapping[str, dict[str, Any]], nodes: Mapping[str, Node]) -> dict[str, Any]:
    """A replay of k frames over (k bare steps + the saves made + one load), in the same run."""
    found: dict[str, Any] = {}
    for name, game in games.items():
        job = {"game": game, "depths": DEPTHS, "rounds": ROUNDS}
        by_interpreter = {
            "cpython": replay_cost.main(job),
            "pyodide": nodes[name].run(PROGRAMS / "replay_cost.py", job),
        }
        found[name] = {
            interpreter: {
                f"{depth} frames": {what: summary(values) for what, values in by_depth.items()}
                for depth, by_depth in depths.items()
            }
            for interpreter, depths in by_interpreter.items()
        }
    return found


def network(name: str) -> dict[str, Any]:
    """What happens in one of the situations, in virtual time."""
    scenario = SITUATIONS[name]
    match = Match(scenario)
    apart = _watch_one_sidedness(match)
    report = match.run()
    if report.problems:
        raise RuntimeError(str(report))
    seconds = report.took
    stats = [peer.session.statistics() for peer in report.processes]
    links = [link for one in stats for link in one["links"].values()]
    return {
        "minutes": round(seconds / 60, 2),
        "stalls_per_minute": [round(60 * one["stalls"] / seconds, 2) for one in stats],
        "stalled_ticks": [one["stalled_ticks"] for one in stats],
        "datagrams_per_second_and_link": round(statistics.mean(link["datagrams_sent"] for link in links) / seconds, 2),
        "bytes_per_second_and_link": round(statistics.mean(link["bytes_sent"] for link in links) / seconds),
        "rollbacks_per_second": [round(one["rollbacks"] / seconds, 2) for one in stats],
        "frames_per_rollback": round(
            sum(one["replayed"] for one in stats) / max(1, sum(one["rollbacks"] for one in stats)), 2
        ),
        "deepest_rollback": max(one["deepest_rollback"] for one in stats),
        "one_sidedness_frames": summary(apart) if apart else None,
    }


def _watch_one_sidedness(match: Match) -> list[float]:
    """By how many frames the first peer is ahead of the second, at the same true time, in the steady state."""
    apart: list[float] = []

    def look() -> None:
        first, second = (match.machines[peer].peer for peer in (0, 1))
        if first and second and min(first.session.head, second.session.head) > 20 * match.scenario.config.fps:
            apart.append(abs(first.session.head - second.session.head))
        match.time.at(match.time.now + WATCH_EVERY, look)

    match.time.at(WATCH_EVERY, look)
    return apart


def _situation(peers: int, fps: int, minutes: float, conditions: Conditions, drift: float = 0.0) -> Scenario:
    computers = {
        peer: Computer(peer, PeerClock(300.0 * peer, drift * (1 if peer % 2 else -1) / 2)) for peer in range(peers)
    }
    return Scenario(
        config_of(peers, fps, input_delay=1 if fps <= 30 else 2),
        seed=1,
        game=ToyGame(peers, int(minutes * 60 * fps)),
        links=Links(conditions),
        computers=computers,
        until=minutes * 60 + 60,
    )


SITUATIONS = {
    "2 peers, 60 fps, 30 ms": _situation(2, 60, 2, Conditions(0.03, 0.005)),
    "2 peers, 60 fps, 50 ms, 1 % loss": _situation(2, 60, 2, Conditions(0.05, 0.005, 0.01)),
    "2 peers, 30 fps, 100 ms, 5 % loss": _situation(2, 30, 10, Conditions(0.1, 0.01, 0.05)),
    "2 peers, 60 fps, 50 ms, clock drift 0.3 %": _situation(2, 60, 5, Conditions(0.05, 0.005), 0.003),
    "4 peers, 60 fps, 25 ms, 1 % loss": _situation(4, 60, 4, Conditions(0.025, 0.005, 0.01)),
    "4 peers, 30 fps, 25 ms, 1 % loss": _situation(4, 30, 4, Conditions(0.025, 0.005, 0.01)),
    "8 peers, 60 fps, 50 ms, 1 % loss": _situation(8, 60, 1, Conditions(0.05, 0.005, 0.01)),
}


def main() -> None:
    """Measure all, and write it down."""
    with tempfile.TemporaryDirectory() as cache:
        games, nodes = {}, {}
        for name, study in STUDIES.items():
            experiment = load_experiment(study)
            runtime = build_runtime(experiment, Path(cache))
            nodes[name] = Node(runtime.pyodide_dir, runtime.packages, runtime.archive)
            games[name] = gym_scenes(experiment)[0].game()
        figures = {
            "session_cost": session_costs(nodes["overcooked"]),
            "replay": replay_costs(games, nodes),
            "network": {name: network(name) for name in SITUATIONS},
        }
    write_result("netcode", figures)


if __name__ == "__main__":
    main()
