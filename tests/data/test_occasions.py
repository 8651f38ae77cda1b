"""What is due to be told: each thing once, in the order in which it happened, however it came into the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from interactive_gym.data import events, games, occasions, people, schema
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.occasions import KINDS
from interactive_gym.data.people import Participant
from interactive_gym.data.timeline import Start
from tests.databases import blank

SESSION = Session("s1", "game", 7, {}, "a", "p1", None)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = blank()
    schema.metadata.create_all(engine)
    with engine.begin() as open_:
        for name in ("p1", "p2"):
            people.add_participant(open_, Participant(name, None, "playing", "game", None), query={}, now=0)
        games.add_session(open_, SESSION, now=1)
        other = {"session_id": "s1", "player": "b", "participant_id": "p2", "peer": 1}
        open_.execute(insert(schema.members).values(other))
        yield open_
    engine.dispose()


def chunk(connection: Connection, number: int, *, at: float, digest: str = "d", **changes: Any) -> None:
    row = {"session_id": "s1", "episode": 0, "player": "a", "generation": 0, "number": number, "digest": digest}
    where = {"first": number * 10, "rows": 10, "ending": None, "data": b"", "received_at": at}
    connection.execute(insert(schema.chunks).values({**row, **where, **changes}))


def due(connection: Connection, *kinds: str) -> list[tuple[str, float]]:
    """What is due is told, too."""
    found = occasions.due(connection, kinds or KINDS)
    for one in found:
        occasions.mark(connection, one)
    return [(one.kind, one.at) for one in found]


def test_nothing_of_before_is_due(connection: Connection) -> None:
    games.add_start(connection, SESSION, Start(0, 0, -1), tab="t", now=2)
    chunk(connection, 0, at=3)
    events.record(connection, occasions.MESSAGE, reason="r", severity="info", now=3, participant_id="p1", data={})
    occasions.prepare(connection, KINDS, now=4)
    assert due(connection) == []
    chunk(connection, 1, at=5, digest="e")
    assert due(connection) == [("chunk", 5)], "and the episode began before"


def test_all_of_it_in_order_and_once(connection: Connection) -> None:
    occasions.prepare(connection, KINDS, now=1)
    games.add_start(connection, SESSION, Start(0, 0, -1), tab="t", now=2)
    chunk(connection, 0, at=3)
    chunk(connection, 1, at=4, digest="e", ending="terminated")
    games.complete(connection, "s1", Episode(0, 15, "terminated"), now=4)
    games.end(connection, "s1", "completed", now=5)
    assert due(connection) == [
        ("session_start", 2),
        ("episode_start", 3),
        ("chunk", 3),
        ("chunk", 4),
        ("episode_end", 4),
        ("session_end", 5),
    ]
    assert due(connection) == []
    occasions.prepare(connection, KINDS, now=9)
    assert due(connection) == [], "nor after a restart"


def test_what_several_send_alike_is_one(connection: Connection) -> None:
    occasions.prepare(connection, KINDS, now=1)
    chunk(connection, 0, at=2)
    chunk(connection, 0, at=3, player="b")
    chunk(connection, 1, at=4, digest="e")
    chunk(connection, 1, at=5, digest="f", player="b")
    assert due(connection, "chunk", "episode_start") == [
        ("episode_start", 2),
        ("chunk", 2),
        ("chunk", 4),
        ("chunk", 5),
    ]


def test_many_are_told_in_parts_that_keep_the_order(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(occasions, "AT_ONCE", 2)
    occasions.prepare(connection, KINDS, now=1)
    for number in range(5):
        chunk(connection, number, at=2 + number, digest=f"d{number}")
    games.complete(connection, "s1", Episode(0, 50, "terminated"), now=7)
    told: list[tuple[str, float]] = []
    while found := due(connection, "chunk", "episode_end"):
        told += found
    assert told == [*(("chunk", 2 + number) for number in range(5)), ("episode_end", 7)]


def test_a_session_that_nobody_played_is_none(connection: Connection) -> None:
    occasions.prepare(connection, KINDS, now=1)
    games.end(connection, "s1", "connection_failed", now=5)
    assert due(connection) == []


def test_a_kind_that_goes_and_comes_begins_again(connection: Connection) -> None:
    occasions.prepare(connection, ["outcome"], now=1)
    occasions.prepare(connection, [], now=2)
    done = schema.participants.update().where(schema.participants.c.id == "p1")
    connection.execute(done.values(outcome="completed", done_at=3.0))
    occasions.prepare(connection, ["outcome"], now=4)
    assert due(connection, "outcome") == []
