"""Participants in the store."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from interactive_gym.data import people, tables
from interactive_gym.data.store import MIGRATIONS, Store

PEOPLE = "insert into participants (id, query, state, scene_id, outcome, arrived_at, done_at) values "
VISITS = "insert into visits (participant_id, scene_id, position, entered_at, code) values "


def test_codes_that_were_given_before_outcomes_had_them_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    old = create_engine(f"sqlite:///{path}")
    with old.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        connection.exec_driver_sql(f"{PEOPLE} ('p-1', '{{}}', 'done', 'code', 'completed', 1, 3)")
        connection.exec_driver_sql(f"{PEOPLE} ('p-2', '{{}}', 'in_scene', 'welcome', null, 2, null)")
        connection.exec_driver_sql(f"{VISITS} ('p-1', 'welcome', 0, 1, null), ('p-1', 'code', 1, 3, 'C0FFEE12')")
        connection.exec_driver_sql(f"{VISITS} ('p-2', 'welcome', 0, 2, null)")
    old.dispose()
    store = Store(path)
    try:
        who = store.read_now(lambda connection: people.find(connection, "p-1"))
        assert who and (who.code, who.redirect, who.farewell) == ("C0FFEE12", None, None)
        header, rows = store.read_now(lambda connection: _listed(tables.completion_codes_table(connection)))
        assert header == ["participant_id", "scene_id", "outcome", "code", "given_at"]
        assert [row[:4] for row in rows] == [["p-1", "code", "completed", "C0FFEE12"]]
    finally:
        store.close()


def _listed(table: tables.Table) -> tuple[list[str], list[list[object]]]:
    return list(table[0]), [list(row) for row in table[1]]
