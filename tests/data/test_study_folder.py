from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import URL, create_engine, func, insert, select, text

from interactive_gym.data.schema import participants
from interactive_gym.data.store import MIGRATIONS, Store
from interactive_gym.data.study_folder import opened
from interactive_gym.errors import ConfigError, ServerError

OLD_PARTICIPANTS = "insert into participants (id, query, state, scene_id, outcome, arrived_at, done_at) values "
NEW_PARTICIPANT = {
    "id": "p-1",
    "query": {},
    "state": "arrived",
    "scene_id": "welcome",
    "arrived_at": 1.0,
    "sequence": [],
    "attributes": {},
}


def count(connection):
    return connection.execute(select(func.count()).select_from(participants)).scalar_one()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "a #study?"
    folder.mkdir(parents=True)
    return folder


def test_the_running_study_is_read(folder: Path) -> None:
    store = Store(folder / "study.db")
    with opened(folder) as study:
        assert (study.experiment_id, study.read(count)) == ("a #study?", 0)
        store.submit(lambda connection: connection.execute(insert(participants).values(NEW_PARTICIPANT))).result()
        assert study.read(count) == 1
    store.close()


def test_nothing_can_be_written(folder: Path) -> None:
    Store(folder / "study.db").close()
    with opened(folder) as study, pytest.raises(Exception, match="readonly"):
        study.read(lambda connection: connection.execute(text("delete from participants")))


def test_an_older_store_is_read_and_stays_as_it_is(folder: Path) -> None:
    old = create_engine(URL.create("sqlite", database=str(folder / "study.db")))
    with old.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql(f"{OLD_PARTICIPANTS} ('p-1', '{{}}', 'done', 'code', 'completed', 1, 3)")
    old.dispose()
    before = (folder / "study.db").read_bytes()
    with opened(folder) as study:
        assert study.read(count) == 1
    assert (folder / "study.db").read_bytes() == before


def test_no_study_here_but_nearby(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"study.db is missing\.$"), opened(folder):
        pass
    Store(folder / "study.db").close()
    with pytest.raises(ConfigError, match=r"one of those in it: a #study\?\."), opened(folder.parent):
        pass


def test_not_a_database(folder: Path) -> None:
    (folder / "study.db").write_bytes(b"no database, but long enough to be mistaken for one" * 100)
    with pytest.raises(ServerError, match="cannot be read"), opened(folder):
        pass
