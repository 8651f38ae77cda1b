"""Columns of Python values as tables of pandas, polars or pyarrow, none of which need be installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from math import inf, nan
from typing import Any, Literal

from interactive_gym.data.flat import cell
from interactive_gym.errors import ConfigError

Library = Literal["pandas", "polars", "pyarrow"]
Kind = Literal["text", "integer", "number", "boolean", "time", "list", "any"]
"""Of a column; "any" holds values of several types, or dicts."""
Columns = Mapping[str, tuple[Kind, list[Any]]]

_EXTRAS = {"pandas": "pandas", "polars": "polars", "pyarrow": "parquet"}
_KINDS: Mapping[str, Kind] = {
    "text": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "time": "time",
    "list": "list",
    "array": "list",
}
_NOT_FINITE = {"NaN": nan, "Infinity": inf, "-Infinity": -inf}
_INT64 = range(-(2**63), 2**63)


def library(name: Library) -> Callable[[Columns], Any]:
    """What makes a table of columns.

    Raises:
        ConfigError: There is no such library, or it is not installed.
    """
    if name not in _EXTRAS:
        raise ConfigError(f"frames={name!r} is none of {', '.join(map(repr, _EXTRAS))}")
    try:
        module = import_module(name)
    except ModuleNotFoundError:
        others = " or ".join(f'frames="{other}"' for other in _EXTRAS if other != name)
        fix = f'Run: pip install "interactive-gym[{_EXTRAS[name]}]", or take {others}.'
        raise ConfigError(f"{name} is not installed. {fix}") from None
    make = {"pandas": _pandas, "polars": _polars, "pyarrow": _pyarrow}[name]
    return lambda columns: make(module, columns)


def kind_of(type_: str) -> Kind:
    """From the type in the page on the data, such as "time or null"."""
    return _KINDS.get(type_.removesuffix(" or null"), "any")


def columns_of(header: Sequence[str], rows: Iterable[Sequence[Any]], kinds: Sequence[Kind]) -> Columns:
    """The rows of a table, as ``flat.Table`` has them, as columns."""
    columns = list(zip(*rows, strict=True)) or [()] * len(header)
    return {
        name: (kind, [datetime.fromisoformat(value) if kind == "time" and value else value for value in column])
        for name, kind, column in zip(header, kinds, columns, strict=True)
    }


def kind_of_values(values: list[Any]) -> tuple[Kind, list[Any]]:
    """The kind of what ``records.plain`` gave, and the values as they are then."""
    types = {type(value) for value in values if value is not None}
    if types == {str} and not _NOT_FINITE.keys() >= {*values} - {None}:
        return "text", values
    if types == {bool}:
        return "boolean", values
    ours = all(
        value in (_INT64 if type(value) is int else _NOT_FINITE) for value in values if type(value) in (int, str)
    )
    if types == {int} and ours:
        return "integer", values
    if types and types <= {int, float, str} and ours:
        return "number", _finite(values)
    return ("list", values) if types == {list} else ("any", values)


def _finite(values: list[Any]) -> list[Any]:
    return [_NOT_FINITE[value] if type(value) is str else None if value is None else float(value) for value in values]


def _pandas(pandas: Any, columns: Columns) -> Any:
    """Lists and dicts are Python's own."""
    types = {"text": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}

    def series(kind: Kind, values: list[Any]) -> Any:
        if kind == "time":
            return pandas.Series(pandas.to_datetime(values, utc=True), dtype="datetime64[ms, UTC]")
        return pandas.Series(values, dtype=types.get(kind, "object"))

    return pandas.DataFrame({name: series(*column) for name, column in columns.items()})


def _polars(polars: Any, columns: Columns) -> Any:
    types = {"text": polars.String, "integer": polars.Int64, "number": polars.Float64, "boolean": polars.Boolean}
    types |= {"time": polars.Datetime("ms", "UTC"), "any": polars.String}

    def series(name: str, kind: Kind, values: list[Any]) -> Any:
        if kind == "list":
            try:
                return polars.Series(name, values)
            except (TypeError, OverflowError, polars.exceptions.PolarsError):
                kind = "any"
        return polars.Series(
            name, _texts(values) if kind == "any" else values, dtype=types[kind], strict=kind != "number"
        )

    return polars.DataFrame([series(name, *column) for name, column in columns.items()])


def _pyarrow(pyarrow: Any, columns: Columns) -> Any:
    types = {"text": pyarrow.string(), "integer": pyarrow.int64(), "number": pyarrow.float64()}
    types |= {"boolean": pyarrow.bool_(), "time": pyarrow.timestamp("ms", "UTC"), "any": pyarrow.string()}

    def array(kind: Kind, values: list[Any]) -> Any:
        if kind == "list":
            try:
                return pyarrow.array(values)
            except (pyarrow.ArrowException, OverflowError):
                kind = "any"
        return pyarrow.array(_texts(values) if kind == "any" else values, type=types[kind])

    return pyarrow.table({name: array(*column) for name, column in columns.items()})


def _texts(values: Iterable[Any]) -> list[str | None]:
    """As they are in the cells of a file: lists and dicts as JSON."""
    return [None if value is None else str(cell(value)) for value in values]
