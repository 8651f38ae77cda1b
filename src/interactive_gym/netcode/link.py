"""One other peer, as its datagrams tell: what it has, what it needs, how far away it is."""

from __future__ import annotations

from collections import deque
from typing import Any

from interactive_gym.netcode.errors import WireError
from interactive_gym.netcode.inputs import FOREVER, NOBODY
from interactive_gym.netcode.timeline import Timeline
from interactive_gym.netcode.wire import FARTHEST, MAX_BATCH, MAX_DIGEST_AGE, Batch, Datagram, encode

MOST_UNACKNOWLEDGED = MAX_BATCH  # inputs of a player; the windows and the input delays of both sides rule out more
AHEAD = 1_000  # frames; nobody who plays by the rules is that far from another
_ROUND_TRIPS = 256  # kept for the statistics


class Link:
    """What is known of ``peer`` and of the way to it.

    Attributes:
        heard_at: When anything came from it last; at first, when silence begins to count.
        is_interrupted: Nothing came for so long that players were told.
        confirmed: The newest frame for which it has all inputs, as it says.
        tick: The frame it was in, as it says.
        agreed: The newest hashed frame at which its state was as ours.
        digest: The newest of its digests that is not compared yet.
        offset: What its clock shows more than ours, in seconds; None until it is measured.
    """

    def __init__(self, peer: int, heard_at: float) -> None:
        self.peer = peer
        self.heard_at = heard_at
        self.has_been_heard = False
        self.is_interrupted = False
        self.offset: float | None = None
        self.smoothed_rtt: float | None = None
        self.sent = self.received = self.bytes_sent = self.bytes_received = self.refused = 0
        self._round_trips: deque[float] = deque(maxlen=_ROUND_TRIPS)
        self._send_ms: int | None = None
        self._received_at = 0.0
        self.new_episode()

    def new_episode(self) -> None:
        """Forget what was said about frames."""
        self.confirmed = -1
        self.tick = 0
        self.agreed = 0
        self.digest: tuple[int, int] | None = None
        self._acked: dict[int, int] = {}
        self._tick_at: float | None = None

    def hear(self, now: float) -> float:
        """Something came. Returns how long nothing had."""
        silence = now - self.heard_at
        self.heard_at = now
        self.has_been_heard = True
        return silence

    def one_way_p95(self) -> float:
        """Seconds; 0 if nothing was measured."""
        trips = sorted(self._round_trips)
        return trips[int(0.95 * (len(trips) - 1))] / 2 if trips else 0.0

    def estimate(self, now: float, fps: float) -> float | None:
        """The frame that the peer is likely to be in; None if it has not said."""
        if self._tick_at is None:
            return None
        return self.tick + (now - self._tick_at + (self.smoothed_rtt or 0.0) / 2) * fps

    def measure(self, datagram: Datagram, now: float) -> None:
        """Take what a datagram of any epoch says about the way."""
        self.received += 1
        self._send_ms, self._received_at = datagram.send_ms, now
        if datagram.echo_ms is not None:
            trip = ((_ms(now) - datagram.echo_ms) & 0xFFFF) / 1000
            if trip < 30:  # else it is not a time but the ring of 65 s that has come round
                self._round_trips.append(trip)
                known = self.smoothed_rtt
                self.smoothed_rtt = trip if known is None else known + (trip - known) / 8

    def apply(self, datagram: Datagram, timeline: Timeline, me: int, now: float) -> None:
        """Take what a datagram of the running episode says about frames.

        Whatever no correct peer would say is cut down to what can be true: a liar hurts itself alone.

        Raises:
            WireError: It speaks of players whom nobody knows; nothing was applied.
        """
        _check_players(datagram, len(timeline.queues))
        # It cannot have all inputs of a frame for which we have not sent ours.
        sent = min((queue.last for queue in timeline.queues if queue.owner == me), default=FOREVER)
        self.confirmed = max(self.confirmed, min(datagram.confirmed, sent))
        if datagram.tick >= self.tick:
            self.tick, self._tick_at = datagram.tick, now
        if datagram.digest is not None and (self.digest is None or datagram.digest[0] > self.digest[0]):
            self.digest = datagram.digest
        for player, frame in datagram.acks:
            known = min(frame, timeline.queues[player].last)
            self._acked[player] = max(self._acked.get(player, -1), known)
        for batch in datagram.inputs:
            self._take(batch, timeline)

    def compose(self, me: int, epoch: int, turn: int, timeline: Timeline, confirmed: int, lag: float,
                digest: tuple[int, bytes] | None, now: float) -> bytes:  # fmt: skip
        """The datagram for this peer."""
        batches, acks = [], []
        for player, queue in enumerate(timeline.queues):
            if queue.owner == NOBODY:
                continue  # who is absent neither sends nor gets any, until it is agreed from where on it does
            if me in queue.senders:
                batch = self._batch(me, player, timeline)
                if batch is not None:
                    batches.append(batch)
            if self.peer in queue.senders:
                acks.append((player, min(queue.last, FOREVER - 1)))
        echo = None if self._send_ms is None else (self._send_ms + _ms(now - self._received_at)) & 0xFFFF
        short = None
        if digest is not None and timeline.head - digest[0] <= MAX_DIGEST_AGE:
            short = digest[0], short_digest(digest[1])
        data = encode(
            Datagram(epoch, turn, timeline.head, min(confirmed, FOREVER - 1), lag, _ms(now), echo, short,
                     tuple(batches), tuple(acks))
        )  # fmt: skip
        self.sent += 1
        self.bytes_sent += len(data)
        return data

    def forget_acks(self) -> None:
        """Another process may speak for the peer soon, and will have less."""
        self._acked.clear()

    def expects(self, player: int, first: int) -> None:
        """The inputs of ``player`` come from us from ``first`` on, and the peer has all before that."""
        self._acked[player] = first - 1

    def statistics(self) -> dict[str, Any]:
        """Plain numbers; times in seconds."""
        trips = sorted(self._round_trips)
        middle = trips[len(trips) // 2] if trips else None
        return {
            "datagrams_sent": self.sent,
            "datagrams_received": self.received,
            "bytes_sent": self.bytes_sent,
            "bytes_received": self.bytes_received,
            "refused": self.refused,
            "round_trip": {"min": trips[0], "median": middle, "max": trips[-1]} if trips else None,
        }

    def _batch(self, me: int, player: int, timeline: Timeline) -> Batch | None:
        queue = timeline.queues[player]
        first = self._acked.get(player, -1) + 1
        missing = queue.last_sent + 1 - first
        if missing > MOST_UNACKNOWLEDGED or abs(first - timeline.head) > FARTHEST:
            # Whoever catches up gets them by the control path; for all others the windows rule it out.
            return None
        inputs = queue.of(me, first, missing)
        return Batch(player, first, inputs) if inputs else None

    def _take(self, batch: Batch, timeline: Timeline) -> None:
        queue = timeline.queues[batch.player]
        skipped = max(0, queue.last + 1 - batch.first)
        limit = max(timeline.head, timeline.final) + AHEAD
        for frame, given in enumerate(batch.inputs[skipped:], batch.first + skipped):
            if frame > limit or queue.owner_of(frame) != self.peer or not queue.add(frame, given):
                return


def short_digest(digest: bytes) -> int:
    """What a datagram carries of a digest."""
    return int.from_bytes(digest[:4], "big")


def _ms(now: float) -> int:
    return int(now * 1000) & 0xFFFF


def _check_players(datagram: Datagram, players: int) -> None:
    for player in (*(batch.player for batch in datagram.inputs), *(player for player, _ in datagram.acks)):
        if player >= players:
            raise WireError(f"it speaks of player {player}, whom nobody knows")
