"""Equal states have equal digests, however they came about; different states have different ones."""

from __future__ import annotations

import collections
import dataclasses
import os
import random
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from interactive_gym import Surface
from interactive_gym.envs.adapter import adapt
from interactive_gym.envs.codec import codec_for
from interactive_gym.envs.snapshot import Snapshot
from interactive_gym.envs.state_digest import SIZE, StateDigest, changed_by

from .published import PUBLISHED


class Env:
    """An environment that consists of what a test puts into it."""

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)

    def reset(self, seed: int) -> Any: ...

    def step(self, action: Any) -> Any: ...


class Agent:
    def __init__(self, name: str) -> None:
        self.name = name
        self.partner: Agent | None = None


@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: int


def digest(**parts: Any) -> bytes:
    return StateDigest().of(Env(**parts))


# --- whole environments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_restored_environment_has_the_digest_of_one_that_was_never_restored(name: str) -> None:
    straight, restored = adapt(PUBLISHED[name]()), adapt(PUBLISHED[name]())
    rng = random.Random(5)
    plan = [
        {agent: codec_for(straight.action_space(agent)).sample(rng) for agent in straight.agents} for _ in range(20)
    ]
    for adapter in (straight, restored):
        adapter.reset(3)
    snapshot, digest = Snapshot(restored.env), StateDigest()
    seen = set()
    for frame in range(18):
        data = snapshot.save()
        for ahead in range(2):  # on a way that turns out to be the wrong one
            if restored.step(plan[(frame + 2 * ahead + 1) % 20]).over:
                break
        snapshot.load(data)
        over = straight.step(plan[frame]).over
        restored.step(plan[frame])
        assert digest.of(restored.env) == digest.of(straight.env)
        seen.add(digest.of(straight.env))
        if over:
            break
    assert len(seen) > frame * 0.8, "(nearly) each step changes something"


# --- what makes no difference ---------------------------------------------------------------------------------------


def test_a_digest_has_its_size() -> None:
    assert len(digest()) == SIZE


def test_the_order_in_which_a_set_or_dict_was_filled() -> None:
    one = {1, 0, 8}
    one.remove(0)
    assert list(one) != list({1, 8}), "or this shows nothing"
    assert digest(pots=one) == digest(pots={1, 8})
    assert digest(pots={"a": 1, 2: 3}) == digest(pots={2: 3, "a": 1})


def test_whether_two_names_mean_one_object() -> None:
    row = [0.5, "x"]
    assert digest(rows=[row, row]) == digest(rows=[[0.5, "x"], [0.5, "x"]])
    agent = Agent("a")
    assert digest(all=[agent], me=agent) == digest(all=[Agent("a")], me=Agent("a"))


def test_what_hooks_may_lose_of_the_types() -> None:
    assert digest(at=(1, 2.5), score=np.float64(2), n=np.int32(3)) == digest(at=[1, 2.5], score=2.0, n=3)
    assert digest(counts=[np.int64(1), 2]) == digest(counts=[1, 2])


def test_the_bits_of_a_nan() -> None:
    bits = np.array([0x7FF8000000000000, 0xFFF8000000000001], np.uint64).view(np.float64)
    assert digest(a=bits[:1], b=float(bits[0])) == digest(a=bits[1:], b=float(bits[1]))
    assert digest(a=bits.astype(np.float32)) == digest(a=np.array([np.nan, np.nan], np.float32))


def test_addresses_and_who_still_lives() -> None:
    agent = Agent("a")
    dead = weakref.ref(Agent("b"))
    assert digest(lock=threading.Lock(), ref=weakref.ref(agent)) == digest(lock=threading.Lock(), ref=dead)
    assert digest(seen=weakref.WeakSet([agent])) == digest(seen=weakref.WeakSet())


def test_in_which_order_objects_that_refer_to_one_another_are_found() -> None:
    def digest_of_a_set() -> bytes:
        one, two = Agent("one"), Agent("two")
        one.partner, two.partner = two, one
        return digest(active={one, two}, agents=[one, two])

    kept = [digest_of_a_set() for _ in range(20)]
    assert len(set(kept)) == 1


def test_surfaces_are_no_state() -> None:
    drawn = Surface(10, 10)
    drawn.circle(1, 1, 1, "red")
    assert digest(surface=drawn) == digest(surface=Surface(10, 10))
    env = Env(surface=drawn)
    snapshot = Snapshot(env)
    snapshot.load(snapshot.save())
    assert env.surface is drawn


# --- what makes one -------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.builds(lambda value: Env(part=value), inner)
        | st.builds(lambda value: np.array([value, None], object), inner)
        | st.builds(lambda value: collections.deque([value]), inner)
    ),
)


@given(VALUES, st.data())
def test_any_change_anywhere(value: Any, data: st.DataObject) -> None:
    before = digest(value=value)
    assert digest(value=value) == before
    places = list(_places(value))
    if not places:
        return
    container, key = data.draw(st.sampled_from(places))
    container[key] = object() if isinstance(container, np.ndarray) else ("changed", container[key])
    assert digest(value=value) != before


