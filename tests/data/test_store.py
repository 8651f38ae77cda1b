"""One writer: what is resolved is committed, and one that fails hurts nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, func, insert, select, text
from sqlalchemy.exc import IntegrityError

from interactive_gym.data import schema
from interactive_gym.data.database import Database
from interactive_gym.data.store import Store, migrate
from interactive_gym.errors import ServerError
from tests.databases import anywhere


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    return anywhere(tmp_path, request.param)


@pytest.fixture
def store(place: Database) -> Iterator[Store]:
    store = Store(place)
    yield store
    store.close()


def add(name: str) -> Callable[[Connection], str]:
    row = {"id": name, "query": {}, "state": "arrived", "scene_id": "welcome", "arrived_at": 0.0}

    def write(connection: Connection) -> str:
        connection.execute(insert(schema.participants).values(row))
        return name

    return write


def names(place: Database) -> list[str]:
    """What another process would find."""
    engine = place.engine(writes=False)
    with engine.connect() as connection:
        found = connection.execute(select(schema.participants.c.id).order_by(schema.participants.c.id)).scalars().all()
    engine.dispose()
    return list(found)


async def test_a_result_comes_after_its_commit(store: Store) -> None:
    for name in ("a", "b", "c"):
        assert await store.write(add(name)) == name
        assert names(store.database)[-1] == name


def test_many_writes_at_once_share_commits_and_fail_alone(store: Store) -> None:
    commits: list[object] = []
    event.listen(store._writing, "commit", commits.append)
    gate = threading.Event()
    first = store.submit(lambda _: gate.wait(10))
    writes = [store.submit(add(f"{number % 50:02}")) for number in range(100)]
    gate.set()
    assert first.result(10)
    failures = [write.exception(10) for write in writes]
    assert sum(isinstance(failure, IntegrityError) for failure in failures) == 50
    assert len(names(store.database)) == 50
    assert len(commits) <= 2, "a hundred writes waited, and did not each wait for the disk"


async def test_a_write_that_fails_after_it_has_written_leaves_nothing(store: Store) -> None:
    def fails(connection: Connection) -> None:
        add("lost")(connection)
        raise ValueError("in the middle")

    gate = threading.Event()
    store.submit(lambda _: gate.wait(10))
    before, failing, after = store.submit(add("a")), store.submit(fails), store.submit(add("b"))
    gate.set()
    assert (before.result(10), after.result(10)) == ("a", "b")
    with pytest.raises(ValueError, match="in the middle"):
        failing.result(10)
    assert names(store.database) == ["a", "b"]


async def test_readers_see_what_is_committed_and_wait_for_nobody(store: Store) -> None:
    inside, gate = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        add("a")(connection)
        inside.set()
        gate.wait(10)

    future = store.submit(slow)
    assert inside.wait(10)
    count = select(func.count()).select_from(schema.participants)
    assert await store.read(lambda connection: connection.execute(count).scalar_one()) == 0
    gate.set()
    future.result(10)
    assert await store.read(lambda connection: connection.execute(count).scalar_one()) == 1


async def test_closing_stores_what_waits_and_refuses_what_comes(store: Store) -> None:
    futures = [store.submit(add(f"{number:03}")) for number in range(200)]
    store.close()
    assert [future.result(0) for future in futures] == names(store.database)
    with pytest.raises(ServerError, match="closed"):
        store.submit(add("late"))
    assert not await store.writable()
    store.close()


def test_a_reader_that_outlives_the_store_leaves_no_connection(store: Store) -> None:
    inside, gate, raw = threading.Event(), threading.Event(), list[Any]()

    def slow(connection: Connection) -> None:
        raw.append(connection.connection.dbapi_connection)
        inside.set()
        gate.wait(10)

    reader = threading.Thread(target=store.read_now, args=(slow,))
    reader.start()
    assert inside.wait(10)
    store.close()
    gate.set()
    reader.join(10)
    with pytest.raises(Exception, match="closed"):
        raw[0].cursor().execute("select 1")


async def test_a_commit_that_fails_acknowledges_nothing(store: Store) -> None:
    def poison(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")  # as a full disk does to the whole transaction

    gate = threading.Event()
    store.submit(lambda _: gate.wait(10))
    futures: list[Future[Any]] = [store.submit(add("a")), store.submit(poison), store.submit(add("b"))]
    gate.set()
    for future in futures:
        with pytest.raises(ServerError, match="Nothing could be stored"):
            future.result(10)
    assert "a" not in names(store.database)
    assert await store.write(add("c")) == "c", "and the store goes on"


async def test_listeners_hear_of_commits_until_they_stop(store: Store) -> None:
    heard: list[list[str]] = []
    stop = store.listen(lambda: heard.append(names(store.database)))
    await store.write(add("a"))
    with pytest.raises(IntegrityError):
        await store.write(add("a"))
    await store.write(add("b"))
    assert heard[0] == ["a"]
    stop()
    count = len(heard)
    for name in ("c", "d"):  # the second is written after all that the first has set off
        await store.write(add(name))
    assert len(heard) <= count + 1 and "d" not in heard[-1]


def test_the_disk_is_waited_for(tmp_path: Path) -> None:
    store = Store(tmp_path / "study.db")
    pragmas = ("journal_mode", "synchronous", "foreign_keys")

    def read(connection: Connection) -> list[object]:
        return [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for pragma in pragmas]

    assert store.read_now(read) == store.submit(read).result(10) == ["wal", 2, 1]
    store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migrations_make_exactly_the_tables_of_the_schema(kind: str, tmp_path: Path) -> None:
    place = anywhere(tmp_path, kind)
    place.prepare()
    engine = place.engine(writes=True)
    with engine.connect() as connection:
        migrate(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": kind == "sqlite"})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_opening_again_keeps_everything(place: Database) -> None:
    for name in ("a", "b"):
        store = Store(place)
        store.submit(add(name)).result(10)
        store.close()
    assert names(place) == ["a", "b"]


def test_a_store_of_a_newer_version_is_refused(place: Database) -> None:
    store = Store(place)
    store.submit(lambda connection: connection.execute(text("update alembic_version set version_num='9999'"))).result(
        10
    )
    store.close()
    with pytest.raises(ServerError, match="newer version"):
        Store(place)
