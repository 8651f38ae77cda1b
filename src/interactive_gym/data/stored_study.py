"""What data frames are made of, read from the store of a study."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from interactive_gym.data import games, meetings, tables
from interactive_gym.data.descriptions import described
from interactive_gym.data.episode_files import experience_rows, frames
from interactive_gym.data.files import PUBLIC
from interactive_gym.data.flat import Table
from interactive_gym.data.frame_lines import Line, lines_of
from interactive_gym.data.games import Session
from interactive_gym.data.schema import sessions
from interactive_gym.data.study_folder import opened

_LINES: Mapping[str, Callable[[Connection], Iterator[Mapping[str, Any]]]] = {
    "events.jsonl": tables.events_lines,
    "matches.jsonl": meetings.lines,
    "console.jsonl": tables.console_lines,
}


@dataclass(frozen=True)
class StoredStudy:
    """The study in the folder ``path``. Each method raises ServerError where its store cannot be read."""

    path: Path

    def table(self, file: str) -> Table:
        """The table that is called ``file`` in the study's folder."""

        def read(connection: Connection) -> Table:
            if file in PUBLIC:
                header, rows = PUBLIC[file](connection)
                return header, list(rows)
            names = tuple(described(file))
            return names, [[line[name] for name in names] for line in _LINES[file](connection)]

        with opened(self.path) as study:
            return study.read(read)

    def scenes(self) -> list[str]:
        """Ids of the scenes in which something was played."""
        with opened(self.path) as study:
            query = select(sessions.c.scene_id).group_by(sessions.c.scene_id).order_by(sessions.c.scene_id)
            return study.read(lambda connection: list(connection.execute(query).scalars()))

    def frames(self, scene: str, wanted: Collection[str] | None) -> Iterator[Line]:
        """Of the complete episodes, of these sessions (None: all)."""
        return self._each(scene, wanted, _frame_lines)

    def experience(self, scene: str, wanted: Collection[str] | None) -> Iterator[Sequence[Any]]:
        """Session, episode and player, then ``EXPERIENCE_COLUMNS``."""
        return self._each(scene, wanted, _experience_lines)

    def _each(
        self, scene: str, wanted: Collection[str] | None, read: Callable[[Connection, Sequence[Session]], Iterator[Any]]
    ) -> Iterator[Any]:
        query = select(sessions.c.id).where(sessions.c.scene_id == scene).order_by(sessions.c.created_at, sessions.c.id)
        only = None if wanted is None else set(wanted)

        def found(connection: Connection) -> list[Any]:
            ids = [one for one in connection.execute(query).scalars() if only is None or one in only]
            return [line for one in ids for line in read(connection, games.sides(connection, one))]

        with opened(self.path) as study:
            yield from study.read(found)


def _frame_lines(connection: Connection, sides: Sequence[Session]) -> Iterator[Line]:
    session_id, fps = sides[0].id, sides[0].fps
    players = {(session_id, side.player): side.participant_id for side in sides}
    for episode in games.completed(connection, session_id):
        for row in frames(connection, sides, episode):
            yield from lines_of(row, session_id, episode.number, row.frame * 1000 / fps, players)


def _experience_lines(connection: Connection, sides: Sequence[Session]) -> Iterator[Sequence[Any]]:
    for episode in games.completed(connection, sides[0].id):
        for side in sides:
            for row in experience_rows(connection, side, episode.number):
                yield (side.id, episode.number, side.player, *row)
