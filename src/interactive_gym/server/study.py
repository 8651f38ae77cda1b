"""How participants pass through an experiment. Every method runs inside one write of the store, so all of it happens or
nothing, and what it returns may be shown because it is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import msgspec
from sqlalchemy import Connection

from interactive_gym.data import events, games, people, screenings
from interactive_gym.data.games import Session
from interactive_gym.data.people import Participant
from interactive_gym.errors import ClientError
from interactive_gym.experiment import Experiment
from interactive_gym.protocol import Advance, Failure, Join, Leave, Page, Resume, ResumeRequest
from interactive_gym.protocol_game import Multiplayer
from interactive_gym.scenes import GymScene, Scene
from interactive_gym.scenes.passage import Passage
from interactive_gym.scenes.static import PageWithButton
from interactive_gym.server import conditions, flow, known, lost, matchlife, play, sequences, together
from interactive_gym.server.drawn import new_id, seed_of
from interactive_gym.server.endings import ending_of, finish, scene_of, unless_said
from interactive_gym.server.lifecycle import Outcome, State, Step, after, outcome_of
from interactive_gym.server.pages import last_page, scene_page
from interactive_gym.server.speed import TOO_SLOW, WORDS, judge

_ON_FIRST_PAGE = (State.ARRIVED, State.SCREENING)
_OF_PARTNERS = (Outcome.PARTNER_LEFT, Outcome.CONNECTION_FAILED)


@dataclass(frozen=True)
class Study:
    """An experiment with participants in it."""

    experiment: Experiment
    patience: flow.Patience = field(default_factory=flow.Patience)

    def join(self, connection: Connection, message: Join, now: float) -> Participant:
        """Whoever this link belongs to; somebody new if nobody has used it, or if it names no subject."""
        subject = message.subject_id or self.experiment.recruits.subject_of(message.query)
        found = people.find_subject(connection, subject) if subject else None
        return found or self._newcomer(connection, msgspec.structs.replace(message, subject_id=subject), now)

    def page(self, connection: Connection, participant_id: str) -> Page:
        """What this participant sees now.

        Raises:
            ClientError: ``unknown_token`` or ``experiment_changed``.
        """
        who = self.known(connection, participant_id)
        if who.outcome:
            scene = scene_of(self.experiment, who.scene_id)
            return last_page(scene, who, ending_of(self.experiment, who.scene_id, who.outcome))
        visit = people.visits_of(connection, who.id)[who.scene_id]
        session = games.find(connection, visit.session_id, who.id) if visit.session_id else None
        left = ending_of(self.experiment, who.scene_id, Outcome.PARTNER_LEFT)
        return scene_page(self.scene(who), visit, session, left, is_screened=self.experiment.entry is not None)

    def come(self, connection: Connection, participant_id: str, now: float) -> Page:
        """What this participant sees now that they have connected; it may be with another experiment than before.

        Whose scene is gone goes on to the next one. Whose game was one of several people, or none, begins it as it is.

        Raises:
            ClientError: ``unknown_token``.
        """
        who = self.known(connection, participant_id)
        scene = next((scene for scene in self.experiment.sequence if scene.id == who.scene_id), None)
        if not who.outcome and scene is None:
            self._move_on(connection, who, now)
        elif not who.outcome and scene and self.current_session(connection, who) is None:
            self._enter(connection, who, scene, now)
            if session := self.current_session(connection, who):
                _note_change(connection, who, {"scene_id": scene.id, "to": scene.id}, now, session.id)
        return self.page(connection, participant_id)

    def advance(self, connection: Connection, participant_id: str, message: Advance, now: float) -> Page:
        """The participant is done with a scene. Said again, it changes nothing and gets the current page.

        Raises:
            ClientError: ``wrong_scene``, ``preview``, ``not_screened`` or ``episodes_incomplete``.
        """
        who = self.known(connection, participant_id)
        if self._is_current(connection, who, message.scene_id):
            scene, session = self.scene(who), self.current_session(connection, who)
            self._check_accepted(connection, who)
            self._check_screened(connection, who)
            if isinstance(scene, GymScene):
                self._check_over(connection, session, now)
            self._store_responses(connection, who, message, now)
            known.answered(connection, scene, who.id, message.responses, now)
            people.leave(connection, who.id, scene.id, now=now)
            following = flow.following(connection, self.experiment, who.id, scene, now, self.patience)
            self._go_on(connection, who, following, now)
            self._leave_game(connection, session, Outcome.COMPLETED, now)
        return self.page(connection, participant_id)

    def fail(
        self, connection: Connection, participant_id: str, message: Failure, now: float, here: Collection[str] = ()
    ) -> Page:
        """The page cannot go on: the participant is done, with an outcome. Said again, it changes nothing.

        Whoever has lost their partners goes on to another scene, if theirs says so.

        Args:
            here: Whose pages answer. Of them nobody is believed to have left: an outcome may be worth a code.

        Raises:
            ClientError: ``wrong_scene``.
        """
        who = self.known(connection, participant_id)
        if self._is_current(connection, who, message.scene_id):
            session = self.current_session(connection, who)
            self._note_failure(connection, who, session, message, now)
            outcome, reason = _failed(session, message), message.reason
            partners = together.others(connection, session) if session and outcome == Outcome.PARTNER_LEFT else []
            if present := self._still_there(connection, who, session, {*partners} & {*here}):
                self._note_disbelief(connection, who, session, present, now)
                outcome, reason = Outcome.CONNECTION_FAILED, "connection_failed"
            if not (session and outcome == Outcome.PARTNER_LEFT and self._stays(connection, who, session, now)):
                body = lost.words(connection, self.experiment, self.scene(who), session, outcome)
                self.end(connection, who, Step.FAIL, outcome, reason=reason, now=now, body=body)
        return self.page(connection, participant_id)

    def _still_there(
        self, connection: Connection, who: Participant, session: Session | None, here: set[str]
    ) -> list[str]:
        """The partners for whom the game of ``who`` would have gone on: none, if it ends for all with the first who is
        lost, and somebody is."""
        scene = self.scene(who)
        ends_for_all = isinstance(scene, GymScene) and scene.ends_for_all
        return [] if ends_for_all and session and together.is_incomplete(connection, session) else sorted(here)

    def leave(self, connection: Connection, participant_id: str, message: Leave, now: float) -> Page:
        """The participant stops, on purpose. Said again, it changes nothing.

        Raises:
            ClientError: ``wrong_scene``, or ``not_now``: this page does not offer it.
        """
        who = self.known(connection, participant_id)
        if self._is_current(connection, who, message.scene_id):
            outcome = _chosen(self.scene(who), message)
            self.end(connection, who, Step.WITHDRAW, outcome, reason=outcome, now=now)
        return self.page(connection, participant_id)

    def end(
        self,
        connection: Connection,
        who: Participant,
        step: Step,
        outcome: Outcome,
        *,
        reason: str,
        now: float,
        body: str | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        """``who`` ends where they are; a match that forms around them comes to nothing. See ``endings.finish``."""
        session = self.current_session(connection, who)
        if session and session.state == matchlife.State.VALIDATING:
            together.part(connection, session.id, reason, now, gone=[who.id])
            who, session = self.known(connection, who.id), None
        game = session.id if session else None
        finish(
            connection,
            self.experiment,
            who,
            step,
            outcome,
            reason=reason,
            now=now,
            session_id=game,
            body=body,
            data=data,
        )
        self._leave_game(connection, session, reason, now)

    def skip_to(self, connection: Connection, who: Participant, scene_id: str, now: float) -> bool:
        """``who`` leaves the waiting room for a later scene. False: it does not come for them; nothing has changed."""
        order = flow.scenes_of(connection, self.experiment, who.id)
        ahead = order[order.index(self.scene(who)) + 1 :]
        scene = next((later for later in ahead if later.id == scene_id), None)
        if scene is None:
            return False
        people.leave(connection, who.id, who.scene_id, now=now)
        self._go_on(connection, replace(who, state=after(who.state, Step.STEP_OUT)), scene, now)
        return True

    def resume(self, connection: Connection, participant_id: str, message: ResumeRequest, now: float) -> Resume | None:
        """A worker is about to play a session, and is told where. None: it is too slow, and the participant is done.

        Raises:
            ClientError: ``not_your_session``, or ``not_now``: the participant is not in its scene, or plays it with
                others, and is told by a Match.
        """
        who = self.known(connection, participant_id)
        session = play.owned(connection, message.session_id, participant_id)
        if session.scene_id != who.scene_id or session.is_multiplayer:
            raise ClientError("not_now", "the participant is not in the scene of this session, or not alone in it")
        if not games.starts(connection, session) and self.is_too_slow(connection, who, message.speed, now):
            return None
        people.place(connection, replace(who, state=after(who.state, Step.PLAY)))
        return play.resume(connection, session, tab=message.tab, now=now)

    def is_too_slow(self, connection: Connection, who: Participant, speed: float | None, now: float) -> bool:
        """Whether the machine of ``who``, who is about to play, is too slow for their scene; then they are done."""
        scene, session = self.scene(who), self.current_session(connection, who)
        least = scene.min_speed if isinstance(scene, GymScene) else None
        found = judge(connection, who.id, scene.id, speed, least, now, session.id if session else None)
        if found is None:
            return False
        outcome = Outcome.SCREENED_OUT
        body = unless_said(self.experiment, scene.id, outcome, WORDS)
        self.end(connection, who, Step.EXCLUDE, outcome, reason=TOO_SLOW, now=now, body=body, data=found)
        return True

    def known(self, connection: Connection, participant_id: str) -> Participant:
        """
        Raises:
            ClientError: ``unknown_token``; the data folder is not the one in which this token was issued.
        """
        who = people.find(connection, participant_id)
        if who is None:
            raise ClientError("unknown_token", "there is no such participant in this study")
        return who

    def scene(self, who: Participant) -> Scene:
        """
        Raises:
            ClientError: ``experiment_changed``; the one in which they were is gone.
        """
        for scene in self.experiment.sequence:
            if scene.id == who.scene_id:
                return scene
        raise ClientError("experiment_changed", f"there is no scene {who.scene_id!r} any more")

    def current_session(self, connection: Connection, who: Participant) -> Session | None:
        """The game of their scene, as they see it; of several people once there are partners."""
        visit = people.visits_of(connection, who.id)[who.scene_id]
        return games.find(connection, visit.session_id, who.id) if visit.session_id else None

    def _newcomer(self, connection: Connection, message: Join, now: float) -> Participant:
        first = self.experiment.sequence[0]
        who = Participant(new_id("p"), message.subject_id or None, State.ARRIVED, first.id, None)
        people.add_participant(connection, who, query=message.query, now=now)
        known.arrived(connection, self.experiment.known, who.id, message.query, now)
        flow.draw(connection, self.experiment, who.id, now, self.patience)
        self._enter(connection, who, first, now)
        return who

    def _move_on(self, connection: Connection, who: Participant, now: float) -> None:
        """There is no scene any more in which they were. A first page is followed by another first page only."""
        session = self.current_session(connection, who)
        drawn, visited = people.sequence_of(connection, who.id), people.visits_of(connection, who.id)
        scene = sequences.onward(self.experiment.sequence, drawn, visited, who.scene_id)
        people.leave(connection, who.id, who.scene_id, now=now)
        if who.state in _ON_FIRST_PAGE:
            moved = replace(who, state=State.ARRIVED, scene_id=self.experiment.sequence[0].id)
            people.place(connection, moved)
            self._enter(connection, moved, self.experiment.sequence[0], now)
        else:
            self._go_on(connection, who, scene, now)
        self._leave_game(connection, session, "experiment_changed", now)
        to = self.known(connection, who.id).scene_id
        _note_change(connection, who, {"scene_id": who.scene_id, "to": to}, now, session.id if session else None)

    def _is_current(self, connection: Connection, who: Participant, scene_id: str) -> bool:
        """False for a scene that is over already: its message was answered once, and the answer was lost."""
        if scene_id == who.scene_id:
            return who.state != State.DONE
        if scene_id not in people.visits_of(connection, who.id):
            raise ClientError("wrong_scene", f"the participant has not been in scene {scene_id!r}")
        return False

    def _go_on(self, connection: Connection, who: Participant, scene: Scene, now: float) -> None:
        state = after(who.state, Step.BEGIN if who.state in _ON_FIRST_PAGE else Step.GO_ON)
        moved = replace(who, state=state, scene_id=scene.id)
        people.place(connection, moved)
        self._enter(connection, moved, scene, now)
        if scene is self.experiment.sequence[-1]:
            why = "last_scene"
            finish(connection, self.experiment, moved, Step.FINISH, Outcome.COMPLETED, reason=why, now=now)

    def _enter(self, connection: Connection, who: Participant, scene: Scene, now: float) -> None:
        """What was assigned to them in this scene before stays: the researcher may have moved it behind another one."""
        visited = people.visits_of(connection, who.id)
        session_id = visited[scene.id].session_id if scene.id in visited else None
        if session_id is None and isinstance(scene, GymScene) and rules_of(scene) is None:
            session_id = self._new_session(connection, who, scene, now)
        if scene.id in visited:
            people.assign(connection, who.id, scene.id, session_id)
        else:
            people.enter(connection, who.id, scene.id, position=len(visited), now=now, session_id=session_id)

    def _new_session(self, connection: Connection, who: Participant, scene: GymScene, now: float) -> str:
        players = {scene.humans[0]: who.id}
        session_id = new_id("s")
        drawn = scene.game(conditions.of_group(connection, scene, session_id, [who.id], now))
        game = known.seated(connection, self.experiment.known, scene, drawn, players)
        session = Session(session_id, scene.id, seed_of(scene), game, scene.humans[0], who.id, None)
        games.add_session(connection, session, now=now)
        return session.id

    def _check_accepted(self, connection: Connection, who: Participant) -> None:
        """Whoever only looks at the task on the platform sees the first page, and no more."""
        if who.state in _ON_FIRST_PAGE and self.experiment.recruits.is_preview(people.query_of(connection, who.id)):
            raise ClientError("preview", "the participant has not accepted the task on the platform")

    def _check_screened(self, connection: Connection, who: Participant) -> None:
        """Nobody gets past the first page unseen, whatever their browser sends."""
        if self.experiment.entry is None or who.state not in _ON_FIRST_PAGE:
            return
        if who.state == State.SCREENING or not screenings.is_accepted(connection, who.id):
            raise ClientError("not_screened", "the participant has not been accepted")

    def _check_over(self, connection: Connection, session: Session | None, now: float) -> None:
        """A game of several people is over too where nobody else is left in it."""
        if session:
            play.settle(connection, session, now)
        if session is None or not (together.is_over(connection, session) or _is_deserted(connection, session)):
            raise ClientError("episodes_incomplete", "not all episodes of this game are in the store")

    def _stays(self, connection: Connection, who: Participant, session: Session, now: float) -> bool:
        """Their partners are gone, and ``who`` goes on to another scene. False: there is none; nothing has changed."""
        order = flow.scenes_of(connection, self.experiment, who.id)
        scene = lost.way_of(self.scene(who), order) if who.state == State.PLAYING else None
        if scene is None:
            return False
        lost.note_left_behind(connection, session, scene, now)
        people.leave(connection, who.id, who.scene_id, now=now)
        self._go_on(connection, who, scene, now)
        self._leave_game(connection, session, Outcome.PARTNER_LEFT, now)
        return True

    def _leave_game(self, connection: Connection, session: Session | None, reason: str, now: float) -> None:
        if session and session.is_multiplayer:
            together.leave(connection, session, reason, now)
        elif session:
            games.end(connection, session.id, reason, now=now)

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

    def _note_failure(
        self, connection: Connection, who: Participant, session: Session | None, message: Failure, now: float
    ) -> None:
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

    def _note_disbelief(
        self, connection: Connection, who: Participant, session: Session | None, present: list[str], now: float
    ) -> None:
        events.record(
            connection,
            "not_believed",
            reason="partners_are_here",
            severity="warning",
            now=now,
            participant_id=who.id,
            session_id=session.id if session else None,
            data={"scene_id": who.scene_id, "claim": Outcome.PARTNER_LEFT, "partners": present},
        )


def rules_of(scene: Scene) -> Multiplayer | None:
    """How several people come together in this scene; None where nobody waits for anybody."""
    if not isinstance(scene, GymScene):
        return None
    return msgspec.convert(scene.game()["multiplayer"], Multiplayer | None)


def _note_change(
    connection: Connection, who: Participant, data: Mapping[str, str], now: float, session_id: str | None
) -> None:
    events.record(
        connection,
        "scene_changed",
        reason="experiment_changed",
        severity="warning",
        now=now,
        participant_id=who.id,
        session_id=session_id,
        data=data,
    )


def _chosen(scene: Scene, message: Leave) -> Outcome:
    """
    Raises:
        ClientError: ``not_now``; this page does not offer it.
    """
    if message.refuses and isinstance(scene, PageWithButton) and scene.asks_consent:
        return Outcome.CONSENT_REFUSED
    if not message.refuses and isinstance(scene, Passage) and scene.may_leave:
        return Outcome.WITHDREW
    raise ClientError("not_now", f"scene {scene.id!r} has no such button")


def _failed(session: Session | None, message: Failure) -> Outcome:
    """Of a page that cannot go on. Who has no partners cannot lose them: an outcome may be worth a code."""
    outcome = outcome_of(message.reason)
    has_partners = session is not None and session.is_multiplayer
    return Outcome.TECHNICAL_FAILURE if outcome in _OF_PARTNERS and not has_partners else outcome


def _is_deserted(connection: Connection, session: Session) -> bool:
    return session.is_multiplayer and together.is_deserted(connection, session)
