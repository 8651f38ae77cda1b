"""The tables of the CSV export as Parquet files, with types. They are written in pieces, so that any size will do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from interactive_gym.data.flat import cell
from interactive_gym.data.schema import SCHEMA_VERSION
from interactive_gym.export.as_csv import write_others
from interactive_gym.export.extras import wanted
from interactive_gym.export.rows import Add, Open, write_frames
from interactive_gym.export.study import Played, Study
from interactive_gym.export.survey import SceneFrames, Track
from interactive_gym.export.tables import Type, file_name, types_of_frames, types_of_sheet

ROWS_IN_GROUP = 50_000


def write_parquet(study: Study, frames: dict[str, SceneFrames], folder: Path, track: Track[Played]) -> None:
    for sheet in study.sheets():
        with _writing(folder / f"{sheet.name}.parquet", types_of_sheet(sheet)) as add:
            add(sheet.rows)
    for scene, found in frames.items():
        write_frames(study, scene, found, _opener(folder, scene, found), track)
    write_others(study, folder)


def _opener(folder: Path, scene: str, found: SceneFrames) -> Open:
    return lambda kind, _: _writing(folder / kind / f"{file_name(scene)}.parquet", types_of_frames(kind, found))


@contextmanager
def _writing(path: Path, types: Mapping[str, Type]) -> Iterator[Add]:
    arrow, parquet = wanted("parquet", "pyarrow", "pyarrow.parquet")
    schema = arrow.schema([(name, _arrow_type(arrow, type_)) for name, type_ in types.items()])
    schema = schema.append(arrow.field("schema_version", arrow.int64()))
    path.parent.mkdir(parents=True, exist_ok=True)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        groups = _Groups(arrow, writer, schema, list(types.values()))
        yield groups.add
        groups.write()


class _Groups:
    """Collects rows, and writes so many of them at once."""

    def __init__(self, arrow: Any, writer: Any, schema: Any, types: Sequence[Type]) -> None:
        self._arrow, self._writer, self._schema = arrow, writer, schema
        self._types = types
        self._rows: list[Sequence[object]] = []

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        for row in rows:
            self._rows.append(row)
            if len(self._rows) == ROWS_IN_GROUP:
                self.write()

    def write(self) -> None:
        if not self._rows:
            return
        columns = [[_READ[type_](row[i]) for row in self._rows] for i, type_ in enumerate(self._types)]
        columns.append([SCHEMA_VERSION] * len(self._rows))
        arrays = [
            self._arrow.array(values, type=field.type) for values, field in zip(columns, self._schema, strict=True)
        ]
        table = self._arrow.Table.from_arrays(arrays, schema=self._schema)
        self._writer.write_table(table, row_group_size=ROWS_IN_GROUP)
        self._rows.clear()


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
