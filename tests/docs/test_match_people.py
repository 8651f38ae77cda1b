"""The how-to on matching people: its code is one file, and does what the page says."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import interactive_gym as ig
from interactive_gym.server.probing import THERE_S
from tests.docs.pages import FENCE, page
from tests.scenes import kitchen
from tests.studies import Study

PAGE = page("docs/how-to/match-people.md")
CODE = "\n\n".join(body for language, body in FENCE.findall(PAGE) if language == "python")


@pytest.fixture
def pairs(tmp_path: Path) -> Iterator[ModuleType]:
    study = Study(tmp_path, tmp_path)
    sys.path.insert(0, str(tmp_path))
    study.write("pairs.py", CODE)
    yield importlib.import_module("pairs")
    study.forget()


def test_its_waiting_rooms_fit_games_of_three_and_two(pairs: ModuleType) -> None:
    three = kitchen.complete_game("three").policies(dict.fromkeys(range(3), ig.Human))
    scenes = (pairs.with_company(three), pairs.for_two(kitchen.game_of_two()))
    ig.Experiment("pairs").scenes(ig.StartScene("a"), *scenes, ig.StaticScene("survey"), ig.EndScene("b"))
    assert scenes[0].waiting.bot is pairs.stay
    assert scenes[1].waiting.matcher.max_p2p_rtt == 150


def test_its_matcher_ranks(pairs: ModuleType) -> None:
    assert [one.participant_id for one in pairs.group.members] == ["ann", "bob"]
    assert pairs.group.reason == "skill"


def test_its_numbers() -> None:
    assert THERE_S == 2 and "two seconds to answer" in PAGE