def _places(value: Any) -> Any:
    """Where something can be changed: (container, key)."""
    if isinstance(value, Env):
        value = vars(value)
    items: Any = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list | collections.deque | np.ndarray):
        items = list(enumerate(value))
    for key, part in items:
        yield value, key
        yield from _places(part)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (0.0, -0.0), (1, True), (1, 1.0), ("1", 1), (b"a", "a"), ([], {}), ([[1], 2], [[1, 2]]), (set(), []), (None, 0),
        (1 + 2j, 1 - 2j), (np.zeros(2), np.zeros((2, 1))), (np.int8([1]), np.int16([1])),
        (np.array([1, None]), np.array([2, None])), (collections.deque([1]), collections.deque([2])),
        (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)), (Point(1, 2), Point(2, 1)),
        (np.array([(1, 2.0)], "i4,f8"), np.array([(1, 3.0)], "i4,f8")),
        (np.datetime64("2020-01-01"), np.datetime64("2020-01-02")), (int, float), (digest, Env),
    ],
)  # fmt: skip
def test_values_that_differ(one: Any, other: Any) -> None:
    assert digest(value=one) != digest(value=other)


def test_numbers_that_are_too_long_to_be_written_in_decimal() -> None:
    assert digest(value=10**5000) != digest(value=10**5000 + 1)


@pytest.mark.parametrize(
    ("make", "draw"),
    [
        (lambda: np.random.default_rng(1), lambda rng: rng.random()),
        (lambda: np.random.RandomState(1), lambda rng: rng.normal()),
        (lambda: random.Random(1), lambda rng: rng.random()),
        (lambda: spaces.Dict(a=spaces.Discrete(9, seed=1)), lambda space: space.sample()),
    ],
)
def test_generators_are_state(make: Callable[[], Any], draw: Callable[[Any], Any]) -> None:
    fresh, drawn = make(), make()
    draw(drawn)
    assert digest(rng=fresh) == digest(rng=make()) != digest(rng=drawn)


def test_the_state_of_a_hooked_environment_is_what_it_says() -> None:
    class Hooked(Env):
        def get_state(self) -> Any:
            return {"score": self.score}

        def set_state(self, state: Any) -> None:
            self.score = state["score"]

    of = StateDigest().of
    assert of(Hooked(score=1, cache=[])) == of(Hooked(score=1, cache=[1])) != of(Hooked(score=2, cache=[]))


def test_what_contains_itself_ends() -> None:
    def loop(name: str) -> Any:
        env = Env(agent=Agent(name), ring=[])
        env.agent.partner = env.agent
        env.agent.env = env
        env.ring.append(env.ring)
        return env

    of = StateDigest().of
    assert of(loop("a")) == of(loop("a")) != of(loop("b"))


def test_objects_that_many_refer_to_are_walked_through_once() -> None:
    layer: list[Any] = [0]
    for _ in range(50):
        layer = [layer, layer]  # 2**50 paths
    assert digest(layer=layer) == digest(layer=layer)


def test_what_cannot_be_reduced_counts_by_its_class() -> None:
    assert digest(moves=(n for n in range(3))) == digest(moves=(n for n in range(4))) != digest(moves=1)


# --- what drawing changes -------------------------------------------------------------------------------------------


class Painted(Env):
    def __init__(self) -> None:
        super().__init__(score=0, agents={"a": Agent("a")}, tiles={}, painter=Agent("painter"))

    def draw(self) -> None:
        self.tiles["grass"] = [1, 2]
        self.font = "serif"
        self.painter.name += "!"
        self.agents["a"].sprite = b"..."


def test_attributes_that_drawing_changes_are_found_and_ignored() -> None:
    found = changed_by(Painted(), Painted.draw)
    assert found == {("Painted", "tiles"), ("Painted", "font"), ("Agent", "name"), ("Agent", "sprite")}
    found.remove(("Agent", "name"))
    plain, drawn = Painted(), Painted()
    drawn.draw()
    drawn.painter.name = "painter"
    assert StateDigest(found).of(drawn) == StateDigest(found).of(plain)
    assert StateDigest().of(drawn) != StateDigest().of(plain)
    drawn.score = 1
    assert StateDigest(found).of(drawn) != StateDigest(found).of(plain)


def test_attributes_in_slots_can_be_ignored_too() -> None:
    class Slotted:
        __slots__ = ("pixels", "size")

        def __init__(self, pixels: int) -> None:
            self.pixels, self.size = pixels, 3

    digest = StateDigest({(Slotted.__qualname__, "pixels")})
    assert digest.of(Slotted(1)) == digest.of(Slotted(2))


def test_drawing_that_changes_nothing() -> None:
    assert changed_by(Painted(), lambda env: env.score) == set()


# --- other processes ------------------------------------------------------------------------------------------------

PROGRAM = """
from interactive_gym.envs.state_digest import StateDigest
from tests.envs.test_state_digest import Agent, Env, Point
env = Env(names={"a", "b", "c", "d"}, by_name={"x": 1}, points={Point(1, 2), Point(3, 4)}, kinds={int, str, Env}, f=len)
env.agents = {Agent("a"), Agent("b")}
print(StateDigest().of(env).hex())
"""


def test_processes_that_hash_differently_agree() -> None:
    def printed(seed: str) -> str:
        environment = os.environ | {"PYTHONHASHSEED": seed}
        command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    assert printed("1") == printed("2") != ""
