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


def test_whoever_stands_in_is_sent_to_browsers() -> None:
    game = kitchen.game_of_two().waitroom(bot=kitchen.policy, on_timeout="bot")
    assert references(game)[".waitroom(bot)"] == "tests.scenes.kitchen:policy"
    assert ".waitroom(bot)" not in references(kitchen.game_of_two())


def test_a_class_in_the_place_of_a_matcher_is_a_slip() -> None:
    with pytest.raises(ig.ConfigError, match="call it"):
        kitchen.game_of_two().waitroom(matcher=ig.FIFO)  # type: ignore[arg-type]
