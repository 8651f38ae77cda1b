"""What data frames are made of, read from an export as CSV or Parquet: the same as from the study's store.

Cells of an export are numbers, booleans, times and texts. Which of them were lists and dicts is told by the page on the
data, and in frames by the column itself: if all of its values are JSON lists, it holds lists.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import quote

from interactive_gym.data.descriptions import describe
from interactive_gym.data.episode_files import EXPERIENCE_COLUMNS
from interactive_gym.data.flat import Table
from interactive_gym.data.frame_lines import BY_AGENT, KEYS, WHOLE, Line, lines_of
from interactive_gym.data.schema import SCHEMA_VERSION
from interactive_gym.errors import ConfigError
from interactive_gym.records import FIELDS, SHARED, Row

Rows = Iterable[Sequence[Any]]
Players = Mapping[tuple[str, str], str]
"""Session and agent -> participant."""

FORMATS = ("csv", "parquet")
_EXPERIENCE_FILE = "ep<k>.<player>.experience.csv"  # in the documentation
_LONGEST_CELL = 2**31 - 1  # the most on all systems: observations may be pictures
_JSON = ("list", "dict", "JSON", "object", "array")  # types of columns, in the documentation


def exported_study(path: Path) -> ExportedStudy | None:
    """The export in the folder ``path``; None if there is none.

    Raises:
        ConfigError: It cannot be read here: the text says why.
    """
    about = _about(path)
    if about is None:
        return None
    if about["schema_version"] > SCHEMA_VERSION:
        raise ConfigError(f"{path} was exported by a newer version of Interactive Gym. Update the package.")
    kind = about["export"]["format"]
    if kind not in FORMATS:
        raise ConfigError(f"{path} is an export as {kind}. Load one as csv or parquet, or the study's own folder.")
    return ExportedStudy(path, kind)


def _about(path: Path) -> dict[str, Any] | None:
    """The provenance of an export, if that is what this folder is."""
    if any((path / name / "provenance.json").is_file() for name in FORMATS):
        raise ConfigError(f"{path} holds exports in several formats. Load one of the folders in it, csv or parquet.")
    for place in ("provenance.json", "documentation/provenance.json"):
        try:
            found = json.loads((path / place).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(found, dict) and "export" in found:
            return found
    return None


@dataclass(frozen=True)
class ExportedStudy:
    """The export in the folder ``path``. Methods raise ConfigError where it has not got what they are to give.

    Attributes:
        format: ``csv`` or ``parquet``.
    """

    path: Path
    format: str

    def table(self, file: str) -> Table:
        """The table that is called ``file`` in the study's folder."""
        name = file.partition(".")[0]
        place = self.path / f"{name}.{self.format}"
        if not place.is_file():
            raise ConfigError(f"There is no table {name} in the export {self.path}. Those that name nobody have less.")
        header, rows = self._read(place)
        readers = [_reader(describe(file, column).type) for column in header]
        return header, ([read(cell) for read, cell in zip(readers, row, strict=True)] for row in rows)

    def scenes(self) -> list[str]:
        """Ids of the scenes in which something was played."""
        header, rows = self.table("sessions.csv")
        place = list(header).index("scene_id")
        return sorted({str(row[place]) for row in rows})

    def frames(self, scene: str, wanted: Collection[str] | None) -> Iterator[Line]:
        """Of the complete episodes, of these sessions (None: all)."""
        wide = self._place("frames", scene)
        if not wide.is_file():
            return iter(())
        header, rows = self._read(wide)
        if set(BY_AGENT) <= set(header):
            found = _narrow_lines(header, _within(rows, wanted), self._players())
        else:
            found = self._lines(scene, wanted)
        return iter(_with_lists(list(found)))

    def experience(self, scene: str, wanted: Collection[str] | None) -> Iterator[Sequence[Any]]:
        """Session, episode and player, then ``EXPERIENCE_COLUMNS``."""
        place = self._place("experience", scene)
        if not place.is_file():
            return
        header, rows = self._read(place)
        names = ("session_id", "episode", "player", *EXPERIENCE_COLUMNS)
        types = {"episode": "integer"} | {name: describe(_EXPERIENCE_FILE, name).type for name in EXPERIENCE_COLUMNS}
        columns = [(header.index(name), _reader(types.get(name, "text"))) for name in names]
        for row in _within(rows, wanted):
            yield [read(row[place]) for place, read in columns]

    def _lines(self, scene: str, wanted: Collection[str] | None) -> Iterator[Line]:
        """From the long table, which says what is the agent in the name of a column, and the times of the wide one."""
        types, players = self._types(scene), self._players()
        _, wide = self._read(self._place("frames", scene), "session_id", "episode", "frame", "t_ms")
        _, long = self._read(self._place("frames_long", scene))
        groups = groupby(_within(long, wanted), itemgetter(0, 2, 3))  # session, episode, frame
        at, values = next(groups, (None, ()))
        for session, episode, frame, t_ms in _within(wide, wanted):
            if (session, episode, frame) == at:
                keys = (session, int(episode), int(frame), float(t_ms))
                yield from _lines_of_frame(keys, values, types, players)
                at, values = next(groups, (None, ()))
        if at is not None:
            raise ConfigError(f"The tables frames and frames_long of {scene!r} in {self.path} do not fit each other.")

    def _types(self, scene: str) -> Mapping[str, str]:
        """Column of the wide table -> type, by the codebook."""
        header, rows = _read_csv(self.path / "codebook.csv")
        table, of, column, type_ = map(header.index, ("table", "scene_id", "column", "type"))
        return {row[column]: row[type_] for row in rows if (row[table], row[of]) == ("frames", scene)}

    def _players(self) -> Players:
        header, rows = self.table("sessions.csv")
        session, player, participant = (list(header).index(name) for name in ("session_id", "player", "participant_id"))
        return {(str(row[session]), str(row[player])): str(row[participant]) for row in rows}

    def _place(self, kind: str, scene: str) -> Path:
        return self.path / kind / f"{quote(scene, safe=' ')}.{self.format}"

    def _read(self, path: Path, *columns: str) -> tuple[list[str], Rows]:
        return (_read_csv if self.format == "csv" else _read_parquet)(path, *columns)


