"""When frames are due, and how far they may run on predicted inputs. No clock is read here.

for _ in range(ticker.due(now)):
    ticker.interval = sync.interval
    sync.tick(head, ticker.take())
    if window.may_advance(head, confirmed):
        ...play frame `head`...
    ...send a datagram to everybody, with sync.lag(peer)...
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

LONGEST_AUTO_DELAY = 8  # frames; more cannot be played with
MOST_AT_ONCE = 4  # ticks; after a longer pause of the process the game goes on from where it is, without a fast-forward


class Ticker:
    """When the ticks of one peer are due, on its own clock (seconds).

    Attributes:
        interval: Seconds from one tick to the next. Takes effect with the next :meth:`take`.
        dropped: Ticks that never happened, because more than four were due at once.
    """

    def __init__(self, fps: float) -> None:
        self.interval = 1 / fps
        self.dropped = 0
        self._next = math.inf

    def start(self, at: float) -> None:
        """Start, or start again: the first tick is due at this time."""
        self._next = at

    def stop(self) -> None:
        """No tick is due until the next start."""
        self._next = math.inf

    def due(self, now: float) -> int:
        """How many ticks are due: 0 to 4. What is due beyond that is dropped."""
        if now < self._next:
            return 0
        owed = 1 + int((now - self._next) / self.interval)
        excess = owed - MOST_AT_ONCE
        if excess <= 0:
            return owed
        self.dropped += excess
        self._next += excess * self.interval
        return MOST_AT_ONCE

    def take(self) -> float:
        """One due tick happens now. Returns the time that it was due at; the next is due an interval after that."""
        due = self._next
        self._next += self.interval
        return due

    def deadline(self) -> float:
        """When the next tick is due; infinity when stopped."""
        return self._next

    def phase(self, now: float) -> float:
        """The part of the present tick that is over, 0 to 1."""
        return min(1.0, max(0.0, 1 - (self._next - now) / self.interval))


COSTS = 60  # measurements that a median is taken of
LATEST_COSTS = 3_600  # likewise, for an episode: a minute and more
RESUME_BELOW = 2  # frames under the barrier, else a peer behind a slow link would stop and go at every frame
ROOM_TO_RESUME = 7  # frames; in a smaller window there is nothing to spare


REPLAY = 2.0  # ticks that playing a whole window again may take: one is late then, and the next ones make up for it
LEAST_SLICE = 4  # frames
SLICE = 0.48  # of a tick goes into catching up
RESERVE = 1.25  # of the time that an early replay is likely to take: costs vary, and the tick is to begin in time
WORTH_WHILE = 0.1  # of a tick; a replay that takes less delays nothing, and is spared another call of the host


def _latest() -> deque[float]:
    return deque(maxlen=LATEST_COSTS)


@dataclass(slots=True)
class _Costs:
    """Of the frames of an episode: the latest, in seconds, and how many there were of all."""

    steps: deque[float] = field(default_factory=_latest)
    saves: deque[float] = field(default_factory=_latest)
    stepped: int = 0
    saved: int = 0

    def per_frame(self) -> float:
        """In medians: what took long for once, as memory was tidied up or another program had to do, says nothing."""
        return _median(self.steps) + _median(self.saves) * self.saved / self.stepped


class Window:
    """How many frames this peer may play on predicted inputs. Its own affair: no other peer needs to know.

    Attributes:
        size: That number.
        step_cost: Median, in seconds; 0 until enough was measured.
        save_cost: Likewise.
    """

    def __init__(self, fps: float, largest: int) -> None:
        self.size = largest
        self.step_cost = 0.0
        self.save_cost = 0.0
        self._largest = largest
        self._tick = 1 / fps
        self._steps: deque[float] = deque(maxlen=COSTS)
        self._saves: deque[float] = deque(maxlen=COSTS)
        self._added = 0
        self._costs = _Costs()
        self._is_held = False

    def add_cost(self, step: float | None = None, save: float | None = None) -> None:
        """What a step of the environment took, or keeping its state, or both, in seconds."""
        if step is not None:
            self._steps.append(step)
            self._costs.steps.append(step)
            self._costs.stepped += 1
        if save is not None:
            self._saves.append(save)
            self._costs.saves.append(save)
            self._costs.saved += 1
        self._added += 1
        if self._added % COSTS == 0:
            self._measure()

    def set_fps(self, fps: float) -> None:
        """All play at another speed from now on."""
        self._tick = 1 / fps
        if self._added >= COSTS:
            self._measure()

    def take_frame_cost(self) -> float | None:
        """What a frame took since the last answer, with saves as often as there were any; None: too few to say."""
        if self._costs.stepped < COSTS:
            return None
        costs, self._costs = self._costs, _Costs()
        return costs.per_frame()

    @property
    def frame_cost(self) -> float:
        """What a frame takes at most, as a rule, with keeping its state: in seconds, 0 until enough was measured."""
        return self.step_cost + self.save_cost

    def replay_time(self, frames: int) -> float:
        """How long before the next tick playing ``frames`` again is to begin, in seconds; 0: the tick can do that."""
        cost = frames * self.frame_cost
        return RESERVE * cost if cost >= WORTH_WHILE * self._tick else 0.0

    @property
    def slice(self) -> int:
        """How many frames to catch up with at a time: half a tick's worth, so that the worker remains responsive."""
        return LEAST_SLICE if self.step_cost <= 0 else max(LEAST_SLICE, int(SLICE * self._tick / self.step_cost))

    def may_advance(self, head: int, confirmed: int) -> bool:
        """Whether frame ``head`` may be played, if ``confirmed`` is the last whose inputs are all known."""
        room = RESUME_BELOW if self._is_held and self.size >= ROOM_TO_RESUME else 0
        self._is_held = head - confirmed > self.size - room
        return not self._is_held

    def _measure(self) -> None:
        """All frames of the window have to be played again in little time.

        Within one tick would be too careful: an environment whose steps are slow would wait at its barrier again and
        again, which delays every input by whole frames, to be spared a rare tick that is late by a part of one.
        """
        self.step_cost, self.save_cost = _median(self._steps), _median(self._saves)
        cost = self.frame_cost
        affordable = self._largest if cost <= 0 else int(REPLAY * self._tick / cost)
        self.size = min(self._largest, max(2, affordable))


def wished_delay(one_way_p95_frames: float, window: int, smallest: int, largest: int) -> int:
    """The input delay with which 95 % of the inputs come two frames before the barrier of ``window`` frames."""
    return min(largest, max(smallest, math.ceil(one_way_p95_frames - (window - 2))))


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
