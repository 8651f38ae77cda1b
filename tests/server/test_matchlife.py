"""The life of a session of several people: every pair of a state and a step."""

from __future__ import annotations

import pytest

from interactive_gym.errors import ClientError
from interactive_gym.server.matchlife import FORMING, TRANSITIONS, State, Step, after

PAIRS = [(state, step) for state in State for step in Step]


@pytest.mark.parametrize(("state", "step"), PAIRS)
def test_every_pair_leads_somewhere_or_is_refused(state: State, step: Step) -> None:
    if (state, step) in TRANSITIONS:
        assert after(state, step) is TRANSITIONS[state, step]
        return
    with pytest.raises(ClientError, match=step) as refused:
        after(state, step)
    assert refused.value.reason == "not_now"


def test_every_state_can_be_reached_and_only_ended_is_an_end() -> None:
    reached, border = {State.WAITING}, [State.WAITING]
    while border:
        state = border.pop()
        following = {after for (before, _), after in TRANSITIONS.items() if before is state} - reached
        reached |= following
        border.extend(following)
    assert reached == set(State)
    assert {state for state in State if not any(before is state for before, _ in TRANSITIONS)} == {State.ENDED}


def test_whatever_is_in_the_store_can_end_and_only_what_connects_can_begin() -> None:
    assert {state for state, step in TRANSITIONS if step is Step.END} == {*FORMING, State.PLAYING}
    assert [state for state, step in TRANSITIONS if step is Step.PLAY] == [State.VALIDATING]
