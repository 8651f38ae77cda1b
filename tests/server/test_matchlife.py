"""The life of a session of several people: every pair of a state and a step."""

from __future__ import annotations

import pytest

from interactive_gym.server.matchlife import TRANSITIONS, State, Step, after
from tests.server.tables import check_pair, ends_of, reached_from

PAIRS = [(state, step) for state in State for step in Step]


@pytest.mark.parametrize(("state", "step"), PAIRS)
def test_every_pair_leads_somewhere_or_is_refused(state: State, step: Step) -> None:
    check_pair(TRANSITIONS, after, state, step)


def test_every_state_can_be_reached_and_only_ended_is_an_end() -> None:
    assert reached_from(TRANSITIONS, State.WAITING) == set(State)
    assert ends_of(TRANSITIONS) == {State.ENDED}


def test_whatever_is_in_the_store_can_end_and_only_what_connects_can_begin() -> None:
    assert {state for state, step in TRANSITIONS if step is Step.END} == {State.VALIDATING, State.PLAYING}
    assert [state for state, step in TRANSITIONS if step is Step.PLAY] == [State.VALIDATING]
