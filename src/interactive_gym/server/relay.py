"""Frames of one match that go by the server: which are passed on, and which are not.

    in   (u8 addressee   u16 length   frame)...        out   (u8 sender   u16 length   frame)...

Datagrams may be lost, and are old soon: one too many is dropped and counted, and so is one for a receiver who is
behind. Control frames are resent until they arrive; a page that sends too many of them, or what no page of ours sends,
is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

from interactive_gym.errors import ClientError
from interactive_gym.protocol import (
    FRAME_CONTROL,
    FRAME_DATAGRAM,
    FRAME_DEAF,
    FRAME_PING,
    FRAME_PONG,
    MAX_CONTROL_BYTES,
    RELAY_SERVER,
)
from interactive_gym.server.limits import Rate

MAX_DATAGRAM_BYTES = 16_000  # 127 inputs, the most that one carries of a player, of 120 bytes each
UNIT = 1_200  # bytes; a longer frame counts as several
MOST_AHEAD = 4  # times the frames per second: datagrams, pings and pongs, and both while a path is in doubt
BURST_S = 2  # of datagrams, after a moment in which the sender's network stood still
CONTROL = Rate(per_second=200, burst=2_000)  # a thousand may be on their way at once, and all of them be sent again
MOST_FRAMES = 2_000  # in a batch: a thousand control frames sent again, and a datagram and a ping for everybody
BEHIND = 100  # packets, two per batch, that a receiver has not been sent: older datagrams are of no use to them
LOST = 4_000  # packets; who lets so many control frames wait does not read any more
BEHIND_S = 10.0  # then the connection is ended, as its reader may be gone and nobody has noticed

_DATAGRAMS = frozenset({FRAME_DATAGRAM, FRAME_PING, FRAME_PONG})
_KNOWN = _DATAGRAMS | {FRAME_CONTROL}
_HEAD = Struct(">BH")  # whom or who, how long


class Bucket:
    """``burst`` tokens at once, then ``per_second``."""

    __slots__ = ("_at", "_left", "_rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate, self._left, self._at = rate, rate.burst, now

    def take(self, tokens: float, now: float) -> bool:
        """Whether there were as many; if not, none is taken."""
        left = min(self._rate.burst, self._left + (now - self._at) * self._rate.per_second)
        self._at = now
        enough = left >= tokens
        self._left = left - tokens if enough else left
        return enough


@dataclass(frozen=True, slots=True)
class Frame:
    """Of a known kind and a bearable size, from a member to another, or to the server."""

    addressee: int
    is_control: bool
    data: bytes  # u8 tag, payload
    cost: float

    @property
    def payload(self) -> bytes:
        return self.data[1:]


def read(batch: object) -> list[Frame]:
    """The frames of a batch, at least one.

    Raises:
        ClientError: ``malformed``, as soon as one of them is.
    """
    if not isinstance(batch, bytes) or not 0 < len(batch) <= MAX_CONTROL_BYTES:
        raise ClientError("malformed", f"frames come as bytes, at most {MAX_CONTROL_BYTES}")
    frames: list[Frame] = []
    at = 0
    while at < len(batch):
        if len(frames) == MOST_FRAMES:
            raise ClientError("malformed", f"a batch has at most {MOST_FRAMES} frames")
        start = at + _HEAD.size
        if start > len(batch):
            raise ClientError("malformed", "a frame needs a head")
        addressee, length = _HEAD.unpack_from(batch, at)
        at = start + length
        if at > len(batch):
            raise ClientError("malformed", f"a frame of {length} bytes is cut off")
        frames.append(_frame(addressee, batch[start:at]))
    return frames


def _frame(addressee: int, data: bytes) -> Frame:
    if not data or data[0] & ~FRAME_DEAF not in _KNOWN:
        raise ClientError("malformed", f"there is no frame that begins with {data[:1]!r}")
    is_control = data[0] & ~FRAME_DEAF == FRAME_CONTROL
    if not is_control and len(data) > MAX_DATAGRAM_BYTES:
        raise ClientError("malformed", f"{len(data)} bytes are more than a datagram has")
    if addressee == RELAY_SERVER and not is_control:
        raise ClientError("malformed", "the server takes control frames only")
    return Frame(addressee, is_control, data, 1 + len(data) // UNIT)


def entry(sender: int, frame: bytes) -> bytes:
    """A part of a batch on its way out."""
    return _HEAD.pack(sender, len(frame)) + frame


class Relay:
    """The frames of one match: what may go from whom to whom, and how fast.

    Args:
        peers: All members.
        fps: Of the game.
        is_open: Whether frames of members are passed on; those for the server are taken anyway.
        now: Seconds of any clock that only goes forward, as everywhere here.

    Attributes:
        dropped: How many frames were not passed on, by (why, sender, addressee): datagrams that were ``too_fast``, or
            for somebody ``behind``, and all that were for somebody ``absent``.
    """

    def __init__(self, peers: Iterable[int], fps: float, is_open: bool, now: float) -> None:
        self.dropped: Counter[tuple[str, int, int]] = Counter()
        self._peers = frozenset(peers)
        self._is_open = is_open
        datagrams = Rate(MOST_AHEAD * fps, MOST_AHEAD * fps * BURST_S)
        others = self._peers | {RELAY_SERVER}
        self._control = {(a, b): Bucket(CONTROL, now) for a in self._peers for b in others}
        self._datagrams = {(a, b): Bucket(datagrams, now) for a in self._peers for b in self._peers}
        self._behind_since: dict[int, float] = {}

    def admit(self, sender: int, frame: Frame, now: float) -> bool:
        """Whether the frame may go to its addressee. False: it was too much, and dropped.

        Raises:
            ClientError: ``malformed``, or ``too_fast``: more control frames than anybody needs.
        """
        addressee = frame.addressee
        if addressee != RELAY_SERVER:
            self._check(sender, addressee)
        if frame.is_control:
            if not self._control[sender, addressee].take(frame.cost, now):
                raise ClientError("too_fast", f"more than {CONTROL.per_second:g} control frames a second")
            return True
        if self._datagrams[sender, addressee].take(frame.cost, now):
            return True
        self.dropped["too_fast", sender, addressee] += 1
        return False

    def deliver(self, sender: int, frame: Frame, waiting: int | None, now: float) -> bytes | None:
        """The entry for the addressee, who has ``waiting`` packets unsent (None: no connection). None: nothing.

        Raises:
            TooFarBehind: Their connection is of no use any more.
        """
        addressee = frame.addressee
        if waiting is None:
            self._behind_since.pop(addressee, None)
            self.dropped["absent", sender, addressee] += 1
            return None
        if waiting <= BEHIND:
            self._behind_since.pop(addressee, None)
        elif waiting > LOST or now - self._behind_since.setdefault(addressee, now) > BEHIND_S:
            raise TooFarBehind
        elif not frame.is_control:
            self.dropped["behind", sender, addressee] += 1
            return None
        return entry(sender, frame.data)

    def _check(self, sender: int, addressee: int) -> None:
        if addressee not in self._peers or addressee == sender:
            raise ClientError("malformed", f"there is no other peer {addressee} in this match")
        if not self._is_open:
            raise ClientError("not_now", "the server does not relay in this game")


class TooFarBehind(Exception):
    """A receiver does not read what it is sent."""
