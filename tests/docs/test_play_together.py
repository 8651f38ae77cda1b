"""The how-to on playing together: its code is one file, which two can play and which can be taken back."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.browser.picture import look_of
from interactive_gym.browser.spec import load
from interactive_gym.cli.loading import load_experiment
from interactive_gym.game import selfcheck
from tests.docs.pages import FENCE, headings, page, section, table
from tests.studies import Study

PAGE = page("docs/how-to/play-together.md")
CODE = "\n\n".join(body for language, body in FENCE.findall(PAGE) if language == "python")


@pytest.fixture
def orchard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., ModuleType]]:
    study = Study(tmp_path, tmp_path)

    def loaded(*, with_bot: bool = False) -> ModuleType:
        monkeypatch.setenv("BOT", "1" if with_bot else "0")
        load_experiment(study.write("orchard.py", CODE))
        return importlib.import_module("orchard")

    yield loaded
    study.forget()


def scene(module: ModuleType) -> ig.GymScene:
    (found,) = (scene for scene in module.experiment.sequence if isinstance(scene, ig.GymScene))
    return found


def test_two_people_or_one_and_a_function_play_it(orchard: Callable[..., ModuleType]) -> None:
    game = scene(orchard())
    fields: dict[str, Any] = game.game()
    assert game.humans == ("red", "blue")
    assert fields["multiplayer"]["wait_s"] == 120
    assert len({game.game_text(agent) for agent in game.humans}) == 2


def test_one_plays_with_the_function(orchard: Callable[..., ModuleType]) -> None:
    game = scene(orchard(with_bot=True))
    fields: dict[str, Any] = game.game()
    assert game.humans == ("red",)
    assert fields["policies"]["blue"] == "orchard:follow"
    assert "red" in game.game_text("red")


def test_the_scripted_partners_catch_what_falls(orchard: Callable[..., ModuleType]) -> None:
    module = orchard()
    env = module.Orchard()
    observations, _ = env.reset(seed=1)
    over = False
    while not over:
        observations, _, terminated, _, _ = env.step({a: module.follow(observations[a], a) for a in env.agents})
        over = terminated["red"]
    assert env.fallen == 20
    assert sum(env.points.values()) > 10


def test_each_player_sees_who_they_are(orchard: Callable[..., ModuleType]) -> None:
    module = orchard()
    env = module.Orchard()
    env.reset(seed=1)
    seen: set[str] = set()
    for agent in env.agents:
        surface = ig.Surface(600, 400)
        module.draw(env, surface, agent)
        seen.add(json.dumps(surface.packet()))
        assert module.hud(env, agent) == "You 0 · together 0"
    assert len(seen) == 2


def test_it_can_be_taken_back_and_played_again(orchard: Callable[..., ModuleType]) -> None:
    game: dict[str, Any] = scene(orchard()).game()
    examined = selfcheck.examine(game, frames=40, look=lambda: look_of(load(json.dumps(game))))
    assert examined["failure"] is None
    assert [found for found in examined["problems"] if found["severity"] != "info"] == []
    assert examined["determinism"]["equal"] and examined["snapshot"]["exact"]


def test_the_columns_that_it_names_are_in_the_data() -> None:
    files = section(page("docs/reference/data.md"), "## Files")
    for file, cells in table(section(PAGE, "## Look at the data")).items():
        if file in headings(files, 3):
            named = {word for word in cells[-1].split("`")[1::2]} - {"identical", "direct", "server"}
            assert named <= set(table(section(files, f"### {file}"))), file
