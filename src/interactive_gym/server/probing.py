"""Asks every page that is connected how long the way to it and back takes: a few times at once, then now and then."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from interactive_gym.protocol import Probe
from interactive_gym.server.desk import Desk, steady
from interactive_gym.server.lines import Lines
from interactive_gym.server.presence import Connected

EVERY_S = 5.0
FIRST = 5  # of a new connection, or as many as the screening wants, come in quick succession
THERE_S = 2.0  # whoever answers within is there
RESTART_S = 15.0  # after a start of the server, within which all pages have found it
_GAP_S = 0.1  # between an answer and the next of these
_LOOK_S = 0.5  # after which it may be by another connection that they answer
_LOST_S = 5.0  # an answer that takes longer is not waited for


@dataclass
class _Round:
    """The probes of one connection."""

    since: float
    quick: int  # probes that are still to come in quick succession
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    timer: asyncio.TimerHandle | None = None


class Probing:
    """To be used on the event loop only."""

    def __init__(self, desk: Desk, lines: Lines) -> None:
        self._desk, self._lines = desk, lines
        rules = desk.study.experiment.entry
        self._first = max(FIRST, rules.min_ping_samples if rules else 0)
        self._rounds: dict[Connected, _Round] = {}
        self._began = steady()
        self._gone_at: dict[str, float] = {}  # by participant: since when they have no connection, if they had one

    def begin(self, who: Connected) -> None:
        """This connection is there from now on."""
        self._desk.rtts.forget(who.participant_id)
        self._rounds[who] = _Round(steady(), self._first)
        self._gone_at.pop(who.participant_id, None)
        self._ask(who)

    def end(self, who: Connected) -> None:
        """It is gone, or somebody else's."""
        round_ = self._rounds.pop(who, None)
        if round_ and round_.timer:
            round_.timer.cancel()
        if not self._desk.presence.connected(who.participant_id):
            self._desk.rtts.forget(who.participant_id)
            self._gone_at.setdefault(who.participant_id, steady())

    def answered(self, who: Connected, probe: Probe) -> bool:
        """False for an answer to what was not asked."""
        round_ = self._rounds.get(who)
        if round_ is None or self._desk.rtts.answer(who.participant_id, probe.number, steady()) is None:
            return False
        round_.heard.set()
        if round_.quick > 0:
            self._ask_in(who, round_, _GAP_S)
        return True

    def hurry(self, who: Connected) -> None:
        """Go on in quick succession."""
        round_ = self._rounds.get(who)
        if round_ and round_.quick <= 0:
            round_.quick = self._first
            self._ask_in(who, round_, _GAP_S)

    def pings_ms(self, who: Connected, since: float) -> list[float]:
        """All that this connection has answered, at ``since`` or later."""
        round_ = self._rounds.get(who)
        if round_ is None:
            return []
        return [sample.ms for sample in self._desk.rtts.samples(who.participant_id, max(since, round_.since))]

    async def heard(self, who: Connected, timeout: float | None = None) -> bool:
        """Returns when the next answer has come; False after ``timeout`` seconds without one."""
        round_ = self._rounds.get(who)
        if round_ is None:
            await asyncio.sleep(_GAP_S)  # they are being greeted, or gone
            return True
        round_.heard.clear()
        try:
            await asyncio.wait_for(round_.heard.wait(), timeout)
        except TimeoutError:
            return False
        return True

    async def is_there(self, who: Connected, timeout: float | None = None) -> bool:
        """Whether this connection answers what it is asked now, within :data:`THERE_S` if no other time is given."""
        round_ = self._rounds.get(who)
        if round_ is None:
            return False
        round_.heard.clear()
        self._ask(who)
        try:
            await asyncio.wait_for(round_.heard.wait(), THERE_S if timeout is None else timeout)
        except TimeoutError:
            return False
        return True

    async def comes_back(self, participant_id: str, patience_s: float) -> bool:
        """Whether they answer, or have a new connection so many seconds after the last one: a page that is reloaded has
        none for a moment, and after a start of the server nobody has."""
        asked = steady()
        while True:
            round_ = self._rounds.get(who) if (who := self._desk.presence.holder(participant_id)) else None
            if round_ and round_.since >= asked:
                return True
            until = asked + THERE_S if round_ else max(asked + THERE_S, self._awaited(participant_id, patience_s))
            if (left := until - steady()) <= 0:
                return False
            if who is None or round_ is None:
                await asyncio.sleep(min(left, _GAP_S))  # they are gone, or being greeted
            elif await self.is_there(who, min(left, _LOOK_S)):
                return True

    def _awaited(self, participant_id: str, patience_s: float) -> float:
        """Until when they may be connected again."""
        gone_at = self._gone_at.get(participant_id)
        return self._began + RESTART_S if gone_at is None else gone_at + patience_s

    def _ask(self, who: Connected) -> None:
        round_ = self._rounds.get(who)
        if round_ is None or self._desk.presence.holder(who.participant_id) != who:
            return self.end(who)
        round_.quick -= 1
        self._lines.tell(who.participant_id, "probe", Probe(self._desk.rtts.ask(who.participant_id, steady())))
        self._ask_in(who, round_, _LOST_S if round_.quick > 0 else EVERY_S)

    def _ask_in(self, who: Connected, round_: _Round, seconds: float) -> None:
        if round_.timer:
            round_.timer.cancel()
        round_.timer = asyncio.get_running_loop().call_later(seconds, self._ask, who)
