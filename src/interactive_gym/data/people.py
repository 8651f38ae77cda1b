"""Participants, their visits to scenes and their responses, in the store."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from interactive_gym.data.schema import participants, responses, visits

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that are mistaken for another when copied by hand
CODE_LENGTH = 8


@dataclass(frozen=True)
class Participant:
    """Where somebody is. ``state`` is one of ``server.lifecycle``."""

    id: str
    subject_id: str | None
    state: str
    scene_id: str
    outcome: str | None
    code: str | None = None  # that their outcome gave them
    redirect: str | None = None  # where their outcome sends them
    farewell: str | None = None  # HTML that their last page says in place of the text of their outcome


@dataclass(frozen=True)
class Visit:
    """A participant in a scene, with what was assigned to them there."""

    scene_id: str
    session_id: str | None
    left_at: float | None


_PARTICIPANT = [participants.c[each.name] for each in fields(Participant)]
_VISIT = [visits.c[each.name] for each in fields(Visit)]


def add_participant(connection: Connection, participant: Participant, *, query: Mapping[str, str], now: float) -> None:
    row: dict[str, Any] = {
        "id": participant.id,
        "subject_id": participant.subject_id,
        "query": dict(query),
        "state": participant.state,
        "scene_id": participant.scene_id,
        "arrived_at": now,
        "sequence": [],
        "attributes": {},
    }
    connection.execute(insert(participants).values(row))


def find(connection: Connection, participant_id: str) -> Participant | None:
    row = connection.execute(select(*_PARTICIPANT).where(participants.c.id == participant_id)).one_or_none()
    return Participant(*row) if row else None


def find_subject(connection: Connection, subject_id: str) -> Participant | None:
    row = connection.execute(select(*_PARTICIPANT).where(participants.c.subject_id == subject_id)).one_or_none()
    return Participant(*row) if row else None


def query_of(connection: Connection, participant_id: str) -> dict[str, str]:
    """What their link says beside the subject: platform ids, and what the researcher has put there."""
    mine = select(participants.c.query).where(participants.c.id == participant_id)
    return dict(connection.execute(mine).scalar_one())


def sequence_of(connection: Connection, participant_id: str) -> list[str]:
    """Ids of the scenes that were drawn for them, in their own order; empty where nothing was."""
    mine = select(participants.c.sequence).where(participants.c.id == participant_id)
    return list(connection.execute(mine).scalar_one())


def set_sequence(connection: Connection, participant_id: str, scene_ids: Sequence[str]) -> None:
    mine = participants.c.id == participant_id
    connection.execute(update(participants).where(mine).values(sequence=list(scene_ids)))


def everybody(connection: Connection) -> list[Participant]:
    """All participants in order of arrival."""
    return [Participant(*row) for row in connection.execute(select(*_PARTICIPANT).order_by(participants.c.arrived_at))]


def place(connection: Connection, participant: Participant) -> None:
    """Stores where ``participant`` is now."""
    changes = {"state": participant.state, "scene_id": participant.scene_id}
    connection.execute(update(participants).where(participants.c.id == participant.id).values(changes))


def finish(connection: Connection, participant: Participant, *, now: float) -> None:
    """Stores the outcome of ``participant``, and all that their last page gives them."""
    row = {each.name: getattr(participant, each.name) for each in fields(participant)}
    connection.execute(update(participants).where(participants.c.id == participant.id).values({**row, "done_at": now}))


def note_transport(connection: Connection, participant_id: str, transport: str) -> None:
    connection.execute(update(participants).where(participants.c.id == participant_id).values(transport=transport))


def enter(
    connection: Connection,
    participant_id: str,
    scene_id: str,
    *,
    position: int,
    now: float,
    session_id: str | None = None,
) -> None:
    """The participant is in the scene from now on, with what was assigned to them there."""
    row = {"participant_id": participant_id, "scene_id": scene_id, "position": position, "entered_at": now}
    connection.execute(insert(visits).values(row | {"session_id": session_id}))


def assign(connection: Connection, participant_id: str, scene_id: str, session_id: str | None) -> None:
    """The session that they play in this scene; None: they wait for one."""
    mine = (visits.c.participant_id == participant_id) & (visits.c.scene_id == scene_id)
    connection.execute(update(visits).where(mine).values(session_id=session_id))


def wait(connection: Connection, participant_id: str, scene_id: str, *, now: float, kept_s: float) -> float:
    """They wait in this scene from now on: as before, unless they have been away for longer than ``kept_s``.

    Returns:
        Since when they do.
    """
    mine = (visits.c.participant_id == participant_id) & (visits.c.scene_id == scene_id)
    row = connection.execute(select(visits.c.waits_since, visits.c.stepped_out_at).where(mine)).one()
    is_kept = row.waits_since is not None and now - (row.stepped_out_at or now) <= kept_s
    since = min(row.waits_since, now) if is_kept else now  # clocks are set back now and then
    connection.execute(update(visits).where(mine).values(waits_since=since, stepped_out_at=None))
    return float(since)


def step_out(connection: Connection, participant_id: str, scene_id: str, *, now: float) -> None:
    """Their connection is gone, or the server was; their place in the waiting room is kept for a while."""
    mine = (visits.c.participant_id == participant_id) & (visits.c.scene_id == scene_id)
    connection.execute(update(visits).where(mine).values(stepped_out_at=now))


def leave(connection: Connection, participant_id: str, scene_id: str, *, now: float) -> None:
    mine = (visits.c.participant_id == participant_id) & (visits.c.scene_id == scene_id) & visits.c.left_at.is_(None)
    connection.execute(update(visits).where(mine).values(left_at=now))


def visits_of(connection: Connection, participant_id: str) -> dict[str, Visit]:
    """By scene id, in order."""
    mine = select(*_VISIT).where(visits.c.participant_id == participant_id)
    rows = connection.execute(mine.order_by(visits.c.position))
    return {row.scene_id: Visit(*row) for row in rows}


def add_responses(
    connection: Connection,
    participant_id: str,
    scene_id: str,
    values: Mapping[str, str | Sequence[str]],
    *,
    now: float,
) -> dict[str, Any]:
    """Stores the answers of a scene. Returns those that they replace, of a scene that is answered a second time."""
    mine = (responses.c.participant_id == participant_id) & (responses.c.scene_id == scene_id)
    again = mine & responses.c.name.in_(list(values))
    replaced = {row.name: row.value for row in connection.execute(select(responses).where(again))}
    connection.execute(delete(responses).where(again))
    key = {"participant_id": participant_id, "scene_id": scene_id, "answered_at": now}
    if values:
        connection.execute(insert(responses), [{**key, "name": name, "value": value} for name, value in values.items()])
    return replaced


def new_code(connection: Connection) -> str:
    """A completion code that nobody has yet."""
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        if connection.execute(select(participants.c.id).where(participants.c.code == code)).first() is None:
            return code
