"""What a study's hooks keep of the study as a whole: names with values that JSON can carry. It survives restarts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from interactive_gym.data.schema import study_values
from interactive_gym.scenes.attributes import attribute_name
from interactive_gym.scenes.checks import json_value

MAX_NAMES = 1_000
MAX_VALUE = 10_000
"""Characters of one value as JSON. It is a notebook of the hooks, not their database."""


def of(connection: Connection) -> dict[str, Any]:
    """All of them."""
    return {row.name: row.value for row in connection.execute(select(study_values.c.name, study_values.c.value))}


def put(connection: Connection, values: Mapping[str, object], *, now: float) -> dict[str, Any]:
    """Sets ``values``; others stay.

    Returns:
        All of them, as they are now.

    Raises:
        ValueError: A name or a value is none, or they would be too many. Nothing has been set.
    """
    rows = [
        {"name": attribute_name(name), "value": _checked(name, value), "changed_at": now}
        for name, value in values.items()
    ]
    replaced = study_values.c.name.in_(list(values))
    others = connection.execute(select(func.count()).select_from(study_values).where(~replaced)).scalar_one()
    if others + len(rows) > MAX_NAMES:
        raise ValueError(f"a study keeps at most {MAX_NAMES} values")
    connection.execute(delete(study_values).where(replaced))
    if rows:
        connection.execute(insert(study_values), rows)
    return of(connection)


def add(connection: Connection, name: str, amount: float, *, now: float) -> float:
    """Adds to a number that begins at 0. Nobody else changes it meanwhile.

    Raises:
        ValueError: What is there is no number.
    """
    value = of(connection).get(name, 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{name!r} is not a number")
    after: float = put(connection, {name: value + amount}, now=now)[name]
    return after


def _checked(name: str, value: object) -> object:
    kept = json_value(value)
    if len(json.dumps(kept, ensure_ascii=False)) > MAX_VALUE:
        raise ValueError(f"{name!r} has more than {MAX_VALUE} characters")
    return kept
