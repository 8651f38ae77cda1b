"""Importing the examples as ``interactive-gym run`` does, with the modules that lie beside them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.cli.examples import examples

FOLDER = Path(__file__).parents[2] / "examples"
TOGETHER = ("overcooked", "slime_volley", "tag")
VARIANTS = [(name, False) for name in examples()] + [(name, True) for name in TOGETHER]
"""Name, and whether bots take the places of all humans but one."""


@contextmanager
def loaded(name: str, *, with_bots: bool = False) -> Iterator[ModuleType]:
    """The example's module; its functions are found by name while it is loaded."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOT", "1" if with_bots else "0")
        patch.syspath_prepend(str(FOLDER))
        try:
            yield importlib.import_module(name)
        finally:
            for found in set(sys.modules) - before:
                if Path(getattr(sys.modules[found], "__file__", None) or "/").parent == FOLDER:
                    del sys.modules[found]


def scene_of(module: ModuleType) -> ig.GymScene:
    (scene,) = [scene for scene in module.experiment.sequence if isinstance(scene, ig.GymScene)]
    return scene


def game_of(module: ModuleType) -> dict[str, Any]:
    return scene_of(module).game()
