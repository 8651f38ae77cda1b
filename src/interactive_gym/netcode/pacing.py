"""When frames are due, how fast they come, and how far they may run on predicted inputs. No clock is read here.

    for _ in range(ticker.due(now)):
        ticker.interval = sync.interval
        ticker.take()
        if sync.tick() and window.may_advance(head, confirmed):
            ...play frame `head`...
        ...send a datagram to everybody, with sync.lag(peer)...
"""

from __future__ import annotations

import math
from collections import deque

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


UNKNOWN = -128.0  # frames: what the wire's 16 bits in 1/256 frames can carry at the least, and no lag can be
RING = 30  # datagrams
RULE_EVERY = 15  # ticks
LAG_EVERY = 3  # ticks: sorting the ring for every datagram would cost more than the rest of the session
SETTLING = 2.0  # seconds after a start, in which a peer that is far ahead may skip ticks
MOST_SKIPPED = 5  # ticks
SLOWEST, FASTEST = 0.10, -0.02  # part of the speed that may be taken away


class _Link:
    """What is known about one other peer."""

    __slots__ = ("lag", "lag_is_of", "leads", "theirs")

    def __init__(self) -> None:
        self.leads: deque[float] = deque(maxlen=RING)
        self.theirs = UNKNOWN
        self.lag = UNKNOWN
        self.lag_is_of = -LAG_EVERY

    def measure(self, tick: int) -> float:
        """The mean of the middle third: late datagrams and reordered ones do not move it."""
        third = len(self.leads) // 3
        if third:
            middle = sorted(self.leads)[third:-third]
            self.lag = sum(middle) / len(middle)
        self.lag_is_of = tick
        return self.lag


class TimeSync:
    """Keeps peers abreast: whoever is ahead of the others plays a little slower, whoever is behind a little faster.

    Attributes:
        interval: Seconds that a tick should last now.
    """

    def __init__(self, fps: float) -> None:
        self._base = self.interval = 1 / fps
        self._settling = round(SETTLING * fps)
        self._links: dict[int, _Link] = {}
        self.clear()

    def observe(self, peer: int, lead: float, theirs: float) -> None:
        """A datagram came.

        Args:
            peer: From whom.
            lead: My frame and phase, less the frame that the datagram says ``peer`` is in.
            theirs: The :meth:`lag` that it says ``peer`` has about me.
        """
        link = self._links.get(peer)
        if link is None:
            link = self._links[peer] = _Link()
        link.leads.append(lead)
        link.theirs = theirs

    def lag(self, peer: int) -> float:
        """How many frames ``peer`` seems to be behind me: goes into every datagram to it. UNKNOWN at the beginning."""
        link = self._links.get(peer)
        if link is None:
            return UNKNOWN
        return link.lag if self._ticks - link.lag_is_of < LAG_EVERY else link.measure(self._ticks)

    def forget(self, peer: int) -> None:
        """``peer`` is absent, or came back: what was measured is not true any more."""
        self._links.pop(peer, None)

    def clear(self) -> None:
        """The game starts, or starts again after a pause."""
        self._links.clear()
        self._ticks = 0
        self._skips = 0
        self._trend = 0.0
        self.interval = self._base

    def tick(self) -> bool:
        """One tick of the running game. False: it passes without a frame."""
        self._ticks += 1
        if self._skips:
            self._skips -= 1
            return False
        if self._ticks % RULE_EVERY == 0:
            self._steer(self._ahead())
        return True

    def _ahead(self) -> float:
        """Frames that this peer is ahead. The time on the way is in both lags, so it cancels."""
        found = [
            (link.measure(self._ticks) - link.theirs) / 2
            for link in self._links.values()
            if link.theirs != UNKNOWN and len(link.leads) > 2
        ]
        if not found:
            return 0.0
        furthest = max(found)
        return furthest if furthest > 1 else sum(found) / len(found)

    def _steer(self, ahead: float) -> None:
        if ahead > 1 and self._ticks <= self._settling:
            self._skips = min(MOST_SKIPPED, int(ahead))
        if abs(ahead) < 0.25:
            ahead = 0.0
        self._trend = _clamp(0.99 * self._trend + 0.002 * ahead, FASTEST, SLOWEST)
        self.interval = self._base / (1 - _clamp(0.02 * ahead + self._trend, FASTEST, SLOWEST))


COSTS = 60  # measurements that a median is taken of
RESUME_BELOW = 2  # frames under the barrier, else a peer behind a slow link would stop and go at every frame
ROOM_TO_RESUME = 7  # frames; in a smaller window there is nothing to spare


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
        self._budget = 0.8 / fps
        self._steps: deque[float] = deque(maxlen=COSTS)
        self._saves: deque[float] = deque(maxlen=COSTS)
        self._added = 0
        self._is_held = False

    def add_cost(self, step: float | None = None, save: float | None = None) -> None:
        """What a step of the environment took, or keeping its state, or both, in seconds."""
        if step is not None:
            self._steps.append(step)
        if save is not None:
            self._saves.append(save)
        self._added += 1
        if self._added % COSTS == 0:
            self._measure()

    def may_advance(self, head: int, confirmed: int) -> bool:
        """Whether frame ``head`` may be played, if ``confirmed`` is the last whose inputs are all known."""
        room = RESUME_BELOW if self._is_held and self.size >= ROOM_TO_RESUME else 0
        self._is_held = head - confirmed > self.size - room
        return not self._is_held

    def _measure(self) -> None:
        """All frames of the window have to be played again within one tick."""
        self.step_cost, self.save_cost = _median(self._steps), _median(self._saves)
        cost = self.step_cost + self.save_cost
        affordable = self._largest if cost <= 0 else int(self._budget / cost)
        self.size = min(self._largest, max(2, affordable))


def wished_delay(one_way_p95_frames: float, window: int, smallest: int, largest: int) -> int:
    """The input delay with which 95 % of the inputs come two frames before the barrier of ``window`` frames."""
    return min(largest, max(smallest, math.ceil(one_way_p95_frames - (window - 2))))


def _clamp(value: float, least: float, most: float) -> float:
    return min(most, max(least, value))


def _median(values: deque[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