def _read_csv(path: Path, *columns: str) -> tuple[list[str], Rows]:
    """Header and rows, without the schema version; cells are texts, or None where they are empty."""
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    names = list(columns) or header[:-1]
    places = [header.index(name) for name in names]

    def rows() -> Iterator[Sequence[Any]]:
        with path.open(encoding="utf-8", newline="") as file:
            lines = csv.reader(file)
            next(lines)
            for line in lines:
                yield [line[place] or None for place in places]

    return names, rows()


def _read_parquet(path: Path, *columns: str) -> tuple[list[str], Rows]:
    try:
        parquet = import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise ConfigError('Parquet needs pyarrow. Run: pip install "interactive-gym[parquet]"') from None
    file = parquet.ParquetFile(path)
    names = list(columns) or file.schema_arrow.names[:-1]
    batches = file.iter_batches(columns=names)
    return names, (row for batch in batches for row in zip(*(column.to_pylist() for column in batch), strict=True))


def _within(rows: Rows, wanted: Collection[str] | None) -> Rows:
    """Those of the sessions that are wanted; the session is in the first column."""
    only = None if wanted is None else set(wanted)
    return (row for row in rows if only is None or row[0] in only)


# --- cells ------------------------------------------------------------------------------------------------------------


def _reader(type_: str) -> Callable[[Any], Any]:
    """What makes of a cell the value that the store has; ``type_`` is that of the page on the data."""
    if type_ == "text or JSON":
        return _text_or_list
    if type_ == "number or text or boolean":
        return _scalar
    return _READERS.get(type_.removesuffix(" or null"), _same)


def _same(cell: Any) -> Any:
    return cell


def _parsed(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda cell: None if cell is None else read(cell)


def _boolean(cell: Any) -> bool:
    return cell == "true" if isinstance(cell, str) else bool(cell)


def _time(cell: Any) -> str:
    return cell if isinstance(cell, str) else str(cell.isoformat(timespec="milliseconds"))


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "integer": _parsed(int),
    "number": _parsed(float),
    "boolean": _parsed(_boolean),
    "time": _parsed(_time),
    **dict.fromkeys(_JSON, _parsed(json.loads)),
}


def _text_or_list(cell: str | None) -> Any:
    found = _list(cell)
    return found if found is not None and json.dumps(found, ensure_ascii=False) == cell else cell or ""


def _scalar(cell: str | None) -> Any:
    with suppress(ValueError):
        value = json.loads(cell or "")
        if isinstance(value, bool | int | float) and json.dumps(value) == cell:
            return value
    return cell or ""


def _list(text: str | None) -> list[Any] | None:
    if text is None or not text.startswith("["):
        return None
    with suppress(ValueError, RecursionError):
        value = json.loads(text)
        return value if isinstance(value, list) else None
    return None


# --- frames -----------------------------------------------------------------------------------------------------------


def _lines_of_frame(
    at: tuple[str, int, int, float], values: Rows, types: Mapping[str, str], players: Players
) -> Iterator[Line]:
    """A line per agent. ``values`` are rows of the long table."""
    lines: dict[str, Line] = {}
    shared: Line = {}
    for _, _, _, _, agent, field, key, text in values:
        if field in SHARED:
            column = f"{field}.{key}" if key else field
            shared[column] = _value(text, types.get(column, "text"))
            continue
        line = lines.setdefault(agent, dict(zip(KEYS, (*at, agent, players.get((at[0], agent))), strict=True)))
        column = f"{field}.{agent}.{key}" if key else f"{field}.{agent}"
        value = _value(text, types.get(column, "text"))
        if key and field in WHOLE:
            _put(line.setdefault(field, {}), key.split("."), value)
        else:
            line[f"{field}.{key}" if key else field] = value
    yield from (line | shared for line in lines.values())


def _value(text: str | None, type_: str) -> Any:
    if text is None or type_ == "text":
        return text
    if type_ == "boolean":
        return text == "true"
    return text if text in ("NaN", "Infinity", "-Infinity") else json.loads(text)


def _put(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *above, last = path
    for name in above:
        tree = tree.setdefault(name, {})
    found = _list(value) if isinstance(value, str) else None
    tree[last] = value if found is None else found


def _narrow_lines(header: Sequence[str], rows: Rows, players: Players) -> Iterator[Line]:
    """From a wide table in which each field is one column, of JSON."""
    for cells in rows:
        row = dict(zip(header, cells, strict=True))
        there = {name: row[name] for name in FIELDS if row.get(name) is not None}  # earlier exports have fewer
        fields = {name: text if name == "state_hash" else json.loads(text) for name, text in there.items()}
        played = Row(int(row["frame"]), **fields)
        yield from lines_of(played, row["session_id"], int(row["episode"]), float(row["t_ms"]), players)


def _with_lists(lines: list[Line]) -> list[Line]:
    """Texts of a column are lists if all of them are."""
    for name in dict.fromkeys(name for line in lines for name in line if name not in KEYS):
        values = [line[name] for line in lines if line.get(name) is not None]
        found = [_list(value) if isinstance(value, str) else None for value in values]
        if None in found or not found:
            continue
        each = iter(found)
        for line in lines:
            if line.get(name) is not None:
                line[name] = next(each)
    return lines
