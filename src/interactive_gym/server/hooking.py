"""The researcher's hooks at work: one thread that looks for what has happened, and calls them one after the other.

What has been told is marked in the store, so that a server that dies meanwhile tells it again rather than never.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection

from interactive_gym import hooks
from interactive_gym.data import attributes, events, games, occasions, study_values
from interactive_gym.data.files import Log
from interactive_gym.data.occasions import Occasion
from interactive_gym.data.store import Store
from interactive_gym.records import Row, unpack
from interactive_gym.scenes.attributes import Value
from interactive_gym.scenes.hooks import Hook, Hooks
from interactive_gym.server.callbacks import TooSlow, call, name_of

T = TypeVar("T")

_EVERY_S = 0.1  # between two looks; each costs a few queries
_RETRY_S = 1.0  # after a look that failed; a disk that is full may have room again
_CLOSING_S = 5.0  # that a hook may still take when the server stops

CONTEXTS: Mapping[str, type[hooks.Occasion]] = {
    "session_start": hooks.SessionStart,
    "session_end": hooks.SessionEnd,
    "episode_start": hooks.EpisodeStart,
    "episode_end": hooks.EpisodeEnd,
    "chunk": hooks.Chunk,
    "outcome": hooks.Outcome,
    "message": hooks.Message,
}


class Hooking:
    """Calls the hooks of one app. Without hooks, it does nothing."""

    def __init__(self, table: Hooks, store: Store, log: Log) -> None:
        self._hooks, self._timeout = table.by_kind(), table.timeout
        self._store, self._log = store, log
        self._study = StoredStudy(store)
        self._stored, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="hooks", daemon=True)

    def start(self) -> None:
        """To be called once."""
        self._store.submit(lambda connection: occasions.prepare(connection, self._hooks, time.time())).result()
        if self._hooks:
            self._stop_listening = self._store.listen(self._stored.set)
            self._stored.set()  # for what an earlier server had not told
            self._thread.start()

    def close(self) -> None:
        """What is not told by now is told by the next server."""
        self._closing.set()
        self._stored.set()
        if self._thread.is_alive():
            self._stop_listening()
            self._thread.join(_CLOSING_S)

    def _run(self) -> None:
        while self._stored.wait() and not self._closing.is_set():
            self._stored.clear()
            try:
                self._look()
            except Exception:
                self._log.error("hooks_not_called", exc_info=True)
                self._closing.wait(_RETRY_S)
                self._stored.set()
            self._closing.wait(_EVERY_S)

    def _look(self) -> None:
        marking: Future[None] | None = None
        for occasion in self._store.read_now(lambda connection: occasions.due(connection, self._hooks)):
            if self._closing.is_set():
                break
            self._tell(occasion)
            marking = self._store.submit(_marked(occasion))
        if marking:
            marking.result()  # and with the last of them all: writes are made in their order

    def _tell(self, occasion: Occasion) -> None:
        context = self._context(occasion)
        for hook in self._hooks[occasion.kind]:
            try:
                call(hook, context, timeout=self._timeout)
            except Exception as error:
                self._note(hook, occasion, error)

    def _context(self, occasion: Occasion) -> hooks.Occasion:
        fields = dict(occasion.fields)
        if occasion.kind == "chunk":
            fields["rows"] = tuple(unpack(fields["rows"]))
        return CONTEXTS[occasion.kind](at=occasion.at, study=self._study, **fields)

    def _note(self, hook: Hook, occasion: Occasion, error: Exception) -> None:
        reason = "timeout" if isinstance(error, TooSlow) else "raised"
        self._log.error("hook_failed", hook=name_of(hook), kind=occasion.kind, reason=reason, exc_info=error)

        def write(connection: Connection) -> None:
            events.record(
                connection,
                "hook_failed",
                reason=reason,
                severity="error",
                now=time.time(),
                participant_id=occasion.fields.get("participant_id"),
                session_id=occasion.fields.get("session_id"),
                data={"hook": name_of(hook), "kind": occasion.kind, "problem": repr(error)[:1_000]},
                detail="".join(traceback.format_exception(error))[-20_000:],
            )

        self._store.submit(write)


class StoredStudy(hooks.Study):
    """What hooks may ask and change, in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def attributes(self, participant_id: str) -> dict[str, Value]:
        return self._store.read_now(lambda connection: attributes.of(connection, participant_id))

    def set_attributes(self, participant_id: str, values: Mapping[str, object]) -> dict[str, Value]:
        return self._write(
            lambda connection: attributes.put(connection, participant_id, values, source="hook", now=time.time())
        )

    def globals(self) -> dict[str, Any]:
        return self._store.read_now(study_values.of)

    def set_globals(self, values: Mapping[str, object]) -> dict[str, Any]:
        return self._write(lambda connection: study_values.put(connection, values, now=time.time()))

    def add(self, name: str, amount: float = 1) -> float:
        return self._write(lambda connection: study_values.add(connection, name, amount, now=time.time()))

    def rows(self, session_id: str, episode: int) -> list[Row]:
        def read(connection: Connection) -> list[bytes]:
            lines = [games.line(connection, side, episode) for side in games.sides(connection, session_id)]
            longest = max(lines, key=lambda line: line[-1].next_frame if line else -1, default=[])
            return games.data_of(connection, longest)

        return [row for data in self._store.read_now(read) for row in unpack(data)]

    def _write(self, query: Callable[[Connection], T]) -> T:
        return self._store.submit(query).result()


def _marked(occasion: Occasion) -> Callable[[Connection], None]:
    return lambda connection: occasions.mark(connection, occasion)
