from __future__ import annotations

import gzip
import os
import sys
import tarfile
from pathlib import Path

import brotli
import pytest

from interactive_gym.errors import ConfigError, ServerError
from interactive_gym.experiment import Experiment
from interactive_gym.packaging import archive as archive_module
from interactive_gym.packaging import build_runtime
from interactive_gym.packaging.absent import STANDARD_LIBRARY
from interactive_gym.packaging.node import Node, NodeError
from interactive_gym.packaging.pyodide import BROWSER_MARKERS, PYTHON_VERSION, bundled
from tests.studies import Study

pytestmark = pytest.mark.pyodide
PROGRAMS = Path(__file__).parent / "programs"


def names(path: Path) -> set[str]:
    with tarfile.open(path) as archive:
        return set(archive.getnames())


def test_an_experiment_is_packed_with_its_modules_their_bytecode_and_ours(study: Study, tmp_path: Path) -> None:
    study.world("from helpers import speed\n")
    study.write("helpers.py", "speed = 1\n")
    study.write("unrelated.py", "")
    study.write("notes.txt", "")
    runtime = build_runtime(study.load(), tmp_path / "cache")
    assert runtime.archive is not None
    packed = names(runtime.archive)
    assert {"world.py", "__pycache__/world.cpython-314.pyc", "helpers.py", "interactive_gym/errors.py"} <= packed
    assert "interactive_gym/__pycache__/errors.cpython-314.pyc" in packed
    assert packed.isdisjoint({"unrelated.py", "notes.txt", "study.py"})
    assert not [name for name in packed if name.startswith(("interactive_gym/server", "interactive_gym/packaging"))]
    assert runtime.packages == () and runtime.archive_bytes == runtime.archive.stat().st_size
    assert runtime.archive_url == f"/archives/{runtime.archive.name}"


def test_the_compressed_forms_are_the_same_archive(study: Study, tmp_path: Path) -> None:
    study.world()
    archive = build_runtime(study.load(), tmp_path).archive
    assert archive is not None
    data = archive.read_bytes()
    assert brotli.decompress(archive.with_name(f"{archive.name}.br").read_bytes()) == data
    assert gzip.decompress(archive.with_name(f"{archive.name}.gz").read_bytes()) == data


def test_the_same_files_give_the_same_archive_whenever_and_wherever_it_is_made(study: Study, tmp_path: Path) -> None:
    world = study.world()
    experiment = study.load()
    first = build_runtime(experiment, tmp_path / "one").archive
    os.utime(world, (1, 1))
    second = build_runtime(experiment, tmp_path / "two").archive
    assert first is not None and second is not None
    assert first.name == second.name and first.read_bytes() == second.read_bytes()


def test_a_second_start_reads_nothing_and_a_changed_file_makes_another_archive(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study.world()
    experiment = study.load()
    first = build_runtime(experiment, tmp_path)
    with monkeypatch.context() as context:
        context.setattr(archive_module, "_contents", lambda *args: pytest.fail("packed again"))
        assert build_runtime(experiment, tmp_path) == first
    study.world("speed = 2\n")
    changed = build_runtime(experiment, tmp_path)
    assert changed.archive != first.archive
    assert first.archive is not None and first.archive.exists()  # a page that is open still needs it


def test_a_file_that_only_this_python_understands_is_shipped_as_source(study: Study, tmp_path: Path) -> None:
    study.install("odd", {"odd/__init__.py": "", "odd/template.py": "{{ this is no Python }}\n"})
    study.world("import odd\n")
    archive = build_runtime(study.load(), tmp_path).archive
    assert archive is not None
    assert "odd/template.py" in names(archive)
    assert "odd/__pycache__/template.cpython-314.pyc" not in names(archive)


def test_a_folder_that_cannot_be_written_is_named(study: Study, tmp_path: Path) -> None:
    study.world()
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerError, match="archives"):
        build_runtime(study.load(), tmp_path / "file")


def test_a_name_that_the_archive_cannot_hold_is_refused(study: Study, tmp_path: Path) -> None:
    name = "long" * 30
    study.world(f"import {name}\n")
    study.write(f"{name}.py", "")
    with pytest.raises(ConfigError, match=f"{name}.* too long"):
        build_runtime(study.load(), tmp_path / "cache")


