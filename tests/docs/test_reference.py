"""The reference pages: every public method and parameter is in them, with the defaults that the code has."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.experiment import Hosting
from interactive_gym.rendering import surface as surface_module
from interactive_gym.rendering.colors import color
from interactive_gym.scenes import gym_parameters
from interactive_gym.scenes.attributes import AnswerAttributes, AttributeRules
from interactive_gym.scenes.hooks import Console, Hooks
from interactive_gym.scenes.keys import NAMED_KEYS
from interactive_gym.scenes.monitoring import Monitoring
from interactive_gym.scenes.parameters import NOT_GIVEN
from interactive_gym.scenes.passage import Leaving
from interactive_gym.scenes.screening import Screening
from interactive_gym.scenes.static import Consent
from interactive_gym.scenes.waitroom import Waitroom
from interactive_gym.scenes.webrtc import Webrtc

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = {name: (REFERENCE / f"{name}.md").read_text(encoding="utf-8") for name in ("scenes", "surface")}
SECTION = re.compile(r"^### (\S+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \|.*\| ?(.*?) ?\|$", re.MULTILINE)
SECTIONS = dict(match for page in PAGES.values() for match in SECTION.findall(page))
TABLES = {
    "Experiment.attributes": AttributeRules,
    "Experiment.console": Console,
    "Experiment.hooks": Hooks,
    "Experiment.run": Hosting,
    "Experiment.screening": Screening,
    "Experiment.webrtc": Webrtc,
    **{f"{scene}.leaving": Leaving for scene in ("StartScene", "StaticScene", "GymScene")},
    **{f"{scene}.attributes": AnswerAttributes for scene in ("StartScene", "StaticScene")},
    **{f"{scene}.consent": Consent for scene in ("StartScene", "StaticScene")},
    "GymScene.environment": gym_parameters.Environment,
    "GymScene.rendering": gym_parameters.Rendering,
    "GymScene.waitroom": Waitroom,
    "GymScene.multiplayer": gym_parameters.Multiplayer,
    "GymScene.gameplay": gym_parameters.Gameplay,
    "GymScene.monitoring": Monitoring,
    "GymScene.runtime": gym_parameters.Runtime,
}


def rows(text: str) -> dict[str, str]:
    """Parameter -> its default as documented."""
    return {name: default for names, default in ROW.findall(text) for name in re.findall(r"\w+", names)}


READ_BY_THE_SERVER = {"GymScene.game_text", "GymScene.game"}  # no parameter of anybody's experiment

# What they are given stands in their constructors.
MADE_BY_RESEARCHERS = (
    *(ig.Conditions, ig.Factor, ig.RandomizeOrder, ig.RepeatScene),
    *(ig.FIFO, ig.Latency, ig.Reunion),
)


def public_methods() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Methods of public classes that take parameters, and public functions."""
    for name in ig.__all__:
        public = getattr(ig, name)
        if inspect.ismodule(public):
            continue  # docs/how-to/hooks.md has it
        if inspect.isfunction(public):
            yield name, public
        elif public in MADE_BY_RESEARCHERS:
            yield name, public
            if hasattr(public, "of"):
                yield f"{name}.of", public.of
        elif not issubclass(public, ig.InteractiveGymError):
            for method, function in inspect.getmembers(public, inspect.isfunction):
                if not method.startswith("_") and len(inspect.signature(function).parameters) > 1:
                    yield f"{name}.{method}", function


METHODS = {name: method for name, method in public_methods() if name not in READ_BY_THE_SERVER}


def own_parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    parameters = inspect.signature(function).parameters
    return {name: each for name, each in parameters.items() if name != "self" and each.kind is not each.VAR_KEYWORD}


def test_every_method_has_its_section_and_no_other_has() -> None:
    assert set(SECTIONS) == set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_every_parameter_is_documented(method: str) -> None:
    assert set(rows(SECTIONS[method])) == set(own_parameters(METHODS[method]))


@pytest.mark.parametrize("method", TABLES)
def test_documented_defaults_of_scenes_are_those_of_the_tables(method: str) -> None:
    documented = rows(SECTIONS[method])
    for row in fields(TABLES[method]):
        default = row.default_factory() if row.default_factory is not MISSING else row.default
        default = tuple(default) if isinstance(default, frozenset) else default
        written = documented[row.name].strip("`")
        if default is NOT_GIVEN or row.name in ("factory", "actions"):
            assert written == "", row.name  # they are needed
        elif row.name == "background":
            assert color(eval(written)) == default
        else:
            assert eval(written) == default or Path(eval(written)) == default, row.name


@pytest.mark.parametrize("name", [public.__name__ for public in MADE_BY_RESEARCHERS])
def test_documented_defaults_of_constructors_are_those_of_the_signatures(name: str) -> None:
    for parameter, given in own_parameters(METHODS[name]).items():
        written = rows(SECTIONS[name])[parameter].strip("`")
        assert (written == "") == (given.default is given.empty), parameter
        assert not written or eval(written) == given.default, parameter


@pytest.mark.parametrize("method", [name for name in METHODS if name.startswith("Surface.")])
def test_documented_defaults_of_the_surface_are_those_of_the_signatures(method: str) -> None:
    for name, parameter in own_parameters(METHODS[method]).items():
        written = rows(SECTIONS[method])[name].strip("`")
        assert (written == "") == (parameter.default is parameter.empty), name
        assert not written or eval(written) == parameter.default, name


def test_shared_keywords_of_the_surface() -> None:
    keywords = PAGES["surface"].partition("## Keywords")[2].partition("## Primitives")[0]
    assert set(rows(keywords)) == surface_module.OUTLINED | surface_module.PLACED | surface_module.STROKED


def test_every_public_name_is_mentioned() -> None:
    for name in ig.__all__:
        assert any(name in page for page in PAGES.values()), name


def test_every_key_is_mentioned() -> None:
    section = SECTIONS["GymScene.gameplay"]
    for key in NAMED_KEYS:
        assert f"`{key}`" in section or re.fullmatch(r"F\d+", key), key
