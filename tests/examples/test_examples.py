"""The examples: each builds, plays an episode as its config says, and draws the whole of it."""

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.envs.adapter import adapt
from interactive_gym.envs.reference import resolve
from tests.rendering.page import Page

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def example(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    path: Path = request.param
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # its functions are found by name
    spec.loader.exec_module(module)
    yield module
    del sys.modules[path.stem]


def game_of(module: ModuleType) -> dict[str, Any]:
    (scene,) = [scene for scene in module.experiment.sequence if isinstance(scene, ig.GymScene)]
    return scene.game()


def play(game: dict[str, Any]) -> Iterator[Any]:
    """One episode, from its reset on, by somebody who holds the keys of the config one after the other."""
    env: Any = resolve(game["environment"])(**game["options"])  # type: ignore[operator]
    adapter = adapt(env)
    observations, *_ = adapter.reset(seed=5)
    yield env
    over, frame = False, 0
    actions = [game["default_action"], *(binding["action"] for binding in game["bindings"])]
    while not over:
        chosen = {
            agent: actions[frame // 7 % len(actions)] if name == "human" else policy(name, observations[agent], agent)
            for agent, name in game["policies"].items()
        }
        step = adapter.step(chosen)
        observations, over, frame = step.observations, adapter.over(step), frame + 1
        yield env


def policy(name: str, observation: Any, agent: str) -> Any:
    return resolve(name)(observation, agent)  # type: ignore[operator]


def test_there_are_three_of_one_short_file_each() -> None:
    assert {"mountain_car", "cart_pole", "grid"} <= {path.stem for path in EXAMPLES}
    for path in EXAMPLES:
        assert len(path.read_text(encoding="utf-8").splitlines()) < 120, path


def test_an_episode_is_drawn_from_its_differences(example: ModuleType) -> None:
    game = game_of(example)
    surface, page = ig.Surface(game["width"], game["height"]), Page()
    pictures = set()
    for env in play(game):
        example.draw(env, surface)
        page.apply(json.loads(json.dumps(surface.packet(), allow_nan=False)))
        whole = ig.Surface(game["width"], game["height"])
        example.draw(env, whole)
        assert page.picture == whole.packet(full=True)["set"]
        pictures.add(json.dumps(page.picture))
    assert len(pictures) > 5, "nothing moves"


def test_what_moves_is_a_small_part_of_the_picture(example: ModuleType) -> None:
    game = game_of(example)
    surface = ig.Surface(game["width"], game["height"])
    sizes = []
    for env in play(game):
        example.draw(env, surface)
        sizes.append(len(json.dumps(surface.packet())))
    later = sizes[1:]
    assert sum(later) / len(later) < sizes[0] / 2


def test_everything_is_within_the_picture(example: ModuleType) -> None:
    game = game_of(example)
    surface = ig.Surface(game["width"], game["height"])
    for env in play(game):
        example.draw(env, surface)
        for drawn in surface.packet()["set"]:
            assert -100 <= drawn.get("x", 0) <= game["width"] + 100
            assert -100 <= drawn.get("y", 0) <= game["height"] + 100


def test_the_hud_says_something(example: ModuleType) -> None:
    game = game_of(example)
    assert game["hud"] or game["hud_function"]
    if game["hud_function"]:
        env = next(play(game))
        assert isinstance(resolve(game["hud_function"])(env), str)  # type: ignore[operator]


def test_each_begins_and_ends_as_an_experiment_does(example: ModuleType) -> None:
    kinds = [scene.kind for scene in example.experiment.sequence]
    assert kinds[0] == "start" and kinds[-1] in ("end", "completion_code") and "gym" in kinds
    text = Path(str(example.__file__)).read_text(encoding="utf-8")
    assert text.endswith('if __name__ == "__main__":\n    experiment.run()\n')
