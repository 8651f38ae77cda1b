"""The README: its example is an experiment, its commands exist, and it stays short."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

import interactive_gym as ig
from interactive_gym.cli.commands import app
from interactive_gym.cli.loading import load_experiment
from interactive_gym.envs.adapter import adapt
from interactive_gym.envs.reference import resolve
from interactive_gym.protocol import Game
from tests.docs.pages import FENCE, page
from tests.studies import Study

README = page("README.md")
PROGRAM: Any = typer.main.get_command(app)


@pytest.fixture
def experiment(tmp_path: Path) -> Any:
    (code,) = (body for language, body in FENCE.findall(README) if language == "python")
    study = Study(tmp_path, tmp_path)
    yield load_experiment(study.write("balance.py", code))
    study.forget()


def test_the_example_is_an_experiment(experiment: ig.Experiment) -> None:
    assert [scene.kind for scene in experiment.sequence] == ["start", "gym", "completion_code"]
    game: Any = experiment.sequence[1]
    assert set(game.game()) == {field for field in Game.__struct_fields__}


def test_the_example_draws_its_environment(experiment: ig.Experiment) -> None:
    scene: Any = experiment.sequence[1]
    game = scene.game()
    env = adapt(resolve(game["environment"])(**game["options"]))
    env.reset(1)
    surface = ig.Surface(game["width"], game["height"])
    resolve(game["draw"])(env.env, surface)
    assert surface.packet()["set"]
    env.close()


def test_the_folder_of_its_data_is_that_of_the_example(experiment: ig.Experiment) -> None:
    assert f"`data/{experiment.id}/`" in README


def test_the_commands_exist() -> None:
    code = "\n".join(body for language, body in FENCE.findall(README) if language != "python")
    inline = "\n".join(re.findall(r"`([^`\n]+)`", FENCE.sub("", README)))
    commands = re.findall(r"interactive-gym (\w+)", f"{code}\n{inline}")
    targets = re.findall(r"make (\w+)", f"{code}\n{inline}")
    assert commands and set(commands) <= set(PROGRAM.commands)
    assert targets and set(targets) <= set(re.findall(r"^([\w-]+):", page("Makefile"), re.MULTILINE))


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 140
