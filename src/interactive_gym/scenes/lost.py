"""What must fit between the parameters that say what follows when a player is lost, hides the game, or leaves."""

from __future__ import annotations

from interactive_gym.errors import ConfigError
from interactive_gym.scenes.gym_parameters import Multiplayer
from interactive_gym.scenes.monitoring import Monitoring


def check_lost(scene: str, rules: Multiplayer, watched: Monitoring) -> None:
    """Of a game of several people.

    Raises:
        ConfigError: A rule of ``monitoring`` can never hold for somebody who hides the tab.
    """
    limit = rules.hidden_timeout
    for parameter in ("hidden_warn_after", "hidden_exclude_after"):
        after = getattr(watched, parameter)
        if limit is None or after is None or after < limit or (after == limit and parameter == "hidden_exclude_after"):
            continue
        problem = f"is {after:g}, but multiplayer(hidden_timeout={limit:g}) ends the game of whoever hides its tab"
        fix = f"give a longer hidden_timeout, or None, or less than {limit:g} here"
        raise ConfigError(f"{problem}; {fix}", scene=scene, method="monitoring", parameter=parameter)
