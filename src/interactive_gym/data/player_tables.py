"""The tables of what each player had of an episode, and of the links between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from interactive_gym.data.attendance import ATTENDANCE
from interactive_gym.data.flat import Table
from interactive_gym.data.latency import ROLLBACKS, SUMMARY
from interactive_gym.data.link_reports import REPORT
from interactive_gym.data.progress import generation_of
from interactive_gym.data.schema import ends, episodes, generations, members, parity, sessions
from interactive_gym.data.timeline import Start
from interactive_gym.protocol import PlayStatistics

STATISTICS = PlayStatistics.__struct_fields__
_NOT_SUMMED = {"input_delay", "window"}  # parameters: those of the latest episode
_GREATEST = {"deepest_rollback", "slowdown"}

Statistics = Mapping[tuple[str, str], Sequence[Mapping[str, float]]]
"""Session and player -> ``protocol.PlayStatistics`` of each episode, in order."""


def statistics_of(connection: Connection) -> Statistics:
    """What players counted, of the generation that counts in each episode."""
    found: dict[tuple[str, str], list[Mapping[str, float]]] = {}
    for (session_id, _, player), row in sorted(_ends(connection).items(), key=lambda item: item[0]):
        if row.statistics:
            found.setdefault((session_id, player), []).append(row.statistics)
    return found


def summed(counted: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """One player's statistics of several episodes, in order, as one."""
    total: dict[str, float] = {}
    for one in counted:
        for name, value in one.items():
            before = total.get(name, 0)
            total[name] = value if name in _NOT_SUMMED else max(before, value) if name in _GREATEST else before + value
    return total


def players_table(connection: Connection) -> Table:
    """One row per player of a completed episode."""
    said = _ends(connection)
    here = {(row.session_id, row.episode): row.players for row in connection.execute(select(parity))}
    query = select(episodes, members, sessions.c.scene_id).join(sessions, sessions.c.id == episodes.c.session_id)
    joined = query.join(members, members.c.session_id == episodes.c.session_id)
    rows = connection.execute(joined.order_by(sessions.c.created_at, episodes.c.number, members.c.peer))
    header = ("session_id", "scene_id", "episode", "player", "participant_id", "frames", "end_reason")
    table = (_player_row(row, said.get((row.session_id, row.number, row.player)), here) for row in rows)
    return (*header, *STATISTICS, *SUMMARY, *ROLLBACKS, *ATTENDANCE), table


def _player_row(
    row: Row[Any], said: Row[Any] | None, here: Mapping[tuple[str, int], Mapping[str, int]]
) -> list[object]:
    frames = here.get((row.session_id, row.number), {}).get(row.player, row.frames)
    reason = said.end_reason if said else row.end_reason
    counted = (said.statistics if said else None) or {}
    summary = (row.summary or {}).get(row.player, {})
    who = [row.session_id, row.scene_id, row.number, row.player, row.participant_id, frames, reason]
    felt = (summary.get(name) for name in (*SUMMARY, *ROLLBACKS, *ATTENDANCE))
    return [*who, *(counted.get(name) for name in STATISTICS), *felt]


def links_table(connection: Connection) -> Table:
    """One row per player and partner of a session; see ``data.link_reports``."""
    query = select(sessions.c.id, sessions.c.scene_id, sessions.c.links).where(sessions.c.links.is_not(None))
    rows = connection.execute(query.order_by(sessions.c.created_at))
    table = ([row.id, row.scene_id, *(one[name] for name in REPORT)] for row in rows for one in row.links)
    return ("session_id", "scene_id", *REPORT), table


def _ends(connection: Connection) -> dict[tuple[str, int, str], Row[Any]]:
    starts: dict[tuple[str, str], list[Start]] = {}
    for row in connection.execute(select(generations)):
        start = Start(row.generation, row.episode, row.first_frame)
        starts.setdefault((row.session_id, row.player), []).append(start)
    return {
        (row.session_id, row.episode, row.player): row
        for row in connection.execute(select(ends))
        if row.generation == generation_of(starts[row.session_id, row.player], row.episode)
    }
