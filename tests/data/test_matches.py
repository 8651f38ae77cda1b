"""Games of several people in the store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, select

from interactive_gym.data import games, matches, people, schema
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.matches import Member
from interactive_gym.data.people import Participant
from interactive_gym.data.store import MIGRATIONS, Store, migrate, newest_schema
from interactive_gym.data.timeline import Start
from interactive_gym.netcode.referee import Grant
from tests.databases import blank

GAME: dict[str, Any] = {"fps": 10, "episodes": 2, "max_steps": None, "multiplayer": {"group": 2}}
ALONE: dict[str, Any] = {**GAME, "multiplayer": None}
RED, BLUE = Member("red", 0, "p-1", "tab-1"), Member("blue", 2, "p-2")


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = blank()
    with engine.connect() as open_:
        migrate(open_)
        for name in ("p-1", "p-2", "p-3"):
            people.add_participant(open_, Participant(name, None, "in_scene", "game", None), query={}, now=0)
        yield open_
    engine.dispose()


def add(connection: Connection, name: str = "s-1", *, now: float = 5.0) -> None:
    matches.add(connection, name, "game", 7, GAME, [RED, BLUE], now=now)


def test_a_match_and_what_each_member_sees_of_it(connection: Connection) -> None:
    add(connection)
    red = games.find(connection, "s-1", "p-1")
    assert red == Session("s-1", "game", 7, GAME, "red", "p-1", None, 0, "validating")
    blue = games.find(connection, "s-1", "p-2")
    assert blue and (blue.player, blue.peer, blue.is_multiplayer) == ("blue", 2, True)
    assert games.sides(connection, "s-1") == [red, blue]
    assert games.find(connection, "s-1", "p-3") is None
    assert games.starts(connection, red) == games.starts(connection, blue) == [Start(0, 0, -1)]
    assert [member.agent for member in matches.members_of(connection, "s-1")] == ["red", "blue"]


def test_a_match_has_one_state_and_one_end(connection: Connection) -> None:
    add(connection)
    assert matches.state_of(connection, "s-1") == "validating"
    assert matches.running_of(connection, "p-1", "game") is None
    matches.set_state(connection, "s-1", "playing", now=6.0)
    assert matches.running_of(connection, "p-1", "game") == "s-1"
    assert matches.running_of(connection, "p-1", "other") is None
    assert matches.running_of(connection, "p-3", "game") is None
    for reason in ("completed", "too late"):
        matches.set_state(connection, "s-1", "ended", now=7.0, reason=reason)
    matches.set_state(connection, "s-1", "playing", now=8.0)
    assert matches.state_of(connection, "s-1") == "ended"
    assert connection.execute(select(schema.sessions.c.end_reason, schema.sessions.c.ended_at)).one() == (
        "completed",
        7.0,
    )
    assert matches.running_of(connection, "p-1", "game") is None


def test_what_is_open_after_a_restart(connection: Connection) -> None:
    games.add_session(connection, Session("s-0", "game", 1, ALONE, "0", "p-3", None), now=1.0)
    for number in (2, 1):
        add(connection, f"s-{number}", now=float(number))
    matches.set_state(connection, "s-1", "ended", now=7.0, reason="completed")
    (session,) = matches.open_sessions(connection)
    assert (session.id, session.seed, session.game, session.state) == ("s-2", 7, GAME, "validating")
    assert [member.participant_id for member in session.members] == ["p-1", "p-2"]
    assert matches.running_of(connection, "p-3", "game") is None, "who plays alone resumes instead"


def test_a_page_that_comes_back_records_the_episode_that_is_not_complete(connection: Connection) -> None:
    add(connection)
    assert matches.add_generation(connection, "s-1", "blue", tab="t", now=6.0) == 1
    games.complete(connection, "s-1", Episode(0, 25, "terminated"), now=6.0)
    assert matches.add_generation(connection, "s-1", "blue", tab="t", now=6.0) == 2
    assert matches.add_generation(connection, "s-1", "red", tab="t", now=6.0) == 1
    red, blue = games.sides(connection, "s-1")
    assert games.starts(connection, blue) == [Start(0, 0, -1), Start(1, 0, -1), Start(2, 1, -1)]
    assert games.starts(connection, red) == [Start(0, 0, -1), Start(1, 1, -1)]


def test_grants_come_back_as_they_were(connection: Connection) -> None:
    for name in ("s-1", "s-2"):
        add(connection, name)
    granted = [Grant(0, 2, 1, False, 0, "silent"), Grant(1, 0, 1, True, -1, "excluded")]
    for grant in granted:
        matches.add_grant(connection, "s-1", grant, now=6.0)
    assert matches.grants_of(connection, "s-1") == granted
    assert matches.grants_of(connection, "s-2") == []


def test_a_participant_is_seated_and_waits_again(connection: Connection) -> None:
    people.enter(connection, "p-1", "game", position=1, now=1.0)
    add(connection)
    for session_id in ("s-1", None):
        people.assign(connection, "p-1", "game", session_id)
        assert people.visits_of(connection, "p-1")["game"].session_id == session_id


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    old = create_engine(f"sqlite:///{path}")
    with old.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(
            "insert into participants (id, query, state, scene_id, arrived_at) values ('p-1', '{}', 'done', 'game', 0)"
        )
        for name, ended in (("s-1", "2.0"), ("s-2", "null")):
            connection.exec_driver_sql(
                "insert into sessions (id, scene_id, seed, game, created_at, ended_at)"
                f" values ('{name}', 'game', 7, '{json.dumps(ALONE)}', 1.0, {ended})"
            )
            connection.exec_driver_sql(f"insert into members values ('{name}', '0', 'p-1')")
        connection.exec_driver_sql(
            "insert into episodes values ('s-1', 0, 25, 'terminated', 2.0, 3.0, '{\"keys\": 1}')"
        )
    old.dispose()
    store = Store(path)
    try:
        found = store.read_now(lambda open_: [games.find(open_, name, "p-1") for name in ("s-1", "s-2")])
        assert [(session.state, session.peer, session.is_multiplayer) for session in found if session] == [
            ("ended", 0, False),
            ("playing", 0, False),
        ]
        assert store.read_now(games.unwritten) == [("s-1", 0)], "its files have more columns now"
    finally:
        store.close()
    assert sqlite3.connect(path).execute("select version_num from alembic_version").fetchall() == [(newest_schema(),)]
