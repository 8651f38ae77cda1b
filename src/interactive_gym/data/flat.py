"""Flat files, written whole or not at all."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from interactive_gym.data.schema import SCHEMA_VERSION

Table = tuple[Sequence[str], Iterable[Sequence[object]]]
"""Names of columns, and rows."""


@contextmanager
def replacing(path: Path, *, mode: int = 0o644) -> Iterator[IO[str]]:
    """A text file that takes the place of ``path`` when the block ends; if that fails, the old one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def place(data: bytes, target: Path) -> None:
    """A file of these bytes; nobody ever sees half of it, and two who write it at once are not in each other's way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.new")
    draft.write_bytes(data)
    draft.replace(target)


def write_table(path: Path, table: Table, *, mode: int = 0o644) -> None:
    """A CSV file (RFC 4180); its last column is the schema version. Text stays as it is, spreadsheets or not."""
    header, rows = table
    with replacing(path, mode=mode) as file:
        out = csv.writer(file)
        out.writerow([*header, "schema_version"])
        out.writerows([*map(cell, row), SCHEMA_VERSION] for row in rows)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    with replacing(path) as file:
        json.dump({"schema_version": SCHEMA_VERSION, **content}, file, ensure_ascii=False, indent=2)
        file.write("\n")


def write_json_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    with replacing(path) as file:
        for line in lines:
            file.write(json.dumps({"schema_version": SCHEMA_VERSION, **line}, ensure_ascii=False) + "\n")


def cell(value: object) -> object:
    """``value`` as it stands in a table: nothing for None, ``true`` and ``false``, JSON for lists and dicts."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value


def moment(seconds: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
