"""How participants pass through an experiment. Every method runs inside one write of the store, so all of it happens or
nothing, and what it returns may be shown because it is stored."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from interactive_gym.data import events, games, people
from interactive_gym.data.games import Session
from interactive_gym.data.people import Participant
from interactive_gym.errors import ClientError
from interactive_gym.experiment import Experiment
from interactive_gym.protocol import Advance, Failure, Join, Page, Resume, ResumeRequest
from interactive_gym.scenes import CompletionCodeScene, GymScene, Scene
from interactive_gym.server import play
from interactive_gym.server.lifecycle import Outcome, State, Step, after
from interactive_gym.server.pages import outcome_page, scene_page

_HUMAN = "human"  # in protocol.Game.policies
_SEEDS = 2**31


@dataclass(frozen=True)
class Study:
    """An experiment with participants in it."""

    experiment: Experiment

    def join(self, connection: Connection, message: Join, now: float) -> Participant:
        """Whoever this link belongs to; somebody new if nobody has used it, or if it names no subject."""
        known = people.find_subject(connection, message.subject_id) if message.subject_id else None
        return known or self._newcomer(connection, message, now)

    def page(self, connection: Connection, participant_id: str) -> Page:
        """What this participant sees now.

        Raises:
            ClientError: ``unknown_token`` or ``experiment_changed``.
        """
        who = self.known(connection, participant_id)
        if who.outcome and who.outcome != Outcome.COMPLETED:
            return outcome_page(who.scene_id, who.outcome)
        visit = people.visits_of(connection, who.id)[who.scene_id]
        session = games.find(connection, visit.session_id, who.id) if visit.session_id else None
        return scene_page(self._scene(who), visit, session)

    def advance(self, connection: Connection, participant_id: str, message: Advance, now: float) -> Page:
        """The participant is done with a scene. Said again, it changes nothing and gets the current page.

        Raises:
            ClientError: ``wrong_scene`` or ``episodes_incomplete``.
        """
        who = self.known(connection, participant_id)
        if self._is_current(connection, who, message.scene_id):
            scene = self._scene(who)
            self._finish_game(connection, who, now)
            self._store_responses(connection, who, message, now)
            people.leave(connection, who.id, scene.id, now=now)
            self._go_on(connection, who, self._following(scene), now)
        return self.page(connection, participant_id)

    def fail(self, connection: Connection, participant_id: str, message: Failure, now: float) -> Page:
        """The page cannot go on: the participant is done, with an outcome. Said again, it changes nothing.

        Raises:
            ClientError: ``wrong_scene``.
        """
        who = self.known(connection, participant_id)
        if self._is_current(connection, who, message.scene_id):
            self._end_session(connection, who, message.reason, now)
            state = after(who.state, Step.FAIL)
            people.place(connection, replace(who, state=state, outcome=Outcome.TECHNICAL_FAILURE), now=now)
            self._note_failure(connection, who, message, now)
        return self.page(connection, participant_id)

    def resume(self, connection: Connection, participant_id: str, message: ResumeRequest, now: float) -> Resume:
        """A worker is about to play a session, and is told where.

        Raises:
            ClientError: ``not_your_session``, or ``not_now``: the participant is not in its scene.
        """
        who = self.known(connection, participant_id)
        session = play.owned(connection, message.session_id, participant_id)
        if session.scene_id != who.scene_id:
            raise ClientError("not_now", "the participant is not in the scene of this session")
        people.place(connection, replace(who, state=after(who.state, Step.PLAY)), now=now)
        return play.resume(connection, session, tab=message.tab, now=now)

    def known(self, connection: Connection, participant_id: str) -> Participant:
        """
        Raises:
            ClientError: ``unknown_token``; the data folder is not the one in which this token was issued.
        """
        who = people.find(connection, participant_id)
        if who is None:
            raise ClientError("unknown_token", "there is no such participant in this study")
        return who

    def _newcomer(self, connection: Connection, message: Join, now: float) -> Participant:
        first = self.experiment.sequence[0]
        who = Participant(_new_id("p"), message.subject_id or None, State.ARRIVED, first.id, None)
        people.add_participant(connection, who, query=message.query, now=now)
        self._enter(connection, who, first, now)
        return who

    def _scene(self, who: Participant) -> Scene:
        for scene in self.experiment.sequence:
            if scene.id == who.scene_id:
                return scene
        raise ClientError("experiment_changed", f"there is no scene {who.scene_id!r} any more")

    def _following(self, scene: Scene) -> Scene:
        sequence: Sequence[Scene] = self.experiment.sequence
        return sequence[sequence.index(scene) + 1]

    def _is_current(self, connection: Connection, who: Participant, scene_id: str) -> bool:
        """False for a scene that is over already: its message was answered once, and the answer was lost."""
        if scene_id == who.scene_id:
            return who.state != State.DONE
        if scene_id not in people.visits_of(connection, who.id):
            raise ClientError("wrong_scene", f"the participant has not been in scene {scene_id!r}")
        return False

    def _go_on(self, connection: Connection, who: Participant, scene: Scene, now: float) -> None:
        state = after(who.state, Step.BEGIN if who.state == State.ARRIVED else Step.GO_ON)
        outcome = None
        if scene is self.experiment.sequence[-1]:
            state, outcome = after(state, Step.FINISH), Outcome.COMPLETED
        people.place(connection, replace(who, state=state, scene_id=scene.id, outcome=outcome), now=now)
        self._enter(connection, who, scene, now)

    def _enter(self, connection: Connection, who: Participant, scene: Scene, now: float) -> None:
        if scene.id in people.visits_of(connection, who.id):
            return  # the researcher has moved this scene behind another one; what was assigned in it stays
        session_id = self._new_session(connection, who, scene, now) if isinstance(scene, GymScene) else None
        code = _code(connection, scene) if isinstance(scene, CompletionCodeScene) else None
        position = self.experiment.sequence.index(scene)
        people.enter(connection, who.id, scene.id, position=position, now=now, session_id=session_id, code=code)

    def _new_session(self, connection: Connection, who: Participant, scene: GymScene, now: float) -> str:
        game = scene.game()
        seed = secrets.randbelow(_SEEDS) if scene.seed is None else scene.seed
        session = Session(_new_id("s"), scene.id, seed, game, _human(game), who.id, None)
        games.add_session(connection, session, now=now)
        return session.id

    def _finish_game(self, connection: Connection, who: Participant, now: float) -> None:
        session = self._current_session(connection, who)
        if session:
            play.settle(connection, session, now)
            if len(games.completed(connection, session.id)) < session.episodes:
                raise ClientError("episodes_incomplete", "not all episodes of this game are in the store")
            games.end(connection, session.id, Outcome.COMPLETED, now=now)

    def _store_responses(self, connection: Connection, who: Participant, message: Advance, now: float) -> None:
        """The latest answers count; earlier ones, of a scene that the researcher has moved, are kept in an event."""
        replaced = people.add_responses(connection, who.id, message.scene_id, message.responses, now=now)
        if replaced:
            events.record(
                connection,
                "answered_again",
                reason="scene_moved",
                severity="warning",
                now=now,
                participant_id=who.id,
                data={"scene_id": message.scene_id, "replaced": replaced},
            )

    def _end_session(self, connection: Connection, who: Participant, reason: str, now: float) -> None:
        session = self._current_session(connection, who)
        if session:
            games.end(connection, session.id, reason, now=now)

    def _current_session(self, connection: Connection, who: Participant) -> Session | None:
        visit = people.visits_of(connection, who.id)[who.scene_id]
        return games.find(connection, visit.session_id, who.id) if visit.session_id else None

    def _note_failure(self, connection: Connection, who: Participant, message: Failure, now: float) -> None:
        session = self._current_session(connection, who)
        events.record(
            connection,
            "page_failed",
            reason=message.reason,
            severity="error",
            now=now,
            participant_id=who.id,
            session_id=session.id if session else None,
            data={"scene_id": message.scene_id, "problem": message.problem},
            detail=message.detail,
        )


def _new_id(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(8)}"


def _human(game: dict[str, object]) -> str:
    """The agent whom the participant plays."""
    policies = game["policies"]
    assert isinstance(policies, dict)
    return str(next(agent for agent, player in policies.items() if player == _HUMAN))


def _code(connection: Connection, scene: CompletionCodeScene) -> str:
    return scene.fixed_code.value() if scene.fixed_code else people.new_code(connection)
