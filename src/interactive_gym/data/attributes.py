"""What is known of each participant by name; a little, and changed inside a write only.

    values = attributes.of(connection, participant_id)
    attributes.put(connection, participant_id, {"level": 3}, source="screening", now=now)

Every change is an event, "attribute_set", whose reason is its source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select, update

from interactive_gym.data import events
from interactive_gym.data.flat import Table
from interactive_gym.data.schema import participants
from interactive_gym.scenes.attributes import MAX_ATTRIBUTES, MAX_VALUE, Value, attribute_values


def of(connection: Connection, participant_id: str) -> dict[str, Value]:
    """All attributes of this participant; none of somebody unknown."""
    query = select(participants.c.attributes).where(participants.c.id == participant_id)
    return dict(connection.execute(query).scalar_one_or_none() or {})


def of_all(connection: Connection, participant_ids: Sequence[str]) -> dict[str, dict[str, Value]]:
    """Those of several, by participant."""
    query = select(participants.c.id, participants.c.attributes).where(participants.c.id.in_(list(participant_ids)))
    return {row.id: dict(row.attributes) for row in connection.execute(query)}


def attributes_table(connection: Connection) -> Table:
    """One row per attribute of a participant, as it is now."""
    rows = connection.execute(select(participants.c.id, participants.c.attributes).order_by(participants.c.arrived_at))
    pairs = ((row.id, name, value) for row in rows for name, value in sorted(row.attributes.items()))
    return ("participant_id", "name", "value"), pairs


def put(
    connection: Connection, participant_id: str, values: Mapping[str, object], *, source: str, now: float
) -> dict[str, Value]:
    """Sets ``values``; other attributes stay.

    Args:
        source: Who sets them: "query", "answer", "page", "hook", "screening", "monitoring".

    Returns:
        All attributes, as they are now.

    Raises:
        ValueError: A name or value is none (``scenes.attributes``), they would be too many, or there is no such
            participant. Nothing has been set.
    """
    kept, before = attribute_values(values), of(connection, participant_id)
    after = before | kept
    if len(after) > MAX_ATTRIBUTES:
        raise ValueError(f"a participant has at most {MAX_ATTRIBUTES} attributes")
    changed = {name: value for name, value in kept.items() if name not in before or not _same(before[name], value)}
    if changed:
        own = update(participants).where(participants.c.id == participant_id)
        if not connection.execute(own.values(attributes=after)).rowcount:
            raise ValueError(f"there is no participant {participant_id!r}")
        events.record(
            connection,
            "attribute_set",
            reason=source,
            severity="info",
            now=now,
            participant_id=participant_id,
            data=changed,
        )
    return after


def put_texts(
    connection: Connection, participant_id: str, texts: Mapping[str, str | Sequence[str]], *, source: str, now: float
) -> None:
    """Sets what a participant's link or answers say, cut to what fits; that they were cut, or did not fit, is an event.

    Several values of one name become one text, with commas.
    """
    whole = {name: text if isinstance(text, str) else ", ".join(text) for name, text in texts.items()}
    cut = {name: _cut(text) for name, text in whole.items()}
    room = MAX_ATTRIBUTES - len(of(connection, participant_id).keys() - cut.keys())
    fitting = dict(list(cut.items())[:room])
    put(connection, participant_id, fitting, source=source, now=now)
    if short := [name for name in whole if fitting.get(name) != whole[name]]:
        events.record(
            connection,
            "attribute_cut",
            reason=source,
            severity="warning",
            now=now,
            participant_id=participant_id,
            data={"names": short},
        )


def _cut(text: str) -> str:
    """As much of ``text`` as fits: some characters take six in JSON."""
    if len(json.dumps(text, ensure_ascii=False)) <= MAX_VALUE:
        return text
    fitting = MAX_VALUE - 2
    while len(json.dumps(text[:fitting], ensure_ascii=False)) > MAX_VALUE:
        fitting = fitting * 9 // 10
    return text[:fitting]


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other
