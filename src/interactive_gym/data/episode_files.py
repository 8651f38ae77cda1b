"""The two tables of an episode: its frames, and what its player experienced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from urllib.parse import quote

import msgspec
from sqlalchemy import Connection

from interactive_gym.data import games
from interactive_gym.data.attendance import Attendance
from interactive_gym.data.flat import Table, write_table
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.latency import Summary, summary
from interactive_gym.data.timeline import Piece, frames_of
from interactive_gym.errors import ServerError
from interactive_gym.protocol import Experience
from interactive_gym.records import Malformed, Row, columns, plain, unpack
from interactive_gym.records.rows import FIELDS

MAX_COLUMNS = 16_384  # no spreadsheet opens more; infos with ever new keys would make millions
_CLOCKS_S = 5.0  # that the clock of a file system may be ahead of ours
EXPERIENCE_COLUMNS = (
    "generation",
    "frame",
    "row",  # "tick" or "key"
    "due_ms",
    "late_ms",
    "step_ms",
    "predicted",
    "rollback",
    "rollback_ms",
    "key",
    "event_ms",
    "sampled_ms",
    "executed_ms",
    "painted_ms",
)


def write_episode(connection: Connection, folder: Path, session_id: str, episode: Episode) -> dict[str, Summary]:
    """Writes ``<scene>/<session>/ep<k>.csv`` and each ``ep<k>.<player>.experience.csv``; returns their summaries."""
    sides = games.sides(connection, session_id)
    place = folder / file_name(sides[0].scene_id) / file_name(session_id)
    there = Attendance()
    table = _wide(lambda: there.counted(frames(connection, sides, episode)), sides[0].fps)
    write_table(place / f"ep{episode.number}.csv", table)
    felt = {side.player: _write_experience(connection, place, side, episode.number) for side in sides}
    return {player: {**one, **there.of(player)} for player, one in felt.items()}


def is_as_written(folder: Path, scene_id: str, session_id: str, episode: int, written_at: float) -> bool:
    """Whether the files of an episode are there, and have not been changed since."""
    place = folder / file_name(scene_id) / file_name(session_id)
    times = {path.name: path.stat().st_mtime for path in place.glob(f"ep{episode}.*csv")}
    return f"ep{episode}.csv" in times and max(times.values()) <= written_at + _CLOCKS_S


def frames(connection: Connection, sides: Sequence[Session], episode: Episode) -> Iterator[Row]:
    """The rows of a complete episode, from that of the reset on, as they are in ``ep<k>.csv``.

    What was recorded beyond the frame in which it ended, such as after a mismatch, is not of it.

    Args:
        sides: Its session, as :func:`games.sides` gives it.
    """
    line = whole_line(connection, sides, episode)
    return takewhile(lambda row: row.frame < episode.frames, rows(connection, line))


def whole_line(connection: Connection, sides: Sequence[Session], episode: Episode) -> Sequence[Piece]:
    """The chunks of the lowest peer who has all frames. Of an episode that ended before its reset there are none.

    Raises:
        ServerError: Nobody has all of them: some have been lost from the store.
    """
    lines = [games.line(connection, side, episode.number) for side in sides]
    whole = next((line for line in lines if line and frames_of(line) >= episode.frames), ())
    if episode.frames and not whole:
        here = max(map(frames_of, lines), default=0)
        where = f"of the {episode.frames} frames of episode {episode.number} of {sides[0].id}"
        raise ServerError(f"The store is damaged: {where}, {here} are here in a row.")
    return whole


def _write_experience(connection: Connection, place: Path, side: Session, episode: int) -> Summary:
    seconds = _experience(connection, side, episode)
    name = f"ep{episode}.{file_name(side.player)}.experience.csv"
    write_table(place / name, (EXPERIENCE_COLUMNS, _experience_rows(seconds)))
    return summary(seconds, side.fps)


def rows(connection: Connection, line: Sequence[Piece]) -> Iterator[Row]:
    """The rows of these chunks. One is unpacked at a time: with images in it, an episode does not fit in memory.

    Raises:
        ServerError: A chunk is not any more what was sent.
    """
    for piece in line:
        (data,) = games.data_of(connection, [piece])
        try:
            yield from unpack(data, digest=piece.digest)
        except Malformed as problem:
            where = f"chunk {piece.id}, of frames {piece.first} to {piece.next_frame - 1} of episode {piece.episode}"
            raise ServerError(f"The store is damaged: {where}, is not what was sent. {problem}.") from problem


def file_name(text: str) -> str:
    """``text`` as the name of a file, on any file system and never of another folder's."""
    return quote(text, safe=" ")


def _wide(read: Callable[[], Iterator[Row]], fps: int) -> Table:
    """One column per value; a cell without a value stays empty and in its row. ``read`` is called twice."""
    names: dict[str, None] = {}
    for row in read():
        names.update(dict.fromkeys(columns(row, fps)))
        if len(names) > MAX_COLUMNS:
            return _narrow(read, fps)
    header = in_order(names)
    return header, ([line.get(name) for name in header] for line in (columns(row, fps) for row in read()))


def _narrow(read: Callable[[], Iterator[Row]], fps: int) -> Table:
    """One column per field, of JSON."""
    header = ("frame", "t_ms", *FIELDS)
    return header, (
        [row.frame, row.frame * 1000 / fps, *(plain(getattr(row, name)) for name in FIELDS)] for row in read()
    )


def in_order(columns: Iterable[str]) -> list[str]:
    """Sparse infos may appear late; they still stand with the others, in the order in which they came."""
    return sorted(columns, key=lambda column: ("frame", "t_ms", *FIELDS).index(column.partition(".")[0]))


def experience_rows(connection: Connection, side: Session, episode: int) -> Iterator[Sequence[object]]:
    """What a player experienced of an episode; columns are ``EXPERIENCE_COLUMNS``."""
    return _experience_rows(_experience(connection, side, episode))


def _experience(connection: Connection, session: Session, episode: int) -> list[Experience]:
    decoder = msgspec.json.Decoder(Experience)
    return [decoder.decode(data) for data in games.experience_of(connection, session, episode)]


def _experience_rows(seconds: Iterable[Experience]) -> Iterator[Sequence[object]]:
    for second in seconds:
        for tick in second.ticks:
            costs = (tick.due_ms, tick.late_ms, tick.step_ms, tick.predicted, tick.rollback, tick.rollback_ms)
            yield (second.generation, tick.frame, "tick", *costs, None, None, None, None, tick.painted_ms)
        for key in second.keys:
            path = (key.key, key.event_ms, key.sampled_ms, key.executed_ms, key.painted_ms)
            yield (second.generation, key.frame, "key", *[None] * 6, *path)
