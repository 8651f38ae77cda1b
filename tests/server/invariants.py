"""What is always true of what a study has stored, and what never changes again once it is there."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

import interactive_gym as ig
from interactive_gym.data.events import FINISHED
from interactive_gym.data.meetings import ABSENT, PLAYING
from interactive_gym.data.schema import assignments, events, meetings, members, participants, sessions, visits
from interactive_gym.scenes import GymScene
from interactive_gym.scenes.wrappers import wrappers_of
from interactive_gym.server.endings import ending_of
from interactive_gym.server.lifecycle import Outcome
from interactive_gym.server.study import rules_of

FORMING = "validating"


@dataclass(frozen=True)
class Snapshot:
    """All that is stored, at one moment. Sessions are those of several people."""

    people: Mapping[str, Any]  # rows, as all that follow
    visits: Mapping[tuple[str, str], Any]  # by participant and scene
    sessions: Mapping[str, Any]
    members: Mapping[str, list[str]]  # by session
    meetings: list[Any]
    conditions: Mapping[tuple[str, str], str]  # by factor, and participant or session
    finished: Counter[str]

    def seat(self, participant_id: str, scene_id: str) -> str | None:
        """The session that was assigned to them there."""
        visit = self.visits.get((participant_id, scene_id))
        return visit.session_id if visit else None

    def is_in(self, participant_id: str, session: Any) -> bool:
        """Whether they have neither gone on from it, nor ended."""
        who = self.people[participant_id]
        return who.scene_id == session.scene_id and not who.outcome


@dataclass
class Seen:
    """What has been seen of what never changes."""

    known: dict[tuple[str, ...], object] = field(default_factory=dict)

    def changed(self, value: object, *key: str) -> str | None:
        before = self.known.setdefault(key, value)
        return None if before == value else f"{key} was {before!r}, and is {value!r}"

    def check_page(self, participant_id: str, page: Mapping[str, Any], check: Callable[[bool, str], None]) -> None:
        """Their last page gives what is stored."""
        outcome, code, redirect = self.known["outcome", participant_id]  # type: ignore[misc]
        farewell = page.get("farewell") or {}
        shown = (page.get("outcome", Outcome.COMPLETED), page.get("code") or farewell.get("code"))
        check(shown == (outcome, code), f"{participant_id} is shown {shown}, and has {outcome}, {code}")
        check(farewell.get("redirect") == redirect, f"{participant_id} is sent to {farewell}, and not to {redirect}")


def snapshot(connection: Connection) -> Snapshot:
    def rows(query: Any) -> Any:
        return connection.execute(query).all()

    shown = (meetings.c.session_id, meetings.c.members, meetings.c.result, meetings.c.reason)
    of_several = {row.id: row for row in rows(select(sessions)) if row.game["multiplayer"]}
    seated: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows(select(members).order_by(members.c.peer)):
        seated[row.session_id].append(row.participant_id)
    ends = rows(select(events.c.participant_id).where(events.c.name == FINISHED))
    return Snapshot(
        {row.id: row for row in rows(select(participants))},
        {(row.participant_id, row.scene_id): row for row in rows(select(visits))},
        of_several,
        seated,
        rows(select(*shown).order_by(meetings.c.id)),
        {(row.factor, row.unit): row.condition for row in rows(select(assignments))},
        Counter(row.participant_id for row in ends),
    )


def problems_of(now: Snapshot, study: ig.Experiment, seen: Seen, done: Collection[str]) -> Iterator[str]:
    """``done``: who has to be, at the end of time."""
    for rule in (_places, _sessions, _meetings, _conditions, _ends):
        yield from rule(now, study)
    yield from filter(None, _changes(now, seen))
    if done:
        yield from _loose_ends(now, done)


def _places(now: Snapshot, study: ig.Experiment) -> Iterator[str]:
    """Everybody is in one place, and it is the one where their state says."""
    several = {scene.id for scene in study.sequence if rules_of(scene)}
    for who in now.people.values():
        session = now.sessions.get(now.seat(who.id, who.scene_id) or "")
        state = session.state if session else None
        is_alone = session is None and now.seat(who.id, who.scene_id) is not None  # one of several only since
        expected = {
            "waiting": who.scene_id in several and session is None,
            "matched": state == FORMING,
            "playing": who.scene_id not in several or state in ("playing", "ended") or is_alone,
            "in_scene": session is None,
        }
        if not expected.get(who.state, True):
            yield f"{who.id} is {who.state} in {who.scene_id}, with session {session and session.id} that is {state}"


def _sessions(now: Snapshot, _: ig.Experiment) -> Iterator[str]:
    for session in now.sessions.values():
        people = now.members[session.id]
        if len(set(people)) != len(people) or not people:
            yield f"{session.id} has the members {people}"
        if session.state == "playing" and not any(now.is_in(who, session) for who in people):
            yield f"{session.id} goes on without anybody"
        for who in people:
            one = now.people[who]
            if session.state == FORMING and not (one.state == "matched" and now.seat(who, one.scene_id) == session.id):
                yield f"{session.id} is {session.state}, and its member {who} is {one.state} in {one.scene_id}"
            if session.state == "playing" and now.seat(who, session.scene_id) != session.id:
                yield f"{session.id} is played, and {who} has {now.seat(who, session.scene_id)} there"
            if session.state == "playing" and now.is_in(who, session) and one.state != "playing":
                yield f"{session.id} is played, and its member {who} is {one.state}"


def _meetings(now: Snapshot, _: ig.Experiment) -> Iterator[str]:
    """Every session comes of one decision, which says what became of it."""
    of_session: dict[str, Any] = {}
    for meeting in now.meetings:
        if meeting.session_id is None and meeting.result != ABSENT:
            yield f"nothing came of the decision about {meeting.members}: {meeting.result}"
        if meeting.session_id in of_session:
            yield f"two decisions are of {meeting.session_id}"
        if meeting.session_id:
            of_session[meeting.session_id] = meeting
        if not meeting.reason:
            yield f"no reason is given for {meeting.members}"
    for session in now.sessions.values():
        meeting = of_session.get(session.id)
        if meeting is None or meeting.members != now.members[session.id]:
            yield f"{session.id} of {now.members[session.id]} is not explained by {meeting}"
            continue
        was_played = any(now.seat(who, session.scene_id) == session.id for who in meeting.members)
        result = None if session.state == FORMING else PLAYING if was_played else session.end_reason
        if meeting.result != result:
            yield f"{session.id} is {session.state} ({session.end_reason}), and its decision says {meeting.result}"


def _conditions(now: Snapshot, study: ig.Experiment) -> Iterator[str]:
    """Whoever has a condition has what it stands for."""
    games = {scene.id: scene for scene in study.sequence if isinstance(scene, GymScene)}
    for session in now.sessions.values():
        scene = games.get(session.scene_id)  # none: it has been taken out of the file
        for option, factor in scene.differing.items() if scene else ():
            condition = now.conditions.get((factor.id, session.id))
            if condition is None or session.game["options"][option] != factor.values[condition]:
                yield f"{session.id} has {condition} of {factor.id}, and plays with {session.game['options']}"
    drawn = [wrapper.factor for wrapper in wrappers_of(study.parts) if isinstance(wrapper, ig.Conditions)]
    for factor in drawn:  # whose conditions are named as their scenes
        for who in now.people.values():
            condition = now.conditions.get((factor.id, who.id))
            if {condition} != set(who.sequence) & set(factor.values):
                yield f"{who.id} has {condition} of {factor.id}, and the scenes {who.sequence}"


def _ends(now: Snapshot, study: ig.Experiment) -> Iterator[str]:
    """Whoever is done has one outcome, and the code that it gives."""
    codes = Counter(who.code for who in now.people.values() if who.code)
    for who in now.people.values():
        if (who.state == "done") != (who.outcome is not None) or now.finished[who.id] != (who.outcome is not None):
            yield f"{who.id} is {who.state}, with outcome {who.outcome}, and has finished {now.finished[who.id]} times"
        if who.outcome and bool(ending_of(study, who.scene_id, who.outcome).code) != bool(who.code):
            yield f"{who.id} has ended as {who.outcome} with the code {who.code}"
        if codes[who.code] > 1:
            yield f"{who.id} has somebody else's code"


def _changes(now: Snapshot, seen: Seen) -> Iterator[str | None]:
    for who in now.people.values():
        yield seen.changed(who.sequence, "sequence", who.id)
        if who.outcome:
            yield seen.changed((who.outcome, who.code, who.redirect), "outcome", who.id)
    for (factor, unit), condition in now.conditions.items():
        yield seen.changed(condition, "condition", factor, unit)
    for session in now.sessions.values():
        yield seen.changed(json.dumps(session.game, sort_keys=True), "game", session.id)
        yield seen.changed(now.members[session.id], "members", session.id)
        for who in now.members[session.id]:
            if session.state != FORMING and now.seat(who, session.scene_id) == session.id:
                yield seen.changed(session.id, "partners", who, session.scene_id)


def _loose_ends(now: Snapshot, done: Collection[str]) -> Iterator[str]:
    for who in now.people.values():
        if who.id in done and who.outcome is None:
            yield f"{who.id} is {who.state} in {who.scene_id} at the end of time"
    for session in now.sessions.values():
        if session.state != "ended" or not session.end_reason:
            yield f"{session.id} is {session.state} ({session.end_reason}) at the end of time"
