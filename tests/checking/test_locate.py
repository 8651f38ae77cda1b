from __future__ import annotations

from pathlib import Path

from interactive_gym.checking.locate import line_of

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
