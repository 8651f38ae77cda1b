"""The examples: each builds, plays an episode as its config says, and draws the whole of it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.browser.picture import look_of
from interactive_gym.browser.spec import load
from interactive_gym.checking import check_experiment
from interactive_gym.cli.examples import examples
from interactive_gym.envs.adapter import Adapter, adapt
from interactive_gym.envs.reference import resolve
from interactive_gym.game import selfcheck
from interactive_gym.rendering.perspective import takes_agent
from tests.examples.loading import FOLDER, TOGETHER, VARIANTS, game_of, loaded, scene_of
from tests.fresh import in_fresh_python
from tests.rendering.page import Page

LONGEST = 300  # frames that are looked at


@pytest.fixture(params=VARIANTS, ids=lambda variant: f"{variant[0]}{'-bots' if variant[1] else ''}")
def example(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    name, with_bots = request.param
    with loaded(name, with_bots=with_bots) as module:
        yield module


def play(game: dict[str, Any], frames: int = LONGEST) -> Iterator[Adapter]:
    """An episode, from its reset on, by people who hold the keys of the config one after the other."""
    adapter = adapt(resolve(game["environment"])(**game["options"]))  # type: ignore[operator]
    observations, *_ = adapter.reset(seed=5)
    yield adapter
    actions = [game["default_action"], *(binding["action"] for binding in game["bindings"])]
    for frame in range(frames):
        chosen = {
            agent: actions[(frame // 7 + number) % len(actions)]
            if name == "human"
            else resolve(name)(observations[agent], adapter.native(agent))  # type: ignore[operator]
            for number, (agent, name) in enumerate(game["policies"].items())
        }
        step = adapter.step(chosen)
        observations = step.observations
        yield adapter
        if adapter.over(step):
            return


def drawing(game: dict[str, Any]) -> Callable[[Adapter, ig.Surface], None]:
    """Draws what the first human sees."""
    draw: Any = resolve(game["draw"])
    own = next(agent for agent, name in game["policies"].items() if name == "human")
    extra = takes_agent(draw, "env", "surface")
    return lambda adapter, surface: draw(adapter.env, surface, *([adapter.native(own)] if extra else []))


def new_surface(game: dict[str, Any]) -> ig.Surface:
    return ig.Surface(game["width"], game["height"], game["assets"])


def test_each_is_one_short_file_besides_its_picture() -> None:
    assert {"mountain_car", "cart_pole", "grid", *TOGETHER} == set(examples())
    for path in FOLDER.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) < 150, path


def test_an_episode_is_drawn_from_its_differences(example: ModuleType) -> None:
    game = game_of(example)
    draw, surface, page = drawing(game), new_surface(game), Page()
    pictures = set()
    for adapter in play(game):
        draw(adapter, surface)
        page.apply(json.loads(json.dumps(surface.packet(), allow_nan=False)))
        whole = new_surface(game)
        draw(adapter, whole)
        assert page.picture == whole.packet(full=True)["set"]
        pictures.add(json.dumps(page.picture))
    assert len(pictures) > 5, "nothing moves"


def test_what_moves_is_a_small_part_of_the_picture(example: ModuleType) -> None:
    game = game_of(example)
    draw, surface = drawing(game), new_surface(game)
    sizes = []
    for adapter in play(game):
        draw(adapter, surface)
        sizes.append(len(json.dumps(surface.packet())))
    later = sizes[1:]
    assert sum(later) / len(later) < sizes[0] / 2


def test_everything_is_within_the_picture(example: ModuleType) -> None:
    game = game_of(example)
    draw, surface = drawing(game), new_surface(game)
    for adapter in play(game):
        draw(adapter, surface)
        for drawn in surface.packet()["set"]:
            assert -100 <= drawn.get("x", 0) <= game["width"] + 100
            assert -100 <= drawn.get("y", 0) <= game["height"] + 100


def test_the_hud_says_something(example: ModuleType) -> None:
    game = game_of(example)
    assert game["hud"] or game["hud_function"]
    if game["hud_function"]:
        hud: Any = resolve(game["hud_function"])
        adapter = next(play(game))
        for agent in scene_of(example).humans:
            assert isinstance(hud(adapter.env, *([adapter.native(agent)] if takes_agent(hud, "env") else [])), str)


def test_each_begins_and_ends_as_an_experiment_does(example: ModuleType) -> None:
    kinds = [scene.kind for scene in example.experiment.sequence]
    assert kinds[0] == "start" and kinds[-1] in ("end", "completion_code") and "gym" in kinds
    text = Path(str(example.__file__)).read_text(encoding="utf-8")
    assert text.endswith('if __name__ == "__main__":\n    experiment.run()\n')


@pytest.mark.parametrize("name", examples())
def test_each_plays_alike_after_it_was_taken_back(name: str) -> None:
    examined = in_fresh_python(__name__, examined_example.__name__, name=name)
    assert examined["failure"] is None
    assert [found for found in examined["problems"] if found["severity"] != "info"] == []
    assert examined["determinism"]["equal"] and examined["snapshot"]["exact"]


def examined_example(name: str) -> dict[str, Any]:
    with loaded(name) as module:
        game = game_of(module)
        return selfcheck.examine(game, frames=40, look=lambda: look_of(load(json.dumps(game))))


@pytest.mark.parametrize("name", TOGETHER)
def test_players_see_and_are_told_who_they_are(name: str) -> None:
    with loaded(name) as module:
        scene, game = scene_of(module), game_of(module)
        draw: Any = resolve(game["draw"])
        adapter = next(play(game))
        seen = set()
        for agent in scene.humans:
            surface = new_surface(game)
            draw(adapter.env, surface, adapter.native(agent))
            seen.add(json.dumps(surface.packet()))
        assert len(seen) == len({scene.game_text(agent) for agent in scene.humans}) == len(scene.humans) > 1


@pytest.mark.pyodide
@pytest.mark.parametrize("name", TOGETHER)
def test_browsers_play_it_together(name: str) -> None:
    with loaded(name) as module:
        report = check_experiment(module.experiment, FOLDER / f"{name}.py")
    assert [found for found in report.all_findings() if found.level != "note"] == []
    assert report.scenes[0].facts["in Pyodide"] == "imports and plays"
