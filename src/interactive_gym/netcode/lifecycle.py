"""The life of a session on one peer, as a table.

``advance`` and the messages of others cause events; an event that the table does not have in a phase raises and
changes nothing.
"""

from __future__ import annotations

from enum import Enum

from interactive_gym.netcode.errors import HostError


class Phase(Enum):
    """What a peer is doing."""

    GREETING = "greeting"  # learning who is there, and what their clocks show
    PREPARING = "preparing"  # the host makes the environment
    WAITING = "waiting"  # for the others, and for the common start
    PLAYING = "playing"
    ENDING = "ending"  # the last frame is committed here, perhaps not everywhere
    AWAY = "away"  # cut, or reloaded: catching up
    ENDED = "ended"


class Cause(Enum):
    """What makes a peer go on to another phase."""

    GREETED = "greeted"
    PREPARED = "prepared"
    STARTED = "started"
    FINISHED = "finished"  # the last frame of the episode is committed here
    NEXT = "next"  # everybody has finished, and there is another episode
    CUT = "cut"  # the others go on without this peer
    RETURNED = "returned"
    OVER = "over"


_FROM_ANYWHERE = {Cause.CUT: Phase.AWAY, Cause.OVER: Phase.ENDED}

TRANSITIONS: dict[tuple[Phase, Cause], Phase] = {
    (Phase.GREETING, Cause.GREETED): Phase.PREPARING,
    (Phase.PREPARING, Cause.PREPARED): Phase.WAITING,
    (Phase.WAITING, Cause.STARTED): Phase.PLAYING,
    (Phase.PLAYING, Cause.FINISHED): Phase.ENDING,
    (Phase.ENDING, Cause.NEXT): Phase.PREPARING,
    (Phase.AWAY, Cause.RETURNED): Phase.PLAYING,
    **{(phase, cause): to for phase in Phase if phase is not Phase.ENDED for cause, to in _FROM_ANYWHERE.items()},
}


def follow(phase: Phase, cause: Cause) -> Phase:
    """The phase after ``phase``.

    Raises:
        HostError: ``cause`` cannot happen in ``phase``.
    """
    try:
        return TRANSITIONS[phase, cause]
    except KeyError:
        raise HostError(f"{cause.value!r} cannot happen to a session that is {phase.value}") from None
