"""The tutorial's code is one file that works, and catches apples."""

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import interactive_gym as ig

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")


@pytest.fixture
def apples(tmp_path: Path) -> Iterator[ModuleType]:
    file = tmp_path / "apples.py"
    file.write_text("\n\n".join(re.findall(r"^```python\n(.*?)^```", TUTORIAL, re.M | re.S)), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("apples", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["apples"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["apples"]


def test_the_experiment_is_one(apples: ModuleType) -> None:
    assert [scene.kind for scene in apples.experiment.sequence] == ["start", "gym", "static", "completion_code"]
    assert apples.experiment.sequence[1].game()["environment"] == "apples:Apples"


def test_whoever_follows_the_apple_catches_ten(apples: ModuleType) -> None:
    env = apples.Apples()
    surface = ig.Surface(600, 400)
    observation, _ = env.reset(seed=1)
    score, over = 0.0, False
    while not over:
        assert env.observation_space.contains(observation)
        basket, apple, _ = observation
        action = 2 if apple > basket + 6 else 0 if apple < basket - 6 else 1
        observation, reward, over, _, _ = env.step(action)
        apples.draw(env, surface)
        assert surface.packet()["set"]
        score += reward
    assert score == 10


@pytest.mark.parametrize("mistake", [("fps=30", "fps=-3", "fps"), ('"ArrowLeft"', '"arrowleft"', "actions")])
def test_the_mistakes_on_purpose_are_found(apples: ModuleType, mistake: tuple[str, str, str]) -> None:
    written, wrong, parameter = mistake
    source = Path(str(apples.__file__)).read_text(encoding="utf-8")
    with pytest.raises(ig.ConfigError) as caught:
        exec(source.replace(written, wrong), vars(apples))
    assert (caught.value.scene, caught.value.parameter) == ("orchard", parameter)
