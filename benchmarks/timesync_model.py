"""Peers that play frames with each other in virtual time: clocks, links, ticks and barrier, and nothing of a game.

A rule decides how long a peer's ticks are and which of them it skips; everything else is equal for all rules. Every
datagram carries all inputs that the receiver may lack, so the newest one counts. What a rollback costs is left out.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from interactive_gym.netcode.pacing import Ticker, Window

FPS = 60.0  # the only rate that GGPO knows
INPUT_DELAY = 2  # frames
LARGEST_WINDOW = 8  # frames


class Inputs(NamedTuple):
    """The datagram of a tick: the frame that its sender is in, and what the sender's rule adds."""

    frame: int
    lag: float = 0.0


class Rule(Protocol):
    """How one peer keeps abreast of the others. Times are those of its own clock."""

    @property
    def interval(self) -> float:
        """How long a tick is to last."""

    def receive(self, sender: int, message: Any, position: float, now: float) -> Sequence[Any]:
        """Take in what came; ``position`` is the own frame and phase. Returns what to answer at once."""

    def tick(self, frame: int, due: float) -> bool:
        """Before each tick, which was due at this time. False: skip it."""

    def messages(self, peer: int, frame: int, now: float) -> Iterable[Any]:
        """After each tick, what to send to ``peer``."""


MakeRule = Callable[[float, Sequence[int]], Rule]
"""From the frames per second and the other peers."""


@dataclass(frozen=True)
class Scenario:
    """Who plays over which links. Times in seconds; tuples have one value per peer.

    Attributes:
        one_way: Delay of the pair (a, b), a < b, equal in both directions.
        jitter: Mean of an exponential that is added to every datagram's delay.
        loss: Part of the datagrams.
        drift: By which part the peers' clocks run fast.
        cost: What a frame costs them; above 1/60 they cannot keep up.
        window: How many frames they may play on predicted inputs.
        pauses: Mean time between pauses of a peer (its page is busy with something else), 50-300 ms each.
        holds: Mean time between holds of a link, either way for itself: for 50-300 ms it delivers nothing, then all.
        late_start: Peers begin up to this much after one another, at random.
        lateness: Mean of an exponential: how late a peer's timer wakes it up.
    """

    one_way: dict[tuple[int, int], float]
    jitter: float = 0.003
    loss: float = 0.01
    drift: tuple[float, ...] = (0.0015, -0.0015, 0.0, 0.0005)
    cost: tuple[float, ...] = (0.001,) * 4
    window: tuple[int, ...] = (LARGEST_WINDOW,) * 4
    pauses: float = math.inf
    holds: float = math.inf
    late_start: float = 0.05
    lateness: float = 0.001

    @property
    def peers(self) -> range:
        """All of them."""
        return range(1 + max(b for _, b in self.one_way))


@dataclass
class Peer:
    """One player: a clock, a ticker, a window and a rule; and what became of its ticks, in true time."""

    rate: float
    offset: float
    cost: float
    rule: Rule
    window: Window
    known: dict[int, int]
    ticker: Ticker = field(default_factory=lambda: Ticker(FPS))
    frame: int = 0
    busy_until: float = 0.0
    played: list[float] = field(default_factory=list)
    stopped: list[float] = field(default_factory=list)
    skipped: list[float] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)

    def clock(self, t: float) -> float:
        """The own clock at true time ``t``."""
        return t * self.rate + self.offset

    def deadline(self) -> float:
        """When the next tick is due, in true time."""
        return (self.ticker.deadline() - self.offset) / self.rate

    def tick(self, t: float) -> None:
        """Play a frame, or be stopped at the barrier, or skip the tick. A frame keeps the peer busy."""
        due = self.ticker.deadline()
        self.ticker.interval = self.rule.interval
        self.ticker.take()
        confirmed = min(self.known.values())
        if not self.rule.tick(self.frame, due):
            self.skipped.append(t)
        elif not self.window.may_advance(self.frame, confirmed):
            self.stopped.append(t)
        else:
            self.played.append(t)
            self.depths.append(max(0, self.frame - confirmed))
            self.frame += 1
            self.busy_until = t + self.cost

    def receive(self, t: float, sender: int, message: Any) -> Sequence[Any]:
        """Returns what to answer."""
        now = self.clock(t)
        if isinstance(message, Inputs):
            self.known[sender] = max(self.known[sender], message.frame - 1 + INPUT_DELAY)
        return self.rule.receive(sender, message, self.frame + self.ticker.phase(now), now)


