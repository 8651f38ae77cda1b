"""Whether a participant's machine is fast enough for a game. Like ``study``, all of it runs inside one write."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from interactive_gym.data import events

TOO_SLOW = "min_speed"
WORDS = (
    "<p>The game needs a faster computer, or one that has less to do at the moment. This is not your fault. "
    "Thank you for your interest!</p>"
)
_MEASURED = "speed_measured"
_MOST_NOTED = 20  # of a participant; a page that connects again says it again


def judge(
    connection: Connection,
    participant_id: str,
    scene_id: str,
    speed: float | None,
    least: float | None,
    now: float,
    session_id: str | None = None,
) -> Mapping[str, object] | None:
    """Note what was measured of somebody who is about to play, and see whether it is enough.

    Args:
        speed: Times real time; None: the page has not measured it, and then nobody is turned away.
        least: What the scene asks for; None: nothing.

    Returns:
        What speaks against them, for the event with which they finish; None: nothing does.
    """
    if speed is None:
        return None
    found = {"scene_id": scene_id, "speed": round(speed, 2), "min_speed": least}
    is_slow = least is not None and speed < least
    if events.count(connection, participant_id, _MEASURED) < _MOST_NOTED:
        events.record(
            connection,
            _MEASURED,
            reason="too_slow" if is_slow else "fast_enough",
            severity="info",
            now=now,
            participant_id=participant_id,
            session_id=session_id,
            data=found,
        )
    return found if is_slow else None
