"""The files that a researcher opens, kept up to date from the store by one thread, off the event loop.

Whatever is here is in the store too: a file that could not be written is written when the server starts again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from interactive_gym.data import games, tables
from interactive_gym.data.episode_files import write_episode
from interactive_gym.data.flat import Table, write_json_lines, write_table
from interactive_gym.data.games import Session
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
        self._folder = folder
        self._log = log
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="files")
        self._lock = threading.Lock()
        self._refresh_waits = False

    def catch_up(self) -> None:
        """Writes what a server that died has left unwritten."""
        self.episodes_ended(self._store.read_now(games.unwritten))

    def episodes_ended(self, ended: Sequence[tuple[str, int]]) -> None:
        """Writes the files of these (session, episode) and brings the tables up to date."""
        for session_id, episode in ended:
            self._thread.submit(self._guarded, self._write_episode, session_id, episode)
        self.refresh()

    def refresh(self) -> None:
        """Brings the tables up to date. Asked for again while one is waiting, it is done once."""
        with self._lock:
            if not self._refresh_waits:
                self._refresh_waits = True
                self._thread.submit(self._guarded, self._write_tables)

    def close(self) -> None:
        """Writes what was asked for, and the tables a last time."""
        self.refresh()
        self._thread.shutdown(wait=True)

    def _guarded(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except Exception:
            self._log.error("files_not_written", work=work.__name__, arguments=arguments, exc_info=True)

    def _write_episode(self, session_id: str, episode: int) -> None:
        def write(connection: Connection) -> dict[str, Any]:
            return write_episode(connection, self._folder, self._session(connection, session_id), episode)

        summary = self._store.read_now(write)
        done = self._store.submit(lambda c: games.mark_written(c, session_id, episode, summary, now=time.time()))
        done.result()

    def _session(self, connection: Connection, session_id: str) -> Session:
        session = games.find(connection, session_id)
        if session is None:
            raise LookupError(f"there is no session {session_id}")
        return session

    def _write_tables(self) -> None:
        with self._lock:
            self._refresh_waits = False
        self._store.read_now(self._write_from)

    def _write_from(self, connection: Connection) -> None:
        for name, table in PUBLIC.items():
            write_table(self._folder / name, table(connection))
        for name, table in PRIVATE.items():
            write_table(self._folder / name, table(connection), mode=_OWNER_ONLY)
        write_json_lines(self._folder / "events.jsonl", tables.events_lines(connection))
