"""What a match costs: of one call, for the player's records, and of an episode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from interactive_gym.netcode import Advance, Begin, Load, Request, Save, Session


@dataclass
class Tick:
    """What one call of ``Match.advance`` has done, with those before it in which frames were only played again.

    Attributes:
        head: The frame that was to be played next when it began.
        live: The first new frame that was played.
        is_changed: Whether the newest frame, or what it looks like, is another one than before.
        step_s: What playing new frames took, in seconds.
        rollback: How many frames were played again, of all rollbacks together.
        deepest: How many frames one of these went back at most.
        rollback_s: What that took, with everything that belongs to it.
    """

    head: int
    live: int | None = None
    is_changed: bool = False
    step_s: float = 0.0
    rollback: int = 0
    deepest: int = 0
    rollback_s: float = 0.0

    def note(self, request: Request, cost: float) -> None:
        """``request`` was fulfilled, in ``cost`` seconds."""
        match request:
            case Begin():
                self.head, self.is_changed = 0, True
            case Advance(frame, _, is_live):
                self.is_changed = True
                if is_live:
                    self.live = frame if self.live is None else self.live
                    self.step_s += cost
                elif frame < self.head:
                    self.rollback += 1
                    self.rollback_s += cost
            case Load(frame):
                self.deepest = max(self.deepest, self.head - frame)
                self.rollback_s += cost
            case Save(frame, _) if frame < self.head:
                self.rollback_s += cost


class Tally:
    """An episode's statistics, from those of its session, which count on from one episode to the next."""

    PARAMETERS = ("input_delay", "window", "slowdown")
    COUNTED = ("rollbacks", "replayed", "stalls", "stalled_ticks", "dropped_ticks")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._deepest = 0
        self.start()

    def start(self) -> None:
        """The first frame is due now: what was before does not count."""
        self._before = self._session.statistics()

    def add(self, tick: Tick) -> None:
        """Count what happened in a tick."""
        self._deepest = max(self._deepest, tick.deepest)

    def statistics(self) -> dict[str, Any]:
        """As ``protocol.PlayStatistics``."""
        now = self._session.statistics()
        counts = {name: now[name] - self._before[name] for name in self.COUNTED}
        parameters = {name: now[name] for name in self.PARAMETERS}
        return {**counts, **parameters, "deepest_rollback": self._deepest}
