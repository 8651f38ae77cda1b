"""The data of a study as data frames, with the right types: for notebooks and scripts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from interactive_gym.data.data_frames import Columns, Kind, Library, columns_of, kind_of, library
from interactive_gym.data.descriptions import described
from interactive_gym.data.episode_files import EXPERIENCE_COLUMNS
from interactive_gym.data.exported_study import exported_study
from interactive_gym.data.flat import Table
from interactive_gym.data.frame_lines import Line, columns_of_lines
from interactive_gym.data.stored_study import StoredStudy
from interactive_gym.data.study_folder import opened
from interactive_gym.errors import ConfigError


def load(path: str | Path, frames: Library = "pandas") -> Loaded:
    """Opens the data of a study to be analysed. It is read when it is asked for, and nothing in the folder changes.

    Args:
        path: The folder of the study, ``data/<experiment id>``; its server may run meanwhile. Or that of an export as
            CSV or Parquet, ``.../csv`` or ``.../parquet``.
        frames: What tables are: ``"pandas"``, ``"polars"`` or ``"pyarrow"``. Each is an extra of this package:
            ``pip install "interactive-gym[pandas]"``, ``[polars]`` or ``[parquet]``.

    Raises:
        ConfigError: There is no study in this folder, it is an export as something else, or a library is not installed.
        ServerError: Its store cannot be read, or is from a newer version.
    """
    make, export = library(frames), exported_study(Path(path))
    if export is not None:
        return Loaded(Path(path), export, make)
    with opened(Path(path)):
        pass
    return Loaded(Path(path), StoredStudy(Path(path)), make)


class Source(Protocol):
    """Where the data of a study is read from."""

    def table(self, file: str) -> Table: ...

    def scenes(self) -> list[str]: ...

    def frames(self, scene: str, wanted: Collection[str] | None) -> Iterator[Line]: ...

    def experience(self, scene: str, wanted: Collection[str] | None) -> Iterator[Sequence[Any]]: ...


class Loaded:
    """A study that was opened by :func:`load`.

    Each table is read once, when it is first asked for. Their columns are those of the files of the same names, and
    have their types; times are in UTC. Who somebody is elsewhere (``platform_ids.csv``) is not here.
    """

    def __init__(self, path: Path, source: Source, make: Callable[[Columns], Any]) -> None:
        self.path = path
        self._source = source
        self._make = make

    def __repr__(self) -> str:
        return f"<the study in {self.path}>"

    @cached_property
    def participants(self) -> Any:
        """One row per participant."""
        return self._table("participants.csv")

    @cached_property
    def sessions(self) -> Any:
        """One row per player of a game session."""
        return self._table("sessions.csv")

    @cached_property
    def episodes(self) -> Any:
        """One row per complete episode."""
        return self._table("episodes.csv")

    @cached_property
    def players(self) -> Any:
        """One row per player of a complete episode: what it was like for them."""
        return self._table("players.csv")

    @cached_property
    def visits(self) -> Any:
        """One row per participant and scene: when they were there."""
        return self._table("visits.csv")

    @cached_property
    def links(self) -> Any:
        """One row per player and partner of a session: their connection."""
        return self._table("links.csv")

    @cached_property
    def responses(self) -> Any:
        """One row per answer."""
        return self._table("responses.csv")

    @cached_property
    def screenings(self) -> Any:
        """One row per decision on somebody who arrived."""
        return self._table("screenings.csv")

    @cached_property
    def attributes(self) -> Any:
        """One row per attribute of a participant."""
        return self._table("attributes.csv")

    @cached_property
    def assignments(self) -> Any:
        """One row per condition that was drawn."""
        return self._table("assignments.csv")

    @cached_property
    def events(self) -> Any:
        """One row per event, in order."""
        return self._table("events.jsonl")

    @cached_property
    def console(self) -> Any:
        """One row per line that pages wrote to browsers' consoles."""
        return self._table("console.jsonl")

    @cached_property
    def matches(self) -> Any:
        """One row per group that was to play."""
        return self._table("matches.jsonl")

    @cached_property
    def scenes(self) -> list[str]:
        """Ids of the scenes in which something was played."""
        return self._source.scenes()

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
        self._check(scene)
        return self._make(columns_of_lines(self._source.frames(scene, sessions)))

    def experience(self, scene: str, *, sessions: Collection[str] | None = None) -> Any:
        """What complete episodes were like on each player's machine: one row per tick, and one per key press.

        Columns are ``session_id, episode, player``, and those of ``ep<k>.<player>.experience.csv``.

        Args:
            sessions: Only these. All of a scene are held in memory at once.

        Raises:
            ConfigError: Nothing was played in this scene.
        """
        self._check(scene)
        header = ("session_id", "episode", "player", *EXPERIENCE_COLUMNS)
        rows = self._source.experience(scene, sessions)
        return self._make(columns_of(header, rows, _kinds("ep<k>.<player>.experience.csv", header)))

    def _table(self, file: str) -> Any:
        header, rows = self._source.table(file)
        return self._make(columns_of(header, rows, _kinds(file, header)))

    def _check(self, scene: str) -> None:
        if scene not in self.scenes:
            raise ConfigError(
                f"Nothing was played in a scene {scene!r}. There are: {', '.join(self.scenes) or 'none'}."
            )


def _kinds(file: str, header: Sequence[str]) -> list[Kind]:
    known = described(file)
    return [kind_of(known[name].type) if name in known else "any" for name in header]
