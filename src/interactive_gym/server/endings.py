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
from interactive_gym.errors import ConfigError
from interactive_gym.experiment import Experiment
from interactive_gym.scenes import CompletionCodeScene, Scene
from interactive_gym.scenes.endings import OWN_NAMES, Ending, address_of, names_of
from interactive_gym.scenes.parameters import NotGiven
from interactive_gym.scenes.passage import Passage
from interactive_gym.scenes.secret import Secret
from interactive_gym.server.lifecycle import Outcome, Step, after

_SEVERITIES: Mapping[Outcome, str] = {
    Outcome.COMPLETED: "info",
    Outcome.SCREENED_OUT: "info",
    Outcome.CONSENT_REFUSED: "info",
    Outcome.WITHDREW: "info",
    Outcome.TECHNICAL_FAILURE: "error",
}  # all others "warning": somebody wanted to go on, and could not

_NOTHING = Ending(code=None, redirect=None, redirect_after=None)


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
    state = after(who.state, step)
    said = ending_of(experiment, who.scene_id, outcome)
    done = replace(who, state=state, outcome=outcome, code=_code(connection, said), farewell=body)
    done = replace(done, redirect=_redirect(connection, done, said))
    people.finish(connection, done, now=now)
    events.record(
        connection,
        events.FINISHED,
        reason=reason,
        severity=severity_of(outcome),
        now=now,
        participant_id=who.id,
        session_id=session_id,
        data={"outcome": outcome, "scene_id": who.scene_id, **(data or {})},
    )
    return done


def ending_of(experiment: Experiment, scene_id: str, outcome: str) -> Ending:
    """What is said and given to those who end so in this scene: what the scene says, else the experiment, else the
    platform from which they come."""
    scene = scene_of(experiment, scene_id)
    said = _NOTHING.under(experiment.recruits.ending(outcome)).under(experiment.endings.get(outcome))
    if isinstance(scene, Passage):
        said = said.under(scene.endings.get(outcome))
    if isinstance(scene, CompletionCodeScene):
        said = replace(said, code=scene.fixed_code or said.code or True)
    return said


def unless_said(experiment: Experiment, scene_id: str, outcome: str, words: str) -> str | None:
    """``words`` for those who end so in this scene; None where the researcher has some."""
    return words if isinstance(ending_of(experiment, scene_id, outcome).body, NotGiven) else None


def scene_of(experiment: Experiment, scene_id: str) -> Scene | None:
    """None: the researcher has taken it out since."""
    return next((scene for scene in experiment.sequence if scene.id == scene_id), None)


def check_endings(experiment: Experiment) -> None:
    """What is missing is found now, and not when the first participant ends so.

    Raises:
        ConfigError: A secret is not set, or a redirect takes a code along where there is none.
    """
    last = experiment.sequence[-1]
    _check_ending(experiment, last, Outcome.COMPLETED)
    for scene in experiment.sequence[:-1]:
        for outcome in Outcome:
            if outcome != Outcome.COMPLETED:
                _check_ending(experiment, scene, outcome)


def _check_ending(experiment: Experiment, scene: Scene, outcome: Outcome) -> None:
    said = ending_of(experiment, scene.id, outcome)
    if isinstance(said.code, Secret):
        said.code.value()
    if said.code is None and isinstance(said.redirect, str) and "code" in names_of(said.redirect):
        problem = f'the address of "{outcome}" has a {{code}}, but this outcome gives none; give it one with code=...'
        raise ConfigError(problem, scene=scene.id, method="outcome", parameter="redirect")


def _code(connection: Connection, said: Ending) -> str | None:
    if isinstance(said.code, Secret):
        return said.code.value()
    return people.new_code(connection) if said.code else None


def _redirect(connection: Connection, who: Participant, said: Ending) -> str | None:
    if not isinstance(said.redirect, str):
        return None
    own = (who.code, who.outcome, who.id, who.subject_id)
    link = people.query_of(connection, who.id)
    return address_of(said.redirect, {**link, **dict(zip(OWN_NAMES, own, strict=True))})
