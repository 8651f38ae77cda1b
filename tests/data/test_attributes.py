"""What is known of participants, and of the study: within limits, and all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, select

from interactive_gym.data import attributes, people, schema, study_values
from interactive_gym.data.people import Participant
from interactive_gym.data.schema import events
from tests.databases import blank


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = blank()
    schema.metadata.create_all(engine)
    with engine.begin() as open_:
        for name in ("p1", "p2"):
            people.add_participant(open_, Participant(name, None, "arrived", "welcome", None), query={}, now=0)
        yield open_
    engine.dispose()


def put(connection: Connection, **values: Any) -> dict[str, Any]:
    return attributes.put(connection, "p1", values, source="hook", now=1)


def seen(connection: Connection) -> list[tuple[str, str, Any]]:
    rows = connection.execute(select(events).order_by(events.c.id))
    return [(row.name, row.reason, row.data) for row in rows]


def test_values_are_kept_by_name_of_each_participant(connection: Connection) -> None:
    put(connection, level=3, name="Ada", ready=True, none=None, half=0.5, count=np.int64(4))
    known = {"level": 3, "name": "Ada", "ready": True, "none": None, "half": 0.5, "count": 4}
    assert put(connection, level=4) == known | {"level": 4}
    assert attributes.of_all(connection, ["p1", "p2"]) == {"p1": known | {"level": 4}, "p2": {}}
    assert attributes.of(connection, "nobody") == {}


def test_every_change_is_an_event_and_nothing_else_is(connection: Connection) -> None:
    put(connection, level=1, name="Ada")
    put(connection, level=1)
    put(connection, level=True)
    assert seen(connection) == [
        ("attribute_set", "hook", {"level": 1, "name": "Ada"}),
        ("attribute_set", "hook", {"level": True}),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"a b": 1},
        {"": 1},
        {"a" * 65: 1},
        {"1a": 1},
        {"a": [1]},
        {"a": {}},
        {"a": float("nan")},
        {"a": 2**60},
        {"a": "x" * 999},
        {"a": "\n" * 600},
        {"a": b"bytes"},
        {f"a{number}": 1 for number in range(101)},
    ],
    ids=str,
)
def test_what_does_not_fit_changes_nothing(connection: Connection, values: dict[str, Any]) -> None:
    put(connection, level=1)
    with pytest.raises(ValueError):
        put(connection, **{"level": 2, **values})
    assert attributes.of(connection, "p1") == {"level": 1}


def test_there_are_no_more_than_a_hundred(connection: Connection) -> None:
    put(connection, **{f"a{number}": number for number in range(100)})
    assert len(put(connection, a3="changed")) == 100
    with pytest.raises(ValueError, match="at most 100"):
        put(connection, one_more=1)


def test_somebody_unknown_has_none(connection: Connection) -> None:
    with pytest.raises(ValueError, match="no participant"):
        attributes.put(connection, "nobody", {"a": 1}, source="hook", now=1)


def test_texts_are_cut_and_that_they_were_is_known(connection: Connection) -> None:
    texts = {"short": "x", "several": ["a", "b"], "long": "x" * 5000, "wide": '"' * 5000}
    attributes.put_texts(connection, "p1", texts, source="answer", now=1)
    known = attributes.of(connection, "p1")
    assert (known["short"], known["several"]) == ("x", "a, b")
    assert known["long"] == "x" * 998
    assert known["wide"] == '"' * len(str(known["wide"])) and 440 < len(str(known["wide"])) < 500
    assert seen(connection)[-1] == ("attribute_cut", "answer", {"names": ["long", "wide"]})


def test_texts_for_which_there_is_no_room_are_left_out(connection: Connection) -> None:
    put(connection, **{f"a{number}": number for number in range(99)})
    attributes.put_texts(connection, "p1", {"a0": "again", "b": "fits", "c": "not"}, source="query", now=1)
    known = attributes.of(connection, "p1")
    assert (known["a0"], known["b"], "c" in known) == ("again", "fits", False)
    assert seen(connection)[-1] == ("attribute_cut", "query", {"names": ["c"]})


def test_the_study_keeps_what_json_can_carry(connection: Connection) -> None:
    study_values.put(connection, {"queue": ["p1", {"level": 2}], "count": 1}, now=1)
    assert study_values.add(connection, "count", 2, now=2) == 3
    assert study_values.add(connection, "fresh", 0.5, now=2) == 0.5
    assert study_values.of(connection) == {"queue": ["p1", {"level": 2}], "count": 3, "fresh": 0.5}


@pytest.mark.parametrize("values", [{"a b": 1}, {"a": {1: 2}}, {"a": float("inf")}, {"a": "x" * 9_999}], ids=str)
def test_what_is_no_value_of_the_study_is_refused(connection: Connection, values: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        study_values.put(connection, values, now=1)
    assert study_values.of(connection) == {}


def test_a_study_keeps_a_thousand_values(connection: Connection) -> None:
    study_values.put(connection, {f"a{number}": number for number in range(1_000)}, now=1)
    study_values.put(connection, {"a1": "again"}, now=1)
    with pytest.raises(ValueError, match="at most"):
        study_values.put(connection, {"a1": "changed", "b": 1}, now=1)
    assert study_values.of(connection)["a1"] == "again"
    with pytest.raises(ValueError, match="not a number"):
        study_values.add(connection, "a1", 1, now=1)
