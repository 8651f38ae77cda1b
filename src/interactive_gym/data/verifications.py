"""What came of playing complete episodes again, in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select

from interactive_gym.data import archives, episode_files, games
from interactive_gym.data.games import Episode
from interactive_gym.data.provenance import own_version
from interactive_gym.data.schema import episodes, sessions, verifications
from interactive_gym.data.timeline import Piece
from interactive_gym.errors import ServerError

Status = Literal["verified", "differs", "failed", "unknown"]


@dataclass(frozen=True)
class Outcome:
    """
    Attributes:
        status: ``"verified"``: everything that is recorded came out again. ``"differs"``: something did not.
            ``"failed"``: it could not be played. ``"unknown"``: what it was played with is not there.
        frames: That came out alike.
        frame, column: The first that did not, as ``ep<k>.csv`` calls it.
        expected: What is recorded there.
        found: What came out; or why it could not be played.
        runtime: With which it was played again; see ``data.archives``.
    """

    status: Status
    frames: int
    frame: int | None = None
    column: str | None = None
    expected: str | None = None
    found: str | None = None
    runtime: str | None = None


@dataclass(frozen=True)
class Recorded:
    """A complete episode, without its frames.

    Attributes:
        line: The chunks that hold them.
        runtimes: With which it can have been played, the most likely one first.
        outcome: What came of playing it again, if that was done and nothing has changed since.
    """

    session_id: str
    scene_id: str
    seed: int
    game: Mapping[str, Any]
    episode: Episode
    line: Sequence[Piece]
    runtimes: tuple[str, ...]
    outcome: Outcome | None

    @property
    def key(self) -> tuple[str, int]:
        return self.session_id, self.episode.number

    @property
    def is_lost(self) -> bool:
        """Whether chunks are missing: there is nothing to play again, and the outcome says so."""
        return self.episode.frames > 0 and not self.line

    @property
    def fingerprint(self) -> str:
        """Of all that decides what comes of playing it again."""
        digests = [piece.digest for piece in self.line]
        counted = [self.scene_id, self.seed, self.game, self.episode.number, self.episode.frames, digests]
        return blake2b(json.dumps([*counted, self.runtimes], sort_keys=True).encode(), digest_size=32).hexdigest()


def recorded(connection: Connection) -> list[Recorded]:
    """All complete episodes, in the order of ``episodes.csv``, and what is known of them."""
    joined = select(episodes.c.session_id, episodes.c.number).join(sessions, sessions.c.id == episodes.c.session_id)
    ordered = joined.order_by(sessions.c.created_at, episodes.c.session_id, episodes.c.number)
    return [_recorded(connection, row.session_id, row.number) for row in connection.execute(ordered).all()]


def _recorded(connection: Connection, session_id: str, number: int) -> Recorded:
    sides = games.sides(connection, session_id)
    episode = games.find_episode(connection, session_id, number)
    assert episode, "only complete episodes are asked for"
    side, runtimes = sides[0], tuple(archives.runtimes_of(connection, session_id))
    found = Recorded(session_id, side.scene_id, side.seed, side.game, episode, (), runtimes, None)
    try:
        found = replace(found, line=episode_files.whole_line(connection, sides, episode))
    except ServerError as damage:
        return replace(found, outcome=Outcome("failed", 0, found=str(damage)))
    return replace(found, outcome=_known(connection, found))


def store(connection: Connection, of: Recorded, outcome: Outcome, *, now: float) -> None:
    """In the place of what was known before."""
    mine = (verifications.c.session_id == of.session_id) & (verifications.c.episode == of.episode.number)
    connection.execute(delete(verifications).where(mine))
    fields = {**vars(outcome), "field": outcome.column}
    del fields["column"]
    key = {"session_id": of.session_id, "episode": of.episode.number, "fingerprint": of.fingerprint}
    connection.execute(insert(verifications).values({**key, **fields, "package": own_version(), "verified_at": now}))


def _known(connection: Connection, of: Recorded) -> Outcome | None:
    mine = (verifications.c.session_id == of.session_id) & (verifications.c.episode == of.episode.number)
    row = connection.execute(select(verifications).where(mine)).one_or_none()
    if row is None or row.fingerprint != of.fingerprint:
        return None
    return Outcome(row.status, row.frames, row.frame, row.field, row.expected, row.found, row.runtime)
