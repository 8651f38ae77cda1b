"""Players who are lost to a game, and those who are left behind. Like ``study``, all of it runs inside one write."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from interactive_gym.data import departures, events
from interactive_gym.data.games import Session
from interactive_gym.experiment import Experiment
from interactive_gym.scenes import GymScene, Scene
from interactive_gym.scenes.gym_parameters import LEAVE, NEXT
from interactive_gym.server import exclusions, together
from interactive_gym.server.endings import unless_said
from interactive_gym.server.lifecycle import Outcome

_LATE = (
    "<p>You were away for too long, and the game could not wait for you any longer. "
    "What you have done so far is stored.</p>"
)


def way_of(scene: Scene, order: Sequence[Scene]) -> Scene | None:
    """Where those go on to whose partners have left them in ``scene``, of all scenes that are theirs; None: nowhere."""
    if not isinstance(scene, GymScene) or scene.left_behind == LEAVE or scene not in order:
        return None
    ahead = order[order.index(scene) + 1 :]
    if scene.left_behind == NEXT:
        return next(iter(ahead), None)
    return next((later for later in ahead if later.id == scene.left_behind), None)


def note_left_behind(connection: Connection, session: Session, scene: Scene, now: float) -> None:
    """The one who sees the session so goes on to ``scene``; the reason is why the first of the others was gone."""
    gone = departures.of_session(connection, session.id)
    others = {player: one.reason for player, one in gone.items() if player != session.player}
    events.record(
        connection,
        "left_behind",
        reason=next(iter(others.values()), Outcome.PARTNER_LEFT),
        severity="warning",
        now=now,
        participant_id=session.participant_id,
        session_id=session.id,
        data={"scene_id": session.scene_id, "to": scene.id, "gone": others},
    )


def words(
    connection: Connection, experiment: Experiment, scene: Scene, session: Session | None, outcome: Outcome
) -> str | None:
    """HTML for somebody who ends so in ``scene``, where it is more than the outcome's own text; None: it is not."""
    if outcome == Outcome.PARTNER_LEFT:
        return exclusions.partner_text(connection, scene, session)
    if outcome != Outcome.CONNECTION_FAILED or session is None or not together.is_cut(connection, session):
        return None
    return unless_said(experiment, scene.id, outcome, _LATE)
