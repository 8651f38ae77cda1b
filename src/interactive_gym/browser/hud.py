"""The line of text above the game."""

from __future__ import annotations

from typing import Any

from interactive_gym.browser.spec import Spec
from interactive_gym.game.calling import called
from interactive_gym.game.episode import Episode
from interactive_gym.rendering.perspective import takes_agent


class Hud:
    """One player's line.

    Args:
        agent: Whose score and rewards it shows.
        native: The environment's own name or number of that agent.
    """

    def __init__(self, spec: Spec, agent: str, native: Any) -> None:
        self._spec = spec
        self._agent = agent
        self._function = spec.hud_function
        self._extra = (native,) if self._function is not None and takes_agent(self._function, "env") else ()

    def text(self, episode: Episode) -> str | None:
        """What it says now; None if the game has none.

        Raises:
            EnvError: The researcher's function raised.
        """
        if self._function is not None:
            return str(self.look(episode.env))
        spec = self._spec
        if spec.hud is None:
            return None
        steps = episode.frame + 1
        values = {"score": episode.standing.scores[self._agent], "reward": episode.reward(self._agent)}
        values |= {"frame": steps, "seconds": steps / spec.fps}
        return spec.hud.format(**values, episode=episode.number + 1, episodes=spec.episodes)

    def look(self, env: Any) -> object:
        """What the researcher's function gives, if there is one."""
        return None if self._function is None else called("draw", self._function, env, *self._extra)
