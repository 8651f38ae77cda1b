"""Game sessions in the store: members, generations, episodes, and the streams of frames and experience.

What each upload asks is built once: building a statement takes SQLAlchemy longer than SQLite needs to answer it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, func, insert, select, update

from interactive_gym.data.database import insert_once
from interactive_gym.data.schema import chunks, episodes, experience, generations, members, sessions
from interactive_gym.data.timeline import Piece, Start, canonical


@dataclass(frozen=True)
class Session:
    """A game as one of its players sees it. ``game`` is ``protocol_game.Game`` as it was when the session began."""

    id: str
    scene_id: str
    seed: int
    game: Mapping[str, Any]
    player: str
    participant_id: str
    ended_at: float | None
    peer: int = 0
    state: str = "playing"

    @property
    def is_multiplayer(self) -> bool:
        return self.game.get("multiplayer") is not None  # games that were stored before have no such key

    @property
    def fps(self) -> int:
        return int(self.game["fps"])

    @property
    def episodes(self) -> int:
        return int(self.game["episodes"])

    @property
    def max_steps(self) -> int | None:
        limit = self.game["max_steps"]
        return None if limit is None else int(limit)


@dataclass(frozen=True)
class Episode:
    number: int
    frames: int
    end_reason: str


Digests = dict[tuple[str, int], list[str]]
"""Player and generation -> the digests of the chunks of a second: one, or several where these differ."""


def add_session(connection: Connection, session: Session, *, now: float) -> None:
    """A session with its one member; see ``data.matches`` for several."""
    row = {"id": session.id, "scene_id": session.scene_id, "seed": session.seed, "game": dict(session.game)}
    connection.execute(insert(sessions).values(row | {"created_at": now, "state": session.state}))
    member = {"session_id": session.id, "player": session.player, "participant_id": session.participant_id}
    connection.execute(insert(members).values(member | {"peer": session.peer}))


def _sessions() -> Select[Any]:
    own = [sessions.c[name] for name in ("id", "scene_id", "seed", "game")]
    of_member = [members.c.player, members.c.participant_id]
    joined = sessions.join(members, members.c.session_id == sessions.c.id)
    return select(*own, *of_member, sessions.c.ended_at, members.c.peer, sessions.c.state).select_from(joined)


def find(connection: Connection, session_id: str, participant_id: str) -> Session | None:
    """The session as this participant sees it; None if there is none, or they are no member of it."""
    row = connection.execute(_FIND, {"session": session_id, "participant": participant_id}).one_or_none()
    return Session(*row) if row else None


_FIND = _sessions().where(sessions.c.id == bindparam("session"), members.c.participant_id == bindparam("participant"))


def sides(connection: Connection, session_id: str) -> list[Session]:
    """The session as each of its members sees it, the lowest peer first."""
    query = _sessions().where(sessions.c.id == session_id).order_by(members.c.peer)
    return [Session(*row) for row in connection.execute(query)]


def end(connection: Connection, session_id: str, reason: str, *, now: float) -> None:
    """The session is over; the first reason stays."""
    running = (sessions.c.id == session_id) & sessions.c.ended_at.is_(None)
    connection.execute(update(sessions).where(running).values(ended_at=now, end_reason=reason, state="ended"))


def starts(connection: Connection, session: Session) -> list[Start]:
    """The generations of this player, in order."""
    return [Start(*row) for row in connection.execute(_STARTS, {"session": session.id, "player": session.player})]


_STARTS = (
    select(generations.c.generation, generations.c.episode, generations.c.first_frame)
    .where(generations.c.session_id == bindparam("session"), generations.c.player == bindparam("player"))
    .order_by(generations.c.generation)
)


def lives(connection: Connection, session_id: str) -> dict[str, list[Start]]:
    """The generations of each player, in order."""
    found: dict[str, list[Start]] = {}
    for player, *start in connection.execute(_LIVES, {"session": session_id}):
        found.setdefault(player, []).append(Start(*start))
    return found


_LIVES = (
    select(generations.c.player, generations.c.generation, generations.c.episode, generations.c.first_frame)
    .where(generations.c.session_id == bindparam("session"))
    .order_by(generations.c.player, generations.c.generation)
)


def add_start(connection: Connection, session: Session, start: Start, *, tab: str, now: float) -> None:
    row = {"session_id": session.id, "player": session.player, "generation": start.generation}
    begun = {"episode": start.episode, "first_frame": start.frame, "tab": tab, "started_at": now}
    connection.execute(insert(generations).values(row | begun))


def completed(connection: Connection, session_id: str) -> list[Episode]:
    """The episodes that ended, with all of their frames in the store, in order."""
    columns = (episodes.c.number, episodes.c.frames, episodes.c.end_reason)
    query = select(*columns).where(episodes.c.session_id == session_id).order_by(episodes.c.number)
    return [Episode(*row) for row in connection.execute(query)]


def next_episode(connection: Connection, session_id: str) -> int:
    """The one after the last that is complete. Of several players' episodes, an earlier one may never be."""
    return max((episode.number + 1 for episode in completed(connection, session_id)), default=0)


def find_episode(connection: Connection, session_id: str, number: int) -> Episode | None:
    """The episode if it is complete."""
    row = connection.execute(_FIND_EPISODE, {"session": session_id, "number": number}).one_or_none()
    return Episode(*row) if row else None


_FIND_EPISODE = select(episodes.c.number, episodes.c.frames, episodes.c.end_reason).where(
    episodes.c.session_id == bindparam("session"), episodes.c.number == bindparam("number")
)


