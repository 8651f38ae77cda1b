"""The adapter gives every kind of environment the same face, and says what is wrong with those it cannot take."""

from __future__ import annotations

from typing import Any, ClassVar

import gymnasium
import pytest
from cogrid.envs import registry
from gymnasium import spaces
from slime_volleyball.slimevolley_env import SlimeVolleyEnv

from interactive_gym.envs.adapter import adapt
from interactive_gym.errors import EnvError


class Single:
    """The least that a Gymnasium environment can be, with what it returns as attributes."""

    action_space = spaces.Discrete(2)
    reset_result: Any = ("start", {"lives": 3})
    step_result: Any = ("seen", 1.5, False, False, {"lives": 2})

    def reset(self, *, seed: int | None = None) -> Any:
        self.seed = seed
        return self.reset_result

    def step(self, action: Any) -> Any:
        self.action = action
        return self.step_result


class Parallel:
    """Three agents; ``2`` leaves after the first step, the others after the second. One reward is missing."""

    possible_agents: ClassVar = [0, 1, 2]

    def action_space(self, agent: int) -> spaces.Discrete:
        return spaces.Discrete(agent + 1)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents = [0, 1, 2]
        self.t = 0
        return {agent: f"seen {agent}" for agent in self.agents}, {agent: {} for agent in self.agents}

    def step(self, actions: dict[int, int]) -> Any:
        assert sorted(actions) == self.agents, "only those who still play may act"
        self.t += 1
        live = self.agents
        self.agents = [agent for agent in live if agent != 2] if self.t == 1 else []
        ended = {agent: agent not in self.agents for agent in live}
        rewards = {agent: float(agent) for agent in live if agent != 1}
        return dict.fromkeys(live, 0), rewards, ended, dict.fromkeys(live, False), {agent: {} for agent in live}


def test_a_gymnasium_env_has_one_agent_named_0() -> None:
    env = Single()
    adapter = adapt(env)
    assert adapter.agents == ("0",)
    assert adapter.action_space("0") is env.action_space
    assert adapter.reset(5) == ({"0": "start"}, {"0": {"lives": 3}})
    assert env.seed == 5
    step = adapter.step({"0": 1})
    assert env.action == 1
    assert step[:2] == ({"0": "seen"}, {"0": 1.5})
    assert step[2:5] == ({"0": False}, {"0": False}, {"0": {"lives": 2}})
    assert not adapter.over(step)


@pytest.mark.parametrize(("terminated", "truncated"), [(True, False), (False, True)])
def test_a_gymnasium_episode_is_over_when_the_env_says_so(terminated: bool, truncated: bool) -> None:
    env = Single()
    env.step_result = ("seen", 0, terminated, truncated, {})
    adapter = adapt(env)
    assert adapter.over(adapter.step({"0": 0}))


def test_real_gymnasium_envs_with_their_wrappers() -> None:
    adapter = adapt(gymnasium.make("MountainCar-v0", max_episode_steps=3))
    adapter.reset(1)
    steps = [adapter.step({"0": 0}) for _ in range(3)]
    assert [adapter.over(step) for step in steps] == [False, False, True]
    assert steps[-1].truncated == {"0": True}
    adapter.close()


def test_parallel_agents_are_text_on_our_side_and_leave_when_they_are_done() -> None:
    adapter = adapt(Parallel())
    assert adapter.agents == ("0", "1", "2")
    assert [adapter.native(agent) for agent in adapter.agents] == [0, 1, 2]
    assert adapter.action_space("2") == spaces.Discrete(3)
    assert list(adapter.reset(1).observations) == ["0", "1", "2"]
    everybody = {"0": 0, "1": 0, "2": 0}
    first = adapter.step(everybody)
    assert first.terminated == {"0": False, "1": False, "2": True}
    assert first.rewards == {"0": 0.0, "2": 2.0}
    assert not adapter.over(first)
    second = adapter.step(everybody)
    assert list(second.observations) == ["0", "1"]
    assert adapter.over(second)


def test_a_parallel_env_that_never_shrinks_its_agents_is_over_when_all_are_done() -> None:
    class Stubborn(Parallel):
        def step(self, actions: dict[int, int]) -> Any:
            done = {0: True, 1: False, 2: True}
            return {}, {}, done, {0: False, 1: actions[1] == 1, 2: False}, {}

    adapter = adapt(Stubborn())
    adapter.reset(1)
    assert not adapter.over(adapter.step({"0": 0, "1": 0, "2": 0}))
    assert adapter.over(adapter.step({"0": 0, "1": 1, "2": 0}))


