"""Every part of an environment has a path that one could type, and every difference is found at the innermost one."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from interactive_gym.envs.anatomy import describe, differences, path_to

SHARED: dict[str, int] = {}


class Pot:
    made = 0
    __slots__ = ("onions",)


def env() -> types.SimpleNamespace:
    pot = Pot()
    pot.onions = [1]
    steps = 0

    def tick(by: list[int] = [0]) -> int:  # noqa: B006
        nonlocal steps
        steps += by[0]
        return steps

    shared: list[int] = []
    return types.SimpleNamespace(
        pots={"left": pot, ("a", 1): 2}, queue=deque([0, [1]]), array=np.zeros(3), objects=np.array([None, {}]),
        rng=np.random.default_rng(1), space=spaces.Dict({"x": spaces.Discrete(2)}), tick=tick, one=shared, other=shared,
        names={3, 1}, scalar=1.0, method=shared.append,
    )  # fmt: skip


def _raise_step(e: Any) -> None:
    e.tick.__defaults__[0][0] = 1
    e.tick()
    e.tick.__defaults__[0][0] = 0


CHANGES: dict[str, Callable[[Any], object]] = {
    "env.pots['left'].onions[0]": lambda e: e.pots["left"].onions.__setitem__(0, 2),
    "env.pots[('a', 1)]": lambda e: e.pots.__setitem__(("a", 1), 3),
    "env.queue[1][0]": lambda e: e.queue[1].__setitem__(0, 5),
    "env.array": lambda e: e.array.__setitem__(1, 1),
    "env.objects[1]": lambda e: e.objects[1].__setitem__("x", 1),
    "env.rng.state[0]['state']['state']": lambda e: e.rng.random(),
    "env.rng.state[1]": lambda e: e.rng.spawn(1),
    "env.space['x']._np_random": lambda e: e.space["x"].seed(1),
    "env.tick.<closure>.steps": _raise_step,
    "env.tick.<default>[0][0]": lambda e: e.tick.__defaults__[0].__setitem__(0, 1),
    "env.tick.calls": lambda e: setattr(e.tick, "calls", 1),
    "env.one": lambda e: e.one.append(1),
    "env.names": lambda e: e.names.add(7),
    "env.scalar": lambda e: setattr(e, "scalar", -1.0),
    "env.new": lambda e: setattr(e, "new", 1),
    "env.array ": lambda e: setattr(e, "array", e.array.astype("f4")),
}


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_is_found_at_its_path(path: str) -> None:
    subject = env()
    before = describe(subject)
    assert differences(before, describe(subject)) == []
    CHANGES[path](subject)
    assert differences(before, describe(subject))[0] == path.strip()


def test_what_all_envs_share_is_told_from_what_is_the_envs_own() -> None:
    subject = env()
    before = describe(subject)
    Pot.made += 1
    SHARED["x"] = 1
    try:
        after = describe(subject)
    finally:
        Pot.made = 0
        SHARED.clear()
    assert differences(before, after) == []
    assert set(differences(before, after, before.outside)) == {f"{__name__}.Pot.made", f"{__name__}.SHARED"}


def test_one_object_or_two_equal_ones_are_no_difference() -> None:
    subject = env()
    before = describe(subject)
    subject.other = []
    assert differences(before, describe(subject)) == []
    subject.other.append(1)
    assert differences(before, describe(subject)) == ["env.other"]


def test_zero_and_minus_zero_and_nan() -> None:
    subject = types.SimpleNamespace(x=0.0, y=float("nan"))
    before = describe(subject)
    assert differences(before, describe(subject)) == []
    subject.x = -0.0
    assert differences(before, describe(subject)) == ["env.x"]


def test_orders_of_sets() -> None:
    subject = types.SimpleNamespace(numbers={1, 2}, objects={object()})
    before = describe(subject)
    assert before.orders["env.numbers"] == describe(subject).orders["env.numbers"]
    subject.objects = {object()}
    assert before.orders["env.objects"] != describe(subject).orders["env.objects"], "it follows from addresses"


def test_cycles_end_and_objects_are_found() -> None:
    subject = types.SimpleNamespace(parts=[])
    target: list[Any] = [subject]
    subject.parts.append({"deep": target})
    assert path_to(subject, target) == "env.parts[0]['deep']"
    assert path_to(subject, object()) is None
    assert describe(subject).aliases["env.parts[0]['deep'][0]"] == "env"
