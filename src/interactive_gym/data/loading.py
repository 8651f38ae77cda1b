"""The data of a study as data frames, with the right types: for notebooks and scripts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from interactive_gym.data import games, meetings, player_tables, tables
from interactive_gym.data.assignments import assignments_table
from interactive_gym.data.attributes import attributes_table
from interactive_gym.data.data_frames import Kind, Library, columns_of, kind_of, kind_of_values, library
from interactive_gym.data.descriptions import described
from interactive_gym.data.episode_files import EXPERIENCE_COLUMNS, experience_rows, frames
from interactive_gym.data.flat import Table
from interactive_gym.data.games import Session
from interactive_gym.data.schema import sessions
from interactive_gym.data.screenings import screenings_table
from interactive_gym.data.study_folder import opened
from interactive_gym.data.visits import visits_table
from interactive_gym.errors import ConfigError
from interactive_gym.records import FIELDS, SHARED, Row, plain

_KEYS = ("session_id", "episode", "frame", "t_ms", "agent", "participant_id")
_BY_AGENT = tuple(name for name in FIELDS if name not in SHARED)
_WHOLE = ("actions", "rewards")  # a dict of these is one value, and not columns


def load(path: str | Path, frames: Library = "pandas") -> Loaded:
    """Opens the data of a study to be analysed. It is read when it is asked for, and nothing in the folder changes.

    Args:
        path: The folder of the study, ``data/<experiment id>``; its server may run meanwhile.
        frames: What tables are: ``"pandas"``, ``"polars"`` or ``"pyarrow"``. Each is an extra of this package:
            ``pip install "interactive-gym[pandas]"``, ``[polars]`` or ``[parquet]``.

    Raises:
        ConfigError: There is no study in this folder, or the library is not installed.
        ServerError: Its store cannot be read, or is from a newer version.
    """
    with opened(Path(path)):
        pass
    return Loaded(Path(path), library(frames))


class Loaded:
    """A study that was opened by :func:`load`.

    Each table is read once, when it is first asked for. Their columns are those of the files of the same names, and
    have their types; times are in UTC. Who somebody is elsewhere (``platform_ids.csv``) is not here.
    """

    def __init__(self, path: Path, make: Callable[[Mapping[str, tuple[Kind, list[Any]]]], Any]) -> None:
        self.path = path
        self._make = make

    def __repr__(self) -> str:
        return f"<the study in {self.path}>"

    @cached_property
    def participants(self) -> Any:
        """One row per participant."""
        return self._table("participants.csv", tables.participants_table)

    @cached_property
    def sessions(self) -> Any:
        """One row per player of a game session."""
        return self._table("sessions.csv", tables.sessions_table)

    @cached_property
    def episodes(self) -> Any:
        """One row per complete episode."""
        return self._table("episodes.csv", tables.episodes_table)

    @cached_property
    def players(self) -> Any:
        """One row per player of a complete episode: what it was like for them."""
        return self._table("players.csv", player_tables.players_table)

    @cached_property
    def visits(self) -> Any:
        """One row per participant and scene: when they were there."""
        return self._table("visits.csv", visits_table)

    @cached_property
    def links(self) -> Any:
        """One row per player and partner of a session: their connection."""
        return self._table("links.csv", player_tables.links_table)

    @cached_property
    def responses(self) -> Any:
        """One row per answer."""
        return self._table("responses.csv", tables.responses_table)

    @cached_property
    def screenings(self) -> Any:
        """One row per decision on somebody who arrived."""
        return self._table("screenings.csv", screenings_table)

    @cached_property
    def attributes(self) -> Any:
        """One row per attribute of a participant."""
        return self._table("attributes.csv", attributes_table)

    @cached_property
    def assignments(self) -> Any:
        """One row per condition that was drawn."""
        return self._table("assignments.csv", assignments_table)

    @cached_property
    def events(self) -> Any:
        """One row per event, in order."""
        return self._table("events.jsonl", lambda connection: _lines("events.jsonl", tables.events_lines(connection)))

    @cached_property
    def console(self) -> Any:
        """One row per line that pages wrote to browsers' consoles."""
        return self._table("console.jsonl", lambda found: _lines("console.jsonl", tables.console_lines(found)))

    @cached_property
    def matches(self) -> Any:
        """One row per group that was to play."""
        return self._table("matches.jsonl", lambda connection: _lines("matches.jsonl", meetings.lines(connection)))

    @cached_property
    def scenes(self) -> list[str]:
        """Ids of the scenes in which something was played."""
        with opened(self.path) as study:
            query = select(sessions.c.scene_id).group_by(sessions.c.scene_id).order_by(sessions.c.scene_id)
            return study.read(lambda connection: list(connection.execute(query).scalars()))

    def frames(self, scene: str, *, sessions: Collection[str] | None = None) -> Any:
        """What was played: one row for each agent in each frame of each complete episode, also of the reset (-1).

        Columns are ``session_id, episode, frame, t_ms, agent, participant_id`` (of a bot: none), and those of
        ``ep<k>.csv`` without the agent: ``actions, rewards, ..., infos.<key>, observations``. What is of no agent
        (``state.<name>``, ``state_hash``) stands in the row of each.

        Args:
            sessions: Only these. All of a scene are held in memory at once.

        Raises:
            ConfigError: Nothing was played in this scene.
        """
        columns: dict[str, list[Any]] = {name: [] for name in _KEYS}
        count = 0
        for line in self._each(scene, sessions, _frame_lines):
            for name, value in line.items():
                column = columns.setdefault(name, [])
                column.extend([None] * (count - len(column)))
                column.append(value)
            count += 1
        order = sorted(columns, key=_place)
        padded = {name: columns[name] + [None] * (count - len(columns[name])) for name in order}
        return self._make({name: kind_of_values(values) for name, values in padded.items()})

    def experience(self, scene: str, *, sessions: Collection[str] | None = None) -> Any:
        """What complete episodes were like on each player's machine: one row per tick, and one per key press.

        Columns are ``session_id, episode, player``, and those of ``ep<k>.<player>.experience.csv``.

        Args:
            sessions: Only these. All of a scene are held in memory at once.

        Raises:
            ConfigError: Nothing was played in this scene.
        """
        header = ("session_id", "episode", "player", *EXPERIENCE_COLUMNS)
        rows = self._each(scene, sessions, _experience_lines)
        return self._make(columns_of(header, rows, _kinds("ep<k>.<player>.experience.csv", header)))

    def _table(self, file: str, read: Callable[[Connection], Table]) -> Any:
        def columns(connection: Connection) -> Mapping[str, tuple[Kind, list[Any]]]:
            header, rows = read(connection)
            return columns_of(header, rows, _kinds(file, header))

        with opened(self.path) as study:
            return self._make(study.read(columns))

    def _each(
        self, scene: str, wanted: Collection[str] | None, read: Callable[[Connection, Sequence[Session]], Iterator[Any]]
    ) -> Iterator[Any]:
        if scene not in self.scenes:
            raise ConfigError(
                f"Nothing was played in a scene {scene!r}. There are: {', '.join(self.scenes) or 'none'}."
            )
        query = select(sessions.c.id).where(sessions.c.scene_id == scene).order_by(sessions.c.created_at, sessions.c.id)
        only = None if wanted is None else set(wanted)

        def found(connection: Connection) -> list[Any]:
            ids = [one for one in connection.execute(query).scalars() if only is None or one in only]
            return [line for one in ids for line in read(connection, games.sides(connection, one))]

        with opened(self.path) as study:
            yield from study.read(found)


