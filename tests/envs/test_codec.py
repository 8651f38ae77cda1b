"""Actions survive the way from config to env to bytes and back, and everything else is refused with a reason."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.envs.codec import codec_for
from interactive_gym.errors import EnvError

SPACES = {
    "discrete": spaces.Discrete(5),
    "discrete, one": spaces.Discrete(1),
    "discrete, started": spaces.Discrete(3, start=-1),
    "discrete, large": spaces.Discrete(70_000),
    "multi discrete": spaces.MultiDiscrete([3, 300, 1]),
    "multi discrete, matrix": spaces.MultiDiscrete([[2, 3], [4, 5]], dtype=np.int8),
    "multi discrete, started": spaces.MultiDiscrete([3, 4], start=[-2, 10]),
    "multi binary": spaces.MultiBinary(11),
    "multi binary, matrix": spaces.MultiBinary((3, 2)),
    "box": spaces.Box(-2.0, 2.0, (1,), np.float32),
    "box, open": spaces.Box(-np.inf, np.inf, (2, 2), np.float64),
    "box, half open": spaces.Box(np.array([0.0, -np.inf]), np.array([np.inf, -1.0]), dtype=np.float64),
    "box, whole numbers": spaces.Box(0, 255, (2, 3), np.uint8),
    "box, scalar": spaces.Box(0, 1, (), np.float32),
    "tuple": spaces.Tuple([spaces.Discrete(2), spaces.Box(-1, 1, (2,), np.float32)]),
    "dict": spaces.Dict({"steer": spaces.Box(-1, 1, (1,)), "fire": spaces.MultiBinary(2), "gear": spaces.Discrete(4)}),
    "nested": spaces.Dict({"a": spaces.Tuple([spaces.Dict({"b": spaces.Discrete(2)}), spaces.Discrete(3)])}),
}


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and np.array_equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return type(one) is type(other) and bool(one == other)


@pytest.mark.parametrize("name", SPACES)
def test_the_envs_own_samples_survive_every_form(name: str) -> None:
    space = SPACES[name]
    codec = codec_for(space)
    space.seed(1)
    for _ in range(50):
        native = codec.native(space.sample())
        assert space.contains(native)
        data = codec.encode(native)
        assert len(data) == codec.size
        assert same(codec.decode(data), native)
        assert same(codec.native(codec.plain(native)), native)


@pytest.mark.parametrize("name", SPACES)
def test_our_samples_are_actions_and_repeat_themselves(name: str) -> None:
    codec = codec_for(SPACES[name])
    for seed in range(30):
        native = codec.sample(Random(seed))
        assert SPACES[name].contains(native)
        assert same(codec.sample(Random(seed)), native)


@pytest.mark.parametrize("name", SPACES)
@given(data=st.binary(max_size=64))
def test_any_bytes_are_an_action_or_a_value_error(name: str, data: bytes) -> None:
    space = SPACES[name]
    codec = codec_for(space)
    fitted = data[: codec.size].ljust(codec.size, b"\x00")
    for attempt in (data, fitted):
        try:
            native = codec.decode(attempt)
        except ValueError:
            continue
        assert space.contains(native)
        assert codec.encode(native) == attempt, "two encodings of one action would be two records of it"


@pytest.mark.parametrize(
    ("name", "plain", "text"),
    [
        ("discrete", 5, "not one of the actions 0 to 4"),
        ("discrete", -1, "not one of the actions"),
        ("discrete", 1.0, "not the number of an action"),
        ("discrete", True, "true or false"),
        ("discrete", np.True_, "true or false"),
        ("discrete", "1", "not the number of an action"),
        ("discrete", None, "not the number of an action"),
        ("discrete, started", 2, "-1 to 1"),
        ("multi discrete", [0, 0], r"shape \[2\] where \[3\]"),
        ("multi discrete", [3, 0, 0], "out of range"),
        ("multi discrete", [0.0, 0, 0], "whole numbers"),
        ("multi discrete", [[0], [0, 1]], "not an array"),
        ("multi discrete, started", [-3, 10], "out of range"),
        ("multi discrete", np.array([2**64 - 1, 0, 0], np.uint64), "out of range"),
        ("multi binary", [2] * 11, "zeros and ones"),
        ("box", 1.0, r"shape \[\] where \[1\]"),
        ("box", [2.1], "is not between"),
        ("box", [float("nan")], "NaN"),
        ("box", ["fast"], "does not consist of numbers"),
        ("box", [True], "does not consist of numbers"),
        ("box, whole numbers", [[0, 0, 256], [0, 0, 0]], "whole numbers within its range"),
        ("box, whole numbers", [[0, 0, 0.5], [0, 0, 0]], "whole numbers within its range"),
        ("tuple", [0], "list of 2 actions"),
        ("tuple", [2, [0, 0]], r"at \[0\]: 2 is not one"),
        ("dict", {"steer": [0.0]}, "exactly the keys"),
        ("dict", {"steer": [5.0], "fire": [0, 1], "gear": 0}, r"at \['steer'\]"),
        ("nested", {"a": [{"b": 7}, 0]}, r"at \['a'\]: at \[0\]: at \['b'\]"),
    ],
)
def test_what_is_no_action_is_refused_with_the_reason(name: str, plain: object, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        codec_for(SPACES[name]).native(plain)


def test_a_policys_numpy_integer_and_a_configs_int_become_the_same_action() -> None:
    codec = codec_for(spaces.Discrete(5))
    for plain in (3, np.int64(3), np.uint8(3), np.array(3)):
        assert type(codec.native(plain)) is int


def test_bounds_that_only_float32_can_hold_are_reachable_as_written() -> None:
    codec = codec_for(spaces.Box(-0.7, 0.7, (1,), np.float32))
    assert codec.native([0.7]) == np.float32(0.7)


def test_keys_that_are_not_text_are_found_by_their_text() -> None:
    space = spaces.Dict([(0, spaces.Discrete(2)), (1, spaces.Discrete(2))])
    codec = codec_for(space)
    assert codec.native({"0": 1, "1": 0}) == {0: 1, 1: 0}
    assert codec.plain({0: 1, 1: 0}) == {"0": 1, "1": 0}


def test_a_space_of_ones_own_class_is_known_by_its_parent() -> None:
    class Keys(spaces.Discrete):
        pass

    assert codec_for(Keys(3)).native(2) == 2


def test_other_spaces_are_refused_by_name() -> None:
    with pytest.raises(EnvError, match="Text"):
        codec_for(spaces.Text(5))
