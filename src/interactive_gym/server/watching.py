"""The monitoring of games at work: clock, pings, the researcher's callbacks and the store around ``monitoring``.

Who plays is read from the store, so that a restart of the server finds them, and nobody's page decides whether it is
watched. Only whether somebody looks at the game is for their page to say.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from html import escape

from sqlalchemy import Connection

from interactive_gym.callbacks import MonitoringContext
from interactive_gym.data import monitored
from interactive_gym.data.monitored import Playing, Second
from interactive_gym.errors import ClientError
from interactive_gym.protocol import Looking, Warned
from interactive_gym.records import unpack
from interactive_gym.scenes import GymScene
from interactive_gym.scenes.monitoring import Monitoring
from interactive_gym.server import exclusions, screening
from interactive_gym.server.callbacks import TooSlow, called
from interactive_gym.server.desk import Desk, clock, steady
from interactive_gym.server.exclusions import Exclusion
from interactive_gym.server.gathering import Gathering
from interactive_gym.server.hiding import Hiding
from interactive_gym.server.lifecycle import State
from interactive_gym.server.lines import Lines
from interactive_gym.server.monitoring import CALLBACK, WARNINGS, Exclude, Monitor, Warn, window_s
from interactive_gym.server.presence import Connected
from interactive_gym.server.probing import EVERY_S

ROUND_S = 1.0  # deadlines are kept to the second
_MOST_SECONDS = 60  # of frames that wait for a callback that is asked seldom


@dataclass
class _Watched:
    """One player of one game."""

    playing: Playing
    rules: Monitoring
    monitor: Monitor
    frames: int = 0  # that have come since the callback was asked
    seconds: deque[bytes] = field(default_factory=lambda: deque(maxlen=_MOST_SECONDS))
    asking: asyncio.Task[None] | None = None
    failures: Counter[str] = field(default_factory=Counter)  # of the callback, by their reason


class Watching:
    """To be used on the event loop only."""

    def __init__(self, desk: Desk, lines: Lines, gathering: Gathering, hiding: Hiding) -> None:
        self._desk, self._lines, self._gathering, self._hiding = desk, lines, gathering, hiding
        games = [scene for scene in desk.study.experiment.sequence if isinstance(scene, GymScene)]
        self._rules = {scene.id: scene.watch for scene in games if scene.watch}
        self._watched: dict[tuple[str, str], _Watched] = {}  # by participant and session
        self._away: dict[str, tuple[str, float]] = {}  # participant -> scene, and since when they do not look at it
        self._mark: int | None = None  # the last chunk that has been looked at

    async def look(self, who: Connected, message: Looking) -> None:
        """The participant looks at their game, or does not. Said again, it changes nothing.

        Raises:
            ClientError: ``not_now``; that scene is not watched.
        """
        of_several = message.scene_id in self._hiding.limits
        if message.scene_id not in self._rules and not of_several:
            raise ClientError("not_now", f"scene {message.scene_id!r} is not watched")
        if of_several:
            await self._hiding.said(who, message)
        since = self._away.get(who.participant_id)
        if message.is_looking:
            self._away.pop(who.participant_id, None)
        elif since is None or since[0] != message.scene_id:
            self._away[who.participant_id] = (message.scene_id, steady())

    async def watch(self) -> None:
        """To be run for as long as the app does."""
        rounds = [self._round] if self._rules else []
        rounds += [self._hiding.round] if self._hiding.limits else []
        while rounds:
            await asyncio.sleep(ROUND_S)
            for look in rounds:
                try:
                    await look()
                except Exception as error:  # the next round tries again
                    self._desk.refused(error)

    async def _round(self) -> None:
        found, new = await self._desk.store.read(self._read)
        players = {(one.participant_id, one.session_id): one for one in found}
        for gone in self._watched.keys() - players.keys():
            del self._watched[gone]
        for key, one in players.items():
            if key not in self._watched:
                rules = self._rules[one.scene_id]
                self._watched[key] = _Watched(one, rules, Monitor(rules, steady()))
        self._forget_away({participant_id for participant_id, _ in players})
        for watched in list(self._watched.values()):
            await self._look_at(watched, new[watched.playing.session_id, watched.playing.player])

    def _read(self, connection: Connection) -> tuple[list[Playing], Mapping[tuple[str, str], list[Second]]]:
        """Who plays, and what has come of those who have a callback."""
        found = monitored.playing(connection, self._rules, State.PLAYING)
        asked = {one.session_id for one in found if self._rules[one.scene_id].callback}
        mark, latest = self._mark, monitored.latest(connection)
        self._mark = latest
        new: dict[tuple[str, str], list[Second]] = defaultdict(list)
        if asked and mark is not None:
            for second in monitored.seconds_after(connection, mark, asked):
                new[second.session_id, second.player].append(second)
        return found, new

    def _forget_away(self, players: Collection[str]) -> None:
        connected = self._desk.presence.connected
        self._away = {who: away for who, away in self._away.items() if who in players or connected(who)}

    async def _look_at(self, watched: _Watched, new: list[Second]) -> None:
        watched.frames += sum(second.rows for second in new)
        watched.seconds.extend(second.data for second in new)
        one, now = watched.playing, steady()
        here = self._desk.presence.connected(one.participant_id)
        waits = self._desk.rtts.unanswered_s(one.participant_id, now) if here else 0.0
        looks = self._desk.rtts.looks(one.participant_id, _since(watched, now))
        decision = watched.monitor.decide(now, looks, waits, self._away_since(one))
        if decision:
            await self._carry_out(watched, decision)
        if watched.rules.callback and watched.frames >= watched.rules.callback_every and watched.asking is None:
            watched.asking = asyncio.get_running_loop().create_task(self._ask(watched))

    def _away_since(self, one: Playing) -> float | None:
        scene_id, since = self._away.get(one.participant_id, ("", 0.0))
        return since if scene_id == one.scene_id else None

    async def _carry_out(self, watched: _Watched, decision: Warn | Exclude) -> None:
        one = watched.playing
        named = {"participant_id": one.participant_id, "reason": decision.reason, "detail": decision.detail}
        if isinstance(decision, Exclude):
            if await self._gathering.exclude(Exclusion(one, decision)):
                self._desk.log.warning("excluded", session_id=one.session_id, **named)
            self._watched.pop((one.participant_id, one.session_id), None)
        else:
            await self._desk.write(exclusions.note_warning, one, decision, clock())
            self._desk.log.warning("warned", session_id=one.session_id, **named)
            text = watched.rules.warning or WARNINGS[decision.reason]
            self._lines.tell(one.participant_id, "warned", Warned(one.session_id, decision.reason, text))

    # --- the callback -----------------------------------------------------------------------------------------------

    async def _ask(self, watched: _Watched) -> None:
        try:
            await self._asked(watched)
        except Exception as error:
            self._desk.refused(error)
        finally:
            watched.asking = None

    async def _asked(self, watched: _Watched) -> None:
        one, callback = watched.playing, watched.rules.callback
        assert callback, "only who has one is asked"
        context = await self._context(watched)
        try:
            finding = screening.answered(await called(callback, context, timeout=watched.rules.callback_timeout))
        except Exception as error:
            reason = "too_slow" if isinstance(error, TooSlow) else "raised"
            return await self._note_failure(watched, reason, traceback.format_exc(), error)
        if changes := context.changes:
            problem = await self._desk.write(exclusions.put, one, changes, clock())
            if problem:
                await self._note_failure(watched, "bad_attributes", problem)
        for text in context.warnings:
            self._lines.tell(one.participant_id, "warned", Warned(one.session_id, CALLBACK, text))
        if not finding.is_accepted:
            body = f"<p>{escape(finding.said)}</p>" if finding.said else None
            await self._carry_out(watched, Exclude(CALLBACK, finding.detail, body))

    async def _note_failure(self, watched: _Watched, reason: str, detail: str, error: Exception | None = None) -> None:
        """At once, then ever more seldom: a callback that fails once fails each time, which may be every second."""
        one = watched.playing
        watched.failures[reason] += 1
        times = watched.failures[reason]
        if times.bit_count() == 1:  # 1, 2, 4, 8, ...
            named = {"session_id": one.session_id, "participant_id": one.participant_id}
            self._desk.log.error("monitoring_failed", reason=reason, times=times, exc_info=error, **named)
            await self._desk.write(exclusions.note_failure, one, reason, detail, times, clock())

    async def _context(self, watched: _Watched) -> MonitoringContext:
        one, now, seconds = watched.playing, steady(), list(watched.seconds)
        watched.frames = 0
        watched.seconds.clear()
        rows = await asyncio.to_thread(lambda: tuple(row for data in seconds for row in unpack(data)))
        answered = self._desk.rtts.samples(one.participant_id, _since(watched, now))
        pings = tuple(sample.ms for sample in answered)
        since = self._away_since(one)
        away_s = 0.0 if since is None else now - since
        return await self._desk.store.read(lambda c: exclusions.context(c, one, rows, pings, away_s))


def _since(watched: _Watched, now: float) -> float:
    """From when on pings count."""
    return max(watched.monitor.since, now - window_s(watched.rules, EVERY_S))
