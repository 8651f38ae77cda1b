"""What was played as tidy lines: one for each agent in each frame. They become the columns of a data frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from interactive_gym.data.data_frames import Columns, kind_of_values
from interactive_gym.records import FIELDS, SHARED, Row, plain

Line = dict[str, Any]
"""Column -> value; a column without a value may be left out."""

KEYS = ("session_id", "episode", "frame", "t_ms", "agent", "participant_id")
BY_AGENT = tuple(name for name in FIELDS if name not in SHARED)
WHOLE = ("actions", "rewards")  # a dict of these is one value, and not columns


def lines_of(
    row: Row, session_id: str, episode: int, t_ms: float, players: Mapping[tuple[str, str], str]
) -> Iterator[Line]:
    """What is of the game as a whole stands in the line of each agent.

    Args:
        players: Session and agent -> participant.
    """
    shared = dict(_shared_values(row))
    for agent in dict.fromkeys(agent for name in BY_AGENT for agent in getattr(row, name) or ()):
        at = (session_id, episode, row.frame, t_ms, agent, players.get((session_id, agent)))
        yield dict(zip(KEYS, at, strict=True)) | dict(_values(row, agent)) | shared


def _shared_values(row: Row) -> Iterator[tuple[str, Any]]:
    for name, value in (row.state or {}).items():
        yield from _flat(f"state.{name}", plain(value))
    if row.state_hash is not None:
        yield "state_hash", row.state_hash


def _values(row: Row, agent: str) -> Iterator[tuple[str, Any]]:
    for name in BY_AGENT:
        values = getattr(row, name) or {}
        if agent in values:
            value = plain(values[agent])
            yield from [(name, value)] if name in WHOLE else _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and (value or "." not in name):
        for key, item in value.items():
            yield from _flat(f"{name}.{key}", item)
    else:
        yield name, value


def columns_of_lines(lines: Iterable[Line]) -> Columns:
    columns: dict[str, list[Any]] = {name: [] for name in KEYS}
    count = 0
    for line in lines:
        for name, value in line.items():
            column = columns.setdefault(name, [])
            column.extend([None] * (count - len(column)))
            column.append(value)
        count += 1
    order = sorted(columns, key=_place)
    padded = {name: columns[name] + [None] * (count - len(columns[name])) for name in order}
    return {name: kind_of_values(values) for name, values in padded.items()}


def _place(column: str) -> int:
    return (*KEYS, *FIELDS).index(column.partition(".")[0])
