"""The life of a participant: every pair of a state and a step."""

from __future__ import annotations

import pytest

from interactive_gym.server.lifecycle import TRANSITIONS, Outcome, State, Step, after, outcome_of
from tests.server.tables import check_pair, ends_of, reached_from

PAIRS = [(state, step) for state in State for step in Step]


@pytest.mark.parametrize(("state", "step"), PAIRS)
def test_every_pair_leads_somewhere_or_is_refused(state: State, step: Step) -> None:
    check_pair(TRANSITIONS, after, state, step)


def test_every_state_can_be_reached_and_only_done_is_an_end() -> None:
    assert reached_from(TRANSITIONS, State.ARRIVED) == set(State)
    assert ends_of(TRANSITIONS) == {State.DONE}


def test_whoever_is_not_done_can_fail() -> None:
    assert {state for state, step in TRANSITIONS if step is Step.FAIL} == set(State) - {State.DONE}


def test_only_who_connects_can_begin_with_others_and_nobody_waits_and_goes_on() -> None:
    assert {state for state, step in TRANSITIONS if step is Step.UNMATCH} == {State.MATCHED}
    assert not {(State.WAITING, Step.GO_ON), (State.MATCHED, Step.GO_ON)} & set(TRANSITIONS)


def test_a_failure_has_its_outcome() -> None:
    assert outcome_of("connection_failed") is Outcome.CONNECTION_FAILED
    assert outcome_of("partner_left") is Outcome.PARTNER_LEFT
    assert {outcome_of(reason) for reason in ("session_failed", "step_failed")} == {Outcome.TECHNICAL_FAILURE}
