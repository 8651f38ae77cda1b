"""The line of text above a running game."""

from __future__ import annotations

from collections.abc import Callable
from string import Formatter
from types import MappingProxyType
from typing import Any, Final

from interactive_gym.scenes.checks import text, view

HUD_FIELDS: Final = MappingProxyType(
    {"score": -0.5, "reward": -0.5, "frame": 1, "episode": 1, "episodes": 2, "seconds": 0.5}
)
"""What a template may name, with a value of each for trying it out. ``episode`` counts from 1."""


def hud_text(value: object) -> str | Callable[..., Any]:
    """A template over :data:`HUD_FIELDS`, or a function of the environment, and the agent if it takes that."""
    if callable(value):
        named: Callable[..., Any] = view("env")(value)
        return named
    template = text(value)
    _check_names(template)
    try:
        template.format(**HUD_FIELDS)
    except (ValueError, IndexError, KeyError) as problem:
        raise ValueError(f"{template!r} does not format: {problem}") from problem
    return template


def _check_names(template: str) -> None:
    for _, name, _, _ in Formatter().parse(template):
        if name is not None and name not in HUD_FIELDS:
            known = ", ".join(f"{{{known}}}" for known in HUD_FIELDS)
            raise ValueError(f"{{{name}}} is unknown; a template may use {known}")
