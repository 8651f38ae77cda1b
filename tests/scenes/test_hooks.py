"""What a study knows of people, and which functions of the researcher it calls: checked when it is written down."""

from __future__ import annotations

import functools
import subprocess
import sys
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.scenes.attributes import AttributeRules
from tests.scenes import kitchen

STUDY = ig.Experiment("study")
NOT_HOOKS: list[Any] = [None, 3, "pay", lambda: None, lambda one, two: None, [lambda: None], ["pay"], {"pay": print}]
KINDS = ("session_start", "session_end", "episode_start", "episode_end", "chunk", "outcome", "message")
NAMES: list[Any] = [None, "level", [3], [""], ["a b"], ["a" * 65], ["1a"], {"level": 1}]
VALUES: list[Any] = [None, [], {"a": [1]}, {"a b": 1}, {3: 1}, {"a": float("nan")}, {"a": "x" * 1_000}, {"a": 2**60}]
BAD = [
    *(("hooks", kind, NOT_HOOKS) for kind in KINDS),
    ("hooks", "timeout", [0, 601, "1", None, True]),
    ("console", "capture", [None, 1, "yes"]),
    ("attributes", "initial", [*VALUES, {f"a{number}": 1 for number in range(101)}]),
    ("attributes", "from_query", [None, "batch", [3], [""], ["a b"], {"batch": ""}, {"a": "c", "b": "c"}]),
    ("attributes", "from_page", NAMES),
    ("attributes", "hidden", NAMES),
]


@pytest.mark.parametrize(("method", "parameter", "values"), BAD, ids=[f"{row[0]}-{row[1]}" for row in BAD])
def test_bad_values_are_refused_by_name(method: str, parameter: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(ig.ConfigError) as caught:
            getattr(STUDY, method)(**{parameter: value})
        assert (caught.value.method, caught.value.parameter) == (method, parameter), value


def test_one_function_is_a_list_of_one() -> None:
    async def later(_: object) -> None: ...

    hooked = STUDY.hooks(outcome=print, message=[later, functools.partial(print, "said")]).hooked
    assert list(hooked.by_kind()) == ["outcome", "message"]
    assert hooked.outcome == (print,)
    assert len(hooked.message) == 2


def test_later_calls_change_only_what_they_are_given() -> None:
    study = STUDY.hooks(outcome=print).hooks(timeout=3).attributes(initial={"a": 1}).attributes(hidden=["a"])
    assert (study.hooked.outcome, study.hooked.timeout) == ((print,), 3)
    assert study.known == AttributeRules(initial={"a": 1}, hidden=frozenset({"a"}))
    assert STUDY.hooked.by_kind() == {} and STUDY.known.initial == {}


def test_lists_keep_names_and_dicts_rename() -> None:
    assert STUDY.attributes(from_query=["batch"]).known.from_query == {"batch": "batch"}
    assert STUDY.attributes(from_query={"b[1]": "batch"}).known.from_query == {"b[1]": "batch"}


def make_for(size: int, attributes: Any) -> Any: ...


def make_for_all(**options: Any) -> Any: ...


def test_a_factory_is_given_attributes_where_it_asks_for_them() -> None:
    game = kitchen.complete_game().environment(make_for, options={"size": 5})
    assert game.takes_attributes
    assert game.game()["options"] == {"size": 5, "attributes": {"0": {}}}
    assert not game.environment(options={"size": 5, "attributes": {}}).takes_attributes
    assert not kitchen.complete_game().environment(make_for_all).takes_attributes
    assert not kitchen.complete_game().takes_attributes


def test_the_hooks_module_stands_without_the_server() -> None:
    code = "import sys, interactive_gym.hooks; sys.exit('interactive_gym.server' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
