"""The files that a researcher opens, kept up to date from the store by one thread, off the event loop.

Whatever is here is in the store too: a file that could not be written is written when the server starts again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from interactive_gym.data import games, tables
from interactive_gym.data.episode_files import write_episode
from interactive_gym.data.flat import Table, write_json_lines, write_table
from interactive_gym.data.store import Store

PUBLIC: dict[str, Callable[[Connection], Table]] = {
    "participants.csv": tables.participants_table,
    "sessions.csv": tables.sessions_table,
    "episodes.csv": tables.episodes_table,
    "responses.csv": tables.responses_table,
    "completion_codes.csv": tables.completion_codes_table,
}
PRIVATE: dict[str, Callable[[Connection], Table]] = {"platform_ids.csv": tables.platform_ids_table}
_OWNER_ONLY = 0o600


class Log(Protocol):
    """What the files need of a logger."""

    def error(self, event: str, **fields: Any) -> Any: ...


class Files:
    """Writes to ``folder`` what is asked for, one after the other. Failures are logged; the study goes on."""

    def __init__(self, store: Store, folder: Path, log: Log) -> None:
        self._store = store
        self.folder = folder
        self._log = log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._lock = threading.Lock()
        self._waits = False

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
        for session_id, episode in self._store.read_now(games.unwritten):
            self._guarded(self._write_episode, session_id, episode)
        self._store.read_now(self._write_tables)

    def _write_episode(self, session_id: str, episode: int) -> None:
        def write(connection: Connection) -> tuple[dict[str, Any], int]:
            session = games.sides(connection, session_id)[0]
            parts = games.parts(connection, session_id, episode)
            return write_episode(connection, self.folder, session, episode), parts

        def mark(connection: Connection) -> None:
            # What has come in the meantime is not in the files; its upload has asked for the next update.
            if games.parts(connection, session_id, episode) == parts:
                games.mark_written(connection, session_id, episode, summary, now=time.time())

        summary, parts = self._store.read_now(write)
        self._store.submit(mark).result()

    def _write_tables(self, connection: Connection) -> None:
        for name, table in PUBLIC.items():
            write_table(self.folder / name, table(connection))
        for name, table in PRIVATE.items():
            write_table(self.folder / name, table(connection), mode=_OWNER_ONLY)
        write_json_lines(self.folder / "events.jsonl", tables.events_lines(connection))
