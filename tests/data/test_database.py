"""Where a study's store is, and what people are told of it. Tests of the store itself are run at both places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from interactive_gym.data import database
from interactive_gym.data.database import Postgres, Sqlite, StudyTaken, of_existing, of_study, postgres
from interactive_gym.data.schema import events, participants
from interactive_gym.data.store import Store
from interactive_gym.data.study_folder import opened
from interactive_gym.errors import ConfigError, ServerError
from interactive_gym.server.settings import Settings
from tests.data.exported import exported, files
from tests.data.generated import Generated, generate
from tests.databases import disconnect_all, postgresql

ADDRESS = "postgresql://ada:p%40ss-word@db.example:5433/studies"
UNREACHABLE = "postgresql://ada:p%40ss-word@127.0.0.1:9/studies"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "study"
    path.mkdir()
    return path


# --- which one --------------------------------------------------------------------------------------------------------


def test_a_file_if_nothing_is_said(folder: Path) -> None:
    assert of_study(folder, None) == Sqlite(folder / "study.db")


def test_a_schema_for_each_study(folder: Path) -> None:
    found = of_study(folder, ADDRESS)
    assert isinstance(found, Postgres) and found.schema == "study_study"
    assert (found.url.password, found.url.host, found.url.port) == ("p@ss-word", "db.example", 5433)
    names = [postgres(ADDRESS, text).schema for text in ("x" * 57, "x" * 58, "x" * 59, "\N{SNOWMAN}" * 30)]
    assert len(set(names)) == 4 and max(len(name.encode()) for name in names) <= 63


@pytest.mark.parametrize(
    "address", ["", "studies", "sqlite:///study.db", "mysql://ada@db/x", "postgresql://db.example"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ConfigError, match="an address such as postgresql://"):
        postgres(address, "study")


def test_a_study_stays_where_it_began(folder: Path) -> None:
    database.note(folder, postgres(ADDRESS, "study"))
    with pytest.raises(ConfigError, match=r"is schema study_study of PostgreSQL at db.example/studies\..*--database"):
        of_study(folder, None)
    assert isinstance(of_study(folder, ADDRESS), Postgres)
    (folder / "database.txt").unlink()
    database.note(folder, Sqlite(folder / "study.db"))
    assert list(folder.iterdir()) == []
    (folder / "study.db").touch()
    with pytest.raises(ConfigError, match="Leave out --database"):
        of_study(folder, ADDRESS)
    assert of_existing(folder, ADDRESS) == Sqlite(folder / "study.db"), "who only reads need not know"


def test_the_environment_says_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(database.VARIABLE, raising=False)
    assert Settings().database is None
    monkeypatch.setenv(database.VARIABLE, ADDRESS)
    assert Settings().database == ADDRESS


def test_nobody_is_told_the_password(folder: Path) -> None:
    place = postgres(UNREACHABLE, "study")
    told = [repr(place), str(place), place.name, repr(Settings(database=UNREACHABLE))]
    database.note(folder, place)
    told += [(folder / "database.txt").read_text()]
    with pytest.raises(ServerError, match="cannot be opened") as of_store:
        Store(place)
    with pytest.raises(ServerError, match="cannot be opened") as of_claim, place.claimed():
        pass
    with pytest.raises(ServerError, match="cannot be read") as of_reader, opened(folder, UNREACHABLE):
        pass
    told += [str(error.value) for error in (of_store, of_claim, of_reader)]
    assert not any("ss-word" in text for text in told)


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


NEW = {"query": {}, "state": "arrived", "scene_id": "welcome", "arrived_at": 0.0}
LONG = "x" * 10_000


def add(name: str, **values: object) -> Callable[[Connection], Any]:
    return lambda connection: connection.execute(insert(participants).values({**NEW, "id": name, **values}))


def ids(connection: Connection) -> list[str]:
    return list(connection.execute(select(participants.c.id).order_by(participants.c.id)).scalars())


def test_one_server_at_a_time() -> None:
    place = postgresql()
    with (
        place.claimed(),
        pytest.raises(ServerError, match="in use by another server"),
        place.claimed(),
    ):
        pass
    with place.claimed(), postgres(place.url.render_as_string(hide_password=False), "another").claimed():
        pass


def test_what_writes_for_a_server_holds_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_HANDOVER_S", 0.1)
    place = postgresql()
    store = Store(place.for_server())
    with pytest.raises(StudyTaken, match="in use by another server"):
        Store(place.for_server())
    with pytest.raises(StudyTaken, match="in use by another server"), place.claimed():
        pass
    beside = Store(place)  # commands write beside a server
    beside.submit(add("p-1")).result(20)
    beside.close()
    store.close()
    with place.claimed():
        pass
    Store(place.for_server()).close()


def test_a_server_goes_on_after_the_database_was_restarted() -> None:
    place = postgresql()
    store = Store(place.for_server())
    store.submit(add("p-1")).result(20)
    assert store.read_now(ids) == ["p-1"]
    disconnect_all(place)
    store.submit(add("p-2")).result(20)
    assert store.read_now(ids) == ["p-1", "p-2"]
    with pytest.raises(StudyTaken), place.claimed():
        pass
    store.close()


@pytest.mark.parametrize("error", [ConnectionResetError(104, "reset by peer"), ValueError("FATAL 57P01")])
def test_a_connection_that_does_not_answer_is_replaced(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    place = postgresql()
    store = Store(place.for_server())

    def lost(*_: object, **__: object) -> None:
        raise error

    with store._writing.connect() as connection:
        raw = connection.connection.dbapi_connection
    for name in ("execute_simple", "execute_unnamed"):  # it breaks while it waits to be used again
        monkeypatch.setattr(raw, name, lost)
    store.submit(add("p-1")).result(20)
    assert store.read_now(ids) == ["p-1"]
    store.close()


def test_a_server_that_has_lost_the_study_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_HANDOVER_S", 0.1)
    place = postgresql()
    store = Store(place.for_server())
    store.submit(add("p-1")).result(20)
    disconnect_all(place)
    other = Store(place.for_server())
    with pytest.raises(ServerError, match="in use by another server") as error:
        store.submit(add("p-2")).result(20)
    assert isinstance(error.value.__cause__, StudyTaken)
    assert store.read_now(ids) == other.read_now(ids) == ["p-1"]
    other.close()
    store.submit(add("p-2")).result(20)
    assert store.read_now(ids) == ["p-1", "p-2"], "it has it again"
    store.close()


def test_readers_find_it_and_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = postgresql()
    store = Store(place)
    database.note(folder, place)
    monkeypatch.setenv(database.VARIABLE, place.url.render_as_string(hide_password=False))
    store.submit(add("p-1")).result(20)
    with opened(folder) as study:
        assert (study.experiment_id, study.read(ids)) == ("study", ["p-1"])

        def reads_twice(connection: Connection) -> tuple[list[str], list[str]]:
            before = ids(connection)
            store.submit(add("p-2")).result(20)
            return before, ids(connection)

        assert study.read(reads_twice) == (["p-1"], ["p-1"]), "one state throughout"
        assert study.read(ids) == ["p-1", "p-2"]
        with pytest.raises(Exception, match="read-only"):
            study.read(add("p-3"))
    store.close()


def test_studies_share_a_database_and_nothing_else() -> None:
    place = postgresql()
    other = postgres(place.url.render_as_string(hide_password=False), 'a "quoted" study')
    stores = [Store(place), Store(other)]
    stores[0].submit(add("p-1")).result(20)
    assert [store.read_now(ids) for store in stores] == [["p-1"], []]
    for store in stores:
        store.close()


def test_it_keeps_what_a_file_keeps() -> None:
    """Texts of any length, and all characters but one."""
    store = Store(postgresql())
    row = {
        "name": "n",
        "severity": "info",
        "reason": LONG,
        "at": 1.5,
        "data": {"text": "a\0b \ud7ff"},
        "detail": "a\0b",
    }
    store.submit(lambda connection: connection.execute(insert(events).values(row))).result(20)
    (found,) = store.read_now(lambda connection: connection.execute(select(events)).all())
    assert (found.reason, found.at, found.data["text"], found.detail) == (
        LONG,
        1.5,
        "a\0b \ud7ff",
        "a\N{REPLACEMENT CHARACTER}b",
    )
    store.close()


def test_a_study_gives_the_same_tables_wherever_it_is(
    generated: Generated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = postgresql().url.render_as_string(hide_password=False)
    monkeypatch.setenv(database.VARIABLE, address)
    folder = tmp_path / "data" / generated.folder.name
    generate(folder, 40, place=postgres(address, folder.name))
    here = exported(generated.folder, tmp_path / "here", "csv")["csv"]
    there = exported(folder, tmp_path / "there", "csv")["csv"]
    moved = {"events.csv", "provenance.json"}  # in which is when this was run
    first, second = ({name: data for name, data in files(one).items() if name not in moved} for one in (here, there))
    assert first == second
