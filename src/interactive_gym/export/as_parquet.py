"""The tables of the CSV export as Parquet files, with types. They are written in pieces, so that any size will do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from interactive_gym.data.flat import cell
from interactive_gym.data.schema import SCHEMA_VERSION
from interactive_gym.export.as_csv import tables_of_frames, write_scenes
from interactive_gym.export.extras import wanted
from interactive_gym.export.study import Played, Study
from interactive_gym.export.survey import SceneFrames, Track
from interactive_gym.export.tables import Type, file_name, types_of_frames, types_of_sheet

ROWS_IN_GROUP = 50_000
_SCHEMA_VERSION = "schema_version"


def write_parquet(study: Study, frames: dict[str, SceneFrames], folder: Path, track: Track[Played]) -> None:
    for sheet in study.sheets():
        _write(folder / f"{sheet.name}.parquet", types_of_sheet(sheet), sheet.rows)
    for scene, found in frames.items():
        for kind, (_, rows) in tables_of_frames(study, scene, found, track):
            _write(folder / kind / f"{file_name(scene)}.parquet", types_of_frames(kind, found), rows)
    write_scenes(study, folder / "scenes")


def _write(path: Path, types: Mapping[str, Type], rows: Iterable[Sequence[object]]) -> None:
    arrow, parquet = wanted("parquet", "pyarrow", "pyarrow.parquet")
    schema = arrow.schema([*((name, _arrow_type(arrow, type_)) for name, type_ in types.items())])
    schema = schema.append(arrow.field(_SCHEMA_VERSION, arrow.int64()))
    path.parent.mkdir(parents=True, exist_ok=True)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in _groups(rows):
            columns = zip(*group, strict=True)
            read = [
                [_READ[type_](value) for value in column] for type_, column in zip(types.values(), columns, strict=True)
            ]
            arrays = [arrow.array(values, type=field.type) for values, field in zip(read, schema, strict=False)]
            version = arrow.array([SCHEMA_VERSION] * len(group), type=arrow.int64())
            writer.write_table(arrow.Table.from_arrays([*arrays, version], schema=schema), row_group_size=ROWS_IN_GROUP)


def _groups(rows: Iterable[Sequence[object]]) -> Iterator[list[Sequence[object]]]:
    left = iter(rows)
    while group := list(islice(left, ROWS_IN_GROUP)):
        yield group


def _arrow_type(arrow: Any, type_: Type) -> Any:
    return {
        "text": arrow.string(),
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "boolean": arrow.bool_(),
        "time": arrow.timestamp("ms", tz="UTC"),
    }[type_]


def _text(value: object) -> str | None:
    return None if value is None else str(cell(value))


def _number(value: Any) -> float | None:
    """NaN and infinities are texts in our tables."""
    return None if value is None or value == "" else math.nan if value == "NaN" else float(value)


def _same(value: object) -> object:
    return value


_READ: Mapping[Type, Callable[[Any], object]] = {
    "text": _text,
    "integer": _same,
    "number": _number,
    "boolean": _same,
    "time": lambda value: None if value is None else datetime.fromisoformat(value),
}