def test_an_experiment_without_games_needs_no_archive(study: Study, tmp_path: Path) -> None:
    experiment = study.load_text(
        """
        import interactive_gym as ig
        experiment = ig.Experiment("survey").scenes(ig.StartScene("a"), ig.EndScene("b"))
        """
    )
    runtime = build_runtime(experiment, tmp_path)
    assert (runtime.archive, runtime.archive_url, runtime.archive_bytes, runtime.packages) == (None, None, 0, ())


def test_a_file_that_holds_a_secret_is_refused(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDY_CODE", "C0DE-77")
    study.world("import interactive_gym as ig\ncode = ig.secret('STUDY_CODE')\n# it was C0DE-77\n")
    with pytest.raises(ConfigError, match=r"world\.py:3: .*STUDY_CODE"):
        build_runtime(study.load(), tmp_path)


def test_a_literal_in_the_experiments_own_file_is_refused_though_nobody_receives_it(
    study: Study, tmp_path: Path
) -> None:
    study.world()
    experiment = study.load(more="\n    .runtime()")
    study.write("study.py", "connect(turn_secret='abc')\n")
    with pytest.raises(ConfigError, match=r"study\.py:1: the value of turn_secret"):
        build_runtime(experiment, tmp_path)


def test_the_markers_and_versions_are_those_of_the_browser(study: Study, tmp_path: Path) -> None:
    study.world()
    runtime = build_runtime(study.load(), tmp_path)
    node = Node(runtime.pyodide_dir, runtime.packages, runtime.archive)
    seen = node.run(PROGRAMS / "look_around.py", {"modules": ["world", "interactive_gym.errors"]})
    assert seen["python"] == PYTHON_VERSION
    assert seen["markers"] == {name: BROWSER_MARKERS[name] for name in seen["markers"]}
    assert seen["cached"] == [True, True]
    assert seen["sources"][0] == (study.folder / "world.py").read_text()
    assert seen["hash"] == node.run(PROGRAMS / "look_around.py", {"modules": []})["hash"]


def test_the_modules_that_no_browser_has_are_those(tmp_path: Path) -> None:
    public = sorted(name for name in sys.stdlib_module_names if not name.startswith("_"))
    lacking = set(Node(bundled().folder).run(PROGRAMS / "import_all.py", public))
    assert lacking == STANDARD_LIBRARY & set(public)


def test_mountain_car_plays_as_it_is_installed_here(study: Study, tmp_path: Path) -> None:
    experiment = mountain_car(study)
    runtime = build_runtime(experiment, tmp_path)
    assert runtime.packages == ("numpy",) and runtime.pyodide_dir == bundled().folder
    position, speed = Node(runtime.pyodide_dir, runtime.packages, runtime.archive).run(PROGRAMS / "play.py", 50)
    assert -1.2 <= position <= 0.6 and abs(speed) <= 0.07


def mountain_car(study: Study) -> Experiment:
    study.write("car.py", "def draw(env, surface):\n    surface.circle(x=10, y=10, r=5)\n")
    return study.load_text(
        """
        import interactive_gym as ig
        from car import draw

        experiment = ig.Experiment("car").scenes(
            ig.StartScene("a"),
            ig.GymScene("car")
            .environment("MountainCar-v0")
            .rendering(draw=draw)
            .gameplay(actions={"ArrowLeft": 0, "ArrowRight": 2}, default_action=1),
            ig.EndScene("b"),
        )
        """
    )


def test_an_error_of_the_program_has_its_traceback(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("def main(argument):\n    return 1 / argument\n")
    node = Node(bundled().folder)
    assert node.run(program, 2) == 0.5
    with pytest.raises(NodeError, match="ZeroDivisionError") as raised:
        node.run(program, 0)
    assert "program.py" in raised.value.traceback and "line 2" in raised.value.traceback


def test_a_program_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("def main(argument):\n    while True:\n        pass\n")
    with pytest.raises(ServerError, match="did not finish within 3 s"):
        Node(bundled().folder, timeout_s=3).run(program, None)


def test_a_pyodide_that_does_not_start_is_our_fault(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("def main(argument):\n    pass\n")
    with pytest.raises(ServerError, match="Pyodide did not run under Node"):
        Node(tmp_path).run(program, None)
