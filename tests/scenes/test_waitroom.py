"""A waiting room whose parameters do not fit each other is refused when the experiment is built."""

from __future__ import annotations

from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.packaging.plan import references
from tests.scenes import kitchen


def study(scene: ig.GymScene, *after: Any) -> ig.Experiment:
    return ig.Experiment("study").scenes(ig.StartScene("welcome"), scene, *after, ig.EndScene("thanks"))


@pytest.mark.parametrize(
    ("parameter", "words", "given"),
    [
        ("bot", "say which policy", {"on_timeout": "bot"}),
        ("bot", "say which policy", {"start_smaller_after": 30, "min_group": 1}),
        ("min_group", "at most 1", {"on_timeout": "smaller", "bot": kitchen.policy}),
        ("start_smaller_after", "timeout=20", {"start_smaller_after": 20, "timeout": 20, "min_group": 1}),
        ("extend", "how many seconds more", {"on_timeout": "extend"}),
        ("extend", "on_timeout='extend'", {"extend": 30}),
        ("on_timeout", "'surwey'", {"on_timeout": "surwey"}),
        ("on_timeout", "'welcome'", {"on_timeout": "welcome"}),
        ("on_timeout", "'together'", {"on_timeout": "together"}),
    ],
)
def test_what_does_not_fit(parameter: str, words: str, given: dict[str, Any]) -> None:
    bot = {"bot": kitchen.policy} if parameter != "bot" else {}
    with pytest.raises(ig.ConfigError) as caught:
        study(kitchen.game_of_two().waitroom(**{**bot, **given}), ig.StaticScene("survey"))
    assert (caught.value.scene, caught.value.method, caught.value.parameter) == ("together", "waitroom", parameter)
    assert words in caught.value.problem


def test_what_fits() -> None:
    game = kitchen.game_of_two().waitroom(bot=kitchen.policy)
    for given in (
        {"on_timeout": "survey"},
        {"on_timeout": "bot"},
        {"on_timeout": "extend", "extend": 30},
        {"start_smaller_after": 10, "min_group": 1, "on_timeout": "smaller"},
    ):
        study(game.waitroom(**given), ig.StaticScene("survey"))  # type: ignore[arg-type]


class Own(ig.SceneWrapper):
    """Whose order only it knows."""

    def choose(self, draw: ig.Draw) -> Any:
        return self.parts


TO_SURVEY = kitchen.game_of_two().waitroom(on_timeout="survey")
SURVEY, OTHER = ig.StaticScene("survey"), ig.StaticScene("other")


@pytest.mark.parametrize(
    "parts",
    [
        (ig.RandomizeOrder(TO_SURVEY, OTHER), SURVEY),
        (ig.RandomizeOrder(TO_SURVEY, OTHER, keep_n=1), ig.RandomizeOrder(SURVEY, ig.StaticScene("more"))),
        (ig.Conditions("task", {"a": [TO_SURVEY, SURVEY], "b": OTHER}),),
        (ig.Conditions("task", {"a": TO_SURVEY, "b": OTHER}), SURVEY),
        (Own(SURVEY, TO_SURVEY),),
        (TO_SURVEY, Own(ig.RandomizeOrder(SURVEY, OTHER))),
        (ig.RandomizeOrder(Own(TO_SURVEY, SURVEY), OTHER),),
    ],
)
def test_a_way_that_everybody_has(parts: Any) -> None:
    ig.Experiment("study").scenes(ig.StartScene("welcome"), *parts, ig.EndScene("thanks"))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((ig.RandomizeOrder(TO_SURVEY, SURVEY),), "for everybody"),
        ((ig.RandomizeOrder(SURVEY, TO_SURVEY),), "for everybody"),
        ((TO_SURVEY, ig.RandomizeOrder(SURVEY, OTHER, keep_n=1)), "for everybody"),
        ((TO_SURVEY, ig.Conditions("task", {"a": SURVEY, "b": OTHER})), "for everybody"),
        ((ig.Conditions("task", {"a": TO_SURVEY, "b": SURVEY}),), "for everybody"),
        ((ig.Conditions("task", {"a": [SURVEY, TO_SURVEY], "b": OTHER}),), "for everybody"),
        ((TO_SURVEY, Own(ig.Conditions("task", {"a": SURVEY, "b": OTHER}))), "for everybody"),
        ((SURVEY, ig.RandomizeOrder(TO_SURVEY, OTHER)), "is no id of a scene after"),
        ((ig.RandomizeOrder(SURVEY, OTHER), TO_SURVEY), "is no id of a scene after"),
    ],
)
def test_a_way_that_somebody_has_not(parts: Any, words: str) -> None:
    with pytest.raises(ig.ConfigError, match=words) as caught:
        ig.Experiment("study").scenes(ig.StartScene("welcome"), *parts, ig.EndScene("thanks"))
    assert (caught.value.scene, caught.value.parameter) == ("together", "on_timeout")


def test_the_way_to_a_scene_that_is_repeated() -> None:
    again = ig.RepeatScene(SURVEY, 2)
    first = kitchen.game_of_two().waitroom(on_timeout="survey-2")
    ig.Experiment("study").scenes(ig.StartScene("welcome"), first, again, ig.EndScene("thanks"))


def test_whoever_stands_in_is_sent_to_browsers() -> None:
    game = kitchen.game_of_two().waitroom(bot=kitchen.policy, on_timeout="bot")
    assert references(game)[".waitroom(bot)"] == "tests.scenes.kitchen:policy"
    assert ".waitroom(bot)" not in references(kitchen.game_of_two())


def test_a_class_in_the_place_of_a_matcher_is_a_slip() -> None:
    with pytest.raises(ig.ConfigError, match="call it"):
        kitchen.game_of_two().waitroom(matcher=ig.FIFO)  # type: ignore[arg-type]
