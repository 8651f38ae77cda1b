"""What the monitoring of a game stores of its players. Like ``study``, all of it runs inside one write of the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from interactive_gym.callbacks import MonitoringContext
from interactive_gym.data import attributes, events, matches, people
from interactive_gym.data.games import Session
from interactive_gym.data.monitored import Playing
from interactive_gym.protocol import Page
from interactive_gym.records import Row
from interactive_gym.scenes import GymScene, Scene
from interactive_gym.scenes.attributes import Value
from interactive_gym.server.lifecycle import Outcome, State, Step
from interactive_gym.server.monitoring import PARTNER_TEXT, Exclude, Warn

if TYPE_CHECKING:
    from interactive_gym.server.study import Study

BY_MONITORING = (Outcome.EXCLUDED, Outcome.FOCUS_TIMEOUT)


@dataclass(frozen=True)
class Exclusion:
    """A player is to be taken out of the game that they play."""

    playing: Playing
    why: Exclude


def exclude(study: Study, connection: Connection, participant_id: str, exclusion: Exclusion, now: float) -> Page:
    """They are done, and see the page that is returned; nothing happens if they have gone on meanwhile."""
    who, why = study.known(connection, participant_id), exclusion.why
    session = study.current_session(connection, who)
    if who.state == State.PLAYING and session and session.id == exclusion.playing.session_id:
        data = {"detail": why.detail}
        study.end(connection, who, Step.EXCLUDE, why.outcome, reason=why.reason, now=now, body=why.body, data=data)
    return study.page(connection, participant_id)


def partner_text(connection: Connection, scene: Scene, session: Session | None) -> str | None:
    """HTML for a player whose partner was taken out of the game; None: nobody was."""
    if session is None or not isinstance(scene, GymScene) or scene.watch is None:
        return None
    members = [people.find(connection, member.participant_id) for member in matches.members_of(connection, session.id)]
    if not any(one and one.outcome in BY_MONITORING and one.scene_id == session.scene_id for one in members):
        return None
    return scene.watch.partner_text or PARTNER_TEXT


def note_warning(connection: Connection, one: Playing, warn: Warn, now: float) -> None:
    events.record(
        connection,
        "warned",
        reason=warn.reason,
        severity="warning",
        now=now,
        participant_id=one.participant_id,
        session_id=one.session_id,
        data={"detail": warn.detail},
    )


def note_failure(connection: Connection, one: Playing, reason: str, detail: str, times: int, now: float) -> None:
    """The callback could not be asked, or what it sets does not fit; so many ``times`` by now."""
    events.record(
        connection,
        "monitoring_failed",
        reason=reason,
        severity="error",
        now=now,
        participant_id=one.participant_id,
        session_id=one.session_id,
        data={"times": times},
        detail=detail,
    )


def context(
    connection: Connection, one: Playing, rows: tuple[Row, ...], pings_ms: tuple[float, ...], away_s: float
) -> MonitoringContext:
    """What the callback is told."""
    return MonitoringContext(
        participant_id=one.participant_id,
        scene_id=one.scene_id,
        session_id=one.session_id,
        agent=one.player,
        rows=rows,
        pings_ms=pings_ms,
        away_s=away_s,
        attributes=attributes.of(connection, one.participant_id),
    )


def put(connection: Connection, one: Playing, changes: Mapping[str, Value], now: float) -> str | None:
    """Attributes that the callback has set. Returns why they do not fit; None: they do."""
    try:
        attributes.put(connection, one.participant_id, changes, source="monitoring", now=now)
    except ValueError as problem:
        return str(problem)
    return None
