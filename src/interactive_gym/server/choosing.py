"""Asks the matcher of a waiting room: ours at once, unless it is a crowd; a researcher's own away from the event loop,
and not for ever."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import replace

from sqlalchemy import Connection

from interactive_gym import matching
from interactive_gym.data import events
from interactive_gym.matching import FIFO, Matcher, Reunion
from interactive_gym.server.callbacks import TooSlow, called
from interactive_gym.server.desk import Desk, clock
from interactive_gym.server.room import BadAnswer, Decision, Moment

CROWD = 100  # to decide about more people takes milliseconds, for which the event loop does not wait
LIMIT_S = 1.0
REST_S = 60.0  # a matcher that hangs is not asked again before: each call leaves a thread behind
SAID_EVERY_S = 60.0  # the same failure of a matcher that is asked once a second is noted less often


class Choosing:
    """Of one app. To be used on its event loop only."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asked_again: dict[str, float] = {}  # scene -> when its matcher may be
        self._said: dict[tuple[str, str], float] = {}  # scene and reason -> when that was noted last

    async def decide(self, scene_id: str, moment: Moment) -> list[Decision]:
        """What the room's rules say; first come, first served, where its matcher does not say it as it has to."""
        if is_ours(moment.rules.matcher):
            return await decided(moment)
        if moment.now >= self._asked_again.get(scene_id, moment.now):
            try:
                decisions: list[Decision] = await called(moment.decide, timeout=LIMIT_S)
            except Exception as problem:
                await self._failed(scene_id, moment, problem)
            else:
                return decisions
        return await decided(replace(moment, rules=replace(moment.rules, matcher=FIFO())))

    async def _failed(self, scene_id: str, moment: Moment, problem: Exception) -> None:
        reason = _reason(problem)
        if reason == "too_slow":
            self._asked_again[scene_id] = moment.now + REST_S
        if moment.now < self._said.get((scene_id, reason), moment.now):
            return
        self._said[scene_id, reason] = moment.now + SAID_EVERY_S
        matcher = type(moment.rules.matcher).__name__
        self._desk.log.error("matcher_failed", scene_id=scene_id, matcher=matcher, reason=reason, problem=str(problem))
        await self._desk.write(_note, scene_id, matcher, reason, problem)


async def decided(moment: Moment) -> list[Decision]:
    """By a matcher that does not fail. A thread lets go of the interpreter every few milliseconds."""
    return moment.decide() if len(moment.waiting) <= CROWD else await asyncio.to_thread(moment.decide)


def is_ours(matcher: Matcher) -> bool:
    """Whether all of it is of this package: then it is quick, and does not fail."""
    if type(matcher).__module__ != matching.__name__:
        return False
    return not isinstance(matcher, Reunion) or is_ours(matcher.fallback)


def _reason(problem: Exception) -> str:
    if isinstance(problem, TooSlow):
        return "too_slow"
    return "bad_answer" if isinstance(problem, BadAnswer) else "raised"


def _note(connection: Connection, scene_id: str, matcher: str, reason: str, problem: Exception) -> None:
    events.record(
        connection,
        "matcher_failed",
        reason=reason,
        severity="error",
        now=clock(),
        data={"scene_id": scene_id, "matcher": matcher, "problem": f"{type(problem).__name__}: {problem}"[:1_000]},
        detail="".join(traceback.format_exception(problem)),
    )
