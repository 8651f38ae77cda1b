"""All that the store knows of one game, for somebody who looks for what is wrong with its environment.

Frame by frame, what each player's page recorded of it: one version where all recorded the same, several where not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from interactive_gym.data import departures, games, verdicts
from interactive_gym.data.flat import moment
from interactive_gym.data.games import Session
from interactive_gym.data.parity import first_difference, shown, value_at
from interactive_gym.data.schema import SCHEMA_VERSION, chunks, ends, events, generations, grants, restarts, sessions
from interactive_gym.data.timeline import Piece
from interactive_gym.envs.determinism import episode_seed
from interactive_gym.errors import ConfigError
from interactive_gym.protocol import Experience
from interactive_gym.records import FIELDS, PLAYED, Row, digest, encode_fields, plain, unpack

Content = dict[str, Any]
_SHOWN = [name for name in FIELDS if name != "observations"]  # they may be pictures; their digest is in "played"


def validation(connection: Connection, session_id: str, episode: int | None = None) -> Content:
    """What is known of a session: its players, what happened to them, and each episode frame by frame.

    Args:
        episode: This one alone; None for all of which anything is stored.

    Raises:
        ConfigError: There is no such session, or nothing of this episode.
    """
    sides = games.sides(connection, session_id)
    if not sides:
        raise ConfigError(f"there is no session {session_id!r} in this study: see sessions.csv")
    stored = _episodes(connection, session_id)
    if episode is not None and episode not in stored:
        raise ConfigError(f"nothing is stored of episode {episode} of {session_id}; of these is: {stored}")
    return {
        "schema_version": SCHEMA_VERSION,
        **_session(connection, session_id),
        "players": [_player(connection, side) for side in sides],
        "cuts": [*_cuts(connection, sides)],
        "restarts": [*_restarts(connection, session_id)],
        "events": [*_events(connection, sides)],
        "episodes": [_episode(connection, sides, number) for number in stored if episode in (None, number)],
    }


def _session(connection: Connection, session_id: str) -> Content:
    row = connection.execute(select(sessions).where(sessions.c.id == session_id)).one()
    when = {"created_at": moment(row.created_at), "ended_at": moment(row.ended_at), "end_reason": row.end_reason}
    return {
        "session_id": row.id,
        "scene_id": row.scene_id,
        "state": row.state,
        "seed": row.seed,
        **when,
        "game": row.game,
    }


def _player(connection: Connection, side: Session) -> Content:
    left = departures.of_session(connection, side.id).get(side.player)
    mine = (generations.c.session_id == side.id) & (generations.c.player == side.player)
    lives = connection.execute(select(generations).where(mine).order_by(generations.c.generation))
    return {
        "player": side.player,
        "participant_id": side.participant_id,
        "peer": side.peer,
        "left_at": moment(left.at) if left else None,
        "left_reason": left.reason if left else None,
        "generations": [
            {
                "generation": life.generation,
                "episode": life.episode,
                "first_frame": life.first_frame,
                "started_at": moment(life.started_at),
            }
            for life in lives
        ],
    }


def _cuts(connection: Connection, sides: Sequence[Session]) -> Iterator[Content]:
    names = {side.peer: side.player for side in sides}
    query = select(grants).where(grants.c.session_id == sides[0].id).order_by(grants.c.id)
    for row in connection.execute(query):
        yield {
            "at": moment(row.granted_at),
            "player": names.get(row.peer),
            "asked_by": names.get(row.by),  # None: the server
            "reason": row.reason,
            "is_gone": row.is_gone,
            "epoch": row.epoch,
            "turn": row.turn,
        }


def _restarts(connection: Connection, session_id: str) -> Iterator[Content]:
    query = select(restarts).where(restarts.c.session_id == session_id).order_by(restarts.c.number)
    for row in connection.execute(query):
        yield {"at": moment(row.named_at), "episode": row.episode, "frame": row.frame, "generations": row.generations}


def _events(connection: Connection, sides: Sequence[Session]) -> Iterator[Content]:
    """Rollbacks are not among them; see the episodes."""
    names = {side.participant_id: side.player for side in sides}
    for row in connection.execute(select(events).where(events.c.session_id == sides[0].id).order_by(events.c.id)):
        what = {"name": row.name, "severity": row.severity, "reason": row.reason, "data": row.data}
        when = {"at": moment(row.at), "client_at": moment(row.client_at)}
        yield {**when, "player": names.get(row.participant_id), **what, "detail": row.detail}


def _episodes(connection: Connection, session_id: str) -> list[int]:
    query = select(chunks.c.episode).where(chunks.c.session_id == session_id).distinct()
    return sorted(connection.execute(query).scalars())


def _episode(connection: Connection, sides: Sequence[Session], number: int) -> Content:
    session = sides[0]
    known = games.find_episode(connection, session.id, number)
    found = verdicts.verdict(connection, session.id, number)
    counting = verdicts.records(connection, session.id, number)
    return {
        "episode": number,
        "seed": episode_seed(session.seed, session.scene_id, number),
        "is_complete": known is not None,
        "frames": known.frames if known else None,
        "end_reason": known.end_reason if known else None,
        "parity": {"status": found.status, "frame": found.frame, "column": found.column},
        "players": {side.player: _side(connection, side, number, counting[side.player].values()) for side in sides},
        "rows": [*_frames(connection, counting)],
    }


def _side(connection: Connection, side: Session, number: int, counting: Iterable[Piece]) -> Content:
    mine = (ends.c.session_id == side.id) & (ends.c.player == side.player) & (ends.c.episode == number)
    said = connection.execute(select(ends).where(mine).order_by(ends.c.generation))
    counted = {piece.id for piece in counting}
    return {
        "ends": [
            {
                "generation": one.generation,
                "frames": one.frames,
                "end_reason": one.end_reason,
                "statistics": one.statistics,
            }
            for one in said
        ],
        "chunks": [_chunk(piece, counts=piece.id in counted) for piece in games.pieces(connection, side, number)],
        "rollbacks": [*_rollbacks(connection, side, number)],
    }


def _chunk(piece: Piece, *, counts: bool) -> Content:
    where = {"generation": piece.generation, "number": piece.number, "first": piece.first, "rows": piece.rows}
    return {**where, "digest": piece.digest, "counts": counts}


def _rollbacks(connection: Connection, side: Session, number: int) -> Iterator[Content]:
    """Ticks in which frames were played again."""
    decoder = msgspec.json.Decoder(Experience)
    for data in games.experience_of(connection, side, number):
        second = decoder.decode(data)
        for tick in second.ticks:
            if tick.rollback:
                cost = {"frames": tick.rollback, "ms": tick.rollback_ms, "predicted": tick.predicted}
                yield {"generation": second.generation, "frame": tick.frame, **cost}


def _frames(connection: Connection, counting: Mapping[str, Mapping[int, Piece]]) -> Iterator[Content]:
    by_frame: defaultdict[int, dict[str, tuple[int, Row]]] = defaultdict(dict)
    for player, pieces in counting.items():
        for piece in pieces.values():
            (data,) = games.data_of(connection, [piece])
            for row in unpack(data):
                by_frame[row.frame].setdefault(player, (piece.generation, row))
    for frame, recorded in sorted(by_frame.items()):
        yield {"frame": frame, **_versions(recorded)}


def _versions(recorded: Mapping[str, tuple[int, Row]]) -> Content:
    """Of one frame."""
    found: dict[str, tuple[Row, Content]] = {}
    for player, (generation, row) in recorded.items():
        key = digest(b"".join(encode_fields(row)))
        if key not in found:
            found[key] = row, {"generations": {}, "digest": key, "played": _played(row), **_values(row)}
        found[key][1]["generations"][player] = generation
    rows = [row for row, _ in found.values()]
    content: Content = {"versions": [version for _, version in found.values()]}
    if len(rows) > 1 and (difference := first_difference(rows[0], rows[1])):
        values = {player: shown(value_at(row, difference.path)) for player, (_, row) in recorded.items()}
        content["difference"] = {"column": difference.column, "values": values}
    return content


def _played(row: Row) -> str:
    """The digest of what came of the actions: the same wherever they are played from the same seed."""
    return digest(b"".join(encode_fields(row, PLAYED)))


def _values(row: Row) -> Content:
    return {name: plain(getattr(row, name)) for name in _SHOWN if getattr(row, name)}
