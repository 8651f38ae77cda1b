"""What an upload asks of the store, in as few statements as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.dialects import sqlite

from interactive_gym.data import games, matches, people, progress, verdicts
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.matches import Member
from interactive_gym.data.people import Participant
from interactive_gym.data.schema import experience
from interactive_gym.data.store import migrate
from interactive_gym.data.timeline import Start
from interactive_gym.protocol import EpisodeEnd
from tests.databases import blank

GAME: dict[str, Any] = {"fps": 10, "episodes": 2, "max_steps": None, "multiplayer": {"group": 2}}


@pytest.fixture
def connection() -> Iterator[Connection]:
    """With the session s-1 of red and blue, of whom blue has been loaded again."""
    engine = blank()
    with engine.connect() as open_:
        migrate(open_)
        for name in ("p-red", "p-blue"):
            people.add_participant(open_, Participant(name, None, "in_scene", "game", None), query={}, now=0)
        members = [Member("red", 0, "p-red", "tab"), Member("blue", 1, "p-blue", "tab")]
        matches.add(open_, "s-1", "game", 7, GAME, members, now=5)
        games.add_start(open_, side(open_, "blue"), Start(1, 1, -1), tab="other", now=6)
        yield open_
    engine.dispose()


def side(connection: Connection, player: str) -> Session:
    return next(found for found in games.sides(connection, "s-1") if found.player == player)


def add(connection: Connection, player: str, digest: str, *, episode: int = 1, generation: int = 0) -> None:
    key = {"episode": episode, "generation": generation, "number": 3, "digest": digest, "first": 30}
    row = {**key, "rows": 10, "ending": None, "data": b"", "received_at": 7.0}
    games.add_chunk(connection, side(connection, player), row)


def test_all_that_is_stored_of_a_second(connection: Connection) -> None:
    assert games.digests(connection, "s-1", 1, 3) == {}
    for player, digest, generation in (("red", "b", 0), ("red", "a", 0), ("blue", "c", 0), ("blue", "b", 1)):
        add(connection, player, digest, generation=generation)
    add(connection, "red", "of another episode", episode=0)
    found = games.digests(connection, "s-1", 1, 3)
    assert found == {("red", 0): ["b", "a"], ("blue", 0): ["c"], ("blue", 1): ["b"]}, "in order of arrival"
    assert games.digests(connection, "s-1", 1, 4) == games.digests(connection, "s-2", 1, 3) == {}


def test_a_second_is_found_without_reading_the_others_of_its_episode(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        query = str(games._DIGESTS.compile(dialect=sqlite.dialect(paramstyle="named")))
        cursor = connection.connection.cursor()
        cursor.execute(f"explain query plan {query}", {"session": "s-1", "episode": 0, "number": 0})
        (plan,) = (line for *_, line in cursor.fetchall() if "chunks" in line)
        assert "number=?" in plan


def test_generations_that_no_longer_count_differ_from_nobody(connection: Connection) -> None:
    lives = games.lives(connection, "s-1")
    assert lives == {"red": [Start(0, 0, -1)], "blue": [Start(0, 0, -1), Start(1, 1, -1)]}
    add(connection, "red", "a")
    add(connection, "blue", "b")
    found = games.digests(connection, "s-1", 1, 3)
    assert not verdicts.differ(lives, found, 1)
    assert verdicts.differ(lives, found, 0), "where blue's first generation counts"
    add(connection, "blue", "b", generation=1)
    assert verdicts.differ(lives, games.digests(connection, "s-1", 1, 3), 1)


def test_whether_an_episode_is_over(connection: Connection) -> None:
    assert progress.is_over(connection, "s-1", 0) == (False, False)
    progress.say(connection, side(connection, "red"), EpisodeEnd("s-1", 0, 0, 20, "mismatch"), now=8)
    assert progress.is_over(connection, "s-1", 0) == (False, True)
    games.complete(connection, "s-1", Episode(0, 20, "mismatch"), now=9)
    assert progress.is_over(connection, "s-1", 0) == (True, True)
    assert progress.is_over(connection, "s-1", 1) == (False, False)


def test_of_two_rows_with_one_key_the_first_stays(connection: Connection) -> None:
    red = side(connection, "red")
    row = {"episode": 0, "generation": 0, "number": 0, "received_at": 7.0}
    assert games.add_experience(connection, red, {**row, "data": b"first"})
    assert not games.add_experience(connection, red, {**row, "data": b"second"})
    assert games.add_experience(connection, red, {**row, "number": 1, "data": b"next"})
    stored = connection.execute(select(experience.c.data).order_by(experience.c.number)).scalars().all()
    assert list(map(bytes, stored)) == [b"first", b"next"]
