"""From what a participant holds and taps to an action of their agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

from interactive_gym.browser.keys import Keys
from interactive_gym.browser.spec import Spec
from interactive_gym.errors import EnvError

Action = TypeVar("Action")


class Chosen(NamedTuple, Generic[Action]):
    """An action, and whether it is that of somebody who does nothing."""

    action: Action
    is_default: bool


class Controls(Generic[Action]):
    """One player's keys in one episode.

    Args:
        bind: Turns an action, as the config holds it, into what is wanted. Raises ValueError if it is none.

    Raises:
        EnvError: The config binds a key to what is no action.
    """

    def __init__(self, spec: Spec, bind: Callable[[object], Action]) -> None:
        self._keys = Keys([keys for keys, _ in spec.bindings], spec.input_mode)
        self._actions = [_bound(bind, f"actions[{sorted(keys)}]", action) for keys, action in spec.bindings]
        self._default = _bound(bind, "default_action", spec.default_action)

    def choose(self, pressed: dict[str, Any]) -> Chosen[Action]:
        """What the player does now, with ``{"down": [keys], "pressed": [keys]}``; see :meth:`Keys.choose`."""
        chosen = self._keys.choose(pressed["down"], pressed["pressed"])
        return Chosen(self._default, True) if chosen is None else Chosen(self._actions[chosen], False)


def _bound(bind: Callable[[object], Action], what: str, action: object) -> Action:
    try:
        return bind(action)
    except ValueError as error:
        raise EnvError(f"gameplay({what}) does not fit the action space: {error}", stage="make") from error
