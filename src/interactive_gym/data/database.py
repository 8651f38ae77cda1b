"""Where the store of a study is: in a file of its folder, by SQLite, or in a schema of a database, by PostgreSQL.

What differs between the two is here, and nowhere else: how to connect, how a transaction begins, how it is known that
a commit has committed, how a row is added only where there is none, and how one server keeps another one away.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sqlalchemy import URL, Connection, Engine, Insert, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from interactive_gym.errors import ConfigError, ServerError

FILE = "study.db"
NOTE = "database.txt"  # in a folder whose store is elsewhere
VARIABLE = "INTERACTIVE_GYM_DATABASE"
_DRIVER = "postgresql+pg8000"
_LONGEST_NAME = 63  # bytes; PostgreSQL cuts longer ones, and two studies would be one
_WRITES, _SERVES = 1, 2  # what an advisory lock is for
_HANDOVER_S = 5  # a server that has just ended, or a connection that has just broken, lets go within milliseconds
LETS_GO_S = 40  # what PostgreSQL takes to notice that the machine at the other end is gone: the sum of these
_KEEPALIVE = {"tcp_keepalives_idle": 10, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}


class StudyTaken(ServerError):
    """Another server has the study."""


class Database(Protocol):
    """A place for the tables of one study."""

    fix: ClassVar[str]  # what may help where it cannot be opened

    @property
    def name(self) -> str:
        """What people are told of it. No secrets."""

    def engine(self, *, writes: bool) -> Engine:
        """One that writes waits, when a transaction begins, until no other does. Readers see one state throughout."""

    def prepare(self) -> None:
        """Makes the place for the tables, if there is none. Raises SQLAlchemyError or OSError."""

    def claimed(self) -> AbstractContextManager[None]:
        """Held as by a server, while there is none. Raises StudyTaken: there is one."""

    def for_server(self) -> Database:
        """The same place, of which one server at a time can have a writer: an engine for another one raises StudyTaken
        when it connects.
        """


@dataclass(frozen=True)
class Sqlite:
    """A file."""

    path: Path
    fix: ClassVar[str] = "Is the folder writable, and the file ours?"

    @property
    def name(self) -> str:
        return str(self.path)

    def engine(self, *, writes: bool) -> Engine:
        """It says itself how its transactions begin: the driver of Python 3.11 would begin them too late."""
        address = URL.create("sqlite", database=str(self.path))  # as text, a "?" in the name of a folder would end it
        engine = create_engine(address, connect_args={"timeout": 30, "check_same_thread": False})
        begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

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

    def prepare(self) -> None:
        self.path.touch(mode=0o600)  # it holds platform ids; SQLite gives its side files the same mode

    def claimed(self) -> AbstractContextManager[None]:
        """The folder is claimed, see ``data.claim``; that is enough."""
        return nullcontext()

    def for_server(self) -> Database:
        return self


@dataclass(frozen=True)
class Postgres:
    """A schema of a database.

    Attributes:
        url: Of the database; with the password, which nobody is told.
        schema: Its name.
        serves: Whether what writes is the study's server.
    """

    url: URL = field(repr=False)
    schema: str
    serves: bool = False
    fix: ClassVar[str] = "Does the server run, is the address right, and may this user create a schema?"

    @property
    def name(self) -> str:
        return f"schema {self.schema} of PostgreSQL at {self.url.host or 'localhost'}/{self.url.database}"

    def engine(self, *, writes: bool) -> Engine:
        isolation: Any = "READ COMMITTED" if writes else "REPEATABLE READ"
        engine = create_engine(self.url, isolation_level=isolation, pool_pre_ping=True)
        # SQLite keeps texts of any length, whatever the schema says of them; so does this.
        types: Any = engine.dialect.type_compiler_instance
        types.visit_VARCHAR = lambda *_, **__: "TEXT"
        _lose_easily(engine.dialect)

        @event.listens_for(engine, "connect")
        def _configure(connection: Any, _: Any) -> None:
            connection.register_out_adapter(str, lambda text: text.replace("\0", "\ufffd"))  # which it cannot hold
            connection.autocommit = True  # what is set in a transaction is gone when that is rolled back
            cursor = connection.cursor()
            cursor.execute(f"SET search_path TO {_quoted(self.schema)}")
            cursor.execute("SET synchronous_commit TO on")  # whatever the server's default is
            cursor.execute(f"SET default_transaction_read_only TO {'off' if writes else 'on'}")
            connection.autocommit = False

        if writes and self.serves:
            event.listen(engine, "connect", self._take)
        if writes:
            event.listen(engine, "begin", self._begin_writing)
            event.listen(engine, "commit", _check_transaction)
        return engine

    def _begin_writing(self, connection: Connection) -> None:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key, :what)"), {"key": self._key, "what": _WRITES})
        connection.info["transaction"] = _transaction(connection)

    def _take(self, raw: Any, _: Any) -> None:
        """The connection that writes holds the study, so that no write is ever made by a server that has lost it. One
        that breaks lets go of it, and the next one takes it.
        """
        raw.autocommit = True
        cursor = raw.cursor()
        for name, value in _KEEPALIVE.items():
            cursor.execute(f"SET {name} TO {value}")
        cursor.execute(f"SET lock_timeout TO '{_HANDOVER_S}s'")
        try:
            cursor.execute("SELECT pg_advisory_lock(%s::int, %s::int)", (self._key, _SERVES))
        except Exception as error:
            raw.close()
            raise (self._taken() if _is_refused_lock(error) else error) from error
        cursor.execute("SET lock_timeout TO 0")
        raw.autocommit = False

    def _taken(self) -> StudyTaken:
        return StudyTaken(f"{self.name} is in use by another server of the same study. Stop that one.")

    def for_server(self) -> Database:
        return replace(self, serves=True)

    def prepare(self) -> None:
        engine = create_engine(self.url)
        try:
            with engine.begin() as connection:
                connection.execute(CreateSchema(self.schema, if_not_exists=True))
        finally:
            engine.dispose()

    @contextmanager
    def claimed(self) -> Iterator[None]:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with self._lock(engine) as is_ours:
                if not is_ours:
                    raise self._taken()
                yield
        finally:
            engine.dispose()

    @contextmanager
    def _lock(self, engine: Engine) -> Iterator[bool]:
        """Held by its connection, however the process ends."""
        try:
            connection = engine.connect()
        except SQLAlchemyError as error:
            raise ServerError(f"{self.name} cannot be opened: {error.args[0]}. {self.fix}") from error
        with connection:
            lock = text("SELECT pg_try_advisory_lock(:key, :what)")
            yield bool(connection.execute(lock, {"key": self._key, "what": _SERVES}).scalar())

    @property
    def _key(self) -> int:
        digest = blake2b(self.schema.encode(), digest_size=4).digest()
        return int.from_bytes(digest, "big", signed=True)


def of_study(folder: Path, database: str | None) -> Database:
    """Where the study in ``folder`` has its store, or will have it.

    Args:
        folder: ``data/<experiment id>``.
        database: ``postgresql://user:password@host/database``; None for a file in the folder.

    Raises:
        ConfigError: It is none, or the study's store is already at another place.
    """
    is_here, is_elsewhere = (folder / FILE).exists(), (folder / NOTE).exists()
    if database is None:
        if is_elsewhere and not is_here:
            raise ConfigError(f"{(folder / NOTE).read_text().strip()} Say which with --database, or in {VARIABLE}.")
        return Sqlite(folder / FILE)
    if is_here:
        raise ConfigError(f"The store of this study is {folder / FILE}. Leave out --database, or take another folder.")
    return postgres(database, folder.name)


def of_existing(folder: Path, database: str | None = None) -> Database:
    """Where the store of a study that there is already is: of one that is elsewhere, ``database`` or the environment
    says it. Raises what :func:`of_study` does.
    """
    return of_study(folder, None if (folder / FILE).exists() else database or from_environment())


def postgres(database: str, experiment_id: str) -> Postgres:
    """
    Raises:
        ConfigError: ``database`` is no address of a PostgreSQL database, or the driver is missing.
    """
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):
        url = URL.create("none")
    if url.drivername not in ("postgresql", "postgres", _DRIVER) or not url.database:
        raise ConfigError("--database is an address such as postgresql://user:password@host:5432/database")
    if find_spec("pg8000") is None:
        raise ConfigError('PostgreSQL needs a driver: pip install "interactive-gym[postgresql]"')
    return Postgres(url.set(drivername=_DRIVER), _schema_of(experiment_id))


@cache
def insert_once(table: Table, dialect: str) -> Insert:
    """Adds a row, unless there is one with its primary key; ``rowcount`` says which."""
    add: Any = postgresql if dialect == "postgresql" else sqlite
    statement: Insert = add.insert(table).on_conflict_do_nothing(index_elements=[*table.primary_key])
    return statement.execution_options(preserve_rowcount=True)


def note(folder: Path, database: Database) -> None:
    """Says in ``folder`` that its store is elsewhere: no second one is begun beside it."""
    if not isinstance(database, Sqlite):
        (folder / NOTE).write_text(f"The store of this study is {database.name}.\n")


def from_environment() -> str | None:
    """The address in the variable ``INTERACTIVE_GYM_DATABASE``, if there is one."""
    return os.environ.get(VARIABLE) or None


def _schema_of(experiment_id: str) -> str:
    name = f"study_{experiment_id}"
    if len(name.encode()) <= _LONGEST_NAME:
        return name
    return f"study_{blake2b(experiment_id.encode(), digest_size=16).hexdigest()}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _transaction(connection: Connection) -> object:
    return connection.execute(text("SELECT txid_current()")).scalar()


def _check_transaction(connection: Connection) -> None:
    """Where one has been rolled back in between, the driver has begun another, and would commit that."""
    if _transaction(connection) != connection.info.get("transaction"):
        raise ServerError("the database has taken the transaction back")


def _lose_easily(dialect: Any) -> None:
    """A connection that does not answer is taken out of the pool, whatever the driver says of it: it also passes on
    errors of the socket, which SQLAlchemy takes for ours. And who cannot be told good-bye is no error.
    """
    ping, end = dialect.do_ping, dialect.do_terminate

    def answers(raw: Any) -> bool:
        try:
            return bool(ping(raw))
        except Exception:
            return False

    def leave(raw: Any) -> None:
        with suppress(Exception):
            end(raw)

    dialect.do_ping, dialect.do_terminate = answers, leave


def _is_refused_lock(error: Exception) -> bool:
    """By PostgreSQL's code for a lock that could not be had in time."""
    return "55P03" in str(error.args)
