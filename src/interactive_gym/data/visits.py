"""How long participants were in each of their scenes, and waited there for others."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from interactive_gym.data.flat import Table, moment
from interactive_gym.data.schema import participants, sessions, visits


def visits_table(connection: Connection) -> Table:
    """One row per scene that a participant has come to, in their order."""
    query = select(visits, participants.c.done_at, sessions.c.created_at)
    joined = query.join(participants, participants.c.id == visits.c.participant_id)
    found = joined.outerjoin(sessions, sessions.c.id == visits.c.session_id)
    rows = connection.execute(found.order_by(participants.c.arrived_at, participants.c.id, visits.c.position))
    header = ("participant_id", "scene_id", "position", "entered_at", "left_at", "duration_s", "session_id", "waited_s")
    return header, map(_row, rows)


def _row(row: Row[Any]) -> list[object]:
    left = row.left_at if row.left_at is not None else row.done_at  # nobody leaves the scene in which they end
    where = [row.participant_id, row.scene_id, row.position, moment(row.entered_at), moment(left)]
    found = left if row.session_id is None else row.created_at
    return [*where, _between(row.entered_at, left), row.session_id, _between(row.waits_since, found)]


def _between(since: float | None, until: float | None) -> float | None:
    """Seconds; clocks are set back now and then."""
    return None if since is None or until is None else round(max(0.0, until - since), 3)
