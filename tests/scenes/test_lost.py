"""What follows when a player is lost: what its parameters have to fit."""

from __future__ import annotations

from typing import Any

import pytest

import interactive_gym as ig
from tests.scenes import kitchen


def study(game: ig.GymScene) -> ig.Experiment:
    form, code = ig.StaticScene("form"), ig.CompletionCodeScene("code")
    return ig.Experiment("study").scenes(ig.StartScene("welcome"), game, form, code)


@pytest.mark.parametrize("way", ["leave", "next", "form", "code"])
def test_those_who_are_left_behind_go_where_there_is_something(way: str) -> None:
    assert study(kitchen.game_of_two().multiplayer(left_behind=way)).sequence


@pytest.mark.parametrize("way", ["form2", "welcome", kitchen.game_of_two().id, "Next"])
def test_nobody_is_left_behind_for_a_scene_that_does_not_come(way: str) -> None:
    with pytest.raises(ig.ConfigError, match=f"no id of a scene after .*{way}") as caught:
        study(kitchen.game_of_two().multiplayer(left_behind=way))
    assert (caught.value.method, caught.value.parameter) == ("multiplayer", "left_behind")


@pytest.mark.parametrize(
    ("limit", "watched", "parameter"),
    [
        (30, {"hidden_exclude_after": 60}, "hidden_exclude_after"),
        (30, {"hidden_warn_after": 30}, "hidden_warn_after"),
        (5, {"hidden_warn_after": 8, "hidden_exclude_after": 10}, "hidden_warn_after"),
    ],
)
def test_what_is_watched_comes_before_the_game_ends(limit: float, watched: dict[str, Any], parameter: str) -> None:
    scene = kitchen.game_of_two().multiplayer(hidden_timeout=limit).monitoring(**watched)
    with pytest.raises(ig.ConfigError, match=f"hidden_timeout={limit}") as caught:
        scene.check()
    assert (caught.value.method, caught.value.parameter) == ("monitoring", parameter)
    scene.multiplayer(hidden_timeout=None).check()


@pytest.mark.parametrize(
    ("limit", "watched"),
    [
        (30, {"hidden_exclude_after": 30, "hidden_warn_after": 10}),
        (30, {"hidden_exclude_after": 5}),
        (60, {"hidden_exclude_after": 45, "hidden_warn_after": 30}),
        (None, {"hidden_exclude_after": 3600}),
    ],
)
def test_what_comes_before_is_fine(limit: float | None, watched: dict[str, Any]) -> None:
    kitchen.game_of_two().multiplayer(hidden_timeout=limit).monitoring(**watched).check()


def test_a_game_of_one_has_no_limit_but_that_of_its_monitoring() -> None:
    scene = kitchen.complete_game().monitoring(hidden_exclude_after=60)
    scene.check()
    assert scene.hidden_timeout is None
    assert kitchen.game_of_two().hidden_timeout == 30
