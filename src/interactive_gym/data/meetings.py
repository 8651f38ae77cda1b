"""What waiting rooms have decided: who was to play with whom, of whom they were chosen, why, and what came of it.

A decision is stored in the write that carries it out. The history of who has played with whom is read from here, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from interactive_gym.data.flat import moment
from interactive_gym.data.schema import meetings, members

PLAYING = "playing"  # the result of a decision of which a game came
ABSENT = "absent"  # and of one of whose members not all were there when they were asked


@dataclass(frozen=True)
class Meeting:
    """A decision. ``candidates`` are JSON objects, those who were chosen among them; see ``data.schema``."""

    scene_id: str
    matcher: str
    members: Sequence[str]
    candidates: Sequence[Mapping[str, Any]] = field(repr=False)
    reason: str


def add(
    connection: Connection, meeting: Meeting, session_id: str | None, *, now: float, result: str | None = None
) -> None:
    """A decision that is carried out now; or of which nothing came, with the ``result``."""
    row: dict[str, Any] = {
        "scene_id": meeting.scene_id,
        "session_id": session_id,
        "matcher": meeting.matcher,
        "members": list(meeting.members),
        "candidates": [dict(one) for one in meeting.candidates],
        "reason": meeting.reason,
        "result": result,
        "rtts_ms": {},
        "decided_at": now,
        "ended_at": None if result is None else now,
    }
    connection.execute(insert(meetings).values(row))


def close(
    connection: Connection, session_id: str, result: str, *, now: float, rtts_ms: Mapping[str, float] | None = None
) -> None:
    """What came of the decision that made this session; the first result stays.

    Args:
        rtts_ms: "participant>participant" -> what the first one's page measured to the second one's.
    """
    running = (meetings.c.session_id == session_id) & meetings.c.result.is_(None)
    changes = {"result": result[:64], "rtts_ms": dict(rtts_ms or {}), "ended_at": now}
    connection.execute(update(meetings).where(running).values(changes))


def companies(connection: Connection, participant_id: str) -> list[tuple[str, ...]]:
    """With whom this participant has played, game by game, the latest last."""
    mine, others = members.alias(), members.alias()
    played = meetings.join(mine, mine.c.session_id == meetings.c.session_id)
    query = (
        select(meetings.c.id, others.c.participant_id)
        .select_from(played.join(others, others.c.session_id == mine.c.session_id))
        .where(meetings.c.result == PLAYING, mine.c.participant_id == participant_id)
        .where(others.c.participant_id != participant_id)
        .order_by(meetings.c.id, others.c.peer)
    )
    found: dict[int, list[str]] = {}
    for number, other in connection.execute(query):
        found.setdefault(number, []).append(other)
    return [tuple(others) for others in found.values()]


def lines(connection: Connection) -> Iterator[Mapping[str, Any]]:
    """``matches.jsonl``."""
    for row in connection.execute(select(meetings).order_by(meetings.c.id)):
        yield {
            "decided_at": moment(row.decided_at),
            "scene_id": row.scene_id,
            "session_id": row.session_id,
            "matcher": row.matcher,
            "reason": row.reason,
            "members": row.members,
            "candidates": row.candidates,
            "round_trips": row.rtts_ms,
            "result": row.result,
            "ended_at": moment(row.ended_at),
        }
