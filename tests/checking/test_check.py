from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from interactive_gym.checking import Report, check_experiment
from interactive_gym.checking.report import Finding
from interactive_gym.checking.trial import ProcessFailed, _run_here
from interactive_gym.cli.commands import app
from tests.studies import Study

pytestmark = pytest.mark.pyodide


def checked(study: Study, more: str = "") -> Report:
    return check_experiment(study.load(more=more), study.folder / "study.py")


def errors(report: Report) -> list[Finding]:
    return [finding for finding in report.all_findings() if finding.level == "error"]


def command(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["check", *map(str, arguments)])


def test_a_good_study_is_ready_and_everything_is_known_of_it(study: Study) -> None:
    study.world()
    study.load()
    result = command(study.folder / "study.py", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert report["ok"] is True
    [scene] = report["scenes"]
    assert scene["scene"] == "game"
    assert scene["facts"]["in Pyodide"] == "imports and plays"
    assert scene["facts"]["two runs"] == "equal" and scene["facts"]["episode 2 alone"] == "as after episode 1"
    assert scene["facts"]["CPython = Pyodide"] == "yes"
    assert scene["facts"]["end of an episode"].endswith(", the same after a restore")
    files = {group["owner"]: set(group["files"]) for group in report["groups"]}
    assert files["experiment"] == {"world.py"}
    assert "pyodide.asm.wasm" in files["Pyodide 314.0.4"] and "interactive_gym/errors.py" in files["interactive-gym"]


def test_what_fails_in_a_browser_only_is_found_with_its_line(study: Study) -> None:
    study.world("import sys\nif sys.platform == 'emscripten':\n    raise OSError('no such device')\n")
    [finding] = errors(checked(study))
    assert "no such device" in finding.text and finding.where == f"{study.folder / 'world.py'}:3"


def test_a_draw_function_that_raises_is_found(study: Study) -> None:
    path = study.world()
    path.write_text(path.read_text().replace("env.count, y=10", "env.nothing, y=10"))
    [finding] = errors(checked(study))
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if "env.nothing" in text)
    assert "nothing" in finding.text and finding.where == f"{path}:{line}"


def test_an_episode_that_depends_on_the_one_before_is_found_and_so_is_a_wrong_action(study: Study) -> None:
    path = study.world("episodes = []\n")
    grown = "episodes.append(1)\n        self.count = len(episodes)"
    path.write_text(path.read_text().replace("self.count = 0", grown))
    found = errors(checked(study, more='.gameplay(actions={"w": 7})'))
    texts = " ".join(finding.text for finding in found)
    assert "world.episodes" in texts and "episode 2 depends on episode 1" in texts and "the action of w" in texts
    lines = (study.folder / "study.py").read_text().splitlines()
    places = {number for number, line in enumerate(lines, 1) if ".environment" in line or ".gameplay" in line}
    assert {finding.where for finding in found} == {f"{study.folder / 'study.py'}:{number}" for number in places}


def test_a_package_that_no_browser_runs_is_found_without_playing(study: Study) -> None:
    study.install("engine", {"engine/__init__.py": "", "engine/core.so": ""})
    study.world("import engine\n")
    study.load()
    result = command(study.folder / "study.py")
    assert result.exit_code == 1
    assert "engine 1.0 is compiled code" in result.output and "1 to fix" in result.output


def test_a_file_that_is_not_there_is_an_error_of_the_command(tmp_path: Path) -> None:
    result = command(tmp_path / "nothing.py")
    assert result.exit_code == 2 and "error: there is no file" in result.stderr


def test_an_interpreter_that_dies_is_reported(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    study.world("import os\nif 'INTERACTIVE_GYM_TEST' in os.environ:\n    os._exit(3)\n")
    game = study.load().sequence[1].page()["game"]
    monkeypatch.setenv("INTERACTIVE_GYM_TEST", "1")
    with pytest.raises(ProcessFailed, match="Python ended while it tried out the game"):
        _run_here({"game": game, "alone": None}, study.folder)


VARIED = """
import interactive_gym as ig
from world import draw, make

def make_so(size=1, pace=1):
    if pace == 3:
        raise ValueError("too fast")
    return make()

pace = ig.Factor("pace", {"slow": 1, "fast": 3})
game = (
    ig.GymScene("game")
    .environment(make_so, options={"size": 2, "pace": pace})
    .rendering(draw=draw)
    .gameplay(actions={"ArrowRight": 1}, default_action=0)
)
experiment = ig.Experiment("study").scenes(ig.StartScene("welcome"), ig.RepeatScene(game, n=3), ig.EndScene("thanks"))
"""


def test_a_game_is_tried_in_each_condition_and_once_if_it_is_repeated(study: Study) -> None:
    study.world()
    report = check_experiment(study.load_text(VARIED), study.folder / "study.py")
    assert [scene.scene for scene in report.scenes] == ["game-1", "game-1 pace=fast"]
    [finding] = errors(report)
    assert finding in report.scenes[1].findings
    assert "too fast" in finding.text
    assert finding.where == f"{study.folder / 'study.py'}:7"
