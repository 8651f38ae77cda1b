"""The life of a session of several people, as one table.

    waiting       its members are in the waiting room; nothing of it is in the store yet
    validating    its members have been chosen; they are told as soon as that is stored, and connect with each other
    playing       everybody was connected with everybody; from here on pages may go and come back
    ended         over, or never begun; nothing changes any more

``after`` is the only way from one state to the next. A game of one human is in ``playing`` from the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from interactive_gym.errors import ClientError


class State(StrEnum):
    WAITING = "waiting"
    VALIDATING = "validating"
    PLAYING = "playing"
    ENDED = "ended"


class Step(StrEnum):
    CHOOSE = "choose"  # the waiting room has as many as the game needs
    PLAY = "play"  # all pages are connected
    END = "end"  # the match came to nothing, or nobody is left in the game


TRANSITIONS: Mapping[tuple[State, Step], State] = {
    (State.WAITING, Step.CHOOSE): State.VALIDATING,
    (State.VALIDATING, Step.PLAY): State.PLAYING,
    (State.VALIDATING, Step.END): State.ENDED,
    (State.PLAYING, Step.END): State.ENDED,
}


def after(state: str, step: Step) -> State:
    """The state that follows.

    Raises:
        ClientError: ``not_now``; a session in this state cannot do that.
    """
    try:
        return TRANSITIONS[State(state), step]
    except KeyError:
        raise ClientError("not_now", f"a session that is {state} cannot {step}") from None
