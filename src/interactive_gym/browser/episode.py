"""One episode: a fresh environment, and what happened in it so far. No keys, no pictures, no bytes."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

from interactive_gym.browser.picture import called
from interactive_gym.browser.spec import Spec
from interactive_gym.envs.adapter import Adapter, Step, adapt
from interactive_gym.envs.codec import ActionCodec, codec_for
from interactive_gym.envs.determinism import VirtualWorld, episode_seed
from interactive_gym.errors import EnvError
from interactive_gym.records import Row, end_reason

HUMAN, BOT = "human", "bot"


class Episode:
    """A running episode. Making it makes and resets the environment.

    Attributes:
        number: From 0.
        frame: The last one that was played; -1 after the reset.
        row: What is recorded of it.
        reward: The human's in that frame.
        score: The sum of the human's rewards.
        over: None while it goes on, then ``"terminated"``, ``"truncated"`` or ``"max_steps"``.

    Raises:
        EnvError: The environment cannot be made or reset, or does not fit the config.
    """

    def __init__(self, spec: Spec, world: VirtualWorld, session_seed: int, number: int) -> None:
        self.number = number
        self.frame = -1
        self.reward = 0.0
        self.score = 0.0
        self.over: str | None = None
        self._spec = spec
        self._world = world
        self._seed = session_seed
        with world.frame(session_seed, number, -1, spec.fps):
            self._adapter = _make(spec)
            self._codecs = _codecs(self._adapter, spec)
            reset = self._adapter.reset(episode_seed(session_seed, spec.scene_id, number))
        self._observations = reset.observations
        self._natives: dict[str, Any] = {}
        self._done: set[str] = set()
        self.row = Row(-1, infos=reset.infos, observations=reset.observations)

    @property
    def env(self) -> Any:
        """The researcher's environment, for ``draw`` and the HUD."""
        return self._adapter.env

    def human_action(self, plain: object) -> object:
        """``plain`` as it is recorded.

        Raises:
            ValueError: It is no action of the human's agent.
        """
        codec = self._codecs[self._spec.human]
        return codec.plain(codec.native(plain))

    def play(self, human_action: Any, source: str, is_focused: bool) -> Row:
        """Step once: the human does ``human_action``, a :meth:`human_action`; policies choose for the others.

        Raises:
            EnvError: The environment or a policy failed.
        """
        human = self._spec.human
        actions, sources = {}, {}
        for agent in self._codecs:
            if agent in self._done or agent not in self._observations:
                continue
            actions[agent] = human_action if agent == human else self._ask_policy(agent)
            sources[agent] = source if agent == human else BOT
        return self._step(actions, sources, {human: is_focused})

    def replay(self, row: Row) -> Row:
        """Step once with the actions of a recorded ``row``; who chose them is copied from it.

        Raises:
            EnvError: The environment failed, or an action is none of its actions.
        """
        try:
            return self._step(row.actions, row.source, row.is_focused)
        except (ValueError, KeyError) as error:
            raise EnvError(f"the recorded actions of frame {row.frame} do not fit: {error}", stage="step") from error

    def close(self) -> None:
        """Let the environment free what it holds."""
        self._adapter.close()

    def _ask_policy(self, agent: str) -> object:
        policy = self._spec.policies[agent]
        with self._world.drawing(self._seed, self.number, self.frame, f"policy of {agent}"):
            chosen = called("policy", policy, self._observations[agent], self._adapter.native(agent))
        codec = self._codecs[agent]
        try:
            return codec.plain(codec.native(chosen))
        except ValueError as error:
            raise EnvError(f"the policy of agent {agent!r} returned no action: {error}", stage="policy") from error

    def _step(self, actions: Mapping[str, Any], source: Mapping[str, str], is_focused: Mapping[str, bool]) -> Row:
        for agent, plain in actions.items():
            # Made anew each time: an environment may change an array that it is given. Agents that are done keep their
            # last action, which some environments still ask for.
            self._natives[agent] = self._codecs[agent].native(plain)
        frame = self.frame + 1
        with self._world.frame(self._seed, self.number, frame, self._spec.fps):
            step = self._adapter.step(self._natives)
        self.frame = frame
        at_limit = self._spec.max_steps is not None and frame + 1 >= self._spec.max_steps
        is_over = self._adapter.over(step)
        terminated = step.terminated if is_over else self._unreported() | {**step.terminated}
        truncated = _cut_off(step, terminated) if at_limit and not is_over else step.truncated
        self._done |= {agent for agent in terminated if terminated[agent] or truncated.get(agent)}
        self._observations = step.observations
        self._count(step.rewards.get(self._spec.human, 0.0))
        seen = step.observations if self._spec.record_observations else None
        self.row = Row(frame, actions, step.rewards, terminated, truncated, step.infos, seen, source, is_focused)
        if is_over or at_limit:
            self.over = end_reason(self.row, self._spec.max_steps)
        return self.row

    def _unreported(self) -> dict[str, bool]:
        """Who plays on even if a step says nothing of them; without this its record would look like the last one."""
        return dict.fromkeys((agent for agent in self._codecs if agent not in self._done), False)

    def _count(self, reward: Any) -> None:
        try:
            self.reward = float(reward)
        except (TypeError, ValueError) as error:
            problem = f"step() returned the reward {reward!r}, which is not a number"
            raise EnvError(problem, stage="step") from error
        self.score += self.reward


def _cut_off(step: Step, terminated: Mapping[str, bool]) -> Mapping[str, bool]:
    """Who is truncated where ``max_steps`` ends the episode: everybody who is still in it."""
    return {agent: step.truncated.get(agent, False) or not ended for agent, ended in terminated.items()}


def _make(spec: Spec) -> Adapter:
    try:
        env = spec.make(**spec.options)
    except Exception as error:
        name = getattr(spec.make, "__qualname__", repr(spec.make))
        problem = f"{name}() raised {type(error).__name__}: {error}"
        raise EnvError(problem, stage="make", detail=traceback.format_exc()) from error
    return adapt(env)


def _codecs(adapter: Adapter, spec: Spec) -> dict[str, ActionCodec]:
    players = {spec.human, *spec.policies}
    if players != set(adapter.agents):
        raise EnvError(
            f"policies() names the agents {sorted(players)}, but the environment has {sorted(adapter.agents)}",
            stage="make",
        )
    return {agent: codec_for(adapter.action_space(agent)) for agent in adapter.agents}
