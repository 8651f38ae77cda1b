"""The table of what happens when is the one that the tests in real browsers make."""

from __future__ import annotations

from tests.net.cases import CASES
from tests.net.observing import results
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
