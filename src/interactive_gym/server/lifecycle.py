"""The life of a participant, as one table.

    arrived     has opened the link and not yet clicked through the first page (a link scanner gets no further)
    screening   is on that page, and what was found of the browser and its connection is being judged
    in_scene    reads or answers a page
    waiting     is in the waiting room of a game of several people
    matched     has partners there, and connects with them
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
    SCREENING = "screening"
    IN_SCENE = "in_scene"
    WAITING = "waiting"
    MATCHED = "matched"
    PLAYING = "playing"
    DONE = "done"


class Step(StrEnum):
    SCREEN = "screen"  # the page has said what it found; said again after a reload
    ADMIT = "admit"  # nothing speaks against them
    TURN_AWAY = "turn_away"  # a rule of the screening excludes them
    BEGIN = "begin"  # the first page was clicked through
    GO_ON = "go_on"  # another scene was entered
    ENLIST = "enlist"  # ready for a game of several people
    MATCH = "match"  # partners were found
    UNMATCH = "unmatch"  # and lost again before the game began
    STEP_OUT = "step_out"  # the connection is gone, of somebody who waits or connects; or the server was
    PLAY = "play"  # a worker asked where the game goes on, or everybody is connected
    FINISH = "finish"  # the last scene was entered
    GIVE_UP = "give_up"  # nobody came to the waiting room in time
    FAIL = "fail"  # the page cannot go on
    WITHDRAW = "withdraw"  # the participant stops, on purpose
    EXCLUDE = "exclude"  # a rule of the monitoring, or the researcher, takes them out


class Outcome(StrEnum):
    COMPLETED = "completed"
    TECHNICAL_FAILURE = "technical_failure"
    CONNECTION_FAILED = "connection_failed"
    PARTNER_LEFT = "partner_left"
    WAITROOM_TIMEOUT = "waitroom_timeout"
    SCREENED_OUT = "screened_out"
    CONSENT_REFUSED = "consent_refused"
    FOCUS_TIMEOUT = "focus_timeout"
    IDLE_TIMEOUT = "idle_timeout"
    EXCLUDED = "excluded"
    WITHDREW = "withdrew"
    REMOVED = "removed"


_FAILURES = {
    "connection_failed": Outcome.CONNECTION_FAILED,
    "partner_left": Outcome.PARTNER_LEFT,
    "focus_timeout": Outcome.FOCUS_TIMEOUT,
}


TRANSITIONS: Mapping[tuple[State, Step], State] = {
    (State.ARRIVED, Step.SCREEN): State.SCREENING,
    (State.SCREENING, Step.SCREEN): State.SCREENING,
    (State.SCREENING, Step.ADMIT): State.ARRIVED,
    (State.SCREENING, Step.TURN_AWAY): State.DONE,
    (State.SCREENING, Step.BEGIN): State.IN_SCENE,  # the researcher has done away with the screening meanwhile
    (State.SCREENING, Step.FAIL): State.DONE,
    (State.ARRIVED, Step.BEGIN): State.IN_SCENE,
    (State.ARRIVED, Step.FAIL): State.DONE,
    (State.IN_SCENE, Step.GO_ON): State.IN_SCENE,
    (State.IN_SCENE, Step.PLAY): State.PLAYING,
    (State.IN_SCENE, Step.FINISH): State.DONE,
    (State.IN_SCENE, Step.FAIL): State.DONE,
    (State.IN_SCENE, Step.ENLIST): State.WAITING,
    (State.WAITING, Step.ENLIST): State.WAITING,  # the page repeats itself
    (State.WAITING, Step.STEP_OUT): State.IN_SCENE,
    (State.WAITING, Step.MATCH): State.MATCHED,
    (State.WAITING, Step.GIVE_UP): State.DONE,
    (State.WAITING, Step.FAIL): State.DONE,
    (State.MATCHED, Step.ENLIST): State.MATCHED,  # the page repeats itself
    (State.MATCHED, Step.STEP_OUT): State.IN_SCENE,
    (State.MATCHED, Step.UNMATCH): State.WAITING,
    (State.MATCHED, Step.PLAY): State.PLAYING,
    (State.MATCHED, Step.FAIL): State.DONE,
    (State.PLAYING, Step.PLAY): State.PLAYING,  # the page was reloaded, or another tab took over
    (State.PLAYING, Step.GO_ON): State.IN_SCENE,
    (State.PLAYING, Step.FAIL): State.DONE,
    **{(state, Step.WITHDRAW): State.DONE for state in State if state != State.DONE},
    **{(state, Step.EXCLUDE): State.DONE for state in State if state != State.DONE},
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


def outcome_of(failure: str) -> Outcome:
    """What becomes of a participant whose page fails for this reason (see ``protocol.Failure``)."""
    return _FAILURES.get(failure, Outcome.TECHNICAL_FAILURE)
