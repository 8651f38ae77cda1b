from __future__ import annotations

from pathlib import Path

from interactive_gym.checking.locate import line_in_traceback, line_of

FILE = """\
import interactive_gym as ig

experiment = ig.Experiment("a").scenes(
    ig.StartScene("hello"),
    ig.GymScene("game")
    .environment(make)
    .rendering(
        draw=draw,
    )
    .gameplay(actions={}),
    GymScene("other").environment(make).gameplay(episodes=2).gameplay(
        actions={},
    ),
    *[ig.GymScene(f"made-{number}").environment(make) for number in range(3)],
)
"""

TRACEBACK = """\
Traceback (most recent call last):
  File "/lib/python3.14/site-packages/interactive_gym/envs/rehearsal.py", line 10, in make
    env = factory()
  File "/lib/python3.14/site-packages/world.py", line 3, in make
    return package.thing()
  File "/lib/python3.14/site-packages/helpers/paint.py", line 7, in thing
    numpy.array(1)
  File "/lib/python3.14/site-packages/numpy/core.py", line 9, in array
    raise ValueError
ValueError
"""
SOURCES = {"world.py": Path("/study/world.py"), "helpers/paint.py": Path("/study/helpers/paint.py")}


def test_a_call_is_found_by_scene_and_method(tmp_path: Path) -> None:
    path = tmp_path / "study.py"
    path.write_text(FILE)
    assert line_of(path, "game", "environment") == 6
    assert line_of(path, "game", "rendering") == 7
    assert line_of(path, "game", "gameplay") == 10
    assert line_of(path, "other", "gameplay") == 11


def test_a_method_that_is_not_called_is_missing_at_its_scene(tmp_path: Path) -> None:
    path = tmp_path / "study.py"
    path.write_text(FILE)
    assert line_of(path, "game", "policies") == 5


def test_a_scene_that_is_not_written_out_has_no_line(tmp_path: Path) -> None:
    path = tmp_path / "study.py"
    path.write_text(FILE)
    assert line_of(path, "made-1", "environment") is None


def test_the_innermost_line_of_the_researcher_is_found() -> None:
    assert line_in_traceback(TRACEBACK, SOURCES) == "/study/helpers/paint.py:7"
    assert line_in_traceback(TRACEBACK, {"world.py": Path("w.py")}) == "w.py:3"


def test_an_error_that_is_not_in_their_files_has_no_line() -> None:
    assert line_in_traceback(TRACEBACK, {}) is None
    assert line_in_traceback("", SOURCES) is None
