"""The store: SQLite, written by one thread that commits what waits together, read by others on their own connections.

A write is a function of a connection. All writes that wait when the writer is free share one transaction and one
``fsync`` (group commit); each has its own savepoint, so that one that fails takes no other with it. A future resolves
only after the commit.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, delete, event, false
from sqlalchemy.exc import SQLAlchemyError

from interactive_gym.data.schema import participants
from interactive_gym.errors import ServerError

T = TypeVar("T")
Query = Callable[[Connection], T]

MAX_WAITING = 10_000  # writes; a disk that is this far behind will not catch up, and memory is finite
MAX_BATCH = 500  # a longer transaction would let the first of it wait too long
MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True)
class _Write(Generic[T]):
    query: Query[T]
    future: Future[T]


class Store:
    """The database of one study. Open it with the constructor, close it with :meth:`close`.

    Raises:
        ServerError: The file cannot be opened, is not a database, or is from a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writing = _engine(path, begin="BEGIN IMMEDIATE")
        self._reading = _engine(path, begin="BEGIN")
        self._waiting: queue.Queue[_Write[Any] | None] = queue.Queue(MAX_WAITING)
        self._listeners: tuple[Callable[[], object], ...] = ()
        self._closed = False
        self._door = threading.Lock()  # no write may slip in behind the one that says that it was the last
        _open(self._writing, path)
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, query: Query[T]) -> Future[T]:
        """Runs ``query`` in the writer thread. The future has its result after the commit.

        Raises:
            ServerError: The store is closed, or too many writes are waiting.
        """
        future: Future[T] = Future()
        with self._door:
            if self._closed:
                raise ServerError("The store is closed.")
            try:
                self._waiting.put_nowait(_Write(query, future))
            except queue.Full:
                raise ServerError("The disk is too slow: too many writes are waiting.") from None
        return future

    async def write(self, query: Query[T]) -> T:
        """:meth:`submit` for coroutines. A caller that is cancelled does not take back a write that has begun."""
        return await asyncio.wrap_future(self.submit(query))

    def listen(self, committed: Callable[[], object]) -> Callable[[], None]:
        """Calls ``committed`` in the writer thread after each commit. Returns the function that ends that."""
        with self._door:
            self._listeners += (committed,)

        def stop() -> None:
            with self._door:
                self._listeners = tuple(one for one in self._listeners if one is not committed)

        return stop

    def read_now(self, query: Query[T]) -> T:
        """Runs ``query`` in this thread, on a connection that sees what is committed and blocks nobody."""
        with self._reading.connect() as connection:
            return query(connection)

    async def read(self, query: Query[T]) -> T:
        return await asyncio.to_thread(self.read_now, query)

    async def writable(self) -> bool:
        """Whether a write gets through to a commit now."""
        try:
            await self.write(lambda connection: connection.execute(delete(participants).where(false())))
        except Exception:
            return False
        return True

    def close(self) -> None:
        """Commits all that waits and closes the database; afterwards writes are refused."""
        with self._door:
            closing, self._closed = not self._closed, True
        if closing:
            self._waiting.put(None)
            self._thread.join()
            self._writing.dispose()
            self._reading.dispose()

    def _run(self) -> None:
        open_ = True
        while open_:
            batch = self._next_batch()
            open_ = None not in batch
            self._commit([write for write in batch if write and write.future.set_running_or_notify_cancel()])

    def _next_batch(self) -> list[_Write[Any] | None]:
        batch = [self._waiting.get()]
        while len(batch) < MAX_BATCH and not self._waiting.empty():
            batch.append(self._waiting.get())
        return batch

    def _commit(self, batch: list[_Write[Any]]) -> None:
        try:
            with self._writing.begin() as connection:
                resolutions = [_attempt(connection, write) for write in batch]
        except Exception as error:
            for write in batch:
                write.future.set_exception(_not_stored(error))
        else:
            for resolve in resolutions:
                resolve()
            for committed in self._listeners:
                committed()


def _not_stored(error: Exception) -> ServerError:
    problem = ServerError(f"Nothing could be stored: {error}")
    problem.__cause__ = error
    return problem


def _attempt(connection: Connection, write: _Write[Any]) -> Callable[[], None]:
    """Runs one write in its savepoint; the answer tells its caller, and is to be called after the commit."""
    try:
        with connection.begin_nested():
            result = write.query(connection)
    except Exception as error:
        failure = error
        return lambda: write.future.set_exception(failure)
    return lambda: write.future.set_result(result)


def _engine(path: Path, *, begin: str) -> Engine:
    """An engine that says itself how its transactions begin: the driver of Python 3.11 would begin them too late."""
    address = URL.create("sqlite", database=str(path))  # as text, a "?" in the name of a folder would end it
    engine = create_engine(address, connect_args={"timeout": 30, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    @event.listens_for(engine, "commit")
    def _check(connection: Connection) -> None:
        # A full disk can make SQLite roll back by itself; the driver would then commit nothing, and say nothing.
        raw: Any = connection.connection.dbapi_connection
        if not raw.in_transaction:
            raise ServerError("the database has taken the transaction back")

    return engine


def _open(engine: Engine, path: Path) -> None:
    try:
        path.touch(mode=0o600)  # it holds platform ids; SQLite gives its side files the same mode
        with engine.begin() as connection:
            migrate(connection)
    except (SQLAlchemyError, OSError) as error:
        fix = "Is the folder writable, and the file ours?"
        raise ServerError(f"{path} cannot be opened: {error.args[0]}. {fix}") from error
    except CommandError as error:
        fix = "Update the package, or choose another --data-dir."
        raise ServerError(f"{path} is of a newer version of Interactive Gym. {fix}") from error


def migrate(connection: Connection) -> None:
    """Brings the tables of ``connection`` to the newest schema, within its transaction."""
    config = _configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def newest_schema() -> str:
    """What ``alembic_version`` says in a store of this version."""
    return str(ScriptDirectory.from_config(_configuration()).get_current_head())


def _configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
