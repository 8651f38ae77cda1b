"""The functions that an experiment's file would have: participants import them by name."""

from collections.abc import Callable
from functools import partial
from typing import Any

import interactive_gym as ig


class Kitchen:
    """An environment that renders itself."""

    def __init__(self, size: int = 3) -> None:
        self.size = size

    def render(self) -> None: ...


class DarkKitchen:
    """An environment without a picture."""


class Turns(Kitchen):
    """An environment of PettingZoo's AEC API, as far as anybody sees who does not make it."""

    def agent_iter(self) -> None: ...

    def last(self) -> None: ...


def make_env(size: int = 3) -> Kitchen:
    return Kitchen(size)


def draw(env: Any, surface: ig.Surface) -> None: ...


def draw_without_surface(env: Any) -> None: ...


def draw_for(env: Any, surface: ig.Surface, agent: Any) -> None: ...


def draw_for_two(env: Any, surface: ig.Surface, agent: Any, other: Any) -> None: ...


def draw_to_scale(env: Any, surface: ig.Surface, scale: float = 1) -> None: ...


def hud_for(env: Any, agent: Any = None) -> str:
    return str(agent)


def hud(env: Any) -> str:
    return "soups"


def policy(observation: Any, agent: Any) -> int:
    return 0


def local_function() -> Callable[..., None]:
    def draw_locally(env: Any, surface: ig.Surface) -> None: ...

    return draw_locally


def renamed(env: Any, surface: ig.Surface) -> None: ...


unnamed = partial(draw, None)


def complete_game(id: str = "game") -> ig.GymScene:
    scene = ig.GymScene(id).environment(make_env).rendering(draw=draw)
    return scene.gameplay(actions={"ArrowLeft": 0}, default_action=1)


def game_of_two() -> ig.GymScene:
    return complete_game("together").policies({0: ig.Human, 1: ig.Human})