def complete(connection: Connection, session_id: str, episode: Episode, *, now: float) -> None:
    row = {"session_id": session_id, "number": episode.number, "frames": episode.frames}
    connection.execute(insert(episodes).values(row | {"end_reason": episode.end_reason, "ended_at": now}))


def correct(connection: Connection, session_id: str, episode: Episode) -> None:
    """A complete episode turned out to have ended otherwise."""
    changes = {"frames": episode.frames, "end_reason": episode.end_reason, "written_at": None}
    _change_episode(connection, session_id, episode.number, changes)


def line(connection: Connection, session: Session, episode: int) -> list[Piece]:
    """The chunks of an episode that count, as far as they are here."""
    return canonical(pieces(connection, session, episode), starts(connection, session))


def pieces(connection: Connection, session: Session, episode: int) -> list[Piece]:
    """All chunks of an episode, superseded ones too, in order of arrival."""
    names = ("id", "episode", "generation", "number", "first", "rows", "ending", "digest")
    mine = (chunks.c.session_id == session.id) & (chunks.c.player == session.player) & (chunks.c.episode == episode)
    query = select(*(chunks.c[name] for name in names)).where(mine).order_by(chunks.c.id)
    return [Piece(*row) for row in connection.execute(query)]


def data_of(connection: Connection, line: Sequence[Piece]) -> list[bytes]:
    """The bytes of these chunks, as they were sent."""
    wanted = [piece.id for piece in line]
    found = {
        row.id: row.data
        for row in connection.execute(select(chunks.c.id, chunks.c.data).where(chunks.c.id.in_(wanted)))
    }
    return [found[key] for key in wanted]


def digests(connection: Connection, session_id: str, episode: int, number: int) -> Digests:
    """Of the chunks that are stored of a second."""
    found: Digests = {}
    second = {"session": session_id, "episode": episode, "number": number}
    for player, generation, digest in connection.execute(_DIGESTS, second):
        if digest is not None:
            found.setdefault((player, generation), []).append(digest)
    return found


_DIGESTS = (  # an outer join is made in this order: of the other one, SQLite would read all chunks of the episode
    select(generations.c.player, generations.c.generation, chunks.c.digest)
    .join_from(
        generations,
        chunks,
        (chunks.c.session_id == generations.c.session_id)
        & (chunks.c.player == generations.c.player)
        & (chunks.c.generation == generations.c.generation)
        & (chunks.c.episode == bindparam("episode"))
        & (chunks.c.number == bindparam("number")),
        isouter=True,
    )
    .where(generations.c.session_id == bindparam("session"))
    .order_by(chunks.c.id)
)


def add_chunk(connection: Connection, session: Session, row: Mapping[str, Any]) -> None:
    connection.execute(_ADD_CHUNK, {**row, "session_id": session.id, "player": session.player})


_ADD_CHUNK = insert(chunks)


def add_experience(connection: Connection, session: Session, row: Mapping[str, Any]) -> bool:
    """False where this second is here already."""
    return add_once(connection, experience, {**row, "session_id": session.id, "player": session.player})


def add_once(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """False where a row with this primary key is here already; it stays as it is."""
    return connection.execute(insert_once(table, connection.dialect.name), dict(row)).rowcount > 0


def experience_of(connection: Connection, session: Session, episode: int) -> list[bytes]:
    """``protocol.Experience`` as JSON, by generation and second."""
    mine = (experience.c.session_id == session.id) & (experience.c.player == session.player)
    query = select(experience.c.data).where(mine & (experience.c.episode == episode))
    return list(connection.execute(query.order_by(experience.c.generation, experience.c.number)).scalars())


def version(connection: Connection, session_id: str, episode: int) -> tuple[int, Episode | None]:
    """Of what is stored of an episode; it is another one when something has come."""
    return _parts(connection, session_id, episode), find_episode(connection, session_id, episode)


def _parts(connection: Connection, session_id: str, episode: int) -> int:
    """How many chunks and seconds of experience an episode has; it only grows."""
    stored = 0
    for table in (chunks, experience):
        mine = (table.c.session_id == session_id) & (table.c.episode == episode)
        stored += connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one()
    return stored


def unwritten(connection: Connection) -> list[tuple[str, int]]:
    """Session and number of the episodes whose files are missing or out of date."""
    query = select(episodes.c.session_id, episodes.c.number).where(episodes.c.written_at.is_(None))
    return [(row.session_id, row.number) for row in connection.execute(query.order_by(episodes.c.ended_at))]


def mark_written(
    connection: Connection, session_id: str, episode: int, summary: Mapping[str, Any], *, now: float
) -> None:
    _change_episode(connection, session_id, episode, {"written_at": now, "summary": dict(summary)})


def written(connection: Connection) -> list[tuple[str, str, int, float]]:
    """Session, scene and number of the episodes that have files, and when these were written."""
    query = select(sessions.c.id, sessions.c.scene_id, episodes.c.number, episodes.c.written_at)
    joined = query.join(sessions, sessions.c.id == episodes.c.session_id).where(episodes.c.written_at.is_not(None))
    return [(*row,) for row in connection.execute(joined)]


def mark_unwritten(connection: Connection, session_id: str, episode: int) -> None:
    """Something of the episode came after its files had been written."""
    _change_episode(connection, session_id, episode, {"written_at": None})


def _change_episode(connection: Connection, session_id: str, episode: int, changes: dict[str, Any]) -> None:
    mine = (episodes.c.session_id == session_id) & (episodes.c.number == episode)
    connection.execute(update(episodes).where(mine).values(changes))
