"""What is taken out of the store when a person is forgotten, and what is put in its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    update,
)

from interactive_gym.data import schema
from interactive_gym.data.events import FINISHED
from interactive_gym.data.schema import (
    assignments,
    ends,
    episodes,
    events,
    experience,
    generations,
    links,
    meetings,
    members,
    participants,
    sessions,
    told,
)

GONE = "[forgotten]"
"""In place of what a platform calls them, wherever else that stood."""

_SHORTEST = 8  # characters of what is looked for elsewhere; "1" stands everywhere, and is others' data there
_STAY = (FINISHED, "cut")  # events of shared games that say why somebody was gone from them
_OWN = (schema.responses, schema.screenings, schema.visits)


@dataclass(frozen=True)
class Game:
    """A session; ``frames`` are those of its complete episodes."""

    session_id: str
    scene_id: str
    episodes: int
    frames: int


@dataclass(frozen=True)
class Plan:
    """
    Attributes:
        words: What platforms call them.
        too_short: The subject, where it is too short to be looked for in what else is stored; None otherwise.
        counts: Table -> rows that are removed, beside those of their games.
        alone: Games that nobody else played: they are removed.
        shared: Games with others: what was played stays, and is nobody's any more.
    """

    participant_id: str
    words: Sequence[str]
    counts: Mapping[str, int]
    alone: Sequence[Game]
    shared: Sequence[Game]
    too_short: str | None = None


def find(connection: Connection, who: str) -> str | None:
    """The id of the participant who is called ``who`` here, or else by the platform."""
    for column in (participants.c.id, participants.c.subject_id):
        found = connection.execute(select(participants.c.id).where(column == who)).scalar_one_or_none()
        if found:
            return str(found)
    return None


def plan(connection: Connection, participant_id: str) -> Plan:
    own = {table.name: table.c.participant_id == participant_id for table in (*_OWN, events)}
    own[assignments.name] = assignments.c.unit == participant_id
    counts = {name: _count(connection, schema.metadata.tables[name], where) for name, where in own.items()}
    mine = select(members.c.session_id).where(members.c.participant_id == participant_id)
    query = select(members.c.session_id, func.count()).where(members.c.session_id.in_(mine))
    sizes = connection.execute(query.group_by(members.c.session_id).order_by(members.c.session_id)).all()
    played = {session_id: _game(connection, session_id) for session_id, _ in sizes}
    alone = [played[session_id] for session_id, size in sizes if size == 1]
    shared = [played[session_id] for session_id, size in sizes if size > 1]
    subject, words = _called(connection, participant_id)
    too_short = subject if subject and subject not in words else None
    return Plan(participant_id, words, counts, alone, shared, too_short)


def erase(connection: Connection, plan: Plan, pseudonym: str) -> None:
    """Takes this person out. Their place in shared games is that of ``pseudonym``, of whom nothing else is known."""
    for game in plan.alone:
        _erase_session(connection, game.session_id)
    _rename(connection, plan, pseudonym)
    for game in plan.shared:
        _erase_side(connection, game.session_id, pseudonym)
    replaced = {plan.participant_id: pseudonym, **dict.fromkeys(plan.words, GONE)}
    for table in schema.metadata.sorted_tables:
        _scrub(connection, table, replaced)
    _forget_candidate(connection, pseudonym)


def replace_in(value: Any, replaced: Mapping[str, str]) -> Any:
    """``value``, of JSON, with other words in it, also in the keys. Part of a longer word is somebody else's."""
    if isinstance(value, str):
        for old, new in replaced.items():
            value = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new.replace("\\", r"\\"), value)
        return value
    if isinstance(value, dict):
        return {replace_in(key, replaced): replace_in(item, replaced) for key, item in value.items()}
    return [replace_in(item, replaced) for item in value] if isinstance(value, list) else value


def in_json(word: str) -> tuple[str, ...]:
    """``word`` as it stands in text, and in JSON that escapes what is not ASCII, or does not."""
    return tuple(dict.fromkeys((word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1])))


def _count(connection: Connection, table: Table, where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(where)).scalar_one()


def _game(connection: Connection, session_id: str) -> Game:
    scene_id = connection.execute(select(sessions.c.scene_id).where(sessions.c.id == session_id)).scalar_one()
    query = select(func.count(), func.coalesce(func.sum(episodes.c.frames), 0))
    number, frames = connection.execute(query.where(episodes.c.session_id == session_id)).one()
    return Game(session_id, scene_id, number, frames)


def _called(connection: Connection, participant_id: str) -> tuple[str | None, list[str]]:
    """The subject; and of that and what else is in their link, what is long and nobody else's."""
    query = select(participants.c.subject_id, participants.c.query).where(participants.c.id == participant_id)
    subject, link = connection.execute(query).one()
    others = select(participants.c.query).where(participants.c.id != participant_id)
    common = {str(value) for row in connection.execute(others).scalars() for value in row.values()}
    found = [subject or "", *(value for value in link.values() if value not in common)]
    return subject, [*dict.fromkeys(word for word in found if len(word) >= _SHORTEST)]


