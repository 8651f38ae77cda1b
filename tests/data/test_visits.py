"""The table of who was in which scene for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from interactive_gym.data import games, people, schema
from interactive_gym.data.games import Session
from interactive_gym.data.people import Participant
from interactive_gym.data.visits import visits_table
from tests.databases import blank

WHO = Participant("p-1", None, "arrived", "welcome", None)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = blank()
    schema.metadata.create_all(engine)
    with engine.begin() as open_:
        people.add_participant(open_, WHO, query={}, now=100.0)
        people.enter(open_, "p-1", "welcome", position=0, now=100.0)
        yield open_
    engine.dispose()


def table(connection: Connection) -> list[dict[str, Any]]:
    header, rows = visits_table(connection)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_how_long_and_since_when(connection: Connection) -> None:
    people.leave(connection, "p-1", "welcome", now=104.25)
    people.enter(connection, "p-1", "survey", position=1, now=104.25)
    first, second = table(connection)
    assert first == {
        "participant_id": "p-1",
        "scene_id": "welcome",
        "position": 0,
        "entered_at": "1970-01-01T00:01:40.000+00:00",
        "left_at": "1970-01-01T00:01:44.250+00:00",
        "duration_s": 4.25,
        "session_id": None,
        "waited_s": None,
    }
    assert (second["scene_id"], second["left_at"], second["duration_s"]) == ("survey", None, None)


def test_who_is_done_leaves_the_scene_in_which_they_end(connection: Connection) -> None:
    people.finish(connection, replace(WHO, state="done", outcome="withdrew"), now=130.0)
    assert [row["duration_s"] for row in table(connection)] == [30.0]


def test_waiting_ends_with_partners_or_with_the_scene(connection: Connection) -> None:
    people.leave(connection, "p-1", "welcome", now=101.0)
    people.enter(connection, "p-1", "game", position=1, now=101.0)
    people.wait(connection, "p-1", "game", now=102.0, kept_s=30)
    assert [row["waited_s"] for row in table(connection)] == [None, None], "nobody knows yet"
    session = Session("s-1", "game", 7, {}, "0", "p-1", None)
    games.add_session(connection, session, now=109.5)
    people.assign(connection, "p-1", "game", "s-1")
    (_, played) = table(connection)
    assert (played["session_id"], played["waited_s"], played["left_at"]) == ("s-1", 7.5, None)
    people.assign(connection, "p-1", "game", None)
    people.leave(connection, "p-1", "game", now=122.0)
    (_, alone) = table(connection)
    assert (alone["session_id"], alone["waited_s"], alone["duration_s"]) == (None, 20.0, 21.0)


def test_a_clock_that_is_set_back_makes_no_negative_time(connection: Connection) -> None:
    people.leave(connection, "p-1", "welcome", now=90.0)
    assert table(connection)[0]["duration_s"] == 0.0
