"""An episode that one participant plays: policies choose for all the others."""

from __future__ import annotations

from typing import Any

from interactive_gym.browser.spec import Spec
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError
from interactive_gym.game import episode
from interactive_gym.records import Row

HUMAN, BOT = "human", "bot"


class Episode(episode.Episode):
    """A running episode. Making it makes and resets the environment.

    Raises:
        EnvError: The environment cannot be made or reset, or does not fit the config.
    """

    def __init__(self, spec: Spec, world: VirtualWorld, session_seed: int, number: int) -> None:
        super().__init__(spec, world, session_seed, number)
        self._human = spec.human
        self._policies = spec.policies

    def human_action(self, plain: object) -> object:
        """``plain`` as it is recorded.

        Raises:
            ValueError: It is no action of the human's agent.
        """
        return episode.plain_action(self.codecs[self._human], plain)

    def play(self, human_action: Any, source: str, is_focused: bool) -> Row:
        """Step once: the human does ``human_action``, a :meth:`human_action`; policies choose for the others.

        Raises:
            EnvError: The environment or a policy failed.
        """
        acting, before = self.acting, self.frame
        actions = {agent: human_action if agent == self._human else self._ask_policy(agent) for agent in acting}
        sources = {agent: source if agent == self._human else BOT for agent in acting}
        observed = {agent: before for agent in acting if agent != self._human}
        return self.step(actions, sources, {self._human: is_focused}, observed)

    def replay(self, row: Row) -> Row:
        """Step once with the actions of a recorded ``row``; who chose them is copied from it.

        Raises:
            EnvError: The environment failed, or an action is none of its actions.
        """
        try:
            return self.step(row.actions, row.source, row.is_focused, row.observed, row.present)
        except (ValueError, KeyError) as error:
            raise EnvError(f"the recorded actions of frame {row.frame} do not fit: {error}", stage="step") from error

    def _ask_policy(self, agent: str) -> object:
        return self.ask(agent, self._policies[agent], self.standing.observations[agent], self.frame)
