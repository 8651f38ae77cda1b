"""The waiting rooms at work: the clock, the store and the lines to participants, around what ``room`` decides.

One thing happens after the other: whoever comes, goes, or has run out of time waits for the lock, so that nobody is in
two places. What is stored is stored before anybody is told, and what could not be stored has not happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from interactive_gym.data.games import Session
from interactive_gym.data.matches import Member
from interactive_gym.errors import ClientError
from interactive_gym.protocol import Advance, Enlist, Failure, Leave, Page, Play, Room, Unmatched, Validated
from interactive_gym.protocol_game import Restart
from interactive_gym.scenes import GymScene
from interactive_gym.server import together
from interactive_gym.server.choosing import Choosing
from interactive_gym.server.company import Company, Departure, Returning, Waits
from interactive_gym.server.desk import Desk, clock, steady
from interactive_gym.server.exclusions import Exclusion
from interactive_gym.server.invitations import Invitations
from interactive_gym.server.lines import Lines
from interactive_gym.server.logs import name
from interactive_gym.server.matches import Matches
from interactive_gym.server.presence import Connected
from interactive_gym.server.probing import EVERY_S
from interactive_gym.server.restarting import Restarting
from interactive_gym.server.room import Decision, GiveUp, Group, Pair, Pool, rules_for
from interactive_gym.server.study import rules_of

T = TypeVar("T")
Work = Callable[[T], Coroutine[Any, Any, None]]
IsThere = Callable[[Connected], Awaitable[bool]]

ROOM_EVERY_S = 0.5  # a number that changes faster is not read
_SLICE = 25  # people who are told, or groups; then all else that waits for the event loop has its turn
AWAY_S = 2 * EVERY_S + 1  # whose page has not answered for as long is not there: two probes are lost, and not one
_RETRY_S = 1.0  # after a decision that could not be stored; a disk that is full may have room again


@dataclass(frozen=True)
class _Called:
    """A group whose members are asked whether they are there, each by the connection that they had when chosen."""

    scene_id: str
    group: Group
    lines: Mapping[str, Connected]


@dataclass
class _Forming:
    """A match whose members connect."""

    session_id: str
    scene_id: str
    agents: Mapping[str, str]  # agent -> participant
    deadline: asyncio.TimerHandle
    connected: set[str] = field(default_factory=set)  # who have said so
    rtts_ms: dict[tuple[str, str], float] = field(default_factory=dict)  # as the first one's page measured

    @property
    def members(self) -> Sequence[str]:
        return list(self.agents.values())

    def measured(self, participant_id: str, rtts_ms: Mapping[str, float]) -> None:
        """What a page says of its ways to the others; what it says of anybody else means nothing."""
        for agent, rtt in rtts_ms.items():
            if agent in self.agents and self.agents[agent] != participant_id:
                self.rtts_ms[participant_id, self.agents[agent]] = round(rtt, 2)

    def slower(self) -> dict[Pair, float]:
        """Of each pair the longer of the two: a limit is kept by both."""
        found: dict[Pair, float] = {}
        for pair, rtt in self.rtts_ms.items():
            found[Pair(pair)] = max(rtt, found.get(Pair(pair), 0.0))
        return found

    def logged(self) -> dict[str, float]:
        """For the log of matches."""
        return {f"{one}>{other}": rtt for (one, other), rtt in self.rtts_ms.items()}


@dataclass
class _Hall:
    """The waiting room of one scene, and when to look at it again."""

    pool: Pool
    is_deciding: bool = False
    is_due: bool = False  # something has changed since the decision that is being made
    wake: asyncio.TimerHandle | None = None
    telling: asyncio.TimerHandle | None = None
    told_at: float = 0.0


class Gathering:
    """All waiting rooms of one app. To be used on its event loop only."""

    def __init__(self, desk: Desk, matches: Matches, lines: Lines, invitations: Invitations, is_there: IsThere) -> None:
        self._desk, self._matches, self._lines, self._invitations = desk, matches, lines, invitations
        self._is_there = is_there
        self.restarting = Restarting(desk, matches, is_there, self._invite)
        self._company = Company(desk.study)
        self._choosing = Choosing(desk)
        self._scenes = {scene.id: scene for scene in desk.study.experiment.sequence if isinstance(scene, GymScene)}
        of_several = [scene for scene in self._scenes.values() if rules_of(scene)]
        self._halls = {scene.id: _Hall(Pool(rules_for(scene))) for scene in of_several}
        self._forming: dict[str, _Forming] = {}  # by session
        self._here: dict[str, tuple[Connected, str]] = {}  # who waits or is matched: how, and where
        self._called: set[str] = set()  # of these, who are asked whether they are there
        self._seen = 0  # the last event up to which the attributes of those who wait are known
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def restart(self) -> None:
        """To be called once, before anybody can come."""
        self._seen = await self._desk.write(self._company.restart, clock())

    async def enlist(self, who: Connected, message: Enlist) -> Room:
        """They wait from now on; whoever was playing gets the Match again, and whoever was left alone the next page.

        Raises:
            ClientError: ``wrong_archive``, ``wrong_scene``, ``not_now``, or ``other_tab``.
        """
        if message.archive != self._invitations.archive:
            raise ClientError("wrong_archive", "the page runs what an earlier server gave it")
        async with self._lock:
            self._desk.presence.who(who.sid)  # it may have been taken over meanwhile
            match found := await self._enlisted(who, message):
                case Departure():
                    self._departed(who.participant_id, found)
                    self._show(who.participant_id, found.page)
                case Waits():
                    self._admit(who, message.scene_id, found)
            hall = self._halls.get(message.scene_id)  # none: the game runs on, and its scene is one of one player now
            return hall.pool.room(who.participant_id, steady()) if hall else Room(0, 0, 0.0, 0.0)

    async def _enlisted(self, who: Connected, message: Enlist) -> Returning | Departure | Waits:
        """Whoever returns is let into their game; if it has just become complete, they depart from it."""
        while True:
            found = await self._desk.write(self._company.enlist, who.participant_id, message, clock())
            if not isinstance(found, Returning) or await self.restarting.back(who, found.session):
                return found

    async def validated(self, who: Connected, message: Validated) -> None:
        """Their page is connected with all others, or never will be. Said again, it changes nothing.

        Raises:
            ClientError: ``not_your_session``, or ``not_now``: the match is over.
        """
        name(session=message.session_id)
        async with self._lock:
            forming = self._forming.get(message.session_id)
            if forming is None or who.participant_id not in forming.members:
                await self._desk.write(self._company.check_playing, who.participant_id, message.session_id)
            elif message.problem is not None:
                self._desk.log.warning("not_connected", problem=message.problem)
                await self._part(forming, "connection_failed", unable=[who.participant_id])
            else:
                forming.connected.add(who.participant_id)
                forming.measured(who.participant_id, message.rtt_ms)
                if forming.connected.issuperset(forming.members):
                    await self._judge(forming)

    async def advance(self, who: Connected, message: Advance) -> Page:
        """See ``Study.advance``."""
        departure = await self._desk.write(self._company.advance, who.participant_id, message, clock())
        self._departed(who.participant_id, departure)
        return departure.page

    async def fail(self, who: Connected, message: Failure) -> Page:
        """See ``Study.fail``. Partners with whom they were to play wait for others from now on."""
        async with self._lock:
            here = self._desk.rtts.heard_since(steady() - AWAY_S)
            departure = await self._desk.write(self._company.fail, who.participant_id, message, clock(), here)
            self._ended(who.participant_id, departure, message.reason)
            return departure.page

    async def leave(self, who: Connected, message: Leave) -> Page:
        """See ``Study.leave``. For partners it is as if their page had failed."""
        async with self._lock:
            departure = await self._desk.write(self._company.leave, who.participant_id, message, clock())
            self._ended(who.participant_id, departure, "withdrew")
            return departure.page

    async def exclude(self, exclusion: Exclusion) -> bool:
        """Takes a player out of the game that they play, and shows them their last page. For partners it is as if
        their page had failed.

        Returns:
            False: they play it no more, and nothing has happened.
        """
        who = exclusion.playing.participant_id
        async with self._lock:
            departure = await self._desk.write(self._company.exclude, exclusion, clock())
            self._ended(who, departure, exclusion.why.reason)
            if departure.has_left:
                self._show(who, departure.page)
            return departure.has_left

    def gone(self, who: Connected) -> None:
        """This connection is no longer, or no longer theirs."""
        self._spawn(self._step_out, who)

    # --- coming and going -------------------------------------------------------------------------------------------

    def _admit(self, who: Connected, scene_id: str, waits: Waits) -> None:
        self._here[who.participant_id] = (who, scene_id)
        if who.participant_id not in self._called and self._forming_of(who.participant_id) is None:
            self._halls[scene_id].pool.enter(who.participant_id, steady(), waits.profile, waits.waited_s)
            self._desk.log.info("waiting", scene_id=scene_id)
            self._changed(scene_id)

    def _ended(self, participant_id: str, departure: Departure, reason: str) -> None:
        """They are done, whatever they were in the middle of."""
        forming = self._forming_of(participant_id)
        if forming and departure.has_left:
            self._dissolve(forming, reason, gone=[participant_id])
        self._departed(participant_id, departure, reason)

    def _departed(self, participant_id: str, departure: Departure, failure: str | None = None) -> None:
        """What the live match, and the waiting room, have to know of it."""
        if not departure.has_left:
            return
        self._forget(participant_id)
        if departure.session and departure.has_ended:
            self._matches.close(departure.session.id)
        elif departure.session:
            if failure:
                self._matches.exclude(participant_id, failure)
            self._matches.leave(participant_id)

    async def _step_out(self, who: Connected) -> None:
        name(who.participant_id)
        async with self._lock:
            connection, scene_id = self._here.get(who.participant_id, (None, ""))
            if connection != who:
                return  # not here, or by another connection since
            if forming := self._forming_of(who.participant_id):
                await self._part(forming, "partner_disconnected", gone=[who.participant_id])
            else:
                await self._desk.write(self._company.step_out, who.participant_id, clock())
            self._here.pop(who.participant_id)
            self._halls[scene_id].pool.leave(who.participant_id, steady())
            self._changed(scene_id)

    def _forget(self, participant_id: str) -> None:
        """They wait no more."""
        _, scene_id = self._here.pop(participant_id, (None, None))
        if scene_id:
            self._halls[scene_id].pool.forget(participant_id)
            self._changed(scene_id)

    # --- deciding ---------------------------------------------------------------------------------------------------

    def _changed(self, scene_id: str) -> None:
        """Somebody has come to this waiting room, or gone: there may be something to decide, and there is to tell."""
        self._spawn(self._decide, scene_id)
        self._tell_room(scene_id)

    async def _decide(self, scene_id: str) -> None:
        """One decision after the other: whatever changes while one is made is looked at in the next."""
        hall = self._halls[scene_id]
        hall.is_due = True
        if hall.is_deciding:
            return
        hall.is_deciding = True
        try:
            while hall.is_due:
                hall.is_due = False
                await self._decide_once(scene_id, hall)
        except Exception:
            self._wake_at(scene_id, steady() + _RETRY_S)
            raise
        finally:
            hall.is_deciding = False

    async def _decide_once(self, scene_id: str, hall: _Hall) -> None:
        """A matcher may take its time, and people come and go meanwhile: of what it says, what still can be is done."""
        pool = hall.pool
        async with self._lock:
            self._sweep(pool)
            await self._look_at_attributes()
            moment = pool.moment(steady(), self._rtts_of(pool.waiting()))
        decisions = await self._choosing.decide(scene_id, moment)
        async with self._lock:
            async for decision in _in_slices(decisions):
                if pool.has(_concerned(decision)):
                    await self._carry_out(scene_id, decision)
                else:
                    hall.is_due = True
            if pool.changes_outlook(hall.told_at, steady()):
                self._tell_room(scene_id)
            self._wake_at(scene_id, pool.next_deadline(steady()))

    async def _look_at_attributes(self) -> None:
        """Hooks, callbacks and pages set them while people wait."""
        here, seen = frozenset(self._here), self._seen
        self._seen, changed = await self._desk.store.read(lambda open_: self._company.attributes(open_, here, seen))
        for hall in self._halls.values():
            hall.pool.know(changed)

    def _rtts_of(self, waiting: Sequence[str]) -> dict[str, float | None]:
        return {one: self._desk.rtts.median_ms(one, steady()) for one in waiting}

    def _sweep(self, pool: Pool) -> None:
        """Nobody is matched whose connection is gone, though that has not been dealt with yet."""
        for one in pool.waiting():
            if self._desk.presence.holder(one) != self._here[one][0]:
                pool.leave(one, steady())

    async def _carry_out(self, scene_id: str, decision: Decision) -> None:
        match decision:
            case Group():
                self._call(scene_id, decision)
            case GiveUp():
                await self._give_up(scene_id, decision)
        self._tell_room(scene_id)

    def _call(self, scene_id: str, group: Group) -> None:
        """They are asked whether they are there, each by themselves, and nobody else gets them meanwhile."""
        self._halls[scene_id].pool.take(group.members)
        self._called |= set(group.members)
        self._spawn(self._seat, _Called(scene_id, group, {one: self._here[one][0] for one in group.members}))

    async def _seat(self, called: _Called) -> None:
        answers = await asyncio.gather(*map(self._is_there, called.lines.values()))
        silent = [one for one, is_there in zip(called.lines, answers, strict=True) if not is_there]
        async with self._lock:
            self._called -= set(called.group.members)
            try:
                if not silent and self._are_here(called):
                    return await self._match(called.scene_id, called.group)
                scene = self._scenes[called.scene_id]
                await self._desk.write(together.not_there, scene, called.group, silent, clock())
            except Exception:
                self._release(called, silent)
                self._wake_at(called.scene_id, steady() + _RETRY_S)
                raise
            self._release(called, silent)
            self._changed(called.scene_id)

    def _are_here(self, called: _Called) -> bool:
        """Nobody has gone since, or come by another connection, though that has not been dealt with yet."""
        holder = self._desk.presence.holder
        return all(
            self._here.get(one) == (line, called.scene_id) and holder(one) == line for one, line in called.lines.items()
        )

    def _release(self, called: _Called, silent: Sequence[str]) -> None:
        """Whoever is still here, and in no match, waits on at the old place.

        Who does not answer is parted with: a page that is alive connects again, and has kept its place.
        """
        pool = self._halls[called.scene_id].pool
        for one, line in called.lines.items():
            holder, scene_id = self._here.get(one, (None, ""))
            if one in silent and holder == line:
                self._desk.log.warning("not_there", participant_id=one, scene_id=called.scene_id)
                self._lines.part(one)
            elif scene_id == called.scene_id and self._forming_of(one) is None:
                pool.enter(one, steady())

    async def _match(self, scene_id: str, group: Group) -> None:
        tabs = {one: self._here[one][0].tab for one in group.members}
        rules = self._desk.study.experiment.known
        sides = await self._desk.write(together.match, self._scenes[scene_id], group, tabs, clock(), rules)
        session = sides[0]
        deadline = self._after(self._invitations.validate_s, self._run_out, session.id)
        agents = {side.player: side.participant_id for side in sides}
        self._forming[session.id] = _Forming(session.id, scene_id, agents, deadline)
        self._matches.open(session.id, session.game, [Member(s.player, s.peer, s.participant_id) for s in sides])
        self._desk.log.info("matched", session_id=session.id, scene_id=scene_id, members=group.members)
        for side in sides:
            self._invite(side, generation=0, returning=False)

    async def _give_up(self, scene_id: str, decision: GiveUp) -> None:
        who, way = decision.participant_id, self._scenes[scene_id].waiting.way_to
        page = await self._desk.write(self._company.give_up, decision, way, clock())
        self._desk.log.warning("waitroom_timeout", participant_id=who, waited_s=round(decision.waited_s, 1))
        self._forget(who)
        self._show(who, page)

    # --- connecting -------------------------------------------------------------------------------------------------

    async def _judge(self, forming: _Forming) -> None:
        """All are connected. Where the way between two takes too long, they wait on, for others."""
        far = self._halls[forming.scene_id].pool.too_far(forming.members, forming.slower(), steady())
        if far:
            await self._part(forming, "too_far", far=far)
        else:
            await self._begin(forming)

    async def _begin(self, forming: _Forming) -> None:
        await self._desk.write(together.begin, forming.session_id, clock(), forming.logged())
        self._close(forming)
        self._matches.play(forming.session_id)
        self._desk.log.info("playing", session_id=forming.session_id)
        for member in forming.members:
            self._forget(member)
            self._lines.tell(member, "play", Play(forming.session_id))

    async def _run_out(self, session_id: str) -> None:
        """The time is up in which all had to be connected."""
        async with self._lock:
            forming = self._forming.get(session_id)
            if forming is None:
                return
            unable = [one for one in forming.members if one not in forming.connected]
            try:
                await self._part(forming, "connection_timeout", unable=unable)
            except Exception:
                forming.deadline = self._after(_RETRY_S, self._run_out, session_id)
                raise

    async def _part(
        self,
        forming: _Forming,
        reason: str,
        *,
        gone: Sequence[str] = (),
        unable: Sequence[str] = (),
        far: Mapping[Pair, float | None] | None = None,
    ) -> None:
        measured = forming.logged()
        await self._desk.write(together.part, forming.session_id, reason, clock(), gone=gone, rtts_ms=measured)
        self._halls[forming.scene_id].pool.keep_apart(far or {})
        self._dissolve(forming, reason, gone=gone, unable=unable)

    def _dissolve(
        self, forming: _Forming, reason: str, *, gone: Sequence[str] = (), unable: Sequence[str] = ()
    ) -> None:
        """The match came to nothing. All but those who are ``gone`` wait again, the ``unable`` for somebody else."""
        session_id, pool = forming.session_id, self._halls[forming.scene_id].pool
        self._close(forming)
        self._matches.close(session_id)
        self._desk.log.warning("unmatched", session_id=session_id, reason=reason, gone=gone, unable=unable)
        pool.refuse(forming.members, unable, steady())
        back = [one for one in forming.members if one not in gone]
        for one in back:
            pool.enter(one, steady())
        for one in back:
            self._lines.tell(one, "unmatched", Unmatched(session_id, reason, pool.room(one, steady())))
        self._changed(forming.scene_id)

    def _close(self, forming: _Forming) -> None:
        forming.deadline.cancel()
        del self._forming[forming.session_id]

    def _forming_of(self, participant_id: str) -> _Forming | None:
        return next((forming for forming in self._forming.values() if participant_id in forming.members), None)

    # --- telling ----------------------------------------------------------------------------------------------------

    def _invite(self, side: Session, *, generation: int, returning: bool, restart: Restart | None = None) -> None:
        servers = self._matches.ice_servers(side.participant_id)
        match = self._invitations.match(side, servers, generation=generation, returning=returning, restart=restart)
        self._lines.tell(side.participant_id, "match", match)

    def _show(self, participant_id: str, page: Page) -> None:
        self._lines.tell(participant_id, "scene", page)
        self._desk.files.update()

    def _tell_room(self, scene_id: str) -> None:
        """Tells everybody who waits, soon, and not more often than they can read."""
        hall = self._halls[scene_id]
        if hall.telling is None:
            hall.telling = self._after(max(0.0, hall.told_at + ROOM_EVERY_S - steady()), self._tell_now, scene_id)

    async def _tell_now(self, scene_id: str) -> None:
        hall = self._halls[scene_id]
        hall.telling, hall.told_at = None, steady()
        async for one in _in_slices(hall.pool.waiting()):
            if hall.pool.has([one]):
                self._lines.tell(one, "room", hall.pool.room(one, steady()))

    # --- time -------------------------------------------------------------------------------------------------------

    def _wake_at(self, scene_id: str, deadline: float | None) -> None:
        hall = self._halls[scene_id]
        if hall.wake:
            hall.wake.cancel()
        hall.wake = None if deadline is None else self._after(deadline - steady(), self._decide, scene_id)

    def _after(self, seconds: float, work: Work[str], about_what: str) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(max(0.0, seconds), self._spawn, work, about_what)

    def _spawn(self, work: Work[T], about_what: T) -> None:
        # In a context of its own: what is logged there is not about whoever happened to set it off.
        task = asyncio.get_running_loop().create_task(self._guarded(work, about_what), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Work[T], about_what: T) -> None:
        try:
            await work(about_what)
        except Exception as error:
            self._desk.refused(error)


async def _in_slices(work: Sequence[T]) -> AsyncIterator[T]:
    for number, one in enumerate(work, start=1):
        yield one
        if number % _SLICE == 0:
            await asyncio.sleep(0)


def _concerned(decision: Decision) -> set[str]:
    """Whom it is about."""
    return set(decision.members) if isinstance(decision, Group) else {decision.participant_id}
