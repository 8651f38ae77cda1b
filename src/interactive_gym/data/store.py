"""The store: a database, written by one thread that commits what waits together, and read by others meanwhile.

A write is a function of a connection. All writes that wait when the writer is free share one transaction and one
``fsync`` (group commit); each has its own savepoint, so that one that fails takes no other with it. A future resolves
only after the commit.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, delete, false
from sqlalchemy.exc import SQLAlchemyError

from interactive_gym.data.database import Database, Sqlite
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

    Args:
        place: The file, or the database.

    Raises:
        ServerError: It cannot be opened, is not a database, or is from a newer version.
    """

    def __init__(self, place: Path | Database) -> None:
        self.database = Sqlite(place) if isinstance(place, Path) else place
        self._writing = self.database.engine(writes=True)
        self._reading = self.database.engine(writes=False)
        self._waiting: queue.Queue[_Write[Any] | None] = queue.Queue(MAX_WAITING)
        self._listeners: tuple[Callable[[], object], ...] = ()
        self._closed = False
        self._door = threading.Lock()  # no write may slip in behind the one that says that it was the last
        _open(self._writing, self.database)
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
            try:
                return query(connection)
            finally:
                if self._closed:  # its pool is about to go, or gone, and would not close it
                    connection.detach()

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
        with _savepoint(connection):
            result = write.query(connection)
    except Exception as error:
        failure = error
        return lambda: write.future.set_exception(failure)
    return lambda: write.future.set_result(result)


@contextmanager
def _savepoint(connection: Connection) -> Iterator[None]:
    """What ``connection.begin_nested()`` does, which takes SQLAlchemy longer than a write takes the database."""
    connection.exec_driver_sql("SAVEPOINT one_write")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT one_write")
        raise
    finally:
        connection.exec_driver_sql("RELEASE SAVEPOINT one_write")


def _open(engine: Engine, database: Database) -> None:
    try:
        database.prepare()
        with engine.begin() as connection:
            migrate(connection)
    except (SQLAlchemyError, OSError) as error:
        engine.dispose()
        raise ServerError(f"{database.name} cannot be opened: {error.args[0]}. {database.fix}") from error
    except CommandError as error:
        engine.dispose()
        fix = "Update the package, or choose another --data-dir."
        raise ServerError(f"{database.name} is of a newer version of Interactive Gym. {fix}") from error


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
