"""Delivers control messages once and in order between two processes, over paths that lose, double, delay and reorder.

    u8 kind   u32 from_boot   u32 to_boot   u16 seq   u16 ack   [a message]

``ack`` is the number of the next message that is awaited. Messages are numbered anew for each pair of boots, and only
what names the receiver's own boot is for it; so nothing of an earlier process can be taken for a later one's. Who does
not know the other's boot yet first asks for it: by an envelope to boot 0, with all the rest 0 and no message. That,
and what is meant for an earlier process, is answered at least by a bare ack, which tells the boot.
"""

from __future__ import annotations

import math
from collections import deque
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

from interactive_gym.netcode.errors import LinkError, WireError
from interactive_gym.netcode.messages import MAX_MESSAGE, Message, decode_message, encode_message

KIND = 0xB0
"""The first byte; another layout needs another value."""

WINDOW = 1000
"""Messages that may be on their way at once. Numbers are told apart up to 2**15."""

MAX_EARLY = 4 * MAX_MESSAGE
"""Bytes of messages that are kept until those before them come. The sender repeats what is dropped for this."""

MIN_PAUSE = 0.25
"""Seconds before something is sent again."""

MAX_PAUSE = 2.0
"""Seconds that a message waits at most when the other one is silent, unless two round trips take longer."""

MAX_BOOT = 2**32 - 1

_HEADER = Struct(">BIIHH")
_NUMBERS = 0xFFFF


class _Outgoing:
    """Something that is sent again until it is answered."""

    __slots__ = ("body", "due", "pause")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.due = -math.inf
        self.pause = 0.0

    def sent(self, now: float, pause: float) -> None:
        """Wait, twice as long as before, until the next time."""
        self.pause = min(max(2 * self.pause, pause), max(pause, MAX_PAUSE))
        self.due = now + self.pause

    def hurry(self, now: float, pause: float) -> None:
        """Wait no longer than after the first time."""
        self.pause = min(self.pause, pause)
        self.due = min(self.due, now + pause)


class _Envelope(NamedTuple):
    from_boot: int
    to_boot: int
    seq: int
    ack: int
    body: bytes


