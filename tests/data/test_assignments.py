"""Conditions in the store: who counts, and which groups have had one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, insert, update

from interactive_gym.data import assignments, people
from interactive_gym.data.assignments import Standing
from interactive_gym.data.people import Participant
from interactive_gym.data.schema import members, metadata, participants, sessions
from tests.databases import blank


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = blank()
    metadata.create_all(engine)
    with engine.connect() as open_:
        yield open_
    engine.dispose()


def joined(connection: Connection, id: str, *, scenes: int = 1, outcome: str | None = None) -> None:
    """Somebody who has come to so many scenes."""
    people.add_participant(connection, Participant(id, None, "in_scene", "s0", None), query={}, now=0)
    for position in range(scenes):
        people.enter(connection, id, f"s{position}", position=position, now=0)
    connection.execute(update(participants).where(participants.c.id == id).values(outcome=outcome))


def seated(connection: Connection, id: str, *group: str, end_reason: str | None = None, begun: bool = True) -> None:
    ended = None if end_reason is None else 1.0
    row = {"id": id, "scene_id": "s1", "seed": 0, "game": {}, "created_at": 0, "state": "playing"}
    connection.execute(insert(sessions).values({**row, "ended_at": ended, "end_reason": end_reason}))
    for peer, who in enumerate(group):
        row = {"session_id": id, "player": str(peer), "participant_id": who, "peer": peer}
        connection.execute(insert(members).values(row))
        people.assign(connection, who, "s1", id if begun else None)


def test_a_condition_is_kept_and_can_be_replaced(connection: Connection) -> None:
    assert assignments.find(connection, "pace", "p-1") is None
    assignments.assign(connection, "pace", "p-1", "slow", now=1)
    assignments.assign(connection, "size", "p-1", "small", now=1)
    assert assignments.find(connection, "pace", "p-1") == "slow"
    assignments.assign(connection, "pace", "p-1", "fast", now=2)
    assert assignments.by_unit(connection) == {"p-1": {"pace": "fast", "size": "small"}}


def test_who_counts_of_participants(connection: Connection) -> None:
    joined(connection, "p-arrived")
    joined(connection, "p-away", outcome="screened_out")
    joined(connection, "p-running", scenes=2)
    joined(connection, "p-left", scenes=2, outcome="withdrew")
    joined(connection, "p-done", scenes=3, outcome="completed")
    for who in ("arrived", "away", "running", "left", "done"):
        assignments.assign(connection, "pace", f"p-{who}", "slow", now=0)
    joined(connection, "p-fast", scenes=2)
    assignments.assign(connection, "pace", "p-fast", "fast", now=0)
    assignments.assign(connection, "size", "p-fast", "slow", now=0)
    assert assignments.of_participants(connection, "pace") == {
        "slow": Standing(finished=1, running=1, started=3, assigned=5),
        "fast": Standing(finished=0, running=1, started=1, assigned=1),
    }


def test_who_counts_of_groups(connection: Connection) -> None:
    for number, (reason, begun) in enumerate([(None, True), ("completed", True), ("partner_left", True), ("x", False)]):
        joined(connection, f"p-{number}", scenes=2)
        seated(connection, f"s-{number}", f"p-{number}", end_reason=reason, begun=begun)
        assignments.assign(connection, "pace", f"s-{number}", "slow", now=0)
    assert assignments.of_sessions(connection, "pace") == {"slow": Standing(1, 1, 3, 4)}


def test_a_group_is_exactly_these_people(connection: Connection) -> None:
    for who in ("a", "b", "c"):
        joined(connection, who, scenes=2)
    for at, (session, group) in enumerate([("s-1", "ab"), ("s-2", "abc"), ("s-3", "ba")]):
        seated(connection, session, *group)
        assignments.assign(connection, "pace", session, session, now=at)
    assert assignments.of_group(connection, "pace", ["b", "a"]) == "s-3"
    assert assignments.of_group(connection, "pace", ["a", "b", "c"]) == "s-2"
    assert assignments.of_group(connection, "pace", ["a", "c"]) is None
    assert assignments.of_group(connection, "size", ["a", "b"]) is None


def test_the_table_says_whose_a_condition_is(connection: Connection) -> None:
    joined(connection, "p-1", scenes=2)
    seated(connection, "s-1", "p-1")
    assignments.assign(connection, "pace", "p-1", "slow", now=1)
    assignments.assign(connection, "size", "s-1", "small", now=2)
    header, rows = assignments.assignments_table(connection)
    assert header[:4] == ("factor", "participant_id", "session_id", "condition")
    assert [row[:4] for row in rows] == [["pace", "p-1", None, "slow"], ["size", None, "s-1", "small"]]
