"""What was found of participants on arrival, and what was decided; also of those who were turned away."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from interactive_gym.data.flat import Table, moment
from interactive_gym.data.schema import screenings

_MEASURED = ("browser", "browser_version", "os", "device", "webrtc", "touch")


def add(
    connection: Connection,
    participant_id: str,
    measured: Mapping[str, Any],
    *,
    accepted: bool,
    reason: str,
    detail: str,
    now: float,
) -> None:
    """``measured`` is ``protocol.Measured``, and "pings_ms"."""
    row = {"participant_id": participant_id, "measured": dict(measured), "accepted": accepted}
    connection.execute(insert(screenings).values(row | {"reason": reason, "detail": detail, "decided_at": now}))


def is_accepted(connection: Connection, participant_id: str) -> bool:
    """By the latest decision; False where there is none."""
    mine = select(screenings.c.accepted).where(screenings.c.participant_id == participant_id)
    return bool(connection.execute(mine.order_by(screenings.c.id.desc()).limit(1)).scalar_one_or_none())


def screenings_table(connection: Connection) -> Table:
    """One row per decision."""
    rows = connection.execute(select(screenings).order_by(screenings.c.id))
    found = (*_MEASURED, "screen_width", "screen_height", "languages", "ping_ms", "pings")
    return ("participant_id", "accepted", "reason", "detail", "decided_at", *found), map(_row, rows)


def _row(row: Row[Any]) -> list[object]:
    found, pings = row.measured, row.measured["pings_ms"]
    decided = [row.participant_id, row.accepted, row.reason, row.detail, moment(row.decided_at)]
    ping = statistics.median(pings) if pings else None
    return [*decided, *(found[name] for name in _MEASURED), *found["screen"], found["languages"], ping, pings]