class Interruptions:
    """Times at which something stands still, for 50 to 300 ms each."""

    def __init__(self, draw: random.Random, mean_between: float) -> None:
        self._draw, self._mean = draw, mean_between
        self._start = self._end = 0.0
        self._next()

    def _next(self) -> None:
        self._start = self._end + (self._draw.expovariate(1 / self._mean) if self._mean < math.inf else math.inf)
        self._end = self._start + self._draw.uniform(0.05, 0.3)

    def after(self, t: float) -> float:
        """``t``, or the end of the interruption that it falls into. To be asked with growing times."""
        while self._end <= t:
            self._next()
        return t if t < self._start else self._end


class World:
    """All peers and what is on its way between them. The same seed interrupts them at the same times, by any rule."""

    def __init__(self, scenario: Scenario, make_rule: MakeRule, seed: int) -> None:
        draw = random.Random(seed)
        self.scenario = scenario
        self.peers = [self._peer(i, make_rule, draw) for i in scenario.peers]
        self._pauses = [Interruptions(random.Random(draw.random()), scenario.pauses) for _ in scenario.peers]
        self._holds = {
            way: Interruptions(random.Random(draw.random()), scenario.holds)
            for way in itertools.permutations(scenario.peers, 2)
        }
        self._draw = draw
        self._heap: list[tuple[float, bool, int, int, int, Any]] = []
        self._count = itertools.count()
        for i, peer in enumerate(self.peers):
            self._push(peer.deadline(), i, i, None)

    def _peer(self, i: int, make_rule: MakeRule, draw: random.Random) -> Peer:
        scenario = self.scenario
        others = [j for j in scenario.peers if j != i]
        known = dict.fromkeys(others, INPUT_DELAY - 1)
        window = Window(FPS, scenario.window[i])
        clock = 1 + scenario.drift[i], draw.uniform(0, 1000)
        peer = Peer(*clock, scenario.cost[i], make_rule(FPS, others), window, known)
        peer.ticker.start(peer.clock(draw.uniform(0, scenario.late_start)))
        return peer

    def _push(self, t: float, to: int, sender: int, message: Any) -> None:
        is_wake = message is None  # what came while a peer was busy is read before its next tick
        heapq.heappush(self._heap, (t, is_wake, next(self._count), to, sender, message))

    def _send(self, t: float, sender: int, to: int, messages: Iterable[Any]) -> None:
        scenario = self.scenario
        for message in messages:
            way = scenario.one_way[min(sender, to), max(sender, to)] + self._draw.expovariate(1 / scenario.jitter)
            if self._draw.random() >= scenario.loss:
                self._push(self._holds[sender, to].after(t) + way, to, sender, message)

    def run(self, seconds: float) -> World:
        """Let it all happen."""
        while self._heap[0][0] < seconds:
            t, _, _, to, sender, message = heapq.heappop(self._heap)
            peer = self.peers[to]
            if t < peer.busy_until:
                self._push(peer.busy_until, to, sender, message)
            elif message is None:
                self._wake(t, to, peer)
            else:
                self._send(t, to, sender, peer.receive(t, sender, message))
        return self

    def _wake(self, t: float, i: int, peer: Peer) -> None:
        if peer.ticker.due(peer.clock(t)):
            peer.tick(t)
            sent = max(t, peer.busy_until)
            for other in peer.known:
                self._send(sent, i, other, peer.rule.messages(other, peer.frame, peer.clock(sent)))
        lateness = self._draw.expovariate(1 / self.scenario.lateness)
        wake = max(peer.deadline() + lateness, peer.busy_until)
        after_pause = self._pauses[i].after(wake)
        if after_pause > wake:
            peer.busy_until = after_pause
        self._push(after_pause, i, i, None)
