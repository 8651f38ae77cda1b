"""The files that a researcher opens, kept up to date from the store by one thread, off the event loop.

Whatever is here is in the store too: a file that could not be written, or that is not any more as it was written, is
written when the server starts again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from interactive_gym.data import games, link_rows, meetings, player_tables, progress, study_values, tables, verdicts
from interactive_gym.data.assignments import assignments_table
from interactive_gym.data.attributes import attributes_table
from interactive_gym.data.episode_files import is_as_written, write_episode
from interactive_gym.data.flat import Table, write_json, write_json_lines, write_table
from interactive_gym.data.parity import Verdict
from interactive_gym.data.screenings import screenings_table
from interactive_gym.data.store import Store
from interactive_gym.data.visits import visits_table

PUBLIC: dict[str, Callable[[Connection], Table]] = {
    "participants.csv": tables.participants_table,
    "sessions.csv": tables.sessions_table,
    "episodes.csv": tables.episodes_table,
    "players.csv": player_tables.players_table,
    "links.csv": player_tables.links_table,
    "responses.csv": tables.responses_table,
    "screenings.csv": screenings_table,
    "visits.csv": visits_table,
    "attributes.csv": attributes_table,
    "assignments.csv": assignments_table,
    "completion_codes.csv": tables.completion_codes_table,
}
PRIVATE: dict[str, Callable[[Connection], Table]] = {"platform_ids.csv": tables.platform_ids_table}
_OWNER_ONLY = 0o600


class Log(Protocol):
    """What the files need of a logger."""

    def error(self, event: str, **fields: Any) -> Any: ...

    def warning(self, event: str, **fields: Any) -> Any: ...


class Files:
    """Writes to ``folder`` what is asked for, one after the other. Failures are logged; the study goes on."""

    def __init__(self, store: Store, folder: Path, log: Log) -> None:
        self._store = store
        self.folder = folder
        self._log = log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._lock = threading.Lock()
        self._waits = False
        self._checked = False

    def update(self) -> None:
        """Writes the episodes whose files are missing or out of date, and all tables.

        Asked for again while one is waiting, it is done once.
        """
        with self._lock:
            if not self._waits:
                self._waits = True
                self._thread.submit(self._guarded, self._update)

    def close(self) -> None:
        """Brings everything up to date a last time."""
        self.update()
        self._thread.shutdown(wait=True)

    def _guarded(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except Exception:
            self._log.error("files_not_written", work=work.__name__, arguments=arguments, exc_info=True)

    def _update(self) -> None:
        with self._lock:
            self._waits = False
        self._guarded(self._settle)
        if not self._checked:
            self._checked = True
            self._guarded(self._find_changed)
        for session_id, episode in self._store.read_now(verdicts.due):
            self._guarded(self._compare, session_id, episode)
        for session_id in self._store.read_now(link_rows.unreported):
            self._guarded(self._report_links, session_id)
        for session_id, episode in self._store.read_now(games.unwritten):
            self._guarded(self._write_episode, session_id, episode)
        self._store.read_now(self._write_tables)

    def _settle(self) -> None:
        """Sessions may have ended since their players said how an episode did."""

        def write(connection: Connection) -> None:
            for session_id, episode in progress.settle_over(connection, time.time()):
                verdicts.ask(connection, session_id, episode, now=time.time())

        self._store.submit(write).result()

    def _find_changed(self) -> None:
        """Files of episodes that somebody has taken away or changed, or that were cut off, are written again."""
        found = [
            (session_id, episode)
            for session_id, scene_id, episode, at in self._store.read_now(games.written)
            if not is_as_written(self.folder, scene_id, session_id, episode, at)
        ]
        for session_id, episode in found:
            self._store.submit(partial(games.mark_unwritten, session_id=session_id, episode=episode)).result()
        if found:
            self._log.warning("episode_files_changed", episodes=len(found))

    def _compare(self, session_id: str, episode: int) -> None:
        def read(connection: Connection) -> tuple[Verdict, object]:
            return verdicts.verdict(connection, session_id, episode), games.version(connection, session_id, episode)

        def write(connection: Connection) -> None:
            is_current = games.version(connection, session_id, episode) == version
            verdicts.store(connection, session_id, episode, found, is_current=is_current, now=time.time())

        found, version = self._store.read_now(read)
        self._store.submit(write).result()

    def _report_links(self, session_id: str) -> None:
        reported = self._store.read_now(lambda connection: link_rows.report(connection, session_id))
        self._store.submit(lambda connection: link_rows.store(connection, session_id, reported)).result()

    def _write_episode(self, session_id: str, episode: int) -> None:
        def write(connection: Connection) -> tuple[dict[str, Any], object]:
            known = games.find_episode(connection, session_id, episode)
            assert known, "what is unwritten is complete"
            summaries = write_episode(connection, self.folder, session_id, known)
            return summaries, games.version(connection, session_id, episode)

        def mark(connection: Connection) -> None:
            # What has come in the meantime is not in the files; its upload has asked for the next update.
            if games.version(connection, session_id, episode) == version:
                games.mark_written(connection, session_id, episode, summaries, now=time.time())

        summaries, version = self._store.read_now(write)
        self._store.submit(mark).result()

    def _write_tables(self, connection: Connection) -> None:
        for name, table in PUBLIC.items():
            write_table(self.folder / name, table(connection))
        for name, table in PRIVATE.items():
            write_table(self.folder / name, table(connection), mode=_OWNER_ONLY)
        write_json_lines(self.folder / "events.jsonl", tables.events_lines(connection))
        write_json_lines(self.folder / "console.jsonl", tables.console_lines(connection))
        write_json(self.folder / "globals.json", study_values.of(connection))
        write_json_lines(self.folder / "matches.jsonl", meetings.lines(connection))
