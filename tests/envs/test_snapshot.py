"""A restored environment is the one that was saved, whatever it is made of; what cannot be is named."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import enum
import itertools
import logging
import math
import random
import threading
import types
import weakref
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils import EzPickle

from interactive_gym.envs import reducers
from interactive_gym.envs.adapter import adapt
from interactive_gym.envs.anatomy import describe, differences
from interactive_gym.envs.codec import codec_for
from interactive_gym.envs.snapshot import Snapshot
from interactive_gym.errors import EnvError

from .published import PUBLISHED


class Env:
    """An environment that consists of what a test puts into it."""

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)

    def reset(self, seed: int) -> Any: ...

    def step(self, action: Any) -> Any: ...


def restored(env: Any, change: Callable[[Any], object]) -> Any:
    """``env`` after a save, a change, and two loads with another change in between."""
    snapshot = Snapshot(env)
    before = describe(env)
    data = snapshot.save()
    for _ in range(2):
        change(env)
        snapshot.load(data)
    assert differences(before, describe(env)) == []
    return env


# --- whole environments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_environments_go_on_as_they_did(name: str) -> None:
    adapter = adapt(PUBLISHED[name]())
    codecs = {agent: codec_for(adapter.action_space(agent)) for agent in adapter.agents}
    snapshot = Snapshot(adapter.env)
    for trial in range(4):
        rng = random.Random(trial)

        def actions(rng: random.Random = rng) -> dict[str, Any]:
            return {agent: codec.sample(rng) for agent, codec in codecs.items()}

        adapter.reset(trial)
        for _ in range(rng.randrange(8)):
            if adapter.step(actions()).over:
                adapter.reset(trial)
        data = snapshot.save()
        before = describe(adapter.env)
        plan = [actions() for _ in range(12)]
        first = play(adapter, plan)
        for _ in range(2):
            snapshot.load(data)
            if snapshot.method == "reference":
                assert differences(before, describe(adapter.env)) == []
            assert play(adapter, plan) == first


def play(adapter: Any, plan: list[Any]) -> list[str]:
    seen = []
    for actions in plan:
        step = adapter.step(actions)
        seen.append(repr(step))
        if step.over:
            break
    return seen


def test_the_counters_of_wrappers_are_state() -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=5)
    env.reset(seed=1)
    env.step(0)
    snapshot = Snapshot(env)
    data = snapshot.save()
    for _ in range(3):
        steps = list(itertools.takewhile(lambda step: not step[3], (env.step(0) for _ in itertools.count())))
        assert len(steps) == 3, "the time limit counts from where it was"
        snapshot.load(data)


def test_wrappers_and_the_env_inside_keep_their_identity() -> None:
    env = gymnasium.make("CartPole-v1")
    inner, wrapper = env.unwrapped, env.env
    env.reset(seed=1)
    restored(env, lambda env: env.step(0))
    assert env.unwrapped is inner and env.env is wrapper


# --- hooks ----------------------------------------------------------------------------------------------------------


class Hooked(Env):
    def get_state(self) -> Any:
        return {"score": self.score, "board": self.board}

    def set_state(self, state: Any) -> None:
        self.score, self.board = state["score"], state["board"]


def test_hooks_decide_what_state_is() -> None:
    env = Hooked(score=1, board=[[0]], generator=(n for n in ()))
    snapshot = Snapshot(env)
    assert snapshot.method == "hooks"
    data = snapshot.save()
    env.score = 9
    env.board[0].append(7)
    snapshot.load(data)
    assert (env.score, env.board) == (1, [[0]])


def test_who_is_still_in_the_game_comes_back_though_the_hooks_forget_it() -> None:
    env = Hooked(score=1, board=[], agents=["red", "blue"])
    snapshot = Snapshot(env)
    data = snapshot.save()
    env.agents.remove("red")
    snapshot.load(data)
    assert env.agents == ["red", "blue"]
    env.agents = []
    snapshot.load(data)
    env.agents.clear()
    snapshot.load(data)
    assert env.agents == ["red", "blue"]


def test_hooks_of_an_env_inside_wrappers_are_used_and_the_wrappers_are_saved_all_the_same() -> None:
    class Inside(Hooked, gymnasium.Env):
        action_space = spaces.Discrete(2)

    inside = Inside(score=1, board=[], unsaveable=(n for n in ()))
    env = gymnasium.wrappers.TimeLimit(inside, 10)
    env._elapsed_steps = 3
    snapshot = Snapshot(env)
    assert snapshot.method == "hooks"
    data = snapshot.save()
    env._elapsed_steps, inside.score = 4, 5
    snapshot.load(data)
    assert (env._elapsed_steps, inside.score) == (3, 1)


def test_methods_of_the_same_name_that_mean_something_else_are_no_hooks() -> None:
    class Mujoco(Env):
        def get_state(self) -> Any:
            return 1

        def set_state(self, positions: Any, velocities: Any) -> None: ...

    assert Snapshot(Mujoco()).method == "reference"


# --- parts ----------------------------------------------------------------------------------------------------------


class Agent:
    def __init__(self) -> None:
        self.position = [0, 0]

    def move(self) -> None:
        self.position[0] += 1

    def __hidden(self) -> None:
        self.position[1] += 1

    def hidden(self) -> Callable[[], None]:
        return self.__hidden


class Slotted:
    __slots__ = ("__private", "left", "right")

    def __init__(self) -> None:
        self.left = [1]
        self.__private = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: list[int]


@dataclasses.dataclass
class Pot:
    onions: int = 0
    history: list[str] = dataclasses.field(default_factory=list)


class Item(enum.Enum):
    ONION = "onion"
    DISH = "dish"


class Argument(EzPickle):
    def __init__(self, size: int = 3) -> None:
        super().__init__(size)
        self.cells = [0] * size


class Bag(dict):  # type: ignore[type-arg]
    note = ""


Position = collections.namedtuple("Position", "x y")


def test_attributes_that_came_later_are_gone_and_deleted_ones_are_back() -> None:
    env = Env(old=1)

    def change(env: Any) -> None:
        env.new = 2
        with contextlib.suppress(AttributeError):
            del env.old

    restored(env, change)
    assert vars(env) == {"old": 1}


def test_ezpickle_loses_no_state() -> None:
    class Fancy(Env, EzPickle):
        def __init__(self) -> None:
            EzPickle.__init__(self)
            self.score = 3
            self.argument = Argument()

    env = Fancy()
    env.argument.cells[0] = 9

    def change(env: Any) -> None:
        env.score += 1
        env.argument.cells[0] = 1

    restored(env, change)
    assert env.score == 3 and env.argument.cells == [9, 0, 0]


def test_one_object_under_two_names_stays_one() -> None:
    shared = [1]
    env = Env(a=shared, b={"inside": shared}, agent=(agent := Agent()), agents={agent})

    def change(env: Any) -> None:
        env.a.append(2)
        env.agent.move()

    restored(env, change)
    assert env.a is env.b["inside"] and env.agents == {env.agent}
    env.a.append(7)
    assert env.b == {"inside": [1, 7]}


def test_cycles_and_references_to_the_env() -> None:
    env = Env(score=0)
    env.world = {"env": env, "parts": [env]}
    env.world["self"] = env.world
    restored(env, lambda env: setattr(env, "score", 1))
    assert env.world["env"] is env and env.world["self"] is env.world and env.world["parts"] == [env]


def test_a_view_of_an_array_stays_a_view() -> None:
    board = np.arange(12.0).reshape(3, 4)
    env = Env(row=board[1], board=board, corner=board[::2, ::-2], transposed=board.T)

    def change(env: Any) -> None:
        env.board[:] = 0

    restored(env, change)
    env.board[:] = np.arange(100, 112).reshape(3, 4)
    assert env.row.tolist() == [104, 105, 106, 107]
    assert env.corner.tolist() == [[103, 101], [111, 109]]
    assert env.transposed[3, 0] == 103


def test_arrays_of_every_kind() -> None:
    env = Env(
        f=np.ones((2, 3), order="F"), o=np.array([[1], None], dtype=object), empty=np.zeros((0, 3)),
        s=np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]), t=np.array("text"), scalar=np.float32(1.5),
        read_only=np.broadcast_to(np.ones(3), (2, 3)), big=np.array([1, 2], ">i4"),
    )  # fmt: skip

    def change(env: Any) -> None:
        env.f[:] = 2
        env.o[0].append(2)
        env.s["a"] = 5
        env.scalar += 1
        env.big += 1

    restored(env, change)


def test_slots_dataclasses_enums_and_builtin_kinds() -> None:
    env = Env(
        slotted=Slotted(), point=Point(1, [2]), pots={"left": Pot(), "right": Pot(2, ["x"])}, item=Item.DISH,
        bag=Bag(a=[1]), queue=collections.deque([[1]], maxlen=3), counts=collections.Counter("aab"),
        default=collections.defaultdict(list, a=[1]), ordered=collections.OrderedDict(b=1, a=2), at=Position(1, [2]),
        ids=itertools.count(3), halves=itertools.count(0.5, 2), frozen=frozenset({1, 2}),
        raw=bytearray(b"ab"), names=types.SimpleNamespace(a=[1]), infinite=math.inf,
    )  # fmt: skip

    def change(env: Any) -> None:
        env.slotted.left.append(2)
        env.slotted.right = 1
        env.point.y.append(1)
        env.pots["left"].onions += 1
        env.pots["new"] = Pot()
        env.bag["a"].append(2)
        env.bag.note = "changed"
        env.queue.append([2])
        env.counts["b"] += 1
        env.default["new"].append(1)
        env.ordered.move_to_end("b")
        env.at.y.append(1)
        env.raw.append(1)
        next(env.ids), next(env.halves)
        env.names.a.append(1)

    restored(env, change)
    assert env.item is Item.DISH and not hasattr(env.slotted, "right") and env.queue.maxlen == 3
    assert env.default["made"] == [] and next(env.ids) == 3 and next(env.halves) == 0.5


def test_slots_of_an_env_are_restored_in_place() -> None:
    class SlottedEnv:
        __slots__ = ("board", "late")

        def reset(self, seed: int) -> Any: ...

        def step(self, action: Any) -> Any: ...

    env = SlottedEnv()
    env.board = [1]

    def change(env: Any) -> None:
        env.board.append(2)
        env.late = 1

    restored(env, change)
    assert env.board == [1] and not hasattr(env, "late")


def test_generators_of_random_numbers_go_on_where_they_were() -> None:
    shared = np.random.PCG64(3)
    env = Env(
        numpy=np.random.default_rng(1), legacy=np.random.RandomState(2), python=random.Random(3), bits=shared,
        one=np.random.Generator(shared), other=np.random.Generator(shared),
        mt=np.random.Generator(np.random.MT19937(1)), philox=np.random.Generator(np.random.Philox(1)),
    )  # fmt: skip

    def draw(env: Any) -> Any:
        return [
            env.numpy.random(), env.numpy.integers(9, dtype=np.int32), env.legacy.normal(), env.python.gauss(0, 1),
            env.one.random(), env.other.random(), env.mt.random(), env.philox.random(),
        ]  # fmt: skip

    snapshot = Snapshot(env)
    draw(env)
    data = snapshot.save()
    expected = [draw(env) for _ in range(3)]
    env.numpy = np.random.default_rng(9)  # a new one in its place must not be what is restored
    snapshot.load(data)
    assert [draw(env) for _ in range(3)] == expected


def test_a_space_keeps_its_identity_and_its_generator_its_state() -> None:
    space = spaces.Dict({"a": spaces.Discrete(100), "b": spaces.Tuple([spaces.Box(0, 1, (2,))])})
    unused = spaces.Discrete(100)
    env = Env(space=space, unused=unused)
    space.seed(4)
    snapshot = Snapshot(env)
    data = snapshot.save()
    first = repr(space.sample())
    unused.sample()
    snapshot.load(data)
    assert env.space is space and repr(space.sample()) == first
    assert unused._np_random is None, "or its first draw after a restore would be its second"


def test_functions_modules_classes_loggers_and_locks_are_kept() -> None:
    def local(x: int) -> int:
        return x

    class Local:
        pass

    kept = {
        "local": local, "lambda": lambda: 1, "module": math, "builtin": math.sin, "ufunc": np.add, "class": Local,
        "logger": logging.getLogger("kitchen"), "lock": threading.Lock(), "rlock": threading.RLock(),
        "dtype": np.dtype("f4"), "property": property(local),
    }  # fmt: skip
    env = Env(parts=dict(kept), instance=Local(), score=0)
    restored(env, lambda env: setattr(env, "score", 1))
    assert all(env.parts[name] is kept[name] for name in kept)
    assert type(env.instance) is Local


def test_bound_methods_belong_to_the_restored_object() -> None:
    agent = Agent()
    queue: collections.deque[int] = collections.deque()
    env = Env(agent=agent, move=agent.move, hidden=agent.hidden(), queue=queue, push=queue.append)
    restored(env, lambda env: (env.move(), env.hidden(), env.push(1)))
    env.move()
    env.hidden()
    env.push(7)
    assert env.agent.position == [1, 1] and list(env.queue) == [7]


def test_a_method_of_the_env_itself() -> None:
    env = Env(score=0)
    env.callback = env.step
    restored(env, lambda env: setattr(env, "score", 1))
    assert env.callback.__self__ is env


def test_objects_that_a_function_has_captured_are_restored_in_place() -> None:
    agent, rng = Agent(), np.random.default_rng(1)
    env = Env(before=[agent], rules=[lambda: agent.move(), lambda who=agent: who.move(), rng.random])
    env.rules.append(lambda: env.before)
    snapshot = Snapshot(env)
    data = snapshot.save()
    drawn = env.rules[2]()
    env.rules[0]()
    snapshot.load(data)
    env.rules[0]()
    env.rules[1]()
    assert env.before[0] is agent and agent.position == [2, 0]
    assert env.rules[3]() is env.before
    assert env.rules[2]() == drawn


def test_weak_references_find_the_restored_object() -> None:
    agent = Agent()
    env = Env(agent=agent, weak=weakref.ref(agent), dead=weakref.ref(Agent()))
    restored(env, lambda env: env.agent.move())
    assert env.weak() is env.agent and env.dead() is None


def test_a_saved_state_is_not_touched_by_what_happens_later() -> None:
    env = Env(board=[[0]], array=np.zeros(2))
    snapshot = Snapshot(env)
    first = snapshot.save()
    env.board[0][0] = env.array[0] = 1
    second = snapshot.save()
    for data, value in ((first, 0), (second, 1), (first, 0)):
        snapshot.load(data)
        assert env.board == [[value]] and env.array[0] == value
        env.board[0][0] = env.array[0] = 5


# --- what cannot be -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"world": {"moves": [1, (n for n in range(3))]}}, r"env\.world\['moves'\]\[1\] \(generator\)"),
        ({"agent": types.SimpleNamespace(view=memoryview(b"a"))}, r"env\.agent\.view \(memoryview\)"),
        ({"local": threading.local()}, r"env\.local \(_local\)"),
    ],
)
def test_what_cannot_be_saved_is_named_with_its_path(parts: Any, path: str) -> None:
    with pytest.raises(EnvError, match=path) as caught:
        Snapshot(Env(**parts)).save()
    assert "get_state()" in caught.value.problem and caught.value.detail


def test_a_hook_that_raises_is_the_envs_fault() -> None:
    class Broken(Env):
        def get_state(self) -> Any:
            return 1

        def set_state(self, state: Any) -> None:
            raise RuntimeError("the pot is empty")

    snapshot = Snapshot(Broken())
    with pytest.raises(EnvError, match="the pot is empty"):
        snapshot.load(snapshot.save())


def test_what_old_saves_kept_alive_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reducers, "MEMORY", 8)
    env = Env()
    snapshot = Snapshot(env)
    alive = []
    for _ in range(40):
        env.callback = lambda: env
        alive.append(weakref.ref(env.callback))
        data = snapshot.save()
    assert 0 < sum(reference() is not None for reference in alive) <= 24
    snapshot.load(data)
    assert env.callback() is env


def test_a_state_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reducers, "MEMORY", 4)
    env = Env(callback=lambda: 1)
    snapshot = Snapshot(env)
    old = snapshot.save()
    env.callback = None
    for _ in range(12):
        snapshot.save()
    with pytest.raises(EnvError, match="restoring"):
        snapshot.load(old)
