"""The screening at work: the clock, probes, the researcher's callback and the store around what ``screening`` decides.

It runs while Python loads and the participant reads the first page, whose button waits for it.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Mapping

from interactive_gym.errors import ClientError
from interactive_gym.protocol import Measured, OutcomePage, Verdict
from interactive_gym.scenes.attributes import Value
from interactive_gym.scenes.screening import Callback, Screening
from interactive_gym.server import screening
from interactive_gym.server.arrivals import Arrivals
from interactive_gym.server.callbacks import TooSlow, called
from interactive_gym.server.desk import Desk, clock, steady
from interactive_gym.server.limits import Limiter, Rate
from interactive_gym.server.lines import Lines
from interactive_gym.server.logs import about
from interactive_gym.server.presence import Connected
from interactive_gym.server.probing import Probing
from interactive_gym.server.screening import Finding

# Each costs a write, a row and perhaps a call to somebody who charges for it; a page asks once, and a person reloads.
SCREENINGS = Rate(per_second=0.2, burst=10)
MEASURE_S = 15.0  # for all pings; a line that carries Python meanwhile may be slow for some seconds
OUTAGE_S = 5.0  # without any answer; a page that only has a slow line is asked again every few seconds
_PER_SAMPLE_S = 1.0  # or longer, where more of them are asked for


class Gate:
    """Lets participants in, or not. To be used on its event loop only."""

    def __init__(self, desk: Desk, lines: Lines, probing: Probing) -> None:
        self._desk, self._lines, self._probing = desk, lines, probing
        self._limiter = Limiter(SCREENINGS)
        self._judging: dict[str, tuple[Connected, asyncio.Task[None]]] = {}  # by participant: the latest page counts

    async def screen(self, who: Connected, measured: Measured) -> None:
        """Their page has said what it found. It is told the verdict later, as it has to answer probes before.

        Raises:
            ClientError: ``not_now``: nobody is screened, or they have begun; ``too_fast``, or ``other_tab``.
        """
        rules = self._desk.study.experiment.entry
        if rules is None:
            raise ClientError("not_now", "this study screens nobody")
        self._limiter.spend(who.participant_id, steady())
        self._stop(who.participant_id)
        arrivals = Arrivals(self._desk.study, rules)
        await self._desk.write(arrivals.begin, who.participant_id)
        self._desk.presence.who(who.sid)  # it may be gone by now, and would have no pings
        task = asyncio.get_running_loop().create_task(self._guarded(who, arrivals, measured))
        self._judging[who.participant_id] = (who, task)
        task.add_done_callback(lambda _: self._judged(who, task))

    def gone(self, who: Connected) -> None:
        """Nobody waits for this verdict any more; whoever comes back is screened again."""
        if self._judging.get(who.participant_id, (None,))[0] == who:
            self._stop(who.participant_id)

    def _stop(self, participant_id: str) -> None:
        if judging := self._judging.pop(participant_id, None):
            judging[1].cancel()

    def _judged(self, who: Connected, task: asyncio.Task[None]) -> None:
        if self._judging.get(who.participant_id) == (who, task):
            del self._judging[who.participant_id]

    async def _guarded(self, who: Connected, arrivals: Arrivals, measured: Measured) -> None:
        with about(who.participant_id):
            try:
                await self._judge(who, arrivals, measured)
            except Exception as error:  # the page says again what it found when it is connected again
                self._desk.refused(error)
                self._lines.part(who.participant_id)

    async def _judge(self, who: Connected, arrivals: Arrivals, measured: Measured) -> None:
        finding, pings = await self._measured(who, arrivals.rules, measured)
        changes: Mapping[str, Value] = {}
        if finding.is_accepted and arrivals.rules.callback:
            finding, changes = await self._asked(who, arrivals, arrivals.rules.callback, finding, measured, pings)
        del self._judging[who.participant_id]  # nobody calls it off any more: what is stored now is told
        page = await self._desk.write(arrivals.conclude, who.participant_id, measured, pings, finding, changes, clock())
        self._desk.log.info("screened", reason=finding.rule, detail=finding.detail)
        if isinstance(page, OutcomePage):
            self._lines.tell(who.participant_id, "scene", page)
            self._desk.files.update()
        elif page:
            self._lines.tell(who.participant_id, "verdict", Verdict(finding.is_accepted))

    async def _measured(self, who: Connected, rules: Screening, measured: Measured) -> tuple[Finding, list[float]]:
        """What the rules say, and the pings by which they do.

        An outage is not a ping: after it, all that counts is measured anew. Whoever stays silent is never let in.
        """
        since, begun, seconds = 0.0, steady(), max(MEASURE_S, rules.min_ping_samples * _PER_SAMPLE_S)
        while True:
            pings = self._probing.pings_ms(who, since)
            finding = screening.decide(rules, measured, pings, is_final=steady() - begun >= seconds)
            if finding:
                return finding, pings
            self._probing.hurry(who)
            is_heard = await self._probing.heard(who, OUTAGE_S)
            if not is_heard and rules.max_ping is not None:
                await self._probing.heard(who)
                since = begun = steady()

    async def _asked(
        self,
        who: Connected,
        arrivals: Arrivals,
        callback: Callback,
        otherwise: Finding,
        measured: Measured,
        pings: list[float],
    ) -> tuple[Finding, Mapping[str, Value]]:
        """What the callback says, and the attributes that it sets; ``otherwise`` where it fails, if that is to pass."""
        context = await self._desk.write(arrivals.context, who.participant_id, measured, pings)
        try:
            answer = await called(callback, context, timeout=arrivals.rules.callback_timeout)
            finding = screening.answered(answer)
        except Exception as error:
            reason, detail = ("too_slow" if isinstance(error, TooSlow) else "raised"), traceback.format_exc()
            self._desk.log.error("screening_failed", reason=reason, exc_info=True)
            await self._desk.write(arrivals.note_failure, who.participant_id, reason, detail, clock())
            failed = f"callback: {reason}"
            if arrivals.rules.fail_closed:
                return Finding("callback", failed), {}
            return Finding(screening.ACCEPTED, "; ".join(filter(None, (otherwise.detail, failed)))), {}
        kept = otherwise if finding.is_accepted else finding
        return kept, context.changes
