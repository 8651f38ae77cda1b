"""One interface to the environments that researchers already have.

Three kinds are recognised by what they offer, never by their classes, so neither library needs to be installed:

    PettingZoo parallel    ``possible_agents`` or ``agents``, ``action_space(agent)``; everything in dicts by agent
    Gymnasium, by agent    ``_agent_ids`` (RLlib's habit) and ``Dict`` spaces by agent; everything in dicts by agent
    Gymnasium              ``action_space``; one agent, whom we call ``"0"``

Agents are strings on our side (they become columns and JSON keys); :meth:`Adapter.native` gives the env's own id.
"""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from interactive_gym.errors import EnvError

SINGLE_AGENT = "0"
EVERYBODY = "__all__"  # RLlib's key for "the episode is over"; tolerated, never recorded


class Reset(NamedTuple):
    """What ``reset`` gave, by agent."""

    observations: dict[str, Any]
    infos: dict[str, Any]


class Step(NamedTuple):
    """What one ``step`` gave, by agent. Agents that were done before are missing; values are the env's own."""

    observations: dict[str, Any]
    rewards: dict[str, Any]
    terminated: dict[str, bool]
    truncated: dict[str, bool]
    infos: dict[str, Any]
    over: bool


class Adapter(ABC):
    """An environment with its agents in dicts.

    Attributes:
        env: The environment as it was given, with all its wrappers.
        agents: Everybody who may act in it, in the env's order.
    """

    def __init__(self, env: Any, natives: Iterable[Any]) -> None:
        self.env = env
        self._natives = {str(native): native for native in natives}
        self.agents = tuple(self._natives)

    def native(self, agent: str) -> Any:
        """The env's own id of ``agent``, such as ``0`` or ``"player_1"``."""
        return self._natives[agent]

    @abstractmethod
    def action_space(self, agent: str) -> Any:
        """The space that the actions of ``agent`` come from."""

    def reset(self, seed: int) -> Reset:
        """Start an episode.

        Raises:
            EnvError: ``reset`` raised, takes no seed, or returned something else than (observations, infos).
        """
        return self._reset_result(self._call_reset(seed))

    def step(self, actions: Mapping[str, Any]) -> Step:
        """Advance by one frame. ``actions`` holds a native action of every agent; those who are done are left out.

        Raises:
            EnvError: ``step`` raised, or returned something else than the five values of the current API.
        """
        result = self._call_step(actions)
        if not isinstance(result, tuple) or len(result) != 5:
            raise EnvError(_step_problem(result), stage="step")
        return self._step_result(*result)

    def over(self, step: Step) -> bool:
        """Whether the episode ended with ``step``."""
        return step.over

    def close(self) -> None:
        """Let the env free what it holds. Errors in it are of no interest to anybody any more."""
        close = getattr(self.env, "close", None)
        if callable(close):
            with suppress(Exception):
                close()

    @abstractmethod
    def _reset_result(self, result: tuple[Any, Any]) -> Reset: ...

    @abstractmethod
    def _native_actions(self, actions: Mapping[str, Any]) -> Any: ...

    @abstractmethod
    def _step_result(self, observations: Any, rewards: Any, terminated: Any, truncated: Any, infos: Any) -> Step: ...

    def _call_reset(self, seed: int) -> tuple[Any, Any]:
        try:
            result = self.env.reset(seed=seed)
        except Exception as error:
            raise EnvError(_reset_problem(error), stage="reset", detail=traceback.format_exc()) from error
        if not isinstance(result, tuple) or len(result) != 2 or not isinstance(result[1], Mapping):
            raise EnvError(
                f"reset() returned {_shown(result)} where (observation, info) is expected, as all libraries do "
                "since gym 0.26",
                stage="reset",
            )
        return result

    def _call_step(self, actions: Mapping[str, Any]) -> Any:
        native = self._native_actions(actions)
        try:
            return self.env.step(native)
        except Exception as error:
            problem = f"step() raised {type(error).__name__}: {error}"
            raise EnvError(problem, stage="step", detail=traceback.format_exc()) from error


class SingleAgent(Adapter):
    """A Gymnasium environment."""

    def __init__(self, env: Any) -> None:
        super().__init__(env, (SINGLE_AGENT,))

    def action_space(self, agent: str) -> Any:
        self.native(agent)
        return self.env.action_space

    def _reset_result(self, result: tuple[Any, Any]) -> Reset:
        return Reset({SINGLE_AGENT: result[0]}, {SINGLE_AGENT: result[1]})

    def _native_actions(self, actions: Mapping[str, Any]) -> Any:
        return actions[SINGLE_AGENT]

    def _step_result(self, observations: Any, rewards: Any, terminated: Any, truncated: Any, infos: Any) -> Step:
        ended, cut = _flag(terminated, "terminated"), _flag(truncated, "truncated")
        key = SINGLE_AGENT
        return Step({key: observations}, {key: rewards}, {key: ended}, {key: cut}, {key: infos}, ended or cut)


