"""Players of games of several whose tab is hidden: the others wait for them where the scene says so, and not for ever.

That a tab is hidden is for its page to say, and for nobody else's; how long it has been so is measured here. Pages say
it again whenever they connect, so that a restart of the server finds it.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from sqlalchemy import Connection

from interactive_gym.data import events
from interactive_gym.data.monitored import Playing
from interactive_gym.protocol import Looking
from interactive_gym.scenes import GymScene
from interactive_gym.server.desk import Desk, clock, steady
from interactive_gym.server.exclusions import Exclusion
from interactive_gym.server.gathering import Gathering
from interactive_gym.server.matches import InGame, Matches
from interactive_gym.server.monitoring import HIDDEN, Exclude
from interactive_gym.server.presence import Connected

SILENT_S = 5.0  # a page that hides and has no connection is not waited for any longer
STOP_S = 1.0  # what a pause costs the others, however short it is: the game has to begin again together


@dataclass
class _Tab:
    """What a page has said last."""

    by: Connected
    scene_id: str
    is_hidden: bool
    since: float  # when that began
    heard_at: float  # when it was known last to have a connection
    waited_s: float = 0.0  # for it, by the others, less the time for which it was there since
    is_too_much: bool = False  # so long that they wait no more, until all of it is made up for
    session_id: str | None = None  # the game in which that is


@dataclass
class _Pause:
    """Of a game, because of those who are ``hiding`` now; all of the ``players`` did while it lasts."""

    since: float
    hiding: Set[int] = frozenset()
    players: set[str] = field(default_factory=set)


class Hiding:
    """To be used on the event loop only."""

    def __init__(self, desk: Desk, matches: Matches, gathering: Gathering) -> None:
        self._desk, self._matches, self._gathering = desk, matches, gathering
        games = [scene for scene in desk.study.experiment.sequence if isinstance(scene, GymScene)]
        self.limits: Mapping[str, float | None] = {one.id: one.hidden_timeout for one in games if len(one.humans) > 1}
        """Scene of several people -> seconds for which a tab may be hidden there; None: any time."""
        self._tabs: dict[str, _Tab] = {}  # by participant
        self._pauses: dict[str, _Pause] = {}  # by session
        self._counted_at = steady()

    async def said(self, who: Connected, message: Looking) -> None:
        """A page says whether it is hidden. Said again, it changes nothing."""
        now, tab = steady(), self._tabs.get(who.participant_id)
        if tab is None:
            tab = self._tabs[who.participant_id] = _Tab(who, message.scene_id, False, now, now)
        self._count(now)
        if (tab.scene_id, tab.is_hidden) != (message.scene_id, message.is_hidden):
            tab.scene_id, tab.is_hidden, tab.since = message.scene_id, message.is_hidden, now
        tab.by, tab.heard_at = who, now
        if game := self._game_of(who.participant_id):
            await self._settle(game.session_id)

    async def round(self) -> None:
        """To be called every second or so."""
        now = steady()
        self._count(now)
        self._forget()
        for participant_id in list(self._tabs):
            await self._exclude_if_due(participant_id, now)
        playing = self._matches.playing()
        self._pauses = {session: pause for session, pause in self._pauses.items() if session in playing}
        for session_id in playing:
            await self._settle(session_id)

    # --- who hides --------------------------------------------------------------------------------------------------

    def _count(self, now: float) -> None:
        """For whom the others wait, and for how long by now."""
        passed, self._counted_at = now - self._counted_at, now
        for participant_id, tab in self._tabs.items():
            game = self._matches.game_of(participant_id)
            if game is None or tab.session_id != game.session_id:
                tab.session_id = game.session_id if game else None
                tab.waited_s, tab.is_too_much = 0.0, False
            elif not tab.is_hidden:
                tab.waited_s = max(0.0, tab.waited_s - passed)
                tab.is_too_much &= tab.waited_s > 0
            elif game.peer in self._hiding_in(game.session_id):
                limit, tab.waited_s = self.limits.get(game.scene_id), tab.waited_s + passed
                tab.is_too_much |= limit is not None and tab.waited_s >= limit
            if self._is_heard(participant_id, tab):
                tab.heard_at = now

    def _forget(self) -> None:
        connected = self._desk.presence.connected
        self._tabs = {who: tab for who, tab in self._tabs.items() if connected(who) or self._game_of(who)}

    def _game_of(self, participant_id: str) -> InGame | None:
        """The running game that their tab shows."""
        game, tab = self._matches.game_of(participant_id), self._tabs.get(participant_id)
        return game if game and tab and tab.scene_id == game.scene_id else None

    def _is_heard(self, participant_id: str, tab: _Tab) -> bool:
        """Whether what it has said last holds: it would say it again with a new connection."""
        return self._desk.presence.holder(participant_id) == tab.by

    def _holds_up(self, participant_id: str, game: InGame, now: float) -> bool:
        """Whether the others wait for this player: not for a page that is gone, and no longer than a tab may be hidden,
        however often it comes back for a moment."""
        tab = self._tabs.get(participant_id)
        if tab is None or not tab.is_hidden or tab.scene_id != game.scene_id:
            return False
        return now - tab.heard_at < SILENT_S and not tab.is_too_much

    def _hiding_in(self, session_id: str) -> Set[int]:
        """For whom the others wait now."""
        pause = self._pauses.get(session_id)
        return pause.hiding if pause else frozenset()

    async def _exclude_if_due(self, participant_id: str, now: float) -> None:
        tab, game = self._tabs.get(participant_id), self._game_of(participant_id)
        if tab is None or game is None or not tab.is_hidden or not self._is_heard(participant_id, tab):
            return
        limit, hidden_s = self.limits.get(game.scene_id), now - max(tab.since, game.since)
        if limit is None or hidden_s < limit:
            return
        why = Exclude(HIDDEN, f"{hidden_s:.0f} s")
        one = Playing(participant_id, game.scene_id, game.session_id, game.player)
        if await self._gathering.exclude(Exclusion(one, why)):
            self._desk.log.warning("excluded", participant_id=participant_id, session_id=game.session_id, reason=HIDDEN)
        self._tabs.pop(participant_id, None)
        await self._settle(game.session_id)

    # --- who waits --------------------------------------------------------------------------------------------------

    async def _settle(self, session_id: str) -> None:
        """Have the game pause, for others than before, or go on, if that is not what it does. What an earlier process
        of the server wished ends by itself."""
        now, pause = steady(), self._pauses.get(session_id)
        games = {who: game for who, game in self._matches.games_in(session_id).items() if game.pauses}
        hiding = [game for who, game in games.items() if self._holds_up(who, game, now)]
        peers, players = {game.peer for game in hiding}, {game.player for game in hiding}
        for who, game in games.items():
            if game.peer in peers - self._hiding_in(session_id):
                self._tabs[who].waited_s += STOP_S
        if pause is None and hiding:
            self._pauses[session_id] = _Pause(now, peers, players)
            self._matches.wish(session_id, "pause", peers)
            await self._note_change("game_paused", session_id, {"players": sorted(players)})
        elif pause and not hiding:
            del self._pauses[session_id]
            self._matches.wish(session_id, "resume", ())
            data = {"players": sorted(pause.players), "seconds": round(now - pause.since, 1)}
            await self._note_change("game_resumed", session_id, data)
        elif pause and pause.hiding != peers:
            pause.hiding, pause.players = peers, pause.players | players
            self._matches.wish(session_id, "pause", peers)

    async def _note_change(self, name: str, session_id: str, data: Mapping[str, object]) -> None:
        self._desk.log.info(name, session_id=session_id, **data)
        await self._desk.write(_note, name, session_id, data, clock())


def _note(connection: Connection, name: str, session_id: str, data: Mapping[str, object], now: float) -> None:
    events.record(connection, name, reason=HIDDEN, severity="info", now=now, session_id=session_id, data=data)
