"""What happened, in the order in which it was stored; nothing here is ever changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, insert, select

from interactive_gym.data.schema import events

FINISHED = "finished"
"""Of a participant who is done; its data has the outcome."""


def record(
    connection: Connection,
    name: str,
    *,
    reason: str,
    severity: str,
    now: float,
    participant_id: str | None = None,
    session_id: str | None = None,
    data: Mapping[str, Any] | None = None,
    detail: str | None = None,
) -> None:
    """An event that the server saw."""
    row = {"name": name, "reason": reason, "severity": severity, "at": now, "detail": detail}
    who = {"participant_id": participant_id, "session_id": session_id}
    connection.execute(insert(events).values(row | who | {"data": dict(data or {})}))


def record_reported(connection: Connection, participant_id: str, client_id: str, row: Mapping[str, Any]) -> bool:
    """An event that a page reported; False where it is here already."""
    known = (events.c.participant_id == participant_id) & (events.c.client_id == client_id)
    if connection.execute(select(events.c.id).where(known)).first():
        return False
    connection.execute(insert(events).values({**row, "participant_id": participant_id, "client_id": client_id}))
    return True


def count(connection: Connection, participant_id: str, name: str, *, reason: str | None = None) -> int:
    """How many of these the server has seen of a participant; those with this reason, or all."""
    mine = (events.c.participant_id == participant_id) & events.c.client_id.is_(None) & (events.c.name == name)
    if reason is not None:
        mine &= events.c.reason == reason
    return connection.execute(select(func.count()).select_from(events).where(mine)).scalar_one()


def reported(connection: Connection, participant_id: str) -> int:
    """How many events the pages of a participant have reported."""
    mine = (events.c.participant_id == participant_id) & events.c.client_id.is_not(None)
    return connection.execute(select(func.count()).select_from(events).where(mine)).scalar_one()


def latest(connection: Connection) -> int:
    """Number of the last event; they grow with time."""
    return connection.execute(select(func.max(events.c.id))).scalar_one() or 0


def about(connection: Connection, name: str, *, after: int) -> list[str]:
    """The participants of whom the server has seen this since the event ``after``."""
    new = (events.c.id > after) & (events.c.name == name) & events.c.participant_id.is_not(None)
    return list(connection.execute(select(events.c.participant_id).distinct().where(new)).scalars())


def first_reason(connection: Connection, name: str, session_id: str) -> str | None:
    """Why what is called ``name`` happened in this session for the first time."""
    query = select(events.c.reason).where((events.c.session_id == session_id) & (events.c.name == name))
    return connection.execute(query.order_by(events.c.id).limit(1)).scalar_one_or_none()