class ManyAgents(Adapter):
    """An environment whose actions and results are dicts by agent: PettingZoo's parallel API and its relatives."""

    def __init__(self, env: Any, natives: Iterable[Any]) -> None:
        natives = tuple(natives)
        super().__init__(env, natives)
        if len(self.agents) != len(natives) or not natives:
            raise EnvError(f"the agents {list(natives)!r} need names that differ as text", stage="make")

    def action_space(self, agent: str) -> Any:
        space = self.env.action_space
        native = self.native(agent)
        return space(native) if callable(space) else space[native]

    def _reset_result(self, result: tuple[Any, Any]) -> Reset:
        observations, infos = result
        return Reset(self._by_agent(observations, "observations", "reset"), self._by_agent(infos, "infos", "reset"))

    def _native_actions(self, actions: Mapping[str, Any]) -> Any:
        live = getattr(self.env, "agents", None)
        if live is None:
            return {native: actions[agent] for agent, native in self._natives.items()}
        return {native: actions[str(native)] for native in live}

    def _step_result(self, observations: Any, rewards: Any, terminated: Any, truncated: Any, infos: Any) -> Step:
        ended = self._flags(terminated, "terminated")
        cut = self._flags(truncated, "truncated")
        over = self._is_over(ended, cut)
        ended.pop(EVERYBODY, None)
        cut.pop(EVERYBODY, None)
        seen = self._by_agent(observations, "observations", "step")
        paid = self._by_agent(rewards, "rewards", "step")
        return Step(seen, paid, ended, cut, self._by_agent(infos, "infos", "step"), over)

    def _is_over(self, ended: dict[str, bool], cut: dict[str, bool]) -> bool:
        if EVERYBODY in ended or EVERYBODY in cut:
            return ended.get(EVERYBODY, False) or cut.get(EVERYBODY, False)
        if not getattr(self.env, "agents", True):
            return True
        reported = ended.keys() | cut.keys()
        return bool(reported) and all(ended.get(agent, False) or cut.get(agent, False) for agent in reported)

    def _flags(self, values: Any, what: str) -> dict[str, bool]:
        named = self._by_agent(values, what, "step", also=EVERYBODY)
        return {agent: _flag(value, f"{what}[{agent!r}]") for agent, value in named.items()}

    def _by_agent(self, values: Any, what: str, stage: str, also: str | None = None) -> dict[str, Any]:
        if not isinstance(values, Mapping):
            raise EnvError(f"{stage}() returned {_shown(values)} of {what} instead of a dict by agent", stage=stage)
        named = {str(native): value for native, value in values.items()}
        for agent in named:
            if agent not in self._natives and agent != also:
                problem = f"{stage}() returned {what} for {agent!r}, who is none of {list(self.agents)}"
                raise EnvError(problem, stage=stage)
        return named


def adapt(env: Any) -> Adapter:
    """Put ``env`` behind the one interface.

    Raises:
        EnvError: ``env`` is of none of the kinds above. The text says what to do, ``stage`` is ``"make"``.
    """
    for method in ("reset", "step"):
        if not callable(getattr(env, method, None)):
            raise EnvError(f"{_shown(env)} has no {method}(): the factory must return an environment", stage="make")
    if callable(getattr(env, "agent_iter", None)) and callable(getattr(env, "last", None)):
        raise EnvError(
            f"{_shown(env)} lets its agents act in turn (PettingZoo's AEC API), but all players act in every frame; "
            "return the parallel kind from the factory: the game's parallel_env(), or "
            "pettingzoo.utils.conversions.aec_to_parallel(env)",
            stage="make",
        )
    if hasattr(env, "single_action_space"):
        raise EnvError(f"{_shown(env)} is a vector of environments: the factory must return one", stage="make")
    return _adapter_for(env)


def _adapter_for(env: Any) -> Adapter:
    space = getattr(env, "action_space", None)
    if space is None:
        raise EnvError(f"{_shown(env)} has no action_space: it must say what an action is", stage="make")
    if callable(space) or hasattr(env, "possible_agents"):
        return ManyAgents(env, _agents_of(env))
    spaces = getattr(space, "spaces", None)
    ids = getattr(getattr(env, "unwrapped", env), "_agent_ids", None)
    if isinstance(spaces, Mapping) and ids is not None and set(ids) == set(spaces):
        return ManyAgents(env, spaces)
    return SingleAgent(env)


def _agents_of(env: Any) -> Iterable[Any]:
    agents = getattr(env, "possible_agents", None) or getattr(env, "agents", None)
    if not agents:
        raise EnvError(f"{_shown(env)} names no agents: set possible_agents when it is made", stage="make")
    return tuple(agents)


def _flag(value: Any, what: str) -> bool:
    try:
        return bool(value)
    except Exception as error:
        raise EnvError(f"step() returned {_shown(value)} for {what}, not true or false", stage="step") from error


def _reset_problem(error: Exception) -> str:
    if isinstance(error, TypeError) and "'seed'" in str(error):
        return f"reset() must take a seed, as in reset(self, *, seed=None, options=None), and use it: {error}"
    return f"reset() raised {type(error).__name__}: {error}"


def _step_problem(result: Any) -> str:
    if isinstance(result, tuple) and len(result) == 4:
        return (
            "step() returned four values, as the old gym API did; return five: observation, reward, terminated (the "
            "task ended), truncated (the time ran out), info"
        )
    return f"step() returned {_shown(result)} where observation, reward, terminated, truncated, info are expected"


def _shown(value: Any) -> str:
    kind = type(value).__name__
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"
