"""What can happen to a session in which phase."""

from __future__ import annotations

from itertools import product

import pytest

from interactive_gym.netcode.errors import HostError
from interactive_gym.netcode.lifecycle import TRANSITIONS, Cause, Phase, follow

ALLOWED = """
    greeting   greeted   preparing
    preparing  prepared  waiting
    waiting    started   playing
    playing    finished  ending
    ending     next      preparing
    away       returned  playing

    greeting   cut       away
    preparing  cut       away
    waiting    cut       away
    playing    cut       away
    ending     cut       away
    away       cut       away

    greeting   over      ended
    preparing  over      ended
    waiting    over      ended
    playing    over      ended
    ending     over      ended
    away       over      ended
"""
TABLE = {(Phase(a), Cause(cause)): Phase(b) for a, cause, b in map(str.split, filter(str.strip, ALLOWED.splitlines()))}


@pytest.mark.parametrize(("phase", "cause"), list(product(Phase, Cause)), ids=lambda part: part.value)
def test_every_cause_in_every_phase(phase: Phase, cause: Cause) -> None:
    if (phase, cause) in TABLE:
        assert follow(phase, cause) is TABLE[phase, cause]
    else:
        with pytest.raises(HostError, match=f"'{cause.value}' cannot happen to a session that is {phase.value}"):
            follow(phase, cause)


def test_every_phase_can_be_reached_and_only_the_last_one_cannot_be_left() -> None:
    assert {to for to in TRANSITIONS.values()} | {Phase.GREETING} == set(Phase)
    assert set(Phase) - {phase for phase, _ in TRANSITIONS} == {Phase.ENDED}
