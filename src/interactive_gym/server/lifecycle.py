"""The life of a participant, as one table.

    arrived     has opened the link and not yet clicked through the first page (a link scanner gets no further)
    in_scene    reads or answers a page
    playing     a worker of theirs has begun to play the scene's game
    done        has an outcome; nothing changes any more

``after`` is the only way from one state to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from interactive_gym.errors import ClientError


class State(StrEnum):
    ARRIVED = "arrived"
    IN_SCENE = "in_scene"
    PLAYING = "playing"
    DONE = "done"


class Step(StrEnum):
    BEGIN = "begin"  # the first page was clicked through
    GO_ON = "go_on"  # another scene was entered
    PLAY = "play"  # a worker asked where the game goes on
    FINISH = "finish"  # the last scene was entered
    FAIL = "fail"  # the page cannot go on


class Outcome(StrEnum):
    COMPLETED = "completed"
    TECHNICAL_FAILURE = "technical_failure"


TRANSITIONS: Mapping[tuple[State, Step], State] = {
    (State.ARRIVED, Step.BEGIN): State.IN_SCENE,
    (State.ARRIVED, Step.FAIL): State.DONE,
    (State.IN_SCENE, Step.GO_ON): State.IN_SCENE,
    (State.IN_SCENE, Step.PLAY): State.PLAYING,
    (State.IN_SCENE, Step.FINISH): State.DONE,
    (State.IN_SCENE, Step.FAIL): State.DONE,
    (State.PLAYING, Step.PLAY): State.PLAYING,  # the page was reloaded, or another tab took over
    (State.PLAYING, Step.GO_ON): State.IN_SCENE,
    (State.PLAYING, Step.FAIL): State.DONE,
}


def after(state: str, step: Step) -> State:
    """The state that follows.

    Raises:
        ClientError: ``not_now``; nobody in this state can do that.
    """
    try:
        return TRANSITIONS[State(state), step]
    except KeyError:
        raise ClientError("not_now", f"a participant who is {state} cannot {step}") from None
