"""What is exported of a study, read from one state of its store, an episode at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from interactive_gym.data import games, meetings, tables
from interactive_gym.data.descriptions import described
from interactive_gym.data.episode_files import EXPERIENCE_COLUMNS, experience_rows, frames
from interactive_gym.data.files import PRIVATE, PUBLIC
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.schema import members, participants, sessions
from interactive_gym.envs.determinism import episode_seed
from interactive_gym.export.anonymous import Anonymous
from interactive_gym.records import Row

LINES: dict[str, Callable[[Connection], Iterator[Mapping[str, Any]]]] = {
    "events.jsonl": tables.events_lines,
    "matches.jsonl": meetings.lines,
    "console.jsonl": tables.console_lines,
}
"""Files of lines that are tables in an export."""

KEYS = ("session_id", "scene_id", "episode")
"""The first columns of all tables of frames."""


@dataclass(frozen=True)
class Sheet:
    """
    Attributes:
        file: As it is called in the study's folder, and in the documentation.
    """

    file: str
    header: Sequence[str]
    rows: Iterable[Sequence[object]]

    @property
    def name(self) -> str:
        return self.file.partition(".")[0]


@dataclass(frozen=True)
class Played:
    """An episode of which all frames are here."""

    sides: Sequence[Session]
    episode: Episode

    @property
    def keys(self) -> tuple[str, str, int]:
        return self.sides[0].id, self.sides[0].scene_id, self.episode.number

    @property
    def fps(self) -> int:
        return self.sides[0].fps

    @property
    def seed(self) -> int:
        return episode_seed(self.sides[0].seed, self.sides[0].scene_id, self.episode.number)


class Scope(NamedTuple):
    """The participants and sessions that are exported."""

    participants: frozenset[str]
    sessions: frozenset[str]
    since: float | None


@dataclass(frozen=True)
class Study:
    """
    Attributes:
        folder: ``data/<experiment id>``.
        anonymous: Where nobody is to be told from the export.
        with_ids: The table of platform ids is exported too.
    """

    folder: Path
    connection: Connection
    scope: Scope
    anonymous: Anonymous | None = None
    with_ids: bool = False

    @property
    def id(self) -> str:
        return self.folder.name

    def sheets(self) -> Iterator[Sheet]:
        """Every table but those of frames and experience."""
        for sheet in self._stored():
            within = _within(sheet, self.scope)
            if self.anonymous is None:
                yield within
            elif self.anonymous.has(sheet.file):
                header, rows = self.anonymous.table(within.file, within.header, within.rows)
                yield Sheet(sheet.file, header, rows)

    def _stored(self) -> Iterator[Sheet]:
        for file, table in (PUBLIC | (PRIVATE if self.with_ids else {})).items():
            yield Sheet(file, *table(self.connection))
        for file, read in LINES.items():
            yield _sheet_of(file, read(self.connection))

    def played(self) -> dict[str, list[Played]]:
        """Scene -> its complete episodes, in the order in which their sessions began."""
        found: dict[str, list[Played]] = {}
        query = select(sessions.c.id, sessions.c.scene_id).order_by(sessions.c.created_at, sessions.c.id)
        for session_id, scene_id in self.connection.execute(query).all():
            if session_id in self.scope.sessions:
                sides = games.sides(self.connection, session_id)
                episodes = games.completed(self.connection, session_id)
                found.setdefault(scene_id, []).extend(Played(sides, episode) for episode in episodes)
        return {scene: episodes for scene, episodes in found.items() if episodes}

    def frames(self, played: Played) -> Iterator[Row]:
        return frames(self.connection, played.sides, played.episode)

    def experience(self, played: Played) -> Iterator[Sequence[object]]:
        """Rows of ``EXPERIENCE``."""
        for side in played.sides:
            for row in experience_rows(self.connection, side, played.episode.number):
                yield (*played.keys, side.player, *row)

    def name_of(self, participant_id: str) -> str:
        """What the participant is called in this export."""
        return self.anonymous.name_of(participant_id) if self.anonymous else participant_id

    def scenes(self) -> dict[str, dict[str, Any]]:
        """Scene -> its configuration, as the server wrote it down when it last started."""
        found = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.folder.glob("scenes/*.json")))
        return {scene["id"]: scene for scene in found}


EXPERIENCE = (*KEYS, "player", *EXPERIENCE_COLUMNS)


def scope_of(connection: Connection, since: float | None) -> Scope:
    """All; or the sessions that began at ``since`` or later, with their members, and who has arrived since."""
    arrived = {
        row.id: row.arrived_at for row in connection.execute(select(participants.c.id, participants.c.arrived_at))
    }
    began = {row.id: row.created_at for row in connection.execute(select(sessions.c.id, sessions.c.created_at))}
    earliest = float("-inf") if since is None else since
    inside = frozenset(session for session, at in began.items() if at >= earliest)
    pairs = connection.execute(select(members.c.session_id, members.c.participant_id)).all()
    playing = {participant for session, participant in pairs if session in inside}
    return Scope(frozenset(playing | {one for one, at in arrived.items() if at >= earliest}), inside, since)


def _within(sheet: Sheet, scope: Scope) -> Sheet:
    if scope.since is None:
        return sheet
    header = list(sheet.header)
    of_person = header.index("participant_id") if "participant_id" in header else None
    of_session = header.index("session_id") if "session_id" in header else None
    of_members = header.index("members") if "members" in header else None

    def is_inside(row: Sequence[Any]) -> bool:
        person = row[of_person] if of_person is not None else None
        session = row[of_session] if of_session is not None else None
        group = row[of_members] if of_members is not None else ()
        return (
            (person is not None or session is not None or bool(group))
            and (person is None or person in scope.participants)
            and (session is None or session in scope.sessions)
            and scope.participants.issuperset(group)
        )

    return Sheet(sheet.file, sheet.header, (row for row in sheet.rows if is_inside(row)))


def _sheet_of(file: str, lines: Iterator[Mapping[str, Any]]) -> Sheet:
    header = tuple(described(file))
    return Sheet(file, header, ([line[name] for name in header] for line in lines))