def _kinds(file: str, header: Sequence[str]) -> list[Kind]:
    known = described(file)
    return [kind_of(known[name].type) if name in known else "any" for name in header]


def _lines(file: str, lines: Iterator[Mapping[str, Any]]) -> Table:
    header = tuple(described(file))
    return header, ([line[name] for name in header] for line in lines)


def _frame_lines(connection: Connection, sides: Sequence[Session]) -> Iterator[dict[str, Any]]:
    players = {side.player: side.participant_id for side in sides}
    for episode in games.completed(connection, sides[0].id):
        for row in frames(connection, sides, episode):
            at = (sides[0].id, episode.number, row.frame, row.frame * 1000 / sides[0].fps)
            shared = dict(_shared_values(row))
            for agent in _agents(row):
                line = dict(zip(_KEYS, (*at, agent, players.get(agent)), strict=True))
                yield line | dict(_values(row, agent)) | shared


def _agents(row: Row) -> list[str]:
    return list(dict.fromkeys(agent for name in _BY_AGENT for agent in getattr(row, name) or ()))


def _shared_values(row: Row) -> Iterator[tuple[str, Any]]:
    for name, value in (row.state or {}).items():
        yield from _flat(f"state.{name}", plain(value))
    if row.state_hash is not None:
        yield "state_hash", row.state_hash


def _values(row: Row, agent: str) -> Iterator[tuple[str, Any]]:
    for name in _BY_AGENT:
        values = getattr(row, name) or {}
        if agent in values:
            value = plain(values[agent])
            yield from [(name, value)] if name in _WHOLE else _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and (value or "." not in name):
        for key, item in value.items():
            yield from _flat(f"{name}.{key}", item)
    else:
        yield name, value


def _place(column: str) -> int:
    return (*_KEYS, *FIELDS).index(column.partition(".")[0])


def _experience_lines(connection: Connection, sides: Sequence[Session]) -> Iterator[tuple[Any, ...]]:
    for episode in games.completed(connection, sides[0].id):
        for side in sides:
            for row in experience_rows(connection, side, episode.number):
                yield (side.id, episode.number, side.player, *row)
