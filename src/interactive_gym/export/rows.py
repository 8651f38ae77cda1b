"""The rows of the tables of frames: wide, long, and what players experienced. All are written in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from itertools import islice
from typing import Any

from interactive_gym.export.study import EXPERIENCE, Played, Study
from interactive_gym.export.survey import LONG, SceneFrames, Track, line_of
from interactive_gym.records import FIELDS, SHARED, Row, columns

Add = Callable[[Iterable[Sequence[object]]], object]
Open = Callable[[str, Sequence[str]], AbstractContextManager[Add]]
"""Begins a table with this name and header; what it gives takes rows, as often as there are some."""

ROWS_AT_A_TIME = 256  # with pictures in it, an episode does not fit in memory


def write_frames(
    study: Study, scene: str, found: SceneFrames, open_: Open, track: Track[Played], *, with_long: bool = True
) -> None:
    """The tables ``frames``, ``experience`` and, if wanted, ``frames_long`` of a scene."""
    with ExitStack() as stack:
        add_wide = stack.enter_context(open_("frames", found.header))
        add_long = stack.enter_context(open_("frames_long", LONG)) if with_long else None
        add_experience = stack.enter_context(open_("experience", EXPERIENCE))
        for played in track(found.episodes, f"frames of {scene}", len(found.episodes)):
            rows = study.frames(played)
            places = Places(played)
            while some := list(islice(rows, ROWS_AT_A_TIME)):
                lines = [line_of(row, played.fps, is_narrow=found.is_narrow) for row in some]
                add_wide(_wide(played, found, lines))
                if add_long:
                    add_long(long_rows(played, places, some, None if found.is_narrow else lines))
            add_experience(study.experience(played))


def _wide(played: Played, found: SceneFrames, lines: Sequence[Mapping[str, object]]) -> Iterator[Sequence[object]]:
    keys, names = played.keys, list(found.seen)
    return ((*keys, *map(line.get, names)) for line in lines)


def long_rows(
    played: Played, places: Places, rows: Sequence[Row], lines: Sequence[Mapping[str, object]] | None
) -> Iterator[Sequence[object]]:
    """A row for each value: the cells of the wide table, where their names can be taken apart."""
    keys = played.keys
    if lines is None or not places.are_plain:
        for row in rows:
            yield from ((*keys, row.frame, *cells) for cells in _values(row))
        return
    for row, line in zip(rows, lines, strict=True):
        for column, value in islice(line.items(), 2, None):  # behind frame and t_ms
            yield (*keys, row.frame, *places.of(column), value)


class Places:
    """Agent, field and key of a column ``<field>.<agent>.<key>``; what is of no agent has none."""

    def __init__(self, played: Played) -> None:
        agents = played.sides[0].game["policies"]
        self.are_plain = not any("." in agent or "#" in agent for agent in agents)
        self._known: dict[str, tuple[str | None, str, str]] = {}

    def of(self, column: str) -> tuple[str | None, str, str]:
        known = self._known.get(column)
        if known is None:
            known = self._known[column] = _taken_apart(column)
        return known


def _taken_apart(column: str) -> tuple[str | None, str, str]:
    field, _, rest = column.partition(".")
    if field in SHARED:
        return None, field, rest
    agent, _, key = rest.partition(".")
    return agent, field, key


def _values(row: Row) -> Iterator[tuple[str | None, str, str, object]]:
    """Agent, field, key and value, taken apart one by one: agents may have any names."""
    for name in FIELDS:
        if name in SHARED:
            for column, cell in _cells(name, getattr(row, name)):
                yield (*_taken_apart(column), cell)
            continue
        for agent, value in (getattr(row, name) or {}).items():
            prefix = len(f"{name}.{agent}.")
            for column, cell in _cells(name, {agent: value}):
                yield agent, name, column[prefix:], cell


def _cells(name: str, values: Any) -> Iterator[tuple[str, object]]:
    """The columns of one field."""
    fields: dict[str, Any] = {name: values}
    return islice(columns(Row(0, **fields), 1).items(), 2, None)
