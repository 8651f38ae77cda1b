"""Who was gone from a session before it was over, when, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, select

from interactive_gym.data.events import FINISHED
from interactive_gym.data.schema import events, grants, members

_LEFT_BEHIND = "partner_left"  # the outcome of those who were there to the end, and why they were cut then
_STAYED = ("completed", _LEFT_BEHIND)


class Departure(NamedTuple):
    at: float
    reason: str


Departures = Mapping[str, Mapping[str, Departure]]
"""Session -> player -> departure, the earliest first."""


def of_session(connection: Connection, session_id: str) -> Mapping[str, Departure]:
    """Player -> departure, the earliest first."""
    return _by_session(connection, session_id).get(session_id, {})


def of_all(connection: Connection) -> Departures:
    """Of all sessions in which anybody was lost."""
    return _by_session(connection, None)


def _by_session(connection: Connection, session_id: str | None) -> dict[str, dict[str, Departure]]:
    """Of two reasons that one player has, the earlier one counts: what the server did about it comes after."""
    found: dict[str, dict[str, Departure]] = defaultdict(dict)
    listed = [*_ended(connection, session_id), *_dismissed(connection, session_id)]
    for session, player, departure in sorted(listed, key=lambda one: one[2].at):
        found[session].setdefault(player, departure)
    return found


def _ended(connection: Connection, session_id: str | None) -> Iterator[tuple[str, str, Departure]]:
    """Whoever was done in it, of their own or somebody's accord, and was not left behind by all others."""
    theirs = (members.c.session_id == events.c.session_id) & (members.c.participant_id == events.c.participant_id)
    query = select(events.c.session_id, members.c.player, events.c.at, events.c.reason, events.c.data)
    done = query.join(members, theirs).where((events.c.name == FINISHED) & events.c.client_id.is_(None))
    if session_id is not None:
        done = done.where(events.c.session_id == session_id)
    for row in connection.execute(done.order_by(events.c.id)):
        if row.data.get("outcome") not in _STAYED:
            yield row.session_id, row.player, Departure(row.at, row.reason)


def _dismissed(connection: Connection, session_id: str | None) -> Iterator[tuple[str, str, Departure]]:
    """Whoever was cut for good."""
    theirs = (members.c.session_id == grants.c.session_id) & (members.c.peer == grants.c.peer)
    query = select(grants.c.session_id, members.c.player, grants.c.granted_at, grants.c.reason)
    gone = query.join(members, theirs).where(grants.c.is_gone & (grants.c.reason != _LEFT_BEHIND))
    if session_id is not None:
        gone = gone.where(grants.c.session_id == session_id)
    for row in connection.execute(gone.order_by(grants.c.id)):
        yield row.session_id, row.player, Departure(row.granted_at, row.reason)
