"""Where stores of tests are: in a file, or in the PostgreSQL that ``INTERACTIVE_GYM_TEST_DATABASE`` names.

    INTERACTIVE_GYM_TEST_DATABASE=postgresql://user:password@127.0.0.1/tests python -m pytest tests/data tests/server

All schemas ``study_...`` of that database are dropped, again and again: give it one that holds nothing else.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.schema import DropSchema

from interactive_gym.data.database import Database, Postgres, Sqlite, postgres

VARIABLE = "INTERACTIVE_GYM_TEST_DATABASE"
_DEADLINE_S = 60


def emptied(address: str, experiment_id: str = "study") -> Postgres:
    """A database without any study."""
    found = postgres(address, experiment_id)
    engine = create_engine(found.url)
    with engine.begin() as connection:
        names = (
            connection.execute(text("select nspname from pg_namespace where nspname like 'study\\_%'")).scalars().all()
        )
        for name in names:
            connection.execute(DropSchema(name, cascade=True))
    engine.dispose()
    return found


def postgresql() -> Postgres:
    """That of the environment, empty. Skips the test where there is none."""
    address = os.environ.get(VARIABLE)
    if not address:
        pytest.skip(f"no PostgreSQL to test with: {VARIABLE} names none")
    return emptied(address)


def anywhere(folder: Path, kind: str) -> Database:
    """A place for a store: "sqlite" in ``folder``, or "postgresql"."""
    return Sqlite(folder / "study.db") if kind == "sqlite" else postgresql()


def disconnect_all(place: Postgres) -> None:
    """All connections to the database of ``place`` are broken when it returns, as where it is restarted."""
    engine = create_engine(place.url, isolation_level="AUTOCOMMIT")
    others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with engine.connect() as connection:
        assert connection.execute(text(f"select pg_terminate_backend(pid) {others}")).all(), "somebody was connected"
        deadline = time.monotonic() + _DEADLINE_S
        while connection.execute(text(f"select 1 {others}")).all():
            assert time.monotonic() < deadline, "waited in vain for connections to end"
            time.sleep(0.01)
    engine.dispose()


def place_of(path: Path) -> Database:
    """Where a store goes that is to be at ``path``: there, or in the PostgreSQL of the environment, empty."""
    address = os.environ.get(VARIABLE)
    return emptied(address) if address else Sqlite(path)


def blank() -> Engine:
    """A database without tables, in memory or in the PostgreSQL of the environment; without foreign keys."""
    address = os.environ.get(VARIABLE)
    if not address:
        return create_engine("sqlite://")
    place = emptied(address)
    place.prepare()
    engine = place.engine(writes=True)
    off = "set session_replication_role to replica"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(off))
    return engine