def test_overcooked_is_a_parallel_env() -> None:
    adapter = adapt(registry.make("Overcooked-CrampedRoom-V0"))
    assert adapter.agents == ("0", "1")
    assert set(adapter.reset(3).observations) == {"0", "1"}
    assert set(adapter.step({"0": 6, "1": 6}).rewards) == {"0", "1"}


def test_slime_volleyball_is_a_gymnasium_env_with_dicts_by_agent() -> None:
    adapter = adapt(SlimeVolleyEnv())
    assert adapter.agents == ("agent_left", "agent_right")
    assert adapter.action_space("agent_left").n == 6
    adapter.reset(3)
    step = adapter.step({"agent_left": 0, "agent_right": 3})
    assert step.terminated == {"agent_left": False, "agent_right": False}, "RLlib's __all__ is no agent"
    assert not step.over


def test_rllibs_all_key_ends_an_episode() -> None:
    class Everybody(Parallel):
        def step(self, actions: dict[int, int]) -> Any:
            return {}, {}, {"__all__": actions[0] == 1}, {"__all__": False}, {}

    adapter = adapt(Everybody())
    adapter.reset(1)
    assert not adapter.step({"0": 0, "1": 0, "2": 0}).over
    step = adapter.step({"0": 1, "1": 0, "2": 0})
    assert step.over and step.terminated == {}


def failing(change: dict[str, Any], base: type = Single) -> Any:
    return type("Failing", (base,), change)()


def _raise(self: Any, *args: Any, **kwargs: Any) -> None:
    raise RuntimeError("the pot is empty")


@pytest.mark.parametrize(
    ("env", "stage", "text"),
    [
        (failing({"reset": lambda self: ("start", {})}), "reset", "must take a seed"),
        (failing({"reset": _raise}), "reset", "the pot is empty"),
        (failing({"reset_result": "start"}), "reset", r"\(observation, info\) is expected"),
        (failing({"reset_result": ("start", "info")}), "reset", "a tuple of 2"),
        (failing({"step": _raise}), "step", "RuntimeError: the pot is empty"),
        (failing({"step_result": ("seen", 1, False, {})}), "step", "four values, as the old gym API"),
        (failing({"step_result": None}), "step", "a NoneType"),
        (failing({"step_result": (0, 0, __import__("numpy").array([1, 0]), False, {})}), "step", "terminated"),
        (failing({"reset": lambda self, seed: ({9: 0}, {})}, Parallel), "reset", "'9', who is none of"),
        (failing({"reset": lambda self, seed: ([], {})}, Parallel), "reset", "a list of observations"),
    ],
)
def test_an_env_that_breaks_the_rules_is_told_which(env: Any, stage: str, text: str) -> None:
    adapter = adapt(env)
    with pytest.raises(EnvError, match=text) as caught:
        adapter.reset(1)
        adapter.step(dict.fromkeys(adapter.agents, 0))
    assert caught.value.stage == stage


def test_what_an_env_raises_is_kept_for_the_log() -> None:
    with pytest.raises(EnvError) as caught:
        adapt(failing({"step": _raise})).step({"0": 0})
    assert "_raise" in caught.value.detail and "the pot is empty" in caught.value.detail


@pytest.mark.parametrize(
    ("env", "text"),
    [
        (object(), r"has no reset\(\)"),
        (failing({"agent_iter": lambda self: None, "last": lambda self: None}), "aec_to_parallel"),
        (failing({"single_action_space": None}), "a vector of environments"),
        (failing({"action_space": None}), "no action_space"),
        (failing({"possible_agents": []}, Parallel), "names no agents"),
        (failing({"possible_agents": [1, "1"]}, Parallel), "differ as text"),
    ],
)
def test_what_is_no_environment_of_ours_is_refused(env: Any, text: str) -> None:
    with pytest.raises(EnvError, match=text) as caught:
        adapt(env)
    assert caught.value.stage == "make"


def test_closing_never_fails() -> None:
    adapt(failing({"close": _raise})).close()
    adapt(Single()).close()
