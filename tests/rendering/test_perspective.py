"""For whom a picture is: who is called with the agent."""

from collections.abc import Callable
from typing import Any

import pytest

from interactive_gym.rendering.perspective import takes_agent


def for_all(env: Any, surface: Any) -> None: ...


def scaled(env: Any, surface: Any, scale: float = 1) -> None: ...


def for_one(env: Any, surface: Any, player: Any) -> None: ...


def for_one_or_all(env: Any, surface: Any, agent: Any = None) -> None: ...


def anything(*arguments: Any) -> None: ...


def keyword(env: Any, surface: Any, *, agent: Any = None) -> None: ...


def too_much(env: Any, surface: Any, agent: Any, other: Any) -> None: ...


def too_little(env: Any) -> None: ...


@pytest.mark.parametrize(
    ("draw", "expected"),
    [(for_all, False), (scaled, False), (anything, False), (for_one, True), (for_one_or_all, True)],
)
def test_who_is_called_with_the_agent(draw: Callable[..., Any], expected: bool) -> None:
    assert takes_agent(draw, "env", "surface") is expected


@pytest.mark.parametrize("draw", [too_much, too_little, keyword])
def test_what_takes_neither(draw: Callable[..., Any]) -> None:
    with pytest.raises(TypeError):
        takes_agent(draw, "env", "surface")
