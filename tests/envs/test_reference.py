"""Functions by name: found again by whoever imports them, and refused where nobody could."""

from __future__ import annotations

import functools
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from interactive_gym.envs.reference import name_of, resolve
from interactive_gym.errors import EnvError


def top() -> None: ...


class Kitchen:
    @classmethod
    def cramped(cls) -> Kitchen:
        return cls()

    @staticmethod
    def ring() -> None: ...

    def step(self) -> None: ...


@pytest.mark.parametrize("function", [top, Kitchen, Kitchen.cramped, Kitchen.ring, functools.reduce, len])
def test_what_has_a_name_is_found_again(function: Any) -> None:
    assert resolve(name_of(function)) == function


def test_gymnasium_make_is_a_reference_like_any_other() -> None:
    import gymnasium

    assert resolve(name_of(gymnasium.make)) is gymnasium.make
    assert resolve("gymnasium:make") is gymnasium.make


def _local() -> Any:
    def inner() -> None: ...

    return inner


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda: None, "lambda"),
        (_local(), "inside a function"),
        (functools.partial(top), "no name of its own"),
        (Kitchen().step, "something else"),
        (7, "no name of its own"),
    ],
)
def test_what_nobody_could_import_is_refused(function: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        name_of(function)


def test_a_name_that_means_something_else_by_now_is_refused() -> None:
    module = ModuleType("ig_test_renamed")
    exec("def make(): ...\nold = make\ndef make(): ...", module.__dict__)
    sys.modules["ig_test_renamed"] = module
    try:
        assert name_of(module.make) == "ig_test_renamed:make"
        with pytest.raises(ValueError, match="something else now"):
            name_of(module.old)
    finally:
        del sys.modules["ig_test_renamed"]


def test_the_file_that_is_run_is_named_as_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    main = ModuleType("__main__")
    main.__file__ = "/home/ada/study/kitchen.py"
    exec("def make(): ...", main.__dict__)
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert name_of(main.make) == "kitchen:make"
    main.__spec__ = importlib.util.spec_from_loader("study.kitchen", loader=None)
    assert name_of(main.make) == "study.kitchen:make"


def test_an_interactive_session_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    main = ModuleType("__main__")
    exec("def make(): ...", main.__dict__)
    monkeypatch.setitem(sys.modules, "__main__", main)
    with pytest.raises(ValueError, match="interactive session"):
        name_of(main.make)


@pytest.mark.parametrize("reference", ["", "kitchen", ":make", "kitchen:"])
def test_malformed_references_are_our_mistake(reference: str) -> None:
    with pytest.raises(ValueError, match="not of the form"):
        resolve(reference)


@pytest.mark.parametrize("reference", ["ig_test_no_such_module:make", "functools:no_such_name"])
def test_what_is_not_there_is_the_environments_mistake(reference: str) -> None:
    with pytest.raises(EnvError, match="importing") as caught:
        resolve(reference)
    assert caught.value.stage == "import"


def test_a_module_that_raises_leaves_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ig_test_broken.py").write_text("import ig_test_missing_package\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EnvError, match="ig_test_missing_package") as caught:
        resolve("ig_test_broken:make")
    assert "ig_test_broken.py" in caught.value.detail
