"""No peer runs ahead of the others: how long a tick of this one should last. No clock is read here."""

from __future__ import annotations

from collections import deque

UNKNOWN = -128.0  # frames: the least that the wire's 16 bits of 1/256 frames can carry, and no lag can be
RING = 30  # datagrams
LAG_EVERY = 5  # ticks: to sort the ring for every datagram would gain nothing
RULE_EVERY = 15  # ticks
ALONE = 2.0  # frames from which on one peer counts alone
SLOWEST, FASTEST = 0.25, -0.05  # part of the speed that is taken away
ROOM_PER_STOP, MOST_ROOM, ROOM_KEPT = 0.1, 4.0, 0.995  # frames, frames, part per RULE_EVERY


class _Link:
    """What is known about one other peer."""

    __slots__ = ("leads", "mean", "measured", "theirs")

    def __init__(self) -> None:
        self.leads: deque[float] = deque(maxlen=RING)
        self.theirs = self.mean = UNKNOWN
        self.measured = -LAG_EVERY

    def measure(self, tick: int) -> float:
        """The mean of the middle third: what came late or out of order does not move it."""
        if tick - self.measured >= LAG_EVERY and (third := len(self.leads) // 3):
            middle = sorted(self.leads)[third:-third]
            self.mean = sum(middle) / len(middle)
            self.measured = tick
        return self.mean


class TimeSync:
    """Keeps peers abreast: whoever is ahead plays slower, whoever is behind faster. Nobody ever waits.

    Each peer tells each other how many frames the other seems to be behind; half the difference of the two is what they
    are really apart, as the time on the way is in both. Every 15 ticks the speed follows from that, by a part in
    proportion and a part that adds up and so levels out clocks and processors that differ for long.

    Why it is done so, with figures of ``benchmarks/results/timesync.json``:

    - A lead is kept relative to the own course (frames played against time gone by), so that what this peer itself does
      shows at once, not when the ring has filled up anew. Otherwise peers are 1.5 to 2 times as far apart on lines that
      are long, jittery or interrupted, and a dead zone is needed to keep them from swinging: another 0.07 frames.
    - Nobody skips ticks after a bad start: speed alone is as quick, and 7 frozen ticks become none.
    - One peer that is far behind counts alone. With the mean, three others left one of four that is 20 % too slow at
      the barrier eleven times a minute. It begins at two frames, as every short pause of one would slow down all.
    - The part that adds up looks at one frame at most, or it would remember pauses. It may take a quarter of the speed:
      a tenth left everybody who plays with such a peer at the barrier, 120 times a minute and more.
    - A peer that was stopped at its barrier asks for room, that is, to be a little behind. Otherwise one with a small
      window is stopped, is waited for, and is stopped again, 100 to 200 times a minute; so it is 5 to 7 times.

    Attributes:
        interval: Seconds that a tick should last now.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._links: dict[int, _Link] = {}
        self._room = 0.0
        self.clear()

    def set_fps(self, fps: float) -> None:
        """All play at another speed from now on."""
        self._fps = fps
        self.clear()

    def observe(self, peer: int, lead: float, theirs: float) -> None:
        """A datagram came.

        Args:
            peer: From whom.
            lead: My frame and phase, less the frame that the datagram says ``peer`` is in.
            theirs: The :meth:`lag` that it carries.
        """
        link = self._links.get(peer)
        if link is None:
            link = self._links[peer] = _Link()
        link.leads.append(lead - self._course)
        link.theirs = theirs

    def lag(self, peer: int) -> float:
        """What to tell ``peer`` in every datagram: the frames that it is behind me and, twice, the room I ask for.

        At the beginning it is :data:`UNKNOWN`. It may be clipped to what the wire can carry.
        """
        link = self._links.get(peer)
        if link is None or link.measure(self._ticks) == UNKNOWN:
            return UNKNOWN
        return link.mean + self._course + 2 * self._room

    def forget(self, peer: int) -> None:
        """``peer`` is absent, or came back: what was measured is not true any more."""
        self._links.pop(peer, None)

    def clear(self) -> None:
        """The game starts, or starts again after a pause. Room that was asked for is still needed."""
        self._links.clear()
        self._ticks = 0
        self._origin: float | None = None
        self._course = self._trend = 0.0
        self._frame = -1
        self._was_stopped = False
        self.interval = 1 / self._fps

    def tick(self, frame: int, due: float) -> None:
        """One tick of the running game, which was due at this time, and in which ``frame`` is to be played."""
        self._ticks += 1
        course = frame - due * self._fps
        if self._origin is None:
            self._origin = course
        self._course = course - self._origin
        self._note_stop(frame)
        if self._ticks % RULE_EVERY == 0:
            self._steer()

    def _note_stop(self, frame: int) -> None:
        is_stopped = frame == self._frame
        if is_stopped and not self._was_stopped:
            self._room = min(MOST_ROOM, self._room + ROOM_PER_STOP)
        self._frame, self._was_stopped = frame, is_stopped

    def _leads(self) -> list[float]:
        """By how many frames this peer is ahead of where each other one wants it, and it wants itself."""
        return [
            (link.mean + self._course - link.theirs) / 2 + self._room
            for link in self._links.values()
            if link.measure(self._ticks) != UNKNOWN and link.theirs != UNKNOWN
        ]

    def _together(self, leads: list[float]) -> float:
        """One lead to act on."""
        furthest = max(leads)
        return furthest if furthest > ALONE else sum(leads) / len(leads)

    def _steer(self) -> None:
        leads = self._leads()
        ahead = self._together(leads) if leads else 0.0
        self._room *= ROOM_KEPT
        self._trend = _clamp(0.99 * self._trend + 0.002 * _clamp(ahead, -1.0, 1.0), FASTEST, SLOWEST)
        self.interval = 1 / self._fps / (1 - _clamp(0.02 * ahead + self._trend, FASTEST, SLOWEST))


def _clamp(value: float, least: float, most: float) -> float:
    return min(most, max(least, value))
