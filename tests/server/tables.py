"""What every table of a life cycle has to be, whoever lives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

import pytest

from interactive_gym.errors import ClientError

State = TypeVar("State", bound=StrEnum)
Step = TypeVar("Step", bound=StrEnum)


def check_pair(
    transitions: Mapping[tuple[State, Step], State], after: Callable[[State, Step], State], state: State, step: Step
) -> None:
    """The pair leads to where the table says, or is refused, and the refusal names the step."""
    if (state, step) in transitions:
        assert after(state, step) is transitions[state, step]
        return
    with pytest.raises(ClientError, match=step) as refused:
        after(state, step)
    assert refused.value.reason == "not_now"


def reached_from(transitions: Mapping[tuple[State, Step], State], start: State) -> set[State]:
    """``start``, and all states that follow sooner or later."""
    reached, border = {start}, [start]
    while border:
        state = border.pop()
        following = {after for (before, _), after in transitions.items() if before is state} - reached
        reached |= following
        border.extend(following)
    return reached


def ends_of(transitions: Mapping[tuple[State, Step], State]) -> set[State]:
    """The states that nothing leads out of."""
    return set(transitions.values()) - {before for before, _ in transitions}
