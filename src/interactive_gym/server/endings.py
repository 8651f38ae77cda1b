"""How participants end: every outcome, whoever decides it, goes through :func:`finish`.

It runs inside one write of the store, so that the outcome, its code and where it sends them are stored together, once,
before anybody is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from interactive_gym.data import events, people
from interactive_gym.data.people import Participant
from interactive_gym.experiment import Experiment
from interactive_gym.server.lifecycle import Outcome, Step, after

FINISHED = "finished"  # the event; its data has the outcome

_SEVERITIES: Mapping[Outcome, str] = {
    Outcome.COMPLETED: "info",
    Outcome.SCREENED_OUT: "info",
    Outcome.CONSENT_REFUSED: "info",
    Outcome.WITHDREW: "info",
    Outcome.TECHNICAL_FAILURE: "error",
}  # all others "warning": somebody wanted to go on, and could not


def severity_of(outcome: Outcome) -> str:
    """Of the event with which somebody finishes."""
    return _SEVERITIES.get(outcome, "warning")


def finish(
    connection: Connection,
    experiment: Experiment,
    who: Participant,
    step: Step,
    outcome: Outcome,
    *,
    reason: str,
    now: float,
    session_id: str | None = None,
    body: str | None = None,
    data: Mapping[str, object] | None = None,
) -> Participant:
    """``who`` is done, for good.

    Args:
        experiment: Says what each outcome gives.
        who: With the scene in which they end.
        step: What brings them to their end.
        reason: For programs; stored with the event.
        session_id: The game in which it happened.
        body: HTML that their last page says in place of the outcome's text, such as the rule that excluded them.
        data: What else belongs to the event.

    Raises:
        ClientError: ``not_now``; they are done already, or cannot end so.
    """
    done = replace(who, state=after(who.state, step), outcome=outcome)
    code = people.visits_of(connection, who.id)[who.scene_id].code
    people.finish(connection, done, code=code, redirect=None, farewell=body, now=now)
    events.record(
        connection,
        FINISHED,
        reason=reason,
        severity=severity_of(outcome),
        now=now,
        participant_id=who.id,
        session_id=session_id,
        data={"outcome": outcome, "scene_id": who.scene_id, **(data or {})},
    )
    return done
