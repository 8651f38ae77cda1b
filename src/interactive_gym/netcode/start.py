"""Greeting, clocks, and the common start of every episode."""

from __future__ import annotations

import math

from interactive_gym.netcode.events import Away, Cut, Refused, Started
from interactive_gym.netcode.lifecycle import Cause, Phase
from interactive_gym.netcode.messages import ClockAnswer, ClockAsk, Hello, Pace, Ready, Start
from interactive_gym.netcode.pacing import LONGEST_AUTO_DELAY, wished_delay
from interactive_gym.netcode.shared import SERVER, Handlers, Shared

VERSION = 3
"""Of the protocol between peers: change it with every message and datagram."""

LATEST = 1e12  # seconds; no clock shows more
SAMPLES = 8  # clock samples; the fastest one counts, as it had the least time to be asymmetric in
SPACING = 0.03  # seconds between samples, lest one delay hits them all
HEAD_START = 0.1  # seconds after the slowest peer has surely got the message
FARTHEST = 10.0  # seconds from now to any moment that is agreed on; a peer that names another one would stop the game


class Starting:
    """What happens until frame 0 is due."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._greeted: set[int] = set()
        self._samples: dict[int, list[tuple[float, float]]] = {}
        self._asked: dict[int, tuple[int, float]] = {}  # how often, and when last
        self._ready: dict[int, Ready] = {}
        self._started: Start | None = None
        self.handlers: Handlers = {
            Hello: self._on_hello,
            ClockAsk: self._on_clock_ask,
            ClockAnswer: self._on_clock_answer,
            Ready: self._on_ready,
            Start: self._on_start,
        }

    def greet(self, peer: int) -> None:
        """Say who we are."""
        shared = self._shared
        shared.send(peer, Hello(VERSION, dict(shared.config.fingerprint), shared.phase is Phase.AWAY))

    def meet_again(self, peer: int) -> None:
        """Another process speaks for ``peer`` now."""
        self._greeted.discard(peer)
        self._samples.pop(peer, None)
        self._asked.pop(peer, None)
        self.greet(peer)

    def new_epoch(self) -> None:
        """Nobody is ready for it yet."""
        self._ready.clear()
        self._started = None

    def ready(self) -> None:
        """This peer may begin."""
        self._shared.enter(Cause.PREPARED)
        self.announce()

    def announce(self) -> None:
        """Say (again) that this peer is ready, and with whom."""
        shared = self._shared
        present = tuple(sorted(shared.present))
        mine = Ready(shared.epoch, self._wished_delay(), present, shared.tempo.need)
        if self._ready.get(shared.me) != mine:
            self._ready[shared.me] = mine
            shared.broadcast(mine, also=[SERVER])

    def advance(self, is_settling: bool) -> None:
        """Go on if everybody has said what there is to say."""
        shared = self._shared
        for peer in self._greeted:
            self._ask_time(peer)
        if shared.phase is Phase.GREETING and all(self._knows(peer) for peer in shared.others):
            shared.enter(Cause.GREETED)
        if shared.phase is Phase.WAITING and not is_settling:
            self.announce()
            if shared.coordinator == shared.me and self._all_agree():
                at = shared.now + shared.longest_round_trip() + HEAD_START
                delay = max(self._ready[peer].delay for peer in shared.present)
                pace = shared.tempo.agreed({peer: self._ready[peer].need for peer in shared.present})
                shared.broadcast(Start(shared.epoch, at, delay, pace))
                self._start(at, delay, pace)

    def _ask_time(self, peer: int) -> None:
        """Not one after the other's answer: on a long way that alone would take seconds."""
        count, last = self._asked[peer]
        if count < SAMPLES and self._shared.now - last >= SPACING:
            self._asked[peer] = count + 1, self._shared.now
            self._shared.send(peer, ClockAsk(self._shared.now))

    def local(self, peer: int, at: float) -> float:
        """A time on the clock of ``peer``, on ours; now, if we never compared them."""
        now, offset = self._shared.now, self._shared.links[peer].offset
        return now if offset is None else min(max(at - offset, now - FARTHEST), now + FARTHEST)

    def _knows(self, peer: int) -> bool:
        return peer in self._greeted and len(self._samples.get(peer, ())) >= SAMPLES

    def _all_agree(self) -> bool:
        present = tuple(sorted(self._shared.present))
        said = [self._ready.get(peer) for peer in present]
        return all(ready is not None and ready.present == present for ready in said)

    def _start(self, at: float, delay: int, pace: Pace) -> None:
        shared = self._shared
        shared.enter(Cause.STARTED)
        shared.input_delay = delay
        self._started = Start(shared.epoch, at, delay, pace)
        shared.sync.clear()
        shared.ticker.start(at)
        shared.emit(Started(shared.episode, at, delay))
        shared.set_pace(pace)

    def _wished_delay(self) -> int:
        shared = self._shared
        if shared.config.input_delay != "auto":
            return shared.config.input_delay
        slowest = max((shared.links[peer].one_way_p95() for peer in shared.others), default=0.0)
        fps = shared.config.fps / shared.tempo.need  # others may need slower ones, and fewer frames of delay
        return wished_delay(slowest * fps, shared.window.size, 0, LONGEST_AUTO_DELAY)

    def _on_hello(self, peer: int, message: Hello) -> None:
        shared = self._shared
        difference = self._difference(message)
        if difference is not None:
            field, mine, theirs = difference
            shared.emit(Refused(peer, field, mine, theirs))
            shared.end("refused", f"peer {peer} has another {field}: {theirs!r} instead of {mine!r}")
            return
        self._greeted.add(peer)
        self._samples[peer] = []
        self._asked[peer] = 0, -math.inf

    def _difference(self, message: Hello) -> tuple[str, str, str] | None:
        mine = {"protocol version": str(VERSION), **self._shared.config.fingerprint}
        theirs = {"protocol version": str(message.version), **message.fields}
        for field in sorted(mine.keys() | theirs.keys()):
            if mine.get(field) != theirs.get(field):
                return field, mine.get(field, "nothing"), theirs.get(field, "nothing")
        return None

    def _on_clock_ask(self, peer: int, message: ClockAsk) -> None:
        self._shared.send(peer, ClockAnswer(message.sent, self._shared.now))

    def _on_clock_answer(self, peer: int, message: ClockAnswer) -> None:
        shared = self._shared
        samples = self._samples.setdefault(peer, [])
        trip = shared.now - message.sent
        if not 0 <= trip <= FARTHEST or abs(message.at) > LATEST or len(samples) >= SAMPLES:
            return
        samples.append((trip, message.at - message.sent - trip / 2))
        shared.links[peer].offset = min(samples)[1]

    def _on_ready(self, peer: int, message: Ready) -> None:
        shared = self._shared
        if peer not in shared.present:
            return
        self._ready[peer] = message
        if shared.phase is Phase.PLAYING and shared.coordinator == shared.me and self._started is not None:
            shared.send(peer, self._started)  # who should have told it may be gone
        if shared.phase in (Phase.PLAYING, Phase.AWAY):
            return
        # Whoever is missing there was cut at the end of the last episode, and this peer had not heard of it.
        for absent in sorted(shared.present - set(message.present) - {peer}):
            if absent == shared.me:
                shared.enter(Cause.CUT)
                shared.emit(Away(is_gone=False))
                return
            shared.present.discard(absent)
            shared.emit(Cut(absent, shared.turns[absent], -1))
            for player, owner in enumerate(shared.owners()):
                if shared.timeline.queues[player].owner != owner:
                    shared.hand_over(player, 0, owner)
            shared.freeze_absent()

    def _on_start(self, peer: int, message: Start) -> None:
        if peer in self._shared.present and self._shared.phase is Phase.WAITING:
            self._start(self.local(peer, message.at), message.delay, message.pace)
