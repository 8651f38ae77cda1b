"""What players saw of their links, in the store, and the reports made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, func, select, update

from interactive_gym.data import games
from interactive_gym.data.games import Session
from interactive_gym.data.link_reports import Report, reports
from interactive_gym.data.schema import links, sessions
from interactive_gym.protocol import LinkRow, Links


@dataclass(frozen=True)
class Reported:
    """The reports of a session, made of so many uploads."""

    uploads: int
    reports: Sequence[Report]


def add(connection: Connection, session: Session, item: Links, *, now: float) -> bool:
    """False where this is here already. The reports of the session are out of date then."""
    key = {"session_id": session.id, "player": session.player, "generation": item.generation, "number": item.index}
    if not games.add_once(connection, links, {**key, "data": msgspec.json.encode(item), "received_at": now}):
        return False
    connection.execute(update(sessions).where(sessions.c.id == session.id).values(links=None))
    return True


def unreported(connection: Connection) -> list[str]:
    """The sessions whose reports are missing or out of date."""
    there = select(links.c.session_id).where(links.c.session_id == sessions.c.id).exists()
    query = select(sessions.c.id).where(sessions.c.links.is_(None) & there)
    return list(connection.execute(query.order_by(sessions.c.created_at)).scalars())


def report(connection: Connection, session_id: str) -> Reported:
    decoder = msgspec.json.Decoder(Links)
    rows: dict[str, list[LinkRow]] = {side.player: [] for side in games.sides(connection, session_id)}
    stored = connection.execute(select(links.c.player, links.c.data).where(links.c.session_id == session_id)).all()
    for player, data in stored:
        rows[player] += decoder.decode(data).rows
    return Reported(len(stored), reports(rows))


def store(connection: Connection, session_id: str, reported: Reported) -> None:
    """Unless something has come since."""
    query = select(func.count()).where(links.c.session_id == session_id)
    if connection.execute(query).scalar_one() == reported.uploads:
        changes = {"links": list(reported.reports)}
        connection.execute(update(sessions).where(sessions.c.id == session_id).values(changes))
