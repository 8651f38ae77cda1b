"""Conditions in the store: of participants, and of the sessions in which groups play."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from interactive_gym.data.flat import Table, moment
from interactive_gym.data.schema import assignments, members, participants, sessions, visits

Conditions = Mapping[str, Mapping[str, str]]
"""Participant or session -> factor -> condition."""

COMPLETED = "completed"  # the outcome, and the reason for a session's end


@dataclass(frozen=True)
class Standing:
    """How many have a condition.

    Attributes:
        finished: Have come to the end with it.
        running: Have begun, and may still.
        started: Have begun, however that ended.
        assigned: Those too who have not begun yet, or never did.
    """

    finished: int = 0
    running: int = 0
    started: int = 0
    assigned: int = 0


def find(connection: Connection, factor: str, unit: str) -> str | None:
    """The condition of a participant or session."""
    mine = (assignments.c.factor == factor) & (assignments.c.unit == unit)
    return connection.execute(select(assignments.c.condition).where(mine)).scalar_one_or_none()


def assign(connection: Connection, factor: str, unit: str, condition: str, *, now: float) -> None:
    """In place of an earlier one."""
    mine = (assignments.c.factor == factor) & (assignments.c.unit == unit)
    connection.execute(delete(assignments).where(mine))
    row = {"factor": factor, "unit": unit, "condition": condition, "assigned_at": now}
    connection.execute(insert(assignments).values(row))


def of_group(connection: Connection, factor: str, group: Collection[str]) -> str | None:
    """The condition in which exactly these participants have last been seated together."""
    anyone = next(iter(group))
    joined = assignments.join(members, members.c.session_id == assignments.c.unit)
    theirs = (assignments.c.factor == factor) & (members.c.participant_id == anyone)
    query = select(assignments.c.unit, assignments.c.condition).select_from(joined).where(theirs)
    for row in connection.execute(query.order_by(assignments.c.assigned_at.desc())):
        seated = select(members.c.participant_id).where(members.c.session_id == row.unit)
        if set(connection.execute(seated).scalars()) == set(group):
            return str(row.condition)
    return None


def of_participants(connection: Connection, factor: str) -> dict[str, Standing]:
    """By condition."""
    begun = participants.c.id.in_(select(visits.c.participant_id).where(visits.c.position > 0))
    finished = participants.c.outcome == COMPLETED
    return _standings(
        connection, factor, participants.c.id, begun, finished, is_running=begun & participants.c.outcome.is_(None)
    )


def of_sessions(connection: Connection, factor: str) -> dict[str, Standing]:
    """By condition. A match that came to nothing before its game has not begun."""
    begun = sessions.c.id.in_(select(visits.c.session_id).where(visits.c.session_id.is_not(None)))
    finished = sessions.c.end_reason == COMPLETED
    return _standings(
        connection, factor, sessions.c.id, begun, finished, is_running=begun & sessions.c.ended_at.is_(None)
    )


def by_unit(connection: Connection) -> Conditions:
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in connection.execute(select(assignments).order_by(assignments.c.factor)):
        found[row.unit][row.factor] = row.condition
    return found


def assignments_table(connection: Connection) -> Table:
    """One row per condition that was drawn, for a participant or for the session of a group."""
    of_participant = participants.c.id.label("participant_id")
    of_session = sessions.c.id.label("session_id")
    joined = assignments.outerjoin(participants, participants.c.id == assignments.c.unit)
    joined = joined.outerjoin(sessions, sessions.c.id == assignments.c.unit)
    query = select(assignments, of_participant, of_session).select_from(joined)
    rows = connection.execute(query.order_by(assignments.c.assigned_at, assignments.c.factor))
    header = ("factor", "participant_id", "session_id", "condition", "assigned_at")
    return header, ([r.factor, r.participant_id, r.session_id, r.condition, moment(r.assigned_at)] for r in rows)


def _standings(
    connection: Connection,
    factor: str,
    id: ColumnElement[str],
    begun: ColumnElement[bool],
    finished: ColumnElement[bool],
    *,
    is_running: ColumnElement[bool],
) -> dict[str, Standing]:
    counted = (and_(finished, begun), is_running, begun)
    counts = [func.count().filter(what) for what in counted]
    query = select(assignments.c.condition, *counts, func.count()).join(id.table, id == assignments.c.unit)
    rows = connection.execute(query.where(assignments.c.factor == factor).group_by(assignments.c.condition))
    return {name: Standing(*numbers) for name, *numbers in rows}