class ControlChannel:
    """One end of it.

    Attributes:
        boot: Of this process, at least 1. A later process of the same peer needs a higher one.
        peer_boot: Of the other peer's process, as far as known; 0 if it was never heard.
        restarts: How often the other one turned out to be a new process. What was queued for the old one was dropped
            then; compare it after each call of :meth:`receive`, before the messages are handled.
    """

    def __init__(self, boot: int) -> None:
        if not 0 < boot <= MAX_BOOT:
            raise ValueError(f"boot: 1 to 2**32 - 1, not {boot}")
        self.boot = boot
        self.peer_boot = 0
        self.restarts = 0
        self._pause = MIN_PAUSE
        self._question = _Outgoing(b"")
        self._begin()

    def _begin(self) -> None:
        self._outbox: deque[_Outgoing] = deque()
        self._sent = 0  # so many of the outbox, from its beginning
        self._first = 0  # the number of the first of the outbox, without wrapping around
        self._awaited = 0
        self._early: dict[int, bytes] = {}
        self._owes = False

    @property
    def is_idle(self) -> bool:
        """Whether all that was queued has been acknowledged."""
        return not self._outbox

    def send(self, message: Message) -> None:
        """Queue it.

        Raises:
            LinkError: A thousand others are not acknowledged yet. This one was not queued.
            ValueError: A field is out of its range.
        """
        if len(self._outbox) >= WINDOW:
            raise LinkError(f"{WINDOW} messages are not acknowledged")
        self._outbox.append(_Outgoing(encode_message(message)))

    def receive(self, data: bytes, now: float) -> list[Message]:
        """What can be delivered now, in order; often nothing. Envelopes of or for other processes have no content.

        Raises:
            WireError: It is no envelope, or acknowledges what was never sent. Nothing of it was applied.
        """
        envelope = _parse(data)
        if envelope.from_boot < self.peer_boot:
            return []
        is_mine = envelope.to_boot == self.boot
        acked = self._count_acked(envelope) if is_mine else 0
        if envelope.from_boot > self.peer_boot:
            self._meet(envelope.from_boot)
        if not is_mine:
            # A higher to_boot: this process is the old one, and has nothing to say any more.
            self._owes |= envelope.to_boot < self.boot
            return []
        self._forget(acked)
        for outgoing in self._outbox:
            outgoing.hurry(now, self._pause)
        return self._accept(envelope) if envelope.body else []

    def to_send(self, now: float, rtt: float | None) -> list[bytes]:
        """Envelopes to be sent now: each is one message or a bare ack. ``rtt`` in seconds, None if not known."""
        if not self._outbox and not self._owes:
            return []  # as nearly always, in every tick and for every peer
        self._pause = MIN_PAUSE if rtt is None else max(MIN_PAUSE, 2 * rtt)
        if not self.peer_boot:
            return self._ask(now)
        envelopes = []
        for position, outgoing in enumerate(self._outbox):
            if outgoing.due <= now:
                envelopes.append(self._pack(self._first + position, outgoing.body))
                outgoing.sent(now, self._pause)
        self._sent = len(self._outbox)
        if self._owes and not envelopes:
            envelopes.append(self._pack(0, b""))
        self._owes = False
        return envelopes

    def next_deadline(self) -> float:
        """When :meth:`to_send` will have something: ``-inf`` for at once, ``inf`` for never as things are."""
        if not self.peer_boot:
            return self._question.due if self._outbox else math.inf
        if self._owes:
            return -math.inf
        return min([outgoing.due for outgoing in self._outbox]) if self._outbox else math.inf

    def _ask(self, now: float) -> list[bytes]:
        if not self._outbox or self._question.due > now:
            return []
        self._question.sent(now, self._pause)
        return [self._pack(0, b"")]

    def _pack(self, seq: int, body: bytes) -> bytes:
        return _HEADER.pack(KIND, self.boot, self.peer_boot, seq & _NUMBERS, self._awaited) + body

    def _meet(self, boot: int) -> None:
        if self.peer_boot:
            self.restarts += 1
            self._begin()
        self.peer_boot = boot

    def _count_acked(self, envelope: _Envelope) -> int:
        known = self._first if envelope.from_boot == self.peer_boot else 0
        sent = self._sent if envelope.from_boot == self.peer_boot else 0
        acked = (envelope.ack - known) & _NUMBERS
        if sent < acked <= _NUMBERS // 2:
            raise WireError(f"acknowledges {acked} messages of {sent}")
        return acked if acked <= sent else 0

    def _forget(self, acked: int) -> None:
        for _ in range(acked):
            self._outbox.popleft()
        self._sent -= acked
        self._first += acked

    def _accept(self, envelope: _Envelope) -> list[Message]:
        self._owes = True
        ahead = (envelope.seq - self._awaited) & _NUMBERS
        if ahead < WINDOW and (ahead == 0 or self._has_room(envelope.body)):
            self._early[envelope.seq] = envelope.body
        messages = []
        while self._awaited in self._early:
            messages.append(decode_message(self._early.pop(self._awaited)))
            self._awaited = (self._awaited + 1) & _NUMBERS
        return messages

    def _has_room(self, body: bytes) -> bool:
        return sum(map(len, self._early.values())) + len(body) <= MAX_EARLY


def _parse(data: bytes) -> _Envelope:
    try:
        kind, from_boot, to_boot, seq, ack = _HEADER.unpack_from(data)
    except StructError:
        raise WireError(f"an envelope that is cut off after {len(data)} bytes") from None
    body = data[_HEADER.size :]
    if kind != KIND or not from_boot or (not body and seq) or (not to_boot and (body or ack)):
        raise WireError("not an envelope of ours")
    if body:
        decode_message(body)
    return _Envelope(from_boot, to_boot, seq, ack, body)
