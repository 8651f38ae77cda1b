"""The comparison of the players' records, in the store. Where it is due, the thread of the files makes it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, insert, select, update

from interactive_gym.data import events, games
from interactive_gym.data.parity import Verdict, judge
from interactive_gym.data.progress import generation_of
from interactive_gym.data.schema import events as stored_events
from interactive_gym.data.schema import parity
from interactive_gym.data.timeline import Piece, Start, counting
from interactive_gym.records import Row, unpack


def differ(
    lives: Mapping[str, Sequence[Start]], digests: Mapping[tuple[str, int], Collection[str]], episode: int
) -> bool:
    """Whether players sent different chunks of a second, in the generations that count; see ``games`` for both."""
    counting = [digests.get((player, generation_of(starts, episode)), ()) for player, starts in lives.items()]
    return len(set().union(*counting)) > 1


def is_mismatch(connection: Connection, session_id: str, episode: int) -> bool:
    """Whether it is known that the records of this episode differ."""
    status = connection.execute(select(parity.c.status).where(_of(session_id, episode))).scalar_one_or_none()
    return status == "mismatch"


def ask(connection: Connection, session_id: str, episode: int, *, now: float) -> None:
    """The records of this episode are to be compared (again)."""
    known = connection.execute(update(parity).where(_of(session_id, episode)).values(is_due=True)).rowcount
    if not known:
        row = {"session_id": session_id, "episode": episode, "status": "incomplete", "is_due": True}
        connection.execute(insert(parity).values(row | {"players": {}, "changed_at": now}))


def due(connection: Connection) -> list[tuple[str, int]]:
    """Session and number of the episodes whose records are to be compared."""
    query = select(parity.c.session_id, parity.c.episode).where(parity.c.is_due)
    return [(row.session_id, row.episode) for row in connection.execute(query.order_by(parity.c.changed_at))]


def verdict(connection: Connection, session_id: str, episode: int) -> Verdict:
    """The comparison of what is here now."""

    def read(piece: Piece) -> list[Row]:
        (data,) = games.data_of(connection, [piece])
        return unpack(data)

    known = games.find_episode(connection, session_id, episode)
    return judge(records(connection, session_id, episode), known.frames if known else None, read)


def store(
    connection: Connection, session_id: str, episode: int, found: Verdict, *, is_current: bool, now: float
) -> None:
    """``is_current``: nothing has come since; else the comparison stays due. The first mismatch is an event."""
    changes = {"status": found.status, "frame": found.frame, "field": found.column, "players": dict(found.players)}
    changed = {**changes, "is_due": not is_current, "changed_at": now}
    connection.execute(update(parity).where(_of(session_id, episode)).values(changed))
    if found.status == "mismatch" and not _is_reported(connection, session_id, episode):
        data = {"episode": episode, "frame": found.frame, "column": found.column, "players": dict(found.players)}
        events.record(
            connection,
            "parity_mismatch",
            reason="rows_differ",
            severity="error",
            now=now,
            session_id=session_id,
            data=data,
        )


def records(connection: Connection, session_id: str, episode: int) -> dict[str, dict[int, Piece]]:
    """Of each player, the chunks that count, by their first frame."""
    return {
        side.player: counting(games.pieces(connection, side, episode), games.starts(connection, side))
        for side in games.sides(connection, session_id)
    }


def _is_reported(connection: Connection, session_id: str, episode: int) -> bool:
    mine = (stored_events.c.session_id == session_id) & (stored_events.c.name == "parity_mismatch")
    told = connection.execute(select(stored_events.c.data).where(mine & stored_events.c.client_id.is_(None))).scalars()
    return any(data.get("episode") == episode for data in told)


def _of(session_id: str, episode: int) -> ColumnElement[bool]:
    return (parity.c.session_id == session_id) & (parity.c.episode == episode)
