"""The parameters of a scene's method as one typed table: a frozen dataclass whose fields carry their check.

    @dataclass(frozen=True)
    class Runtime(Parameters):
        loading_timeout: Annotated[float, number(1, 3600)] = 60.0

A check takes what the researcher wrote and returns what is kept, or raises ``ValueError`` with what it must be instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, TypeVar, get_type_hints

from interactive_gym.errors import ConfigError


class NotGiven(Enum):
    """The type of :data:`NOT_GIVEN`."""

    NOT_GIVEN = "not given"

    def __repr__(self) -> str:
        return "<not given>"


NOT_GIVEN: Final = NotGiven.NOT_GIVEN
"""The default of every optional parameter. ``None`` is a value that a researcher may write."""

Check = Callable[[Any], Any]


@dataclass(frozen=True)
class Parameters:
    """What the parameter tables share."""


Table = TypeVar("Table", bound=Parameters)


def refine(table: Table, given: Mapping[str, object], *, scene: str | None, method: str) -> Table:
    """``table`` with what is given, checked; the rest stays as it is.

    Raises:
        ConfigError: A value is not what its row asks for.
    """
    rows = get_type_hints(type(table), include_extras=True)
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if value is not NOT_GIVEN:
            (check,) = rows[name].__metadata__
            changes[name] = checked(check, value, scene=scene, method=method, parameter=name)
    return replace(table, **changes)


def check_given(table: Parameters, *, method: str) -> None:
    """Check what the constructor of ``table`` was given, and keep it as its checks return it.

    Raises:
        ConfigError: A value is not what its row asks for.
    """
    for name, row in get_type_hints(type(table), include_extras=True).items():
        if check := getattr(row, "__metadata__", None):
            object.__setattr__(table, name, checked(check[0], getattr(table, name), method=method, parameter=name))


def checked(check: Check, value: object, *, method: str, parameter: str, scene: str | None = None) -> Any:
    """What ``check`` makes of ``value``.

    Raises:
        ConfigError: It is not what the check asks for.
    """
    try:
        return check(value)
    except ValueError as problem:
        raise ConfigError(str(problem), scene=scene, method=method, parameter=parameter) from problem
