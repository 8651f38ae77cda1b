"""Conditions: who gets which, balanced over those who have one. Drawn once, and stored where they are drawn.

Like ``study``, all of it runs inside one write of the store, so that no two draw from the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from sqlalchemy import Connection

from interactive_gym.data import assignments, events
from interactive_gym.data.assignments import Standing
from interactive_gym.scenes import Factor, GymScene


def balanced(factor: Factor, standings: Mapping[str, Standing], seed: str) -> str:
    """The condition that is behind the others. Of several, one is drawn: from the same seed, the same one."""

    def count(name: str) -> tuple[int, ...]:
        standing = standings.get(name, Standing())
        if factor.balance == "started":
            return standing.started, standing.assigned
        return standing.finished, standing.running, standing.assigned

    fewest = min(map(count, factor.values))
    return Random(seed).choice([name for name in factor.values if count(name) == fewest])


def of_participant(connection: Connection, factor: Factor, participant_id: str, now: float) -> str:
    """The condition that a participant has, or gets now."""
    known = assignments.find(connection, factor.id, participant_id)
    if known in factor.values:
        return str(known)
    if known is not None:
        _note_gone(connection, factor, participant_id, known, now)
    standings = assignments.of_participants(connection, factor.id)
    return _given(connection, factor, participant_id, balanced(factor, standings, f"{factor.id}/{participant_id}"), now)


def of_group(
    connection: Connection, scene: GymScene, session_id: str, members: Sequence[str], now: float
) -> Mapping[str, str]:
    """Factor -> condition, for the game that ``members`` are about to play as ``session_id``: ``scene.game(...)``."""
    return {factor.id: _of_group(connection, factor, session_id, members, now) for factor in scene.factors}


def _of_group(connection: Connection, factor: Factor, session_id: str, members: Sequence[str], now: float) -> str:
    if factor.by == "participant":  # nobody else plays: the scene has checked that
        return of_participant(connection, factor, members[0], now)
    known = assignments.of_group(connection, factor.id, members)
    if known not in factor.values:
        known = balanced(factor, assignments.of_sessions(connection, factor.id), f"{factor.id}/{session_id}")
    return _given(connection, factor, session_id, str(known), now)


def _given(connection: Connection, factor: Factor, unit: str, condition: str, now: float) -> str:
    assignments.assign(connection, factor.id, unit, condition, now=now)
    return condition


def _note_gone(connection: Connection, factor: Factor, participant_id: str, condition: str, now: float) -> None:
    events.record(
        connection,
        "condition_gone",
        reason="experiment_changed",
        severity="warning",
        now=now,
        participant_id=participant_id,
        data={"factor": factor.id, "condition": condition},
    )
