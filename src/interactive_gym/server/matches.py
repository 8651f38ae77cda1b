"""The matches that are alive in this process: who is in them, what their members send each other, and their referees.

What has to outlive the process (members, states, grants) is in the store; all here is made of it again after a restart.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection

from interactive_gym.data import events, people
from interactive_gym.data import matches as stored
from interactive_gym.data.matches import Member
from interactive_gym.errors import ClientError, ServerError
from interactive_gym.game.matchconfig import referee_config
from interactive_gym.netcode import Grant, Referee
from interactive_gym.protocol import FRAME_CONTROL, RELAY_SERVER, IceServer, Signal
from interactive_gym.server.desk import Desk, clock, steady
from interactive_gym.server.limits import Limiter, Rate
from interactive_gym.server.lines import Lines
from interactive_gym.server.refereeing import Refereeing, rising_boot
from interactive_gym.server.relay import Frame, Relay, TooFarBehind, entry, read
from interactive_gym.server.signaling import Signals, forwarded

# Frames of a match that ended a moment ago, whose pages have not heard of it; who goes on with it is parted with.
STRAYS = Rate(per_second=60, burst=2_000)
_CONTROL = bytes((FRAME_CONTROL,))


@dataclass(frozen=True)
class InGame:
    """A participant who plays with others."""

    session_id: str
    scene_id: str
    peer: int
    player: str  # the agent whom they play
    since: float  # when the game began, or this process took it on
    pauses: bool  # while anybody's tab is hidden


@dataclass
class _Live:
    """A match. ``members`` is peer -> participant; the game begins with ``refereeing``, at ``since``."""

    session_id: str
    game: Mapping[str, Any]
    members: Mapping[int, str]
    relay: Relay
    refereeing: Refereeing | None = None
    since: float = math.inf

    def seen_by(self, peer: int) -> InGame:
        pauses = self.game["multiplayer"].get("when_hidden") == "pause"
        player = list(self.game["policies"])[peer]
        return InGame(self.session_id, self.game["scene_id"], peer, player, self.since, pauses)


class _Seat(NamedTuple):
    match: _Live
    peer: int


class Matches:
    """All of one app. To be used on its event loop only; nothing here waits.

    Args:
        comes_back: Finds out whether a participant's page is there, or is again so many seconds after it went.
    """

    def __init__(self, desk: Desk, lines: Lines, comes_back: Callable[[str, float], Awaitable[bool]]) -> None:
        self._desk, self._lines, self._comes_back = desk, lines, comes_back
        self._signals = Signals()
        self._strays = Limiter(STRAYS)
        self._live: dict[str, _Live] = {}
        self._seats: dict[str, _Seat] = {}  # by participant: nobody is in two matches at once
        self._past: dict[str, str] = {}  # by participant: the session that they were in last

    def open(self, session_id: str, game: Mapping[str, Any], members: Iterable[Member]) -> None:
        """From now on the members may signal each other, and the server relays between them as the game allows it."""
        seated = {member.peer: member.participant_id for member in members}
        relay = Relay(seated, game["fps"], game["multiplayer"]["relay"] != "never", steady())
        live = self._live[session_id] = _Live(session_id, game, seated, relay)
        for peer, participant_id in seated.items():
            self._signals.forget(participant_id)
            self._seats[participant_id] = _Seat(live, peer)

    def play(self, session_id: str, grants: Sequence[Grant] = ()) -> None:
        """The game begins, or goes on after ``grants``: now it has a referee. Said again, it changes nothing."""
        live = self._live[session_id]
        if live.refereeing is None:
            config = referee_config(live.game)
            referee = Referee(config, rising_boot(), grants)

            async def store(new: Sequence[Grant]) -> None:
                await self._desk.write(_store_grants, live, new, clock())

            def send(peer: int, payload: bytes) -> None:
                if self._is_in(live, peer):
                    self._lines.relay(live.members[peer], entry(RELAY_SERVER, _CONTROL + payload))

            async def is_there(peer: int) -> bool:
                return self._is_in(live, peer) and await self._comes_back(live.members[peer], config.pause_timeout)

            log = self._desk.log.bind(session_id=session_id)
            live.refereeing = Refereeing(referee, store, send, is_there, log)
            live.since = steady()

    def close(self, session_id: str) -> None:
        """The match is over. What its members still send about it is ignored. Said again, it changes nothing."""
        live = self._live.pop(session_id, None)
        if live is None:
            return
        if live.refereeing:
            live.refereeing.close()
        for participant_id in live.members.values():
            if self.match_of(participant_id) == session_id:
                del self._seats[participant_id]
                self._past[participant_id] = session_id
                self._signals.forget(participant_id)
        self._note_dropped(live)

    async def restore(self) -> None:
        """After a start of the server: what was being played goes on when the members come back."""
        for session, grants, gone in await self._desk.store.read(_playing):
            self.open(session.id, session.game, session.members)
            self.play(session.id, grants)
            for participant_id in gone:
                self.leave(participant_id)

    def match_of(self, participant_id: str) -> str | None:
        """The session that the participant is in."""
        seat = self._seats.get(participant_id)
        return seat.match.session_id if seat else None

    def ice_servers(self, participant_id: str) -> list[IceServer]:
        """With credentials for this participant."""
        return self._desk.ice.servers(participant_id, clock())

    def exclude(self, participant_id: str, reason: str) -> None:
        """The participant does not come back: the others are told by the referee, if the game has begun."""
        seat = self._seats.get(participant_id)
        if seat and seat.match.refereeing:
            seat.match.refereeing.exclude(seat.peer, reason)

    def leave(self, participant_id: str) -> None:
        """The participant has gone on, and the others play still: what the page still sends about it is ignored."""
        if self._seats.pop(participant_id, None):
            self._signals.forget(participant_id)

    def wish(self, session_id: str, change: str, peers: Collection[int]) -> None:
        """Have the game ``"pause"`` because of these peers, or ``"resume"``, if it runs."""
        live = self._live.get(session_id)
        if live and live.refereeing:
            live.refereeing.wish(change, peers)

    def __len__(self) -> int:
        """Of all that are alive, whether their games have begun or not."""
        return len(self._live)

    def playing(self) -> set[str]:
        """The sessions whose games run."""
        return {live.session_id for live in self._live.values() if live.refereeing}

    def games_in(self, session_id: str) -> dict[str, InGame]:
        """Who is in a running game, by participant: has not gone on from it, nor been done in it."""
        live = self._live.get(session_id)
        if live is None or live.refereeing is None:
            return {}
        return {who: live.seen_by(peer) for peer, who in live.members.items() if self._is_in(live, peer)}

    def game_of(self, participant_id: str) -> InGame | None:
        """The running game that the participant is in."""
        seat = self._seats.get(participant_id)
        return seat.match.seen_by(seat.peer) if seat and seat.match.refereeing else None

    def refereeing(self, session_id: str) -> Refereeing | None:
        """The referee of a game that runs."""
        live = self._live.get(session_id)
        return live.refereeing if live else None

    def deserted(self) -> list[str]:
        """The games that are being played, and of which nobody is connected."""
        presence = self._desk.presence
        playing = [live for live in self._live.values() if live.refereeing]
        present = {seat.match.session_id for who, seat in self._seats.items() if presence.connected(who)}
        return [live.session_id for live in playing if live.session_id not in present]

    def connected(self, participant_id: str) -> None:
        """The participant has a new connection, and gets the signals that found none."""
        for signal in self._signals.kept(participant_id, steady()):
            self._tell(participant_id, signal)

    def signal(self, participant_id: str, signal: Signal) -> None:
        """Hand ``signal`` on. What is late, about the match that they were in last, is ignored.

        Raises:
            ClientError: ``not_your_session``, ``malformed``, or ``too_fast``: then the connection is ended as well.
        """
        try:
            self._signals.admit(participant_id, signal, steady())
        except ClientError:
            self._lines.part(participant_id)
            raise
        if signal.session_id == self._past.get(participant_id):
            return
        seat = self._seats.get(participant_id)
        if seat is None:
            raise ClientError("not_your_session", "the participant is in no match")
        receiver, message = forwarded(signal, seat.match.session_id, seat.peer, seat.match.members)
        if self._is_in(seat.match, signal.peer):
            self._tell(receiver, message)

    def relay(self, participant_id: str, data: object) -> None:
        """Pass on a batch of frames of this participant. Called a hundred times a second for each: no store, no log.

        Raises:
            ClientError: It is nothing that a page of ours sends, or far too much; the connection is ended as well.
        """
        now = steady()
        seat = self._seats.get(participant_id)
        try:
            if seat is None:
                self._strays.spend(participant_id, now)
                return
            for frame in read(data):
                if seat.match.relay.admit(seat.peer, frame, now):
                    self._pass_on(seat, frame, now)
        except ClientError:
            self._lines.part(participant_id)
            raise

    def _pass_on(self, seat: _Seat, frame: Frame, now: float) -> None:
        live = seat.match
        if frame.addressee == RELAY_SERVER:
            if live.refereeing:  # before the game begins, nobody has anything to tell it that is not told again
                live.refereeing.receive(seat.peer, frame.payload)
            return
        receiver = live.members[frame.addressee]
        waiting = self._lines.waiting(receiver) if self._is_in(live, frame.addressee) else None
        try:
            data = live.relay.deliver(seat.peer, frame, waiting, now)
        except TooFarBehind:
            self._desk.log.warning("too_far_behind", participant_id=receiver, session_id=live.session_id)
            self._lines.part(receiver)
            return
        if data is not None:
            self._lines.relay(receiver, data)

    def _is_in(self, live: _Live, peer: int) -> bool:
        """Whether this member's page is still about this match: it may be in the next one already, as another peer."""
        seat = self._seats.get(live.members[peer])
        return seat is not None and seat.match is live

    def _tell(self, participant_id: str, signal: Signal) -> None:
        if not self._lines.tell(participant_id, "signal", signal):
            self._signals.keep(participant_id, signal, steady())

    def _note_dropped(self, live: _Live) -> None:
        """One event for the whole match. Who was not connected was missed anyway, and is in the log as such."""
        dropped = live.relay.dropped
        data = {f"{why}.{sender}>{addressee}": count for (why, sender, addressee), count in sorted(dropped.items())}
        reasons = {why for why, _, _ in dropped} - {"absent"}
        if reasons:
            self._desk.log.warning("relay_dropped", session_id=live.session_id, data=data)
            with suppress(ServerError):  # it is closing, or full; the log has it
                self._desk.store.submit(
                    lambda connection: events.record(
                        connection, "relay_dropped", reason=min(reasons), severity="warning", now=clock(),
                        session_id=live.session_id, data=data,
                    )
                )  # fmt: skip


