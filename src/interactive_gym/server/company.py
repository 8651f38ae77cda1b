"""What participants do to come to play together. Like ``study``, all of it runs inside one write of the store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from interactive_gym.data import attributes, events, matches, people
from interactive_gym.data.games import Session
from interactive_gym.errors import ClientError
from interactive_gym.protocol import Advance, Enlist, Failure, Leave, Page
from interactive_gym.scenes.attributes import Value
from interactive_gym.server import matchlife, play, together
from interactive_gym.server.endings import finish
from interactive_gym.server.exclusions import Exclusion, exclude
from interactive_gym.server.lifecycle import Outcome, State, Step
from interactive_gym.server.room import KEPT_S, GiveUp, Profile
from interactive_gym.server.study import Study, rules_of

M = TypeVar("M")
_FORMING = matchlife.State.VALIDATING
Verb = Callable[[Connection, str, M, float], Page]


@dataclass(frozen=True)
class Returning:
    """A page of somebody whose game runs. ``session`` is as they see it."""

    session: Session


@dataclass(frozen=True)
class Waits:
    """Somebody who waits, what a matcher may know of them, and for how long they have waited before."""

    profile: Profile
    waited_s: float


@dataclass(frozen=True)
class Departure:
    """Somebody has gone on, or failed, and sees ``page`` now; or has said so of an earlier scene, and stays."""

    page: Page
    has_left: bool
    session: Session | None = None  # the game of several that they left
    has_ended: bool = False  # they were the last in it


@dataclass(frozen=True)
class Company:
    """The participants of a study who play together."""

    study: Study

    def enlist(
        self, connection: Connection, participant_id: str, message: Enlist, now: float
    ) -> Returning | Departure | Waits:
        """The participant is ready for the game of several people in their scene.

        Returns:
            They wait, or are matched already. Or their game runs, whatever has become of its scene since. Or it was
            over, or had been ended, or everybody else had left it, or they had been taken out of it, before they came
            back. Or their machine is too slow for it.

        Raises:
            ClientError: ``wrong_scene``, or ``not_now``: it is no such game, or they have an outcome.
        """
        who = self.study.known(connection, participant_id)
        scene = self.study.scene(who)
        if message.scene_id != scene.id:
            raise ClientError("wrong_scene", f"the participant is not in scene {message.scene_id!r}")
        session = self.study.current_session(connection, who)
        if not who.outcome and session and session.is_multiplayer and session.state != _FORMING:
            return self._back(connection, session, now)
        if who.outcome or rules_of(scene) is None or (session and not session.is_multiplayer):
            raise ClientError("not_now", "there is nobody to wait for")
        if session is None and self.study.is_too_slow(connection, who, message.speed, now):
            return Departure(self.study.page(connection, participant_id), has_left=True)
        together.step(connection, participant_id, Step.ENLIST)
        since = people.wait(connection, participant_id, scene.id, now=now, kept_s=KEPT_S)
        return Waits(together.profile(connection, participant_id), now - since)

    def _back(self, connection: Connection, session: Session, now: float) -> Returning | Departure:
        who, scene_id = session.participant_id, session.scene_id
        play.settle(connection, session, now)
        if together.is_over(connection, session):
            return self.advance(connection, who, Advance(scene_id), now)
        if together.is_cut(connection, session) or session.state == matchlife.State.ENDED:
            return self.fail(connection, who, Failure(scene_id, "connection_failed"), now)
        is_played_on = session.game["multiplayer"].get("on_leave") == "bot"  # by policies, for whoever has left
        if together.is_deserted(connection, session) and not is_played_on:
            return self.fail(connection, who, Failure(scene_id, "partner_left"), now)
        together.step(connection, who, Step.PLAY)
        return Returning(session)

    def advance(self, connection: Connection, participant_id: str, message: Advance, now: float) -> Departure:
        """See ``Study.advance``."""
        return self._departure(connection, self.study.advance, participant_id, message, now)

    def fail(
        self, connection: Connection, participant_id: str, message: Failure, now: float, here: Collection[str] = ()
    ) -> Departure:
        """See ``Study.fail``."""
        return self._departure(connection, partial(self.study.fail, here=here), participant_id, message, now)

    def exclude(self, connection: Connection, exclusion: Exclusion, now: float) -> Departure:
        """See ``exclusions.exclude``."""
        who = exclusion.playing.participant_id
        return self._departure(connection, partial(exclude, self.study), who, exclusion, now)

    def leave(self, connection: Connection, participant_id: str, message: Leave, now: float) -> Departure:
        """See ``Study.leave``."""
        return self._departure(connection, self.study.leave, participant_id, message, now)

    def _departure(
        self, connection: Connection, verb: Verb[M], participant_id: str, message: M, now: float
    ) -> Departure:
        before = self.study.known(connection, participant_id)
        session = self.study.current_session(connection, before)
        page = verb(connection, participant_id, message, now)
        has_left = self.study.known(connection, participant_id) != before
        if session is None or not (has_left and session.is_multiplayer):
            return Departure(page, has_left)
        return Departure(page, has_left, session, matches.state_of(connection, session.id) == matchlife.State.ENDED)

    def give_up(self, connection: Connection, decision: GiveUp, way: str | None, now: float) -> Page:
        """Nobody came in time. They go on to the scene ``way``, if it still comes for them; if not, they are done."""
        who = self.study.known(connection, decision.participant_id)
        waited = {"waited_s": round(decision.waited_s, 1)}
        if way is not None and self.study.skip_to(connection, who, way, now):
            data = {"scene_id": who.scene_id, "to": way, **waited}
            events.record(
                connection, "went_on", reason="nobody_came", severity="info", now=now, participant_id=who.id, data=data
            )
            return self.study.page(connection, who.id)
        outcome, why = Outcome.WAITROOM_TIMEOUT, "nobody_came"
        finish(connection, self.study.experiment, who, Step.GIVE_UP, outcome, reason=why, now=now, data=waited)
        return self.study.page(connection, who.id)

    def attributes(
        self, connection: Connection, waiting: Collection[str], after: int
    ) -> tuple[int, Mapping[str, Mapping[str, Value]]]:
        """Of those who wait, the attributes of everybody of whom some were set after the event ``after``.

        Returns:
            The last event that is known now, and participant -> all attributes.
        """
        changed = [one for one in events.about(connection, "attribute_set", after=after) if one in waiting]
        return events.latest(connection), attributes.of_all(connection, changed)

    def check_playing(self, connection: Connection, participant_id: str, session_id: str) -> None:
        """
        Raises:
            ClientError: ``not_your_session``, or ``not_now``: it has ended.
        """
        if play.owned(connection, session_id, participant_id).state != matchlife.State.PLAYING:
            raise ClientError("not_now", "this match is over")

    def step_out(self, connection: Connection, participant_id: str, now: float) -> None:
        """The connection is gone of somebody who waits."""
        together.step_out(connection, participant_id, now)

    def restart(self, connection: Connection, now: float) -> int:
        """The server has been started: nobody waits or connects any more. Games that were played go on, if their
        scene is still there.

        Returns:
            The last event that is known now.
        """
        there = {scene.id for scene in self.study.experiment.sequence}
        for session in matches.open_sessions(connection):
            if session.state == matchlife.State.VALIDATING:
                gone = [member.participant_id for member in session.members]
                together.part(connection, session.id, "server_restarted", now, gone=gone)
            elif session.scene_id not in there:
                together.end(connection, session.id, "experiment_changed", now)
        for who in people.everybody(connection):
            if who.state == State.WAITING:
                self.step_out(connection, who.id, now)
        return events.latest(connection)
