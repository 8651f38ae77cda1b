"""The how-to on lost players: its code makes scenes, and what it names is there."""

from __future__ import annotations

import pytest

import interactive_gym as ig
from interactive_gym.netcode.watch import SHOWN
from interactive_gym.scenes.gym_parameters import Multiplayer
from interactive_gym.server.lifecycle import Outcome
from tests.docs.pages import FENCE, in_backticks, page, section, table
from tests.scenes import kitchen

PAGE = page("docs/how-to/when-players-are-lost.md")
DATA = page("docs/reference/data.md")
CODE = [body for language, body in FENCE.findall(PAGE) if language == "python"]


@pytest.mark.parametrize("code", CODE)
def test_its_code_makes_a_scene_that_fits(code: str) -> None:
    scene = eval(code.replace('ig.GymScene("kitchen")', "game"), {"ig": ig, "game": kitchen.game_of_two()})
    survey = ig.StaticScene("survey")
    assert ig.Experiment("study").scenes(ig.StartScene("welcome"), scene, survey, ig.EndScene("thanks")).sequence


def test_there_is_code() -> None:
    assert len(CODE) == 3


def test_what_happens_without_a_word() -> None:
    text, rules = " ".join(PAGE.split()), Multiplayer()
    assert "a game waits for five seconds" in text and rules.reconnection_timeout == 5
    assert "is over for all when somebody is gone" in text and rules.on_leave == "end"
    assert "After half a second of silence everybody is told" in text and SHOWN == 0.5
    assert "`on_disconnect`" in PAGE and rules.on_disconnect == "pause"


def test_every_choice_is_told() -> None:
    told = in_backticks(PAGE)
    assert {'"pause"', '"continue"', '"end"', '"smaller"', '"leave"', '"next"'} <= told
    later = {"on_disconnect", "reconnection_timeout", "return_timeout", "left_behind", "hidden_timeout"}
    assert later <= told and later <= set(Multiplayer.__dataclass_fields__)


def test_its_outcomes_are_there() -> None:
    assert {Outcome.PARTNER_LEFT, Outcome.CONNECTION_FAILED, Outcome.FOCUS_TIMEOUT, Outcome.SCREENED_OUT} <= (
        in_backticks(PAGE)
    )


@pytest.mark.parametrize("file", ["sessions.csv", "players.csv", "episodes.csv"])
def test_its_columns_are_there(file: str) -> None:
    (row,) = [line for line in section(PAGE, "## What the data say").splitlines() if line.startswith(f"| [`{file}`]")]
    columns = set(table(section(section(DATA, "## Files"), f"### {file}")))
    named = in_backticks(row) - {file, "interrupted"}
    assert named and named <= columns
