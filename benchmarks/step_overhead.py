"""How much our adapter and recording add to a step of the bare environment, in the same Pyodide (under Node).

    python -m benchmarks.step_overhead
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common import summary, write_result
from interactive_gym.cli.loading import load_experiment
from interactive_gym.packaging import build_runtime
from interactive_gym.packaging.node import Node
from interactive_gym.packaging.plan import gym_scenes

HERE = Path(__file__).parent
STUDIES = {
    "overcooked": (HERE / "studies" / "overcooked_alone.py", 300),
    "mountain_car": (HERE.parent / "examples" / "mountain_car.py", 190),
}
ROUNDS = 9


def measure(study: Path, steps: int, cache: Path) -> dict[str, Any]:
    experiment = load_experiment(study)
    runtime = build_runtime(experiment, cache)
    node = Node(runtime.pyodide_dir, runtime.packages, runtime.archive)
    game = gym_scenes(experiment)[0].game()
    costs = node.run(HERE / "programs" / "step_cost.py", {"game": game, "steps": steps, "rounds": ROUNDS})
    ratios = [recorded / bare for recorded, bare in zip(costs["recorded"], costs["bare"], strict=True)]
    return {
        "steps_per_round": steps,
        "ms_per_step": {way: summary(values, 4) for way, values in costs.items()},
        "recorded_over_bare": round(statistics.median(ratios), 3),
        "added_us_per_step": round(1000 * (statistics.median(costs["recorded"]) - statistics.median(costs["bare"])), 1),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        figures = {name: measure(study, steps, Path(cache)) for name, (study, steps) in STUDIES.items()}
    overcooked_step_us = 1000 * figures["overcooked"]["ms_per_step"]["bare"]["median"]
    for measured in figures.values():
        measured["added_share_of_an_overcooked_step"] = round(measured["added_us_per_step"] / overcooked_step_us, 3)
    write_result("step_overhead", {"rounds": ROUNDS, **figures})


if __name__ == "__main__":
    main()
