"""The parameters of a scene's method as one typed table: a frozen dataclass whose fields carry their check.

    @dataclass(frozen=True)
    class Runtime:
        loading_timeout: float = parameter(60.0, number(1, 3600))

A check takes what the researcher wrote and returns what is kept, or raises ``ValueError`` with what it must be instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from enum import Enum
from typing import Any, Final, TypeVar, cast

from interactive_gym.errors import ConfigError


class NotGiven(Enum):
    """The type of :data:`NOT_GIVEN`."""

    NOT_GIVEN = "not given"

    def __repr__(self) -> str:
        return "<not given>"


NOT_GIVEN: Final = NotGiven.NOT_GIVEN
"""The default of every optional parameter. ``None`` is a value that a researcher may write."""

Check = Callable[[Any], Any]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Parameters:
    """What the parameter tables share."""


Table = TypeVar("Table", bound=Parameters)


def parameter(default: Value, check: Check) -> Value:
    """A row of a table: its default, which is not checked, and the check of what is given instead."""
    return cast(Value, field(default_factory=lambda: default, metadata={"check": check}))


def refine(table: Table, given: Mapping[str, object], *, scene: str, method: str) -> Table:
    """``table`` with what is given, checked; the rest stays as it is.

    Raises:
        ConfigError: A value is not what its row asks for.
    """
    rows = {row.name: row for row in fields(table)}
    changes = {
        name: _checked(rows[name], value, scene, method) for name, value in given.items() if value is not NOT_GIVEN
    }
    return replace(table, **changes)


def _checked(row: Field[Any], value: object, scene: str, method: str) -> object:
    try:
        return row.metadata["check"](value)
    except ValueError as problem:
        raise ConfigError(str(problem), scene=scene, method=method, parameter=row.name) from problem
