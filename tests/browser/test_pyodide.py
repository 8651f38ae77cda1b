"""The same games in Pyodide under Node, from the archive that participants get."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from interactive_gym.cli.loading import load_experiment
from interactive_gym.packaging import build_runtime
from interactive_gym.packaging.node import Node

pytestmark = pytest.mark.pyodide

PROGRAM = Path(__file__).parent / "programs" / "play_through.py"
TOGETHER = PROGRAM.with_name("play_together.py")
ROOMS = Path(__file__).with_name("rooms.py")
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(params=["grid.py", "mountain_car.py"])
def study(request: pytest.FixtureRequest) -> Path:
    return EXAMPLES / request.param


def in_pyodide(study: Path, cache: Path, program: Path = PROGRAM) -> Any:
    experiment = load_experiment(study)
    runtime = build_runtime(experiment, cache)
    assert runtime.archive is not None
    (scene,) = (scene for scene in experiment.sequence if scene.kind == "gym")
    return Node(runtime.pyodide_dir, runtime.packages, runtime.archive).run(program, scene.page()["game"])


def in_cpython(study: Path) -> Any:
    program = f"""
import json
from interactive_gym.cli.loading import load_experiment
from tests.browser.programs.play_through import main
from pathlib import Path
experiment = load_experiment(Path({str(study)!r}))
(scene,) = (scene for scene in experiment.sequence if scene.kind == "gym")
print(json.dumps(main(scene.page()["game"])))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_browsers_play_the_same_and_go_on_the_same(study: Path, tmp_path: Path) -> None:
    one, two = in_pyodide(study, tmp_path), in_pyodide(study, tmp_path)
    assert len(one["digests"]) > 2
    assert one["resumed"] == one["digests"]
    assert two == one


def test_a_game_of_integers_is_the_same_in_cpython(tmp_path: Path) -> None:
    study = EXAMPLES / "grid.py"
    assert in_cpython(study)["digests"] == in_pyodide(study, tmp_path)["digests"]


STUDY = """
import interactive_gym as ig
from rooms import Room, draw, follow, hud

experiment = ig.Experiment("rooms").scenes(
    ig.StartScene("welcome"),
    ig.GymScene("room")
    .environment(Room, options={"size": 3})
    .rendering(draw=draw, hud=hud, fps=20)
    .policies({0: ig.Human, 1: follow, 2: ig.Human})
    .gameplay(actions={"a": 1, "b": 2, "c": 3}, default_action=0, episodes=2, record_observations=True),
    ig.EndScene("thanks"),
)
"""


def test_two_people_and_a_bot_record_the_same_whatever_the_environment_takes_from_the_world(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    shutil.copy(ROOMS, folder / "rooms.py")
    (folder / "rooms_study.py").write_text(STUDY)
    one, two = in_pyodide(folder / "rooms_study.py", tmp_path, TOGETHER)
    assert one["digests"] == two["digests"] and {episode for episode, _ in one["digests"]} == {0, 1}
    assert one["ends"] == two["ends"] == [[45, "terminated"]] * 2
    assert one["over"] == two["over"] == "over"
    assert one["replayed"] > 10 and two["replayed"] > 10