def _erase_session(connection: Connection, session_id: str) -> None:
    connection.execute(update(schema.visits).where(schema.visits.c.session_id == session_id).values(session_id=None))
    for table in reversed(schema.metadata.sorted_tables):
        if "session_id" in table.c and table is not schema.visits:
            connection.execute(delete(table).where(table.c.session_id == session_id))
    connection.execute(delete(assignments).where(assignments.c.unit == session_id))
    connection.execute(delete(told).where((told.c.key == session_id) | told.c.key.startswith(f"{session_id}/")))
    connection.execute(delete(sessions).where(sessions.c.id == session_id))


def _rename(connection: Connection, plan: Plan, pseudonym: str) -> None:
    """What is theirs goes; what others need of them is somebody else's from now on, who came when their game began."""
    who = connection.execute(select(participants).where(participants.c.id == plan.participant_id)).one()
    shared = [game.session_id for game in plan.shared]
    if shared:
        began = select(func.min(sessions.c.created_at)).where(sessions.c.id.in_(shared))
        row = {"id": pseudonym, "query": {}, "state": "done", "scene_id": who.scene_id, "outcome": who.outcome}
        arrived = connection.execute(began).scalar_one()
        connection.execute(insert(participants).values(row | {"arrived_at": arrived, "sequence": [], "attributes": {}}))
    mine = events.c.participant_id == plan.participant_id
    stays = mine & events.c.session_id.in_(shared) & events.c.name.in_(_STAY) & events.c.client_id.is_(None)
    for id, data in connection.execute(select(events.c.id, events.c.data).where(stays)).all():
        kept = {name: data[name] for name in ("outcome", "scene_id", "peer", "is_gone") if name in data}
        changes = {"participant_id": pseudonym, "data": kept, "detail": None}
        connection.execute(update(events).where(events.c.id == id).values(changes))
    seats = members.c.participant_id == plan.participant_id
    connection.execute(update(members).where(seats).values(participant_id=pseudonym))
    for table in (events, *_OWN):
        connection.execute(delete(table).where(table.c.participant_id == plan.participant_id))
    connection.execute(delete(assignments).where(assignments.c.unit == plan.participant_id))
    connection.execute(delete(told).where(told.c.key == plan.participant_id))
    connection.execute(delete(participants).where(participants.c.id == plan.participant_id))


def _erase_side(connection: Connection, session_id: str, pseudonym: str) -> None:
    """Of a game with others: what was it like on their machine, and what the game was told of them."""
    query = select(members.c.player).where(members.c.session_id == session_id, members.c.participant_id == pseudonym)
    player = connection.execute(query).scalar_one()

    def of_side(table: Table) -> ColumnElement[bool]:
        return and_(table.c.session_id == session_id, table.c.player == player)

    for table in (experience, links):
        connection.execute(delete(table).where(of_side(table)))
    connection.execute(update(ends).where(of_side(ends)).values(statistics=null()))
    connection.execute(update(generations).where(of_side(generations), generations.c.tab != "").values(tab=GONE))
    connection.execute(
        update(episodes).where(episodes.c.session_id == session_id).values(written_at=None, summary=None)
    )
    game = connection.execute(select(sessions.c.game).where(sessions.c.id == session_id)).scalar_one()
    given = game.get("options", {}).get("attributes")
    if isinstance(given, dict) and player in given:
        game = {**game, "options": {**game["options"], "attributes": {**given, player: {}}}}
    connection.execute(update(sessions).where(sessions.c.id == session_id).values(game=game, links=null()))


def _scrub(connection: Connection, table: Table, replaced: Mapping[str, str]) -> None:
    """Whatever else says who they are: of whom others were chosen, what hooks noted, what was logged."""
    key = list(table.primary_key)
    texts = [column for column in table.c if isinstance(column.type, JSON | String | Text) and not _is_key(column)]
    if not texts:
        return
    words = [form for word in replaced for form in in_json(word)]
    names = or_(*(cast(column, Text).contains(word, autoescape=True) for column in texts for word in words))
    for row in connection.execute(select(*key, *texts).where(names)).all():
        found = row._mapping
        changes = {column.name: replace_in(found[column], replaced) for column in texts if found[column] is not None}
        connection.execute(update(table).where(*(column == found[column] for column in key)).values(changes))


def _is_key(column: Any) -> bool:
    return bool(column.primary_key or column.foreign_keys)


def _forget_candidate(connection: Connection, pseudonym: str) -> None:
    """What was known of them when groups were chosen."""
    for id, candidates in connection.execute(select(meetings.c.id, meetings.c.candidates)).all():
        if any(one.get("participant_id") == pseudonym for one in candidates):
            kept = [*_without(candidates, pseudonym)]
            connection.execute(update(meetings).where(meetings.c.id == id).values(candidates=kept))


def _without(candidates: Sequence[Mapping[str, Any]], pseudonym: str) -> Iterator[Mapping[str, Any]]:
    for one in candidates:
        is_theirs = one.get("participant_id") == pseudonym
        yield {"participant_id": pseudonym, "attributes": {}} if is_theirs else one
