"""What has happened in a study that its hooks have not been told: read from what is stored, not noted beside it.

Whatever way something took into the store, it is found here; and what a server had not told before it died is told when
it starts again. A kind of hook that is new to a study hears of what happens from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, delete, exists, func, insert, select

from interactive_gym.data.schema import chunks, episodes, events, generations, members, participants, sessions, told

MESSAGE = "message"  # the event that a message of a page's own script is stored as
AT_ONCE = 200  # chunks and messages that are looked at in one go: each has to be unpacked


@dataclass(frozen=True)
class Occasion:
    """Something that has happened.

    ``fields`` are those of its class in ``interactive_gym.hooks``, a chunk's rows as bytes. ``key`` names it among
    those of its kind, or is empty where they are numbered by ``mark``.
    """

    kind: str
    key: str
    mark: float
    at: float
    fields: Mapping[str, Any]


def prepare(connection: Connection, kinds: Iterable[str], now: float) -> None:
    """The hooks are of these ``kinds`` from now on. Those that were there before go on where they were."""
    kept = list(kinds)
    connection.execute(delete(told).where(told.c.kind.not_in(kept)))
    known = set(connection.execute(select(told.c.kind).where(told.c.key == "")).scalars())
    for kind in kept:
        if kind not in known:
            latest = _NUMBERED.get(kind)
            mark = now if latest is None else connection.execute(select(func.max(latest))).scalar_one() or 0
            connection.execute(insert(told).values(kind=kind, key="", mark=mark))


def due(connection: Connection, kinds: Iterable[str]) -> list[Occasion]:
    """What is to be told now, in the order in which it happened."""
    marks = {row.kind: row.mark for row in connection.execute(select(told).where(told.c.key == ""))}
    found: list[Occasion] = []
    horizon = float("inf")
    for kind in sorted(kinds, key=list(_READERS).index):
        read = list(_READERS[kind](connection, marks[kind]))
        if kind in _NUMBERED and len(read) >= AT_ONCE:
            horizon = min(horizon, read[-1].at)  # more of it may have happened before other things that are due
        found += read
    return sorted((one for one in found if one.at <= horizon), key=lambda one: one.at)


def mark(connection: Connection, occasion: Occasion) -> None:
    """It has been told."""
    connection.execute(delete(told).where(told.c.kind == occasion.kind, told.c.key == occasion.key))
    connection.execute(insert(told).values(kind=occasion.kind, key=occasion.key, mark=occasion.mark))


def _untold(kind: str, key: Any) -> ColumnElement[bool]:
    return ~exists().where(told.c.kind == kind, told.c.key == key)


def _has_frames() -> ColumnElement[bool]:
    return exists().where(chunks.c.session_id == sessions.c.id)


def _game(connection: Connection, session_id: str) -> dict[str, Any]:
    """What every occasion of a game says of it."""
    scene_id = connection.execute(select(sessions.c.scene_id).where(sessions.c.id == session_id)).scalar_one()
    query = select(members.c.player, members.c.participant_id).where(members.c.session_id == session_id)
    players = {row.player: row.participant_id for row in connection.execute(query.order_by(members.c.peer))}
    return {"session_id": session_id, "scene_id": scene_id, "players": players}


def _session_starts(connection: Connection, since: float) -> Iterator[Occasion]:
    """A game of several that did not come about has no frames, and was never in play."""
    begun = select(func.min(generations.c.started_at)).where(generations.c.session_id == sessions.c.id)
    at = begun.scalar_subquery()
    query = select(sessions.c.id, at.label("at")).where(
        at >= since, (sessions.c.state == "playing") | _has_frames(), _untold("session_start", sessions.c.id)
    )
    for row in connection.execute(query).all():
        yield Occasion("session_start", row.id, row.at, row.at, _game(connection, row.id))


def _session_ends(connection: Connection, since: float) -> Iterator[Occasion]:
    """Of a game in which something was played."""
    query = select(sessions.c.id, sessions.c.ended_at, sessions.c.end_reason).where(
        sessions.c.ended_at >= since,
        _untold("session_end", sessions.c.id),
        _has_frames() | exists().where(told.c.kind == "session_start", told.c.key == sessions.c.id),
    )
    for row in connection.execute(query).all():
        game = _game(connection, row.id)
        yield Occasion("session_end", row.id, row.ended_at, row.ended_at, {**game, "reason": row.end_reason})


def _episode_ends(connection: Connection, since: float) -> Iterator[Occasion]:
    key = episodes.c.session_id + "/" + cast(episodes.c.number, String)
    query = select(episodes, key.label("key")).where(episodes.c.ended_at >= since, _untold("episode_end", key))
    for row in connection.execute(query).all():
        end = {"episode": row.number, "frames": row.frames, "reason": row.end_reason}
        fields = _game(connection, row.session_id) | end
        yield Occasion("episode_end", row.key, row.ended_at, row.ended_at, fields)


def _new_chunks(connection: Connection, after: float) -> Iterator[Any]:
    """Of the same frames that several players send, the first: they are one where their digests are."""
    earlier = chunks.alias()
    same = (
        exists()
        .where(earlier.c.session_id == chunks.c.session_id, earlier.c.episode == chunks.c.episode)
        .where(earlier.c.number == chunks.c.number, earlier.c.digest == chunks.c.digest, earlier.c.id < chunks.c.id)
    )
    query = select(chunks).where(chunks.c.id > after, ~same).order_by(chunks.c.id).limit(AT_ONCE)
    yield from connection.execute(query).all()


def _chunks(connection: Connection, after: float) -> Iterator[Occasion]:
    for row in _new_chunks(connection, after):
        where = {"episode": row.episode, "index": row.number, "player": row.player, "generation": row.generation}
        fields = _game(connection, row.session_id) | where | {"rows": row.data}
        yield Occasion("chunk", "", row.id, row.received_at, fields)


def _episode_starts(connection: Connection, after: float) -> Iterator[Occasion]:
    """An episode begins with the reset, which is in its first chunk. One that is played again has begun before."""
    earlier = chunks.alias()
    again = (
        exists()
        .where(earlier.c.session_id == chunks.c.session_id, earlier.c.episode == chunks.c.episode)
        .where(earlier.c.number == 0, earlier.c.id < chunks.c.id)
    )
    first = (chunks.c.id > after) & (chunks.c.number == 0)
    columns = (chunks.c.id, chunks.c.session_id, chunks.c.episode, chunks.c.received_at)
    query = select(*columns).where(first, ~again).order_by(chunks.c.id).limit(AT_ONCE)
    for row in connection.execute(query).all():
        fields = _game(connection, row.session_id) | {"episode": row.episode}
        yield Occasion("episode_start", "", row.id, row.received_at, fields)


def _outcomes(connection: Connection, since: float) -> Iterator[Occasion]:
    query = select(participants).where(
        participants.c.outcome.is_not(None), participants.c.done_at >= since, _untold("outcome", participants.c.id)
    )
    for row in connection.execute(query).all():
        fields = {"participant_id": row.id, "scene_id": row.scene_id, "outcome": row.outcome}
        yield Occasion("outcome", row.id, row.done_at, row.done_at, fields)


def _messages(connection: Connection, after: float) -> Iterator[Occasion]:
    """A page may report an event of this name, too; only the server stores one without the page's own id."""
    said = (events.c.id > after) & (events.c.name == MESSAGE) & events.c.client_id.is_(None)
    for row in connection.execute(select(events).where(said).order_by(events.c.id).limit(AT_ONCE)).all():
        fields = {"participant_id": row.participant_id, **row.data}
        yield Occasion("message", "", row.id, row.at, fields)


# Of what was stored in the same moment, the earlier kind happened first.
_READERS: Mapping[str, Callable[[Connection, float], Iterable[Occasion]]] = {
    "session_start": _session_starts,
    "message": _messages,
    "episode_start": _episode_starts,
    "chunk": _chunks,
    "episode_end": _episode_ends,
    "session_end": _session_ends,
    "outcome": _outcomes,
}
_NUMBERED = {"chunk": chunks.c.id, "episode_start": chunks.c.id, "message": events.c.id}
KINDS = tuple(_READERS)
