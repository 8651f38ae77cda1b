"""Games of several people in the store: who plays them, in what state they are, and what their referee has granted.

What comes after what is the server's to know; here a state is stored, and "ended" is the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, update

from interactive_gym.data import games
from interactive_gym.data.games import Session
from interactive_gym.data.schema import generations, grants, members, sessions
from interactive_gym.data.timeline import BEFORE_RESET, Start, resumable
from interactive_gym.netcode.referee import Grant

VALIDATING, PLAYING, ENDED = "validating", "playing", "ended"


@dataclass(frozen=True)
class Member:
    """``tab`` is the one in which they begin; :func:`members_of` does not know it any more."""

    agent: str
    peer: int
    participant_id: str
    tab: str = ""


@dataclass(frozen=True)
class Open:
    """A session that has not ended. ``game`` is ``protocol_game.Game``; the lowest peer is the first member."""

    id: str
    scene_id: str
    seed: int
    game: Mapping[str, Any]
    state: str
    created_at: float
    members: Sequence[Member]


def add(
    connection: Connection,
    session_id: str,
    scene_id: str,
    seed: int,
    game: Mapping[str, Any],
    members: Sequence[Member],
    *,
    now: float,
) -> None:
    """A session whose members have just been matched. Each has generation 0, from the first episode's reset on."""
    row = {"id": session_id, "scene_id": scene_id, "seed": seed, "game": dict(game)}
    connection.execute(insert(sessions).values(row | {"created_at": now, "state": VALIDATING}))
    for member in members:
        _add_member(connection, session_id, member)
        _add_start(connection, session_id, member.agent, Start(0, 0, BEFORE_RESET), tab=member.tab, now=now)


def _add_member(connection: Connection, session_id: str, member: Member) -> None:
    row = {"session_id": session_id, "player": member.agent, "participant_id": member.participant_id}
    connection.execute(insert(members).values(row | {"peer": member.peer}))


def state_of(connection: Connection, session_id: str) -> str:
    """
    Raises:
        sqlalchemy.exc.NoResultFound: There is no such session.
    """
    return str(connection.execute(select(sessions.c.state).where(sessions.c.id == session_id)).scalar_one())


def set_state(connection: Connection, session_id: str, state: str, *, now: float, reason: str | None = None) -> None:
    """``reason``, and ``now`` as its time, are of the end. A session that has ended stays as it is."""
    ended = {"ended_at": now, "end_reason": reason} if state == ENDED else {}
    running = (sessions.c.id == session_id) & sessions.c.ended_at.is_(None)
    connection.execute(update(sessions).where(running).values({"state": state, **ended}))


def running_of(connection: Connection, participant_id: str, scene_id: str) -> str | None:
    """The session of several that this participant plays in this scene."""
    joined = sessions.join(members, members.c.session_id == sessions.c.id)
    query = select(sessions.c.id, sessions.c.game).select_from(joined).where(
        members.c.participant_id == participant_id, sessions.c.scene_id == scene_id, sessions.c.state == PLAYING
    )  # fmt: skip
    rows = connection.execute(query.order_by(sessions.c.created_at.desc()))
    return next((row.id for row in rows if _is_of_several(row.game)), None)


def members_of(connection: Connection, session_id: str) -> list[Member]:
    """The lowest peer first."""
    columns = (members.c.player, members.c.peer, members.c.participant_id)
    query = select(*columns).where(members.c.session_id == session_id).order_by(members.c.peer)
    return [Member(*row) for row in connection.execute(query)]


def open_sessions(connection: Connection) -> list[Open]:
    """The sessions of several that have not ended, the oldest first."""
    names = ("id", "scene_id", "seed", "game", "state", "created_at")
    query = select(*(sessions.c[name] for name in names)).where(sessions.c.state != ENDED)
    rows = connection.execute(query.order_by(sessions.c.created_at)).all()
    return [Open(**row._mapping, members=members_of(connection, row.id)) for row in rows if _is_of_several(row.game)]


def add_generation(connection: Connection, session_id: str, agent: str, *, tab: str, now: float) -> int:
    """A page of this player has come back. It records from the reset of the episode that is not yet complete.

    Until it has sent that, what is stored counts.

    Returns:
        The number of its generation; its boot is one more.
    """
    (side,) = [side for side in games.sides(connection, session_id) if side.player == agent]
    episode = games.next_episode(connection, session_id)
    line = resumable(games.line(connection, side, episode), side.fps)
    return start_from(connection, side, episode, line[-1].next_frame if line else BEFORE_RESET, tab=tab, now=now)


def start_from(connection: Connection, side: Session, episode: int, frame: int, *, tab: str, now: float) -> int:
    """Adds a generation of this player, and returns its number."""
    generation = len(games.starts(connection, side))
    _add_start(connection, side.id, side.player, Start(generation, episode, frame), tab=tab, now=now)
    return generation


def _add_start(connection: Connection, session_id: str, agent: str, start: Start, *, tab: str, now: float) -> None:
    row = {"session_id": session_id, "player": agent, "generation": start.generation}
    begun = {"episode": start.episode, "first_frame": start.frame, "tab": tab, "started_at": now}
    connection.execute(insert(generations).values(row | begun))


def add_grant(connection: Connection, session_id: str, grant: Grant, *, now: float) -> None:
    row = {**grant._asdict(), "reason": grant.reason[:200], "session_id": session_id, "granted_at": now}
    connection.execute(insert(grants).values(row))


def grants_of(connection: Connection, session_id: str) -> list[Grant]:
    """In the order in which they were granted."""
    columns = [grants.c[name] for name in Grant._fields]
    query = select(*columns).where(grants.c.session_id == session_id).order_by(grants.c.id)
    return [Grant(*row) for row in connection.execute(query)]


def _is_of_several(game: Mapping[str, Any]) -> bool:
    return game.get("multiplayer") is not None
