"""A running game on the server's side: where it goes on, and when an episode is complete.

Like ``study``, all of it runs inside one write of the store.
"""

from __future__ import annotations

from base64 import b64encode

from sqlalchemy import Connection

from interactive_gym.data import games, progress, verdicts
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.timeline import frames_of, next_start, resumable
from interactive_gym.errors import ClientError
from interactive_gym.protocol import Resume


def owned(connection: Connection, session_id: str, participant_id: str) -> Session:
    """
    Raises:
        ClientError: ``not_your_session``; there is none of this id, or it is somebody else's.
    """
    session = games.find(connection, session_id, participant_id)
    if session is None:
        raise ClientError("not_your_session", f"{session_id} is no session of this participant")
    return session


def resume(connection: Connection, session: Session, *, tab: str, now: float) -> Resume:
    """Where a worker that begins now goes on, as a new generation. Of a game of one player; others are rejoined."""
    settle(connection, session, now)
    episode = len(games.completed(connection, session.id))
    generation = len(games.starts(connection, session))
    if episode >= session.episodes:
        return Resume(episode, generation, [])
    line = resumable(games.line(connection, session, episode), session.fps)
    start = next_start(line, generation=generation, episode=episode)
    games.add_start(connection, session, start, tab=tab, now=now)
    return Resume(episode, generation, [b64encode(data).decode() for data in games.data_of(connection, line)])


def settle(connection: Connection, session: Session, now: float) -> None:
    """Completes the episodes whose last frame is here, though the message that says so was lost."""
    if session.is_multiplayer:
        _settle_several(connection, session, now)
    else:
        _settle_alone(connection, session, now)


def completed_by(connection: Connection, session: Session, episode: int, now: float) -> bool:
    """Whether an episode of several players is complete by what is here now, or has turned out to end otherwise."""
    settled = progress.settle(connection, session.id, episode, now)
    if settled:
        verdicts.ask(connection, session.id, episode, now=now)
    return settled


def _settle_several(connection: Connection, session: Session, now: float) -> None:
    """An episode that nobody has whole holds up none that follows."""
    for number in range(session.episodes):
        completed_by(connection, session, number, now)


def _settle_alone(connection: Connection, session: Session, now: float) -> None:
    while (episode := len(games.completed(connection, session.id))) < session.episodes:
        line = games.line(connection, session, episode)
        if not line or line[-1].ending is None:
            return
        games.complete(connection, session.id, Episode(episode, frames_of(line), line[-1].ending), now=now)
