"""The folder of a study, opened to be read: while its server runs, or long afterwards. Nothing in it changes."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from interactive_gym.data.database import FILE, NOTE, Database, of_existing
from interactive_gym.data.store import Store, newest_schema
from interactive_gym.errors import ConfigError, ServerError

T = TypeVar("T")

STORE = FILE


@dataclass(frozen=True)
class StudyFolder:
    """
    Attributes:
        path: ``data/<experiment id>``.
    """

    path: Path
    _engine: Engine

    @property
    def experiment_id(self) -> str:
        return self.path.name

    def read(self, query: Callable[[Connection], T]) -> T:
        """Runs ``query``, which sees one state of the store: what is committed now.

        Raises:
            ServerError: The store is damaged, or gone.
        """
        try:
            with self._engine.connect() as connection:
                return query(connection)
        except DatabaseError as error:
            raise ServerError(f"The store of {self.path} cannot be read: {error.args[0]}") from error


@contextmanager
def opened(folder: Path, database: str | None = None) -> Iterator[StudyFolder]:
    """The study in ``folder``. A file that an older version has made is read from a copy, brought up to date.

    Args:
        folder: ``data/<experiment id>``.
        database: Where its store is, if not in the folder; as a rule the environment says it, see ``data.database``.

    Raises:
        ConfigError: There is no study in this folder; the text says which folders nearby have one.
        ServerError: Its store cannot be read, or is from a newer version.
    """
    path = folder.absolute()
    if (path / STORE).is_file():
        with _file(path / STORE) as engine:
            yield StudyFolder(path, engine)
    elif (path / NOTE).is_file():
        with _elsewhere(of_existing(path, database)) as engine:
            yield StudyFolder(path, engine)
    else:
        raise ConfigError(f"There is no study in {folder}: {STORE} is missing.{_nearby(path)}")


@contextmanager
def _file(store: Path) -> Iterator[Engine]:
    with _up_to_date(store) as readable:
        engine = create_engine("sqlite://", creator=lambda: _connected(readable))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))  # the driver would not
        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def _elsewhere(database: Database) -> Iterator[Engine]:
    """Its tables are not brought up to date here: a server may be at work on them."""
    engine = database.engine(writes=False)
    try:
        try:
            with engine.connect() as connection:
                found = connection.execute(text("select version_num from alembic_version")).scalar()
        except SQLAlchemyError as error:
            raise ServerError(f"{database.name} cannot be read: {error.args[0]}. {database.fix}") from error
        if found != newest_schema():
            raise ServerError(
                f"{database.name} is of another version of Interactive Gym. Serve the study once more first."
            )
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _up_to_date(store: Path) -> Iterator[Path]:
    if _schema(store) == newest_schema():
        yield store
        return
    with tempfile.TemporaryDirectory(prefix="interactive-gym-") as scratch:
        copy = Path(scratch, STORE)
        _copy(store, copy)
        Store(copy).close()  # which migrates it
        yield copy


def _schema(store: Path) -> str:
    try:
        with closing(_connected(store)) as connection:
            ((found,),) = connection.execute("select version_num from alembic_version")
    except sqlite3.Error as error:
        raise ServerError(f"{store} cannot be read: {error}") from error
    return str(found)


def _connected(store: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{_escaped(store)}?mode=ro", uri=True, timeout=30, check_same_thread=False)


def _copy(store: Path, copy: Path) -> None:
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _nearby(folder: Path) -> str:
    found = sorted(store.parent.name for store in folder.glob(f"*/{STORE}"))
    return f" Perhaps you mean one of those in it: {', '.join(found[:5])}." if found else ""
