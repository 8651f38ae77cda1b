"""One episode: a fresh environment, and what happened in it so far. It can be put back to where it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interactive_gym.envs.adapter import Adapter, Step, adapt
from interactive_gym.envs.codec import ActionCodec, codec_for
from interactive_gym.envs.determinism import VirtualWorld, episode_seed
from interactive_gym.envs.snapshot import Snapshot
from interactive_gym.errors import EnvError
from interactive_gym.game.calling import called
from interactive_gym.game.setup import Setup
from interactive_gym.game.states import States
from interactive_gym.policies import Policy
from interactive_gym.records import Row, end_reason


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an episode stands after a frame, apart from its environment. Made anew by each step, so it can be kept.

    Attributes:
        row: What is recorded of the frame.
        observations: The environment's own, of those who saw something.
        actions: The last one of everybody, as it is recorded: some environments ask for those of agents that are done.
        done: The agents that are.
        scores: The sum of each human's rewards.
        over: None while the episode goes on, then ``"terminated"``, ``"truncated"`` or ``"max_steps"``.
    """

    row: Row
    observations: Mapping[str, Any]
    actions: Mapping[str, object]
    done: frozenset[str]
    scores: Mapping[str, float]
    over: str | None


@dataclass(frozen=True, slots=True)
class Saved:
    """An episode as it was after some frame; belongs to the :class:`Episode` that saved it."""

    standing: Standing
    state: bytes


class WrongAgents(EnvError):
    """The config names other agents than the environment has."""


class Episode:
    """A running episode. Making it makes and resets the environment.

    Attributes:
        number: From 0.
        codecs: The actions of each agent, in the environment's order.
        standing: After the last frame that was played.
        states: Looks at the environment's.
        step_s: What the environment took for it, in seconds.

    Raises:
        EnvError: The environment cannot be made or reset, or does not fit the config.
    """

    def __init__(self, setup: Setup, world: VirtualWorld, session_seed: int, number: int) -> None:
        self.number = number
        self.step_s = 0.0
        self._setup = setup
        self._world = world
        self._seed = session_seed
        self._snapshot: Snapshot | None = None
        self.states = States(setup)
        with world.frame(session_seed, number, -1, setup.fps):
            self.adapter = make(setup)
            self.codecs = codecs_of(self.adapter, setup.agents)
            reset = self.adapter.reset(episode_seed(session_seed, setup.scene_id, number))
        state = self.states.recorded(self.env, -1)
        row = Row(-1, infos=reset.infos, observations=reset.observations, state=state)
        scores = dict.fromkeys(setup.humans, 0.0)
        self.standing = Standing(row, reset.observations, {}, frozenset(), scores, None)

    @property
    def env(self) -> Any:
        """The researcher's environment."""
        return self.adapter.env

    @property
    def row(self) -> Row:
        """What is recorded of the last frame."""
        return self.standing.row

    @property
    def frame(self) -> int:
        """The last one that was played; -1 after the reset."""
        return self.standing.row.frame

    @property
    def over(self) -> str | None:
        """None while it goes on, then ``"terminated"``, ``"truncated"`` or ``"max_steps"``."""
        return self.standing.over

    @property
    def acting(self) -> Sequence[str]:
        """Whose actions the next step takes: those who are in the game and saw something."""
        standing = self.standing
        return [agent for agent in self.codecs if agent not in standing.done and agent in standing.observations]

    def reward(self, agent: str) -> float:
        """What a human got in the last frame."""
        return float(self.row.rewards.get(agent, 0.0))

    def ask(self, agent: str, policy: Policy, seen: Any, frame: int) -> object:
        """What ``policy`` does on having ``seen`` the observation of ``frame``, as it is recorded.

        Raises:
            EnvError: It raised, or returned no action.
        """
        with self._world.drawing(self._seed, self.number, frame, f"policy of {agent}"):
            chosen = called("policy", policy, seen, self.adapter.native(agent))
        try:
            return plain_action(self.codecs[agent], chosen)
        except ValueError as error:
            raise EnvError(f"the policy of agent {agent!r} returned no action: {error}", stage="policy") from error

    def step(
        self,
        actions: Mapping[str, Any],
        source: Mapping[str, str],
        is_focused: Mapping[str, bool],
        observed: Mapping[str, int],
        present: Mapping[str, bool] | None = None,
    ) -> Row:
        """Play one frame.

        Args:
            actions: As they are recorded, of those who are :attr:`acting`.
            source: Who chose them, for the record.
            is_focused: Which humans looked, for the record.
            observed: After which frame bots saw what they acted on, for the record.
            present: Which humans were there, for the record; None where they play alone.

        Raises:
            EnvError: The environment failed. Nothing but the environment itself has changed.
            ValueError: An action is none of its agent.
        """
        before = self.standing
        frame, latest = before.row.frame + 1, {**before.actions, **actions}
        step = self._step_env(frame, latest)
        limit = self._setup.max_steps
        at_limit, is_over = limit is not None and frame + 1 >= limit, self.adapter.over(step)
        is_last = at_limit or is_over
        terminated = step.terminated if is_over else self._unreported() | {**step.terminated}
        truncated = _cut_off(step, terminated) if at_limit and not is_over else step.truncated
        seen = step.observations if self._setup.record_observations else None
        who = source, is_focused, observed, present or {}
        states = self.states.recorded(self.env, frame), self.states.recorded_hash(self.env, frame, is_last=is_last)
        row = Row(frame, actions, step.rewards, terminated, truncated, step.infos, seen, *who, *states)
        self.standing = Standing(
            row,
            step.observations,
            latest,
            before.done | {agent for agent in terminated if terminated[agent] or truncated.get(agent)},
            {agent: score + _number(step.rewards.get(agent, 0.0)) for agent, score in before.scores.items()},
            end_reason(row, limit) if is_last else None,
        )
        return row

    def save(self) -> Saved:
        """Where the episode stands.

        Raises:
            EnvError: Something in the environment cannot be saved.
        """
        if self._snapshot is None:
            self._snapshot = Snapshot(self.env)
        return Saved(self.standing, self._snapshot.save())

    def load(self, saved: Saved) -> None:
        """Put everything back to where it was.

        Raises:
            EnvError: The environment cannot be put back, and is unusable now.
        """
        if self._snapshot is None:
            raise ValueError("nothing was saved of this episode")
        self._snapshot.load(saved.state)
        self.standing = saved.standing

    def close(self) -> None:
        """Let the environment free what it holds."""
        self.adapter.close()

    def _step_env(self, frame: int, latest: Mapping[str, object]) -> Step:
        # Made anew each time: an environment may change an array that it is given.
        natives = {agent: self.codecs[agent].native(plain) for agent, plain in latest.items()}
        with self._world.frame(self._seed, self.number, frame, self._setup.fps):
            began = self._world.stopwatch()
            step = self.adapter.step(natives)
            self.step_s = self._world.stopwatch() - began
        return step

    def _unreported(self) -> dict[str, bool]:
        """Who plays on even if a step says nothing of them; without this its record would look like the last one."""
        return dict.fromkeys((agent for agent in self.codecs if agent not in self.standing.done), False)


