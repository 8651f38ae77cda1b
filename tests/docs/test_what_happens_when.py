"""The table of what happens when is the one that the tests in real browsers make."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.net.cases import CASES, Expected, seen
from tests.net.observing import Episode, Observation, Player, results
from tests.net.table import PAGE, SEEN, written


def test_it_is_up_to_date() -> None:
    told = PAGE.read_text(encoding="utf-8")
    assert told == written(results()), "python -m tests.net.table writes it"


def test_every_result_is_one_of_a_case() -> None:
    ids = [case.id for case in CASES]
    assert len(set(ids)) == len(ids)
    assert set(results()) <= {*ids, "mix", "edited"}


def test_every_state_that_is_expected_has_words() -> None:
    assert {state for case in CASES for states in case.expected.states for state in states} <= set(SEEN)


PLAYER = Player("completed", "end", "Thank you", [], [], [], 0.1, [], 450, [0])
EPISODE = Episode(450, "terminated", "identical", [450, 450], 0, [0, 0])
WELL = Observation([PLAYER, PLAYER], [EPISODE], {}, "completed", ["direct"], {})
WRONG = {
    "outcomes": replace(WELL, players=[PLAYER, replace(PLAYER, outcome="connection_failed")]),
    "read": replace(WELL, players=[replace(PLAYER, text="The connection was lost"), PLAYER]),
    "never saw": replace(WELL, players=[PLAYER, replace(PLAYER, states=["away"])]),
    "ends of episodes": replace(WELL, episodes=[]),
    "parity": replace(WELL, episodes=[replace(EPISODE, parity="mismatch")]),
    "frames are here": replace(WELL, episodes=[replace(EPISODE, of_players=[450, 420])]),
    "holes": replace(WELL, episodes=[replace(EPISODE, holes=1)]),
    "instead of 450": replace(WELL, episodes=[replace(EPISODE, frames=449, of_players=[449, 449])]),
    "a policy played": replace(WELL, episodes=[replace(EPISODE, bot_frames=[0, 9])]),
    "left": replace(WELL, left={"player1": "silent"}),
    "happened": replace(WELL, events={"parity_mismatch: rows_differ": 1}),
}


@pytest.mark.parametrize("named", WRONG)
def test_whatever_is_not_as_expected_is_named(named: str) -> None:
    assert Expected().problems(WELL) == []
    expected = seen(second="silence") if named == "never saw" else Expected()
    assert any(named in problem for problem in expected.problems(WRONG[named]))
