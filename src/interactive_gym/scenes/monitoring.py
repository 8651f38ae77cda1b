"""What is watched while a game is played: the parameters of ``GymScene.monitoring``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.checks import number, optional, own_function, text, whole
from interactive_gym.scenes.parameters import Parameters

_SECONDS = optional(number(1, 3600))


@dataclass(frozen=True)
class Monitoring(Parameters):
    max_ping: Annotated[float | None, optional(number(1, 60_000))] = None
    ping_window: Annotated[int, whole(1, 20)] = 5
    ping_violations: Annotated[int, whole(1, 20)] = 3
    hidden_warn_after: Annotated[float | None, _SECONDS] = None
    hidden_exclude_after: Annotated[float | None, _SECONDS] = None
    warning: Annotated[str | None, optional(text)] = None
    partner_text: Annotated[str | None, optional(text)] = None
    callback: Annotated[Callable[[Any], Any] | None, optional(own_function("context"))] = None
    callback_every: Annotated[int, whole(1, 1_000_000)] = 30
    callback_timeout: Annotated[float, number(0.1, 60)] = 5.0


def check_monitoring(scene: str, rules: Monitoring) -> None:
    """
    Raises:
        ConfigError: A rule can never hold, or a warning comes too late.
    """
    if rules.ping_violations > rules.ping_window:
        problem = f"ping_violations={rules.ping_violations} never come of ping_window={rules.ping_window}"
        raise ConfigError(problem, scene=scene, method="monitoring", parameter="ping_violations")
    warn, exclude = rules.hidden_warn_after, rules.hidden_exclude_after
    if warn is not None and exclude is not None and warn >= exclude:
        problem = f"hidden_warn_after={warn:g} is no earlier than hidden_exclude_after={exclude:g}"
        raise ConfigError(problem, scene=scene, method="monitoring", parameter="hidden_warn_after")
