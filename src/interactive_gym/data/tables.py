"""The tables of a study as files. One function per file; its columns are its documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from interactive_gym.data import assignments, departures
from interactive_gym.data.assignments import Conditions
from interactive_gym.data.departures import Departures
from interactive_gym.data.flat import Table, moment
from interactive_gym.data.latency import SUMMARY
from interactive_gym.data.player_tables import STATISTICS, Statistics, statistics_of, summed
from interactive_gym.data.schema import (
    episodes,
    events,
    generations,
    members,
    parity,
    participants,
    responses,
    sessions,
    verifications,
)
from interactive_gym.envs.determinism import episode_seed


def participants_table(connection: Connection) -> Table:
    """Nothing here tells who somebody is; see :func:`platform_ids_table`."""
    header = ("participant_id", "state", "scene_id", "outcome", "transport", "arrived_at", "done_at")
    given = assignments.by_unit(connection)
    rows = connection.execute(select(participants).order_by(participants.c.arrived_at, participants.c.id))
    return (*header, "sequence", "conditions"), (_participant_row(row, given) for row in rows)


def _participant_row(row: Row[Any], given: Conditions) -> list[object]:
    who = [row.id, row.state, row.scene_id, row.outcome, row.transport]
    return [*who, moment(row.arrived_at), moment(row.done_at), row.sequence or None, given.get(row.id)]


def platform_ids_table(connection: Connection) -> Table:
    """The one private table: what the link said of a person."""
    rows = connection.execute(select(participants).order_by(participants.c.arrived_at, participants.c.id))
    header = ("participant_id", "subject_id", "query", "redirect")
    return header, ([row.id, row.subject_id, row.query, row.redirect] for row in rows)


def completion_codes_table(connection: Connection) -> Table:
    given = select(participants).where(participants.c.code.is_not(None))
    rows = connection.execute(given.order_by(participants.c.done_at, participants.c.id))
    header = ("participant_id", "scene_id", "outcome", "code", "given_at")
    return header, ([row.id, row.scene_id, row.outcome, row.code, moment(row.done_at)] for row in rows)


def responses_table(connection: Connection) -> Table:
    """One row per answer; several values of one element (checkboxes) are a JSON list."""
    order = responses.c.answered_at, responses.c.participant_id, responses.c.name
    rows = connection.execute(select(responses).order_by(*order))
    header = ("participant_id", "scene_id", "name", "value", "answered_at")
    return header, ([r.participant_id, r.scene_id, r.name, r.value, moment(r.answered_at)] for r in rows)


def sessions_table(connection: Connection) -> Table:
    """One row per player of a session; what they counted is summed up over the episodes."""
    lives = select(func.count()).where(
        generations.c.session_id == sessions.c.id,
        generations.c.player == members.c.player,
        (generations.c.generation == 0) | (generations.c.tab != ""),  # else nobody's worker has it
    )
    played = select(func.count()).where(episodes.c.session_id == sessions.c.id)
    query = select(sessions, members, played.scalar_subquery().label("played"), lives.scalar_subquery().label("lives"))
    joined = query.join(members, members.c.session_id == sessions.c.id)
    rows = connection.execute(joined.order_by(sessions.c.created_at, sessions.c.id, members.c.peer))
    header = ("session_id", "scene_id", "player", "participant_id", "peer", "state", "seed", "episodes_completed")
    counted = statistics_of(connection)  # by session and player, in the order of the episodes
    given, gone = assignments.by_unit(connection), departures.of_all(connection)
    ended = ("generations", "created_at", "ended_at", "end_reason", "left_at", "left_reason", "conditions")
    return (*header, *ended, *STATISTICS), (_session_row(row, counted, given, gone) for row in rows)


def _session_row(row: Row[Any], counted: Statistics, given: Conditions, gone: Departures) -> list[object]:
    who = [row.id, row.scene_id, row.player, row.participant_id, row.peer, row.state]
    left = gone.get(row.id, {}).get(row.player)
    ended = [row.lives, moment(row.created_at), moment(row.ended_at), row.end_reason]
    ended += [moment(left.at), left.reason] if left else [None, None]
    total = summed(counted.get((row.id, row.player), []))
    return [*who, row.seed, row.played, *ended, given.get(row.id), *(total.get(name) for name in STATISTICS)]


def episodes_table(connection: Connection) -> Table:
    """One row per completed episode; see ``data.latency`` for the last columns, which are for one player."""
    judged = parity, (parity.c.session_id == episodes.c.session_id) & (parity.c.episode == episodes.c.number)
    same = (verifications.c.session_id == episodes.c.session_id) & (verifications.c.episode == episodes.c.number)
    query = select(episodes, sessions.c.scene_id, sessions.c.seed, parity.c.status, parity.c.frame, parity.c.field)
    again = query.add_columns(*(verifications.c[name].label(f"again_{name}") for name in ("status", "frame", "field")))
    joined = again.join(sessions, sessions.c.id == episodes.c.session_id).outerjoin(*judged)
    joined = joined.outerjoin(verifications, same)
    rows = connection.execute(joined.order_by(sessions.c.created_at, sessions.c.id, episodes.c.number))
    header = ("session_id", "scene_id", "episode", "seed", "frames", "end_reason", "ended_at")
    compared = ("parity", "parity_frame", "parity_column", "verified", "verified_frame", "verified_column")
    return (*header, *compared, *SUMMARY), map(_episode_row, rows)


def _episode_row(row: Row[Any]) -> list[object]:
    seed = episode_seed(row.seed, row.scene_id, row.number)
    summaries = list((row.summary or {}).values())
    alone = summaries[0] if len(summaries) == 1 else {}
    ended = [row.frames, row.end_reason, moment(row.ended_at), row.status, row.frame, row.field]
    again = [row.again_status, row.again_frame, row.again_field]
    return [row.session_id, row.scene_id, row.number, seed, *ended, *again, *(alone.get(name) for name in SUMMARY)]


CONSOLE = ("page_error", "console_log", "console_info", "console_warn", "console_error")
"""Events of pages that have a file of their own: a script that writes much would bury the others."""


def events_lines(connection: Connection) -> Iterator[Mapping[str, Any]]:
    yield from _event_lines(connection, events.c.name.not_in(CONSOLE))


def console_lines(connection: Connection) -> Iterator[Mapping[str, Any]]:
    yield from _event_lines(connection, events.c.name.in_(CONSOLE))


def _event_lines(connection: Connection, wanted: ColumnElement[bool]) -> Iterator[Mapping[str, Any]]:
    for row in connection.execute(select(events).where(wanted).order_by(events.c.id)):
        yield {
            "at": moment(row.at),
            "name": row.name,
            "severity": row.severity,
            "reason": row.reason,
            "participant_id": row.participant_id,
            "session_id": row.session_id,
            "client_at": moment(row.client_at),
            "data": row.data,
            "detail": row.detail,
        }
