"""Peers are other processes: what a host says of a game is the same in each of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from interactive_gym.cli.loading import load_experiment
from interactive_gym.packaging import build_runtime
from interactive_gym.packaging.node import Node

PROGRAM = Path(__file__).parent / "programs" / "play_hosted.py"
GRID = Path(__file__).parents[2] / "examples" / "grid.py"
GATHERS = {
    "scene_id": "g", "environment": "tests.game.games:Gathers", "options": {}, "fps": 10, "max_steps": None,
    "policies": {"cat": "human", "mouse": "human"}, "record_observations": True,
}  # fmt: skip


def in_cpython(game: dict[str, Any], hash_seed: str, folder: Path = GRID.parent) -> Any:
    program = f"""
import json, sys
sys.path.insert(0, {str(folder)!r})
from tests.game.programs.play_hosted import main
print(json.dumps(main(json.loads(sys.argv[1]))))
"""
    command = [sys.executable, "-W", "ignore", "-c", program, json.dumps(game)]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_processes_that_hash_differently_agree() -> None:
    one, two = in_cpython(GATHERS, "1"), in_cpython(GATHERS, "2")
    assert one == two
    assert one["back"] == one["straight"] and one["difference"] is None
    assert len(set(one["straight"]["states"])) == 120 and len(one["straight"]["chunks"]) == 12


@pytest.mark.pyodide
def test_a_game_of_integers_is_the_same_in_pyodide(tmp_path: Path) -> None:
    experiment = load_experiment(GRID)
    runtime = build_runtime(experiment, tmp_path)
    assert runtime.archive is not None
    (scene,) = (scene for scene in experiment.sequence if scene.kind == "gym")
    game = scene.page()["game"]
    there = Node(runtime.pyodide_dir, runtime.packages, runtime.archive).run(PROGRAM, game)
    assert there["back"] == there["straight"] and there["difference"] is None
    assert len(set(there["straight"]["states"])) == 120
    assert in_cpython(game, "0") == there
