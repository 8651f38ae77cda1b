"""The page on hooks has every kind, class, field and method that there is, and its example is a study."""

from __future__ import annotations

import inspect
import sys
from dataclasses import fields
from types import ModuleType

import pytest

import interactive_gym as ig
from interactive_gym import hooks
from interactive_gym.data.occasions import KINDS
from interactive_gym.server.hooking import CONTEXTS
from tests.docs.pages import FENCE, in_backticks, page, section, table

PAGE = page("docs/how-to/hooks.md")
HOOKS = section(PAGE, "## Hooks")


def test_every_kind_of_hook() -> None:
    documented = {name: row for name, row in table(HOOKS).items() if name in KINDS}
    assert set(documented) == set(KINDS) == set(CONTEXTS)
    for kind, (context, _, has) in documented.items():
        cls = CONTEXTS[kind]
        assert context.strip("`") == cls.__name__
        own = {field.name for field in fields(cls)} - {field.name for field in fields(cls.__mro__[1])}
        assert own <= in_backticks(has), kind


def test_every_method_of_the_study() -> None:
    documented = {name.partition("(")[0] for name in table(HOOKS) if "(" in name}
    assert documented == {name for name, _ in inspect.getmembers(hooks.Study, inspect.isfunction)}


def test_the_example_is_a_study(monkeypatch: pytest.MonkeyPatch) -> None:
    kitchen, module = ModuleType("kitchen"), ModuleType("study_of_hooks")
    exec("class Kitchen: ...\ndef draw(env, surface): ...", vars(kitchen))
    for made in (kitchen, module):
        monkeypatch.setitem(sys.modules, made.__name__, made)
    exec(FENCE.findall(PAGE)[0][1], vars(module))
    study: ig.Experiment = vars(module)["experiment"]
    assert list(study.hooked.by_kind()) == ["episode_end"]
    assert [scene.id for scene in study.sequence] == ["welcome", "game", "bonus", "thanks"]
