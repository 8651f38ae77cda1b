"""The two tables of an episode: its frames, and what its player experienced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection

from interactive_gym.data import games
from interactive_gym.data.flat import Table, write_table
from interactive_gym.data.games import Session
from interactive_gym.data.latency import summary
from interactive_gym.protocol import Experience
from interactive_gym.records import Row, columns, unpack

EXPERIENCE_COLUMNS = (
    "generation",
    "frame",
    "row",  # "tick" or "key"
    "due_ms",
    "late_ms",
    "step_ms",
    "key",
    "event_ms",
    "sampled_ms",
    "executed_ms",
    "painted_ms",
)


def write_episode(
    connection: Connection, folder: Path, session: Session, episode: int
) -> dict[str, float | int | None]:
    """Writes ``<scene>/<session>/ep<k>.csv`` and ``ep<k>.<player>.experience.csv``; returns the episode's summary."""
    place = folder / _name(session.scene_id) / _name(session.id)
    write_table(place / f"ep{episode}.csv", _wide(frames(connection, session, episode), session.fps))
    seconds = _experience(connection, session, episode)
    name = f"ep{episode}.{_name(session.player)}.experience.csv"
    write_table(place / name, (EXPERIENCE_COLUMNS, _experience_rows(seconds)))
    return summary(seconds, session.fps)


def frames(connection: Connection, session: Session, episode: int) -> list[Row]:
    """The rows of an episode that count, from -1 on."""
    line = games.line(connection, session, episode)
    return [row for data in games.data_of(connection, line) for row in unpack(data)]


def _name(text: str) -> str:
    """``text`` as the name of a file, on any file system and never of another folder's."""
    return quote(text, safe=" ")


def _wide(rows: Iterable[Row], fps: int) -> Table:
    """Columns in the order in which they first appear; a cell without a value stays empty and in its row."""
    lines = [columns(row, fps) for row in rows]
    header = list(dict.fromkeys(name for line in lines for name in line))
    header.sort(key=_field)
    return header, ([line.get(name) for name in header] for line in lines)


def _field(column: str) -> int:
    """Sparse infos may appear late; they still stand with the others."""
    order = (
        "frame",
        "t_ms",
        "actions",
        "rewards",
        "terminated",
        "truncated",
        "infos",
        "observations",
        "source",
        "is_focused",
    )
    return order.index(column.partition(".")[0])


def _experience(connection: Connection, session: Session, episode: int) -> list[Experience]:
    decoder = msgspec.json.Decoder(Experience)
    return [decoder.decode(data) for data in games.experience_of(connection, session, episode)]


def _experience_rows(seconds: Iterable[Experience]) -> Iterator[Sequence[object]]:
    for second in seconds:
        for tick in second.ticks:
            costs = (tick.due_ms, tick.late_ms, tick.step_ms)
            yield (second.generation, tick.frame, "tick", *costs, None, None, None, None, tick.painted_ms)
        for key in second.keys:
            path = (key.key, key.event_ms, key.sampled_ms, key.executed_ms, key.painted_ms)
            yield (second.generation, key.frame, "key", None, None, None, *path)
