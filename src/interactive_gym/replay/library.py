"""What of a study can be replayed: its sessions and episodes, as the viewer's page gets them."""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from interactive_gym.data import games
from interactive_gym.data.episode_files import whole_line
from interactive_gym.data.flat import moment
from interactive_gym.data.games import Session
from interactive_gym.data.schema import chunks, episodes, members, parity, sessions
from interactive_gym.data.timeline import Piece, frames_of
from interactive_gym.errors import ConfigError
from interactive_gym.protocol import Experience

Json = dict[str, Any]
TICK_COLUMNS = ("frame", "predicted", "rollback", "rollback_ms", "late_ms", "step_ms")


def sessions_of(connection: Connection) -> list[Json]:
    """All sessions with an episode of which something is recorded, the earliest first."""
    played, players = _episodes(connection), _players(connection)
    for session_id, number in _incomplete(connection):
        if frames := frames_of(_furthest(connection, session_id, number)):
            line = {"number": number, "frames": frames, "end_reason": None, "parity": None}
            played[session_id] = sorted([*played[session_id], line], key=lambda one: one["number"])
    columns = (sessions.c.id, sessions.c.scene_id, sessions.c.created_at, sessions.c.end_reason)
    return [
        {
            "id": row.id,
            "scene": row.scene_id,
            "began": moment(row.created_at),
            "end_reason": row.end_reason,
            "players": players[row.id],
            "episodes": played[row.id],
        }
        for row in connection.execute(select(*columns).order_by(sessions.c.created_at, sessions.c.id))
        if row.id in played
    ]


def session_of(connection: Connection, session_id: str) -> Session:
    """As its first member sees it.

    Raises:
        ConfigError: There is no such session.
    """
    sides = games.sides(connection, session_id)
    if not sides:
        raise ConfigError(f"There is no session {session_id!r}; sessions.csv has them all.")
    return sides[0]


def episode_of(connection: Connection, session_id: str, number: int) -> Json:
    """The record of an episode, and what its players experienced. One that is not complete is as long as its record.

    Raises:
        ConfigError: There is no such episode, or nothing of it is recorded.
    """
    sides = games.sides(connection, session_id)
    known = games.find_episode(connection, session_id, number)
    line = whole_line(connection, sides, known) if known else _furthest(connection, session_id, number)
    if not line:
        raise ConfigError(f"There is no episode {number} of session {session_id!r} of which anything is recorded.")
    return {
        "frames": known.frames if known else frames_of(line),
        "end_reason": known.end_reason if known else None,
        "chunks": [b64encode(data).decode() for data in games.data_of(connection, line)],
        "players": {side.player: experienced(games.experience_of(connection, side, number)) for side in sides},
    }


def experienced(seconds: Iterable[bytes]) -> Json:
    """One list per column, and a line for each frame that was a tick; of several generations, the last one's."""
    decoder = msgspec.json.Decoder(Experience)
    lines: dict[int, Sequence[object]] = {}
    keys: dict[int, list[str]] = defaultdict(list)
    for second in map(decoder.decode, seconds):
        for tick in second.ticks:
            lines[tick.frame] = [getattr(tick, name) for name in TICK_COLUMNS]
        for key in second.keys:
            keys[key.frame].append(key.key)
    ordered = [lines[frame] for frame in sorted(lines)]
    return {**{name: [line[at] for line in ordered] for at, name in enumerate(TICK_COLUMNS)}, "keys": keys}


def _episodes(connection: Connection) -> dict[str, list[Json]]:
    same = (parity.c.session_id == episodes.c.session_id) & (parity.c.episode == episodes.c.number)
    columns = (episodes.c.session_id, episodes.c.number, episodes.c.frames, episodes.c.end_reason, parity.c.status)
    query = select(*columns).select_from(episodes.outerjoin(parity, same)).order_by(episodes.c.number)
    found: dict[str, list[Json]] = defaultdict(list)
    for session_id, number, frames, reason, status in connection.execute(query):
        found[session_id].append({"number": number, "frames": frames, "end_reason": reason, "parity": status})
    return found


def _incomplete(connection: Connection) -> list[tuple[str, int]]:
    """Session and number of the episodes that have begun, and are not complete."""
    same = (episodes.c.session_id == chunks.c.session_id) & (episodes.c.number == chunks.c.episode)
    query = select(chunks.c.session_id, chunks.c.episode).distinct().outerjoin(episodes, same)
    return [(row.session_id, row.episode) for row in connection.execute(query.where(episodes.c.number.is_(None)))]


def _furthest(connection: Connection, session_id: str, number: int) -> Sequence[Piece]:
    """What is recorded in a row of an episode, by the player of whom there is most."""
    lines = [games.line(connection, side, number) for side in games.sides(connection, session_id)]
    return max(lines, key=frames_of, default=())


def _players(connection: Connection) -> dict[str, list[Json]]:
    query = select(members.c.session_id, members.c.player, members.c.participant_id).order_by(members.c.peer)
    found: dict[str, list[Json]] = defaultdict(list)
    for session_id, player, participant in connection.execute(query):
        found[session_id].append({"agent": player, "participant": participant})
    return found
