"""Who plays a game that is watched, and what has come of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, select

from interactive_gym.data.schema import chunks, members, participants, visits


@dataclass(frozen=True)
class Playing:
    participant_id: str
    scene_id: str
    session_id: str
    player: str


class Second(NamedTuple):
    """A chunk of somebody's frames."""

    session_id: str
    player: str
    rows: int
    data: bytes


def playing(connection: Connection, scene_ids: Collection[str], state: str) -> list[Playing]:
    """Those who are in ``state`` in one of these scenes, in games of which frames have come, whoever sent them."""
    mine = (visits.c.participant_id == participants.c.id) & (visits.c.scene_id == participants.c.scene_id)
    seat = (members.c.session_id == visits.c.session_id) & (members.c.participant_id == participants.c.id)
    theirs = chunks.c.session_id == members.c.session_id
    who = select(participants.c.id, participants.c.scene_id, members.c.session_id, members.c.player)
    there = (participants.c.state == state) & participants.c.scene_id.in_(list(scene_ids))
    joined = who.join(visits, mine).join(members, seat).where(there & exists().where(theirs))
    return [Playing(*row) for row in connection.execute(joined)]


def latest(connection: Connection) -> int:
    """The chunk that came last, of anybody."""
    return connection.execute(select(func.max(chunks.c.id))).scalar_one() or 0


def seconds_after(connection: Connection, mark: int, session_ids: Collection[str]) -> Sequence[Second]:
    """What has come of these games since the chunk ``mark``, in order."""
    columns = (chunks.c.session_id, chunks.c.player, chunks.c.rows, chunks.c.data)
    new = select(*columns).where((chunks.c.id > mark) & chunks.c.session_id.in_(list(session_ids)))
    return [Second(*row) for row in connection.execute(new.order_by(chunks.c.id))]
