"""Who was gone from a session, when, and why."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from interactive_gym.data import departures, events, matches
from interactive_gym.data.departures import Departure
from interactive_gym.data.matches import Member
from interactive_gym.data.schema import metadata
from interactive_gym.data.tables import sessions_table
from interactive_gym.netcode import Grant
from tests.databases import blank

GAME = {"multiplayer": {}, "scene_id": "game"}
PLAYERS = ("red", "green", "blue")


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = blank()
    metadata.create_all(engine)
    with engine.connect() as open_:
        for session in ("s-1", "s-2"):
            members = [Member(player, peer, f"p-{player}", "tab") for peer, player in enumerate(PLAYERS)]
            matches.add(open_, session, "game", 1, GAME, members, now=1.0)
        yield open_
    engine.dispose()


def cut(connection: Connection, peer: int, reason: str, at: float, *, is_gone: bool = True) -> None:
    matches.add_grant(connection, "s-1", Grant(0, peer, 1, is_gone, 0, reason), now=at)


def done(connection: Connection, player: str, outcome: str, reason: str, at: float, session: str = "s-1") -> None:
    events.record(
        connection, events.FINISHED, reason=reason, severity="info", now=at, participant_id=f"p-{player}",
        session_id=session, data={"outcome": outcome},
    )  # fmt: skip


def test_whoever_is_cut_for_good_is_gone(connection: Connection) -> None:
    cut(connection, 0, "silent", 5.0, is_gone=False)
    assert departures.of_session(connection, "s-1") == {}
    cut(connection, 0, "return_timeout", 35.0)
    assert departures.of_session(connection, "s-1") == {"red": Departure(35.0, "return_timeout")}
    assert departures.of_session(connection, "s-2") == {}


def test_what_came_first_is_why(connection: Connection) -> None:
    cut(connection, 1, "left", 7.0)
    done(connection, "red", "focus_timeout", "hidden", 5.0)
    cut(connection, 0, "hidden", 5.1)
    done(connection, "green", "connection_failed", "connection_failed", 90.0)
    found = departures.of_session(connection, "s-1")
    assert list(found.items()) == [("red", Departure(5.0, "hidden")), ("green", Departure(7.0, "left"))]


def test_who_stays_has_not_left(connection: Connection) -> None:
    done(connection, "red", "withdrew", "withdrew", 5.0)
    done(connection, "green", "partner_left", "partner_left", 6.0)
    done(connection, "blue", "completed", "last_scene", 6.0)
    done(connection, "blue", "excluded", "max_ping", 4.0, session="s-2")
    assert departures.of_all(connection) == {
        "s-1": {"red": Departure(5.0, "withdrew")},
        "s-2": {"blue": Departure(4.0, "max_ping")},
    }


def test_an_event_of_a_page_tells_nothing(connection: Connection) -> None:
    row = {"name": "finished", "severity": "info", "reason": "made up", "at": 3.0, "data": {"outcome": "excluded"}}
    events.record_reported(connection, "p-red", "e-1", row | {"session_id": "s-1"})
    assert departures.of_session(connection, "s-1") == {}


def test_the_table_has_it(connection: Connection) -> None:
    done(connection, "green", "withdrew", "withdrew", 5.0)
    header, rows = sessions_table(connection)
    names = list(header)
    found = {row[names.index("player")]: row for row in map(list, rows) if row[names.index("session_id")] == "s-1"}
    left = {player: [row[names.index(name)] for name in ("left_at", "left_reason")] for player, row in found.items()}
    assert left == {"red": [None, None], "green": ["1970-01-01T00:00:05.000+00:00", "withdrew"], "blue": [None, None]}
