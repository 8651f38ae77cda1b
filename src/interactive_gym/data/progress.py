"""When an episode of several players is complete, and how it ended: decided from what each of them sent.

What the environment ended is complete as soon as one player's frames are all here. Any other end is believed only when
nobody plays on: one alone may have lost the others, or says what is not so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from interactive_gym.data import games
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.matches import ENDED
from interactive_gym.data.schema import chunks, ends, episodes, generations, links, sessions
from interactive_gym.data.timeline import Start, frames_of
from interactive_gym.protocol import EpisodeEnd

BY_ENVIRONMENT = ("terminated", "truncated", "max_steps")
_WEIGHTS = {"interrupted": 0, "mismatch": 1, "failed": 1}  # the heavier one counts; the environment's is the heaviest
_HEAVIEST = 2
SILENT_S = 20.0  # who is in a game sends something every ten seconds at least; a page on a bad line tries again


@dataclass(frozen=True)
class End:
    frames: int
    reason: str

    @property
    def weight(self) -> tuple[int, int]:
        return _WEIGHTS.get(self.reason, _HEAVIEST), self.frames


@dataclass(frozen=True)
class Side:
    """What is here of one player: frames in a row, why the last row ends the episode if it does, and what they say.

    ``is_silent``: nothing of theirs has come for a while; they do not play on, or will send it later.
    """

    frames: int
    ending: str | None
    said: End | None
    is_silent: bool = False

    @property
    def end(self) -> End | None:
        """The end that this player's frames bear out."""
        if self.said is None:
            return End(self.frames, self.ending) if self.ending else None
        if self.said.reason in BY_ENVIRONMENT:
            return self.said if 0 < self.said.frames == self.frames else None
        return self.said if self.said.frames <= self.frames else None


def decide(sides: Sequence[Side], *, is_over: bool) -> End | None:
    """How the episode ended; None while that is not known, or not all of its frames are here."""
    best = max((side.end for side in sides if side.end), key=lambda end: end.weight, default=None)
    if is_over and not any(side.said or side.end for side in sides):  # everybody was lost without a word
        frames = max((side.frames for side in sides), default=0)
        return End(frames, "interrupted") if frames else None
    if best is None or best.reason in BY_ENVIRONMENT:
        return best
    return best if is_over or all(side.said or side.is_silent for side in sides) else None


def generation_of(starts: Sequence[Start], episode: int) -> int:
    """The generation whose records of an episode count, where each begins with a reset: the last that began by then."""
    return max(start.generation for start in starts if start.episode <= episode)


def settle(connection: Connection, session_id: str, number: int, now: float) -> bool:
    """Completes an episode, or corrects how it ended; False where there is nothing to change."""
    known = games.find_episode(connection, session_id, number)
    if known and known.end_reason in BY_ENVIRONMENT:
        return False
    sides = games.sides(connection, session_id)
    is_over = sides[0].state == ENDED
    end = decide([_side(connection, side, number, now) for side in sides], is_over=is_over)
    if end is None or (known and end.weight <= End(known.frames, known.end_reason).weight):
        return False
    episode = Episode(number, end.frames, end.reason)
    if known:
        games.correct(connection, session_id, episode)
    else:
        games.complete(connection, session_id, episode, now=now)
    return True


def settle_over(connection: Connection, now: float) -> list[tuple[str, int]]:
    """Completes what players said of episodes of sessions that are over by now; returns those."""
    joined = ends.join(sessions, sessions.c.id == ends.c.session_id)
    done = select(episodes.c.number).where(
        episodes.c.session_id == ends.c.session_id, episodes.c.number == ends.c.episode
    )
    query = select(ends.c.session_id, ends.c.episode).select_from(joined).distinct()
    open_ = connection.execute(query.where(sessions.c.state == ENDED, ~done.exists())).all()
    return [(row.session_id, row.episode) for row in open_ if settle(connection, row.session_id, row.episode, now)]


def is_over(connection: Connection, session_id: str, number: int) -> tuple[bool, bool]:
    """Whether this episode is complete, and whether any player has said that it ended."""
    is_complete, is_said = connection.execute(_IS_OVER, {"session": session_id, "number": number}).one()
    return is_complete, is_said


_IS_OVER = select(
    select(episodes.c.number)
    .where(episodes.c.session_id == bindparam("session"), episodes.c.number == bindparam("number"))
    .exists(),
    select(ends.c.player)
    .where(ends.c.session_id == bindparam("session"), ends.c.episode == bindparam("number"))
    .exists(),
)


def say(connection: Connection, side: Session, item: EpisodeEnd, *, now: float) -> bool:
    """Notes what this player says of the end of an episode; False where their generation has said something already."""
    row = {"session_id": side.id, "episode": item.episode, "player": side.player, "generation": item.generation}
    counted = msgspec.to_builtins(item.statistics)
    said = {"frames": item.frames, "end_reason": item.end_reason, "statistics": counted, "received_at": now}
    return games.add_once(connection, ends, row | said)


def said(connection: Connection, side: Session, number: int) -> End | None:
    """What this player said of the end of an episode, in the generation that counts there."""
    generation = generation_of(games.starts(connection, side), number)
    mine = (ends.c.session_id == side.id) & (ends.c.episode == number) & (ends.c.player == side.player)
    query = select(ends.c.frames, ends.c.end_reason).where(mine & (ends.c.generation == generation))
    row = connection.execute(query).one_or_none()
    return End(*row) if row else None


def _side(connection: Connection, side: Session, number: int, now: float) -> Side:
    line = games.line(connection, side, number)
    is_silent = _last_heard(connection, side) < now - SILENT_S
    return Side(frames_of(line), line[-1].ending if line else None, said(connection, side, number), is_silent)


def _last_heard(connection: Connection, side: Session) -> float:
    """When this player's page was given the session, or the latest of its records came, of whatever episode."""
    moments = (generations.c.started_at, chunks.c.received_at, links.c.received_at)
    times = [
        connection.execute(
            select(func.max(at)).where(at.table.c.session_id == side.id, at.table.c.player == side.player)
        ).scalar()
        for at in moments
    ]
    return max(float(at or 0.0) for at in times)
