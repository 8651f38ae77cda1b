"""Round trips between the server and each page, as the server measures them; no clock and no network are here."""

from __future__ import annotations

import math
import secrets
import statistics
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

FRESH_S = 30.0  # what is older says nothing of the connection as it is now
LOST_S = 4.0  # a probe that has waited for as long when the next one is sent is lost; they are sent every five seconds
_MOST_KEPT = 64  # of one participant; more than any rule looks at
_LARGEST = 2**31


class Sample(NamedTuple):
    at: float  # when the answer came, by the server's steady clock
    ms: float


@dataclass
class _Line:
    number: int | None = None  # of the probe that was sent and not answered,
    sent_at: float = 0.0  # and when it was
    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=_MOST_KEPT))
    lost: deque[Sample] = field(default_factory=lambda: deque(maxlen=_MOST_KEPT))  # and how long they were waited for
    median_ms: float | None = None  # of the fresh samples,
    median_until: float = -math.inf  # if nothing is answered before


class Rtts:
    """Of all participants who are connected. Numbers of probes are drawn: who answers before it was asked is wrong."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._heard: dict[str, float] = {}  # when each answered last, though they be gone

    def ask(self, participant_id: str, now: float) -> int:
        """The number of a probe that is sent now; the one before it can no longer be answered."""
        line = self._lines.setdefault(participant_id, _Line())
        if line.number is not None and now - line.sent_at >= LOST_S:
            line.lost.append(Sample(now, (now - line.sent_at) * 1000))
        line.number, line.sent_at = secrets.randbelow(_LARGEST), now
        return line.number

    def answer(self, participant_id: str, number: int, now: float) -> float | None:
        """The round trip in ms; None for an answer that nobody waits for, which counts for nothing."""
        line = self._lines.get(participant_id)
        if line is None or line.number != number:
            return None
        line.number, self._heard[participant_id] = None, now
        line.samples.append(Sample(now, (now - line.sent_at) * 1000))
        line.median_until = -math.inf
        return line.samples[-1].ms

    def heard_since(self, moment: float) -> set[str]:
        """Who has answered since then, whether they are still connected or not."""
        return {participant_id for participant_id, heard_at in self._heard.items() if heard_at >= moment}

    def samples(self, participant_id: str, since: float) -> list[Sample]:
        """Those that came at ``since`` or later, in order."""
        line = self._lines.get(participant_id)
        return _since(line.samples, since) if line else []

    def looks(self, participant_id: str, since: float) -> list[Sample]:
        """Those and the lost ones, in order: who does not answer has a line that is slower still."""
        line = self._lines.get(participant_id)
        lost = _since(line.lost, since) if line else []
        return sorted([*self.samples(participant_id, since), *lost])

    def median_ms(self, participant_id: str, now: float) -> float | None:
        """Of the fresh samples; None if there are none."""
        line = self._lines.get(participant_id)
        if line is None:
            return None
        if now > line.median_until:  # waiting rooms ask for everybody's, again and again
            fresh = _since(line.samples, now - FRESH_S)
            line.median_ms = statistics.median([sample.ms for sample in fresh]) if fresh else None
            line.median_until = fresh[0].at + FRESH_S if fresh else math.inf
        return line.median_ms

    def unanswered_s(self, participant_id: str, now: float) -> float:
        """For how long a probe has been waiting for its answer; 0 if none is."""
        line = self._lines.get(participant_id)
        return now - line.sent_at if line and line.number is not None else 0.0

    def forget(self, participant_id: str) -> None:
        """They are gone, or have another connection, of which nothing is known yet."""
        self._lines.pop(participant_id, None)


def _since(samples: deque[Sample], moment: float) -> list[Sample]:
    """Those that came then or later, in order: the last of many."""
    recent: list[Sample] = []
    for sample in reversed(samples):
        if sample.at < moment:
            break
        recent.append(sample)
    recent.reverse()
    return recent
