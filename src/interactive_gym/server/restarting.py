"""Games of which no worker is left that has played: when that is so, from where they go on, and who is told.

As long as anybody plays, whoever comes back learns from them what has happened. If nobody does (all pages were
reloaded, or the only human's), nobody knows more than the store: all play again what is stored, and go on together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection

from interactive_gym.data import events, games, matches, restarts
from interactive_gym.data.games import Session
from interactive_gym.data.restarts import Restart
from interactive_gym.errors import ClientError
from interactive_gym.protocol import Playing, ReplayRequest
from interactive_gym.protocol_game import Restart as Named
from interactive_gym.server import play, together
from interactive_gym.server.desk import Desk, clock, steady
from interactive_gym.server.matches import InGame, Matches
from interactive_gym.server.presence import Connected
from interactive_gym.server.refereeing import Refereeing

WATCH_S = 2.0
# Of the time in which whoever was lost may come back. By then a page that lives has connected again; and who waits for
# it has not given up.
LOST_AFTER = 0.5

IsThere = Callable[[Connected], Awaitable[bool]]


class Invite(Protocol):
    """Tells a member of their match."""

    def __call__(self, side: Session, *, generation: int, returning: bool, restart: Named | None = None) -> None: ...


@dataclass
class _Roll:
    """Whose pages are about a game, besides what its referee knows.

    Attributes:
        restart: The last one.
        pageless: Peers whose page does not know of the game: it is reloaded, and has not come to it again.
        awaited: Peers that were not told of the last restart.
        silent: Peers who play, as far as is known, and cannot be reached since then.
    """

    restart: Restart | None
    pageless: set[int] = field(default_factory=set)
    awaited: set[int] = field(default_factory=set)
    silent: dict[int, float] = field(default_factory=dict)

    def is_outdated(self, game: InGame, generation: int) -> bool:
        """Whether what this page plays is superseded."""
        return self.restart is not None and generation < self.restart.generations[game.player]


class Restarting:
    """To be used on the event loop only. One thing happens after the other."""

    def __init__(self, desk: Desk, live: Matches, is_there: IsThere, invite: Invite) -> None:
        self._desk, self._matches, self._is_there, self._invite = desk, live, is_there, invite
        self._rolls: dict[str, _Roll] = {}  # by session
        self._lock = asyncio.Lock()

    async def back(self, who: Connected, session: Session) -> bool:
        """A page of this member, which knows nothing of the game, wants to come back into it.

        Returns:
            False: its last episode has just become complete.

        Raises:
            ClientError: ``not_now``: it has just ended.
        """
        async with self._lock:
            referee = self._refereeing(session.id)
            roll = await self._roll(session.id)
            referee.lost(session.peer)
            roll.pageless.discard(session.peer)
            if referee.playing or session.peer in roll.awaited:
                return await self._join(session, who, roll, referee)
            return await self._restart(session.id, roll, referee)

    async def connected(self, who: Connected, playing: Playing | None) -> None:
        """A member has a new connection, and their page is about this game; or about none, if it was reloaded."""
        async with self._lock:
            game = self._matches.game_of(who.participant_id)
            if game is None:
                return
            referee, roll = self._refereeing(game.session_id), await self._roll(game.session_id)
            if playing is None or playing.session_id != game.session_id:
                referee.lost(game.peer)
                roll.pageless.add(game.peer)
            elif roll.is_outdated(game, playing.generation):
                referee.lost(game.peer)
                side = await self._side(game)
                await self._join(side, who, roll, referee)
            else:
                roll.pageless.discard(game.peer)
                referee.says(game.peer, playing.is_in)
            await self._restart_if_lost(game.session_id, roll, referee)

    async def watch(self) -> None:
        """To be run for as long as the app does: not every worker that is lost says so."""
        while True:
            await asyncio.sleep(WATCH_S)
            playing = self._matches.playing()
            self._rolls = {session_id: roll for session_id, roll in self._rolls.items() if session_id in playing}
            for session_id in playing:
                try:
                    await self._look(session_id)
                except Exception as error:  # the next round tries again
                    self._desk.refused(error)

    # --- who is there -----------------------------------------------------------------------------------------------

    async def _look(self, session_id: str) -> None:
        """Where somebody waits to be let in again, those who would have to do it have to be there."""
        members = self._matches.games_in(session_id)
        roll = await self._roll(session_id)
        referee = self._matches.refereeing(session_id)
        if referee is None or not self._waiting(members, roll, referee):
            roll.silent.clear()
            return
        wanted = [who for who, game in members.items() if game.peer in referee.playing]
        there = await asyncio.gather(*map(self._is_reachable, wanted))
        reachable = {members[who].peer: is_there for who, is_there in zip(wanted, there, strict=True)}
        async with self._lock:
            if self._matches.refereeing(session_id) is not referee:
                return
            self._note(roll, referee, reachable)
            await self._restart_if_lost(session_id, roll, referee)

    def _note(self, roll: _Roll, referee: Refereeing, reachable: Mapping[int, bool]) -> None:
        """Who could not be reached for too long does not play any more."""
        now = steady()
        roll.silent = {peer: roll.silent.get(peer, now) for peer, is_there in reachable.items() if not is_there}
        for peer, since in roll.silent.items():
            if now - since >= LOST_AFTER * referee.return_timeout:
                referee.lost(peer)

    def _waiting(self, members: Mapping[str, InGame], roll: _Roll, referee: Refereeing) -> list[str]:
        """Whose pages know of the game, and do not play it."""
        outside = referee.playing | referee.gone | roll.pageless
        connected = self._desk.presence.connected
        return [who for who, game in members.items() if game.peer not in outside and connected(who)]

    async def _is_reachable(self, participant_id: str) -> bool:
        line = self._desk.presence.holder(participant_id)
        return line is not None and await self._is_there(line)

    # --- going on ---------------------------------------------------------------------------------------------------

    async def _join(self, side: Session, who: Connected, roll: _Roll, referee: Refereeing) -> bool:
        """They go on with the others; from the beginning of the restart, if these have not gone on without them.

        False: there is no episode any more that they could play.
        """
        begins = side.peer in roll.awaited and referee.may_begin(side.peer)
        generation = await self._desk.write(_add_generation, side, who.tab, clock())
        if generation is None:
            return False
        roll.awaited.discard(side.peer)
        self._desk.log.info("returned", session_id=side.id, generation=generation, begins=begins)
        restart = _named(roll.restart) if roll.restart else None
        self._invite(side, generation=generation, returning=not begins, restart=restart)
        return True

    async def _restart_if_lost(self, session_id: str, roll: _Roll, referee: Refereeing) -> None:
        """Nobody plays, though the game had begun, and somebody waits."""
        members = self._matches.games_in(session_id)
        if referee.has_begun and not referee.playing and self._waiting(members, roll, referee):
            await self._restart(session_id, roll, referee)

    async def _restart(self, session_id: str, roll: _Roll, referee: Refereeing) -> bool:
        """It is stored where the game goes on, and then told to all pages that know of the game. False: it is over."""
        members = self._matches.games_in(session_id)
        tabs = {game.player: tab for who, game in members.items() if (tab := self._tab(who, game.peer, roll))}
        gone = referee.gone | referee.peers - {game.peer for game in members.values()}
        restart = await self._desk.write(_name, session_id, tabs, gone, clock())
        if restart is None:
            return False
        referee.restart(restart.epoch)
        roll.restart, roll.silent = restart, {}
        roll.awaited = {game.peer for game in members.values() if game.player not in tabs}
        self._desk.log.warning("restarted", session_id=session_id, episode=restart.episode, frame=restart.frame)
        sides = await self._desk.store.read(lambda connection: games.sides(connection, session_id))
        for side in sides:
            if side.player in tabs:
                generation = restart.generations[side.player]
                self._invite(side, generation=generation, returning=False, restart=_named(restart))
        return True

    def _tab(self, participant_id: str, peer: int, roll: _Roll) -> str | None:
        """Where a page is that can be told; None if none can be."""
        line = self._desk.presence.holder(participant_id)
        return line.tab if line and peer not in roll.pageless else None

    async def _side(self, game: InGame) -> Session:
        """The session as this member sees it."""
        sides = await self._desk.store.read(lambda connection: games.sides(connection, game.session_id))
        return next(side for side in sides if side.peer == game.peer)

    async def _roll(self, session_id: str) -> _Roll:
        if session_id not in self._rolls:
            restart = await self._desk.store.read(lambda connection: restarts.latest(connection, session_id))
            self._rolls.setdefault(session_id, _Roll(restart))
        return self._rolls[session_id]

    def _refereeing(self, session_id: str) -> Refereeing:
        """
        Raises:
            ClientError: ``not_now``: the game is over.
        """
        referee = self._matches.refereeing(session_id)
        if referee is None:
            raise ClientError("not_now", "the game is over")
        return referee


def _add_generation(connection: Connection, side: Session, tab: str, now: float) -> int | None:
    """What was uploaded meanwhile may have completed the last episode: then nobody begins any more."""
    if together.is_over(connection, side):
        return None
    return matches.add_generation(connection, side.id, side.player, tab=tab, now=now)


def replayed(connection: Connection, participant_id: str, message: ReplayRequest) -> list[bytes]:
    """What all play again after a restart of their game.

    Raises:
        ClientError: ``not_your_session``; ``not_now``: there was no such restart.
    """
    session = play.owned(connection, message.session_id, participant_id)
    chunks = restarts.replayed(connection, session.id, message.epoch)
    if chunks is None:
        raise ClientError("not_now", f"no restart of this session has epoch {message.epoch}")
    return chunks


def _name(
    connection: Connection, session_id: str, tabs: Mapping[str, str], gone: Collection[int], now: float
) -> Restart | None:
    play.settle(connection, games.sides(connection, session_id)[0], now)
    restart = restarts.name(connection, session_id, tabs, sorted(gone), now=now)
    if restart:
        data = {"episode": restart.episode, "frame": restart.frame, "epoch": restart.epoch}
        lives = {"generations": dict(restart.generations), "gone": list(restart.gone)}
        events.record(
            connection, "restarted", reason="nobody_played", severity="warning", now=now, session_id=session_id,
            data={**data, **lives},
        )  # fmt: skip
    return restart


def _named(restart: Restart) -> Named:
    return Named(restart.epoch, restart.episode, restart.frame, list(restart.gone))