def _playing(connection: Connection) -> list[tuple[stored.Open, list[Grant], list[str]]]:
    """Each with what was granted in it, and with the members who have gone on from it, or are done."""
    sessions = [session for session in stored.open_sessions(connection) if session.state == stored.PLAYING]
    return [(one, stored.grants_of(connection, one.id), _gone(connection, one)) for one in sessions]


def _gone(connection: Connection, session: stored.Open) -> list[str]:
    return [one.participant_id for one in session.members if _has_gone(connection, one.participant_id, session)]


def _has_gone(connection: Connection, participant_id: str, session: stored.Open) -> bool:
    who = people.find(connection, participant_id)
    visit = people.visits_of(connection, participant_id).get(session.scene_id)
    return bool(who and who.outcome) or bool(visit and visit.left_at)


def _store_grants(connection: Connection, live: _Live, grants: Sequence[Grant], now: float) -> None:
    for grant in grants:
        stored.add_grant(connection, live.session_id, grant, now=now)
        data = {"peer": grant.peer, "epoch": grant.epoch, "turn": grant.turn, "is_gone": grant.is_gone, "by": grant.by}
        events.record(
            connection, "cut", reason=grant.reason[:200], severity="warning", now=now,
            participant_id=live.members[grant.peer], session_id=live.session_id, data=data,
        )  # fmt: skip