def make(setup: Setup) -> Adapter:
    """The game's environment, behind the one interface.

    Raises:
        EnvError: Its factory raised, or made none that we know; ``stage`` is ``"make"``.
    """
    return adapt(called("make", setup.make, **setup.options))


def codecs_of(adapter: Adapter, agents: Sequence[str]) -> dict[str, ActionCodec]:
    """The codec of each agent's actions.

    Raises:
        WrongAgents: ``agents`` are not the environment's.
        EnvError: Their actions are of an unknown kind.
    """
    if set(agents) != set(adapter.agents):
        raise WrongAgents(
            f"policies() names the agents {sorted(agents)}, but the environment has {sorted(adapter.agents)}",
            stage="make",
        )
    return {agent: codec_for(adapter.action_space(agent)) for agent in adapter.agents}


def plain_action(codec: ActionCodec, action: object) -> object:
    """``action``, native or plain, as it is recorded.

    Raises:
        ValueError: It is none of the codec's actions.
    """
    return codec.plain(codec.native(action))


def _cut_off(step: Step, terminated: Mapping[str, bool]) -> Mapping[str, bool]:
    """Who is truncated where ``max_steps`` ends the episode: everybody who is still in it."""
    return {agent: step.truncated.get(agent, False) or not ended for agent, ended in terminated.items()}


def _number(reward: Any) -> float:
    try:
        return float(reward)
    except (TypeError, ValueError) as error:
        raise EnvError(f"step() returned the reward {reward!r}, which is not a number", stage="step") from error
