"""Whether the players of each episode recorded the same, told to somebody who wants to know all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from sqlalchemy import Connection, select

from interactive_gym.data import games, verdicts
from interactive_gym.data.parity import Records, Status, Verdict, first_difference, shown, value_at
from interactive_gym.data.schema import episodes, parity, sessions
from interactive_gym.data.timeline import Piece
from interactive_gym.records import Row, unpack


@dataclass(frozen=True)
class Compared:
    """A complete episode.

    Attributes:
        status: ``"alone"``: one player, who has nobody to be compared with. Else see ``data.parity``.
        frames: How many it has.
        frame, column: The first that differs, as ``ep<k>.csv`` calls it; None if none does.
        values: Player -> what they recorded there, as text.
        players: Player -> frames that are here in a row.
    """

    session_id: str
    scene_id: str
    episode: int
    status: Status | Literal["alone"]
    frames: int
    frame: int | None
    column: str | None
    values: Mapping[str, str]
    players: Mapping[str, int]


def report(connection: Connection) -> Iterator[Compared]:
    """All complete episodes, in the order of ``episodes.csv``. What has not been compared yet is compared now."""
    judged = parity, (parity.c.session_id == episodes.c.session_id) & (parity.c.episode == episodes.c.number)
    query = select(episodes, sessions.c.scene_id, parity.c.status, parity.c.is_due, parity.c.players)
    joined = query.join(sessions, sessions.c.id == episodes.c.session_id).outerjoin(*judged)
    for row in connection.execute(joined.order_by(sessions.c.created_at, episodes.c.session_id, episodes.c.number)):
        key = row.session_id, row.scene_id, row.number
        sides = games.sides(connection, row.session_id)
        if not sides[0].is_multiplayer:
            yield Compared(*key, "alone", row.frames, None, None, {}, {sides[0].player: row.frames})
        elif row.status in (None, "mismatch") or row.is_due:
            found, values = _compared(connection, row.session_id, row.number)
            yield Compared(*key, found.status, row.frames, found.frame, found.column, values, found.players)
        else:
            yield Compared(*key, row.status, row.frames, None, None, {}, row.players)


def _compared(connection: Connection, session_id: str, episode: int) -> tuple[Verdict, Mapping[str, str]]:
    def read(piece: Piece) -> Sequence[Row]:
        (data,) = games.data_of(connection, [piece])
        return unpack(data)

    found = verdicts.verdict(connection, session_id, episode)
    if found.frame is None:
        return found, {}
    return found, values_at(verdicts.records(connection, session_id, episode), found.frame, read)


def values_at(records: Records, frame: int, read: Callable[[Piece], Sequence[Row]]) -> Mapping[str, str]:
    """What each player recorded where their rows of ``frame`` differ first."""
    rows = {
        player: row
        for player, pieces in records.items()
        for piece in pieces.values()
        if piece.first <= frame < piece.next_frame
        for row in read(piece)
        if row.frame == frame
    }
    for one, other in pairwise(rows.values()):
        found = first_difference(one, other)
        if found is not None:
            return {player: shown(value_at(row, found.path)) for player, row in rows.items()}
    return {}
