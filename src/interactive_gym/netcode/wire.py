"""The datagram: what a peer tells another one in every tick. Lost, late, doubled and foreign ones do no harm.

    u8  kind            KIND, and the flags below
    u8  epoch           u8 turn
    u32 tick            below 2**31
    i16 confirmed-tick  i16 lag*256   u16 send_ms   u16 echo_ms (0 without _HAS_ECHO)
    _HAS_DIGEST:        u16 tick-frame, u32 digest
    unless _IS_PAIR:    u8 number of batches, u8 number of acks; with it, there is one of each
    per batch:          u8 player   i16 first-tick   u8 number of runs, and the runs (module runs)
    per ack:            u8 player   i16 ack-tick

Numbers are big-endian. Every datagram has one encoding only. The least i16 stands for "-1, or not worth telling" where
confirmed and acks lie too far back: what is older than nine minutes is of no use to anybody, and too low a value does
no harm, as a sender then merely repeats itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

from interactive_gym.netcode.errors import WireError
from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.runs import encode_runs, read_run

KIND = 0xA0
"""The high five bits of the first byte; another layout needs another value."""

MAX_FRAME = 2**31 - 1
MAX_BATCH = 255

_HAS_DIGEST, _HAS_ECHO, _IS_PAIR = 1, 2, 4
_FLAGS = 7
_LEAST, _MOST = -(2**15), 2**15 - 1

_HEADER = Struct(">BBBIhhHH")
_DIGEST = Struct(">HI")
_COUNTS = Struct(">BB")
_BATCH = Struct(">BhB")
_ACK = Struct(">Bh")


class Batch(NamedTuple):
    """Inputs of ``player`` for the frames ``first``, ``first + 1``, ...; at most 255."""

    player: int
    first: int
    inputs: Sequence[Input]


class Datagram(NamedTuple):
    """What one peer says to one other.

    Attributes:
        epoch: Which episode or restart it is about, modulo 256; in another one it means nothing.
        turn: How often the sender was cut in this epoch: what an earlier life of its sent is told apart by it.
        tick: The sender's frame.
        confirmed: The newest frame for which the sender knows all present players' inputs, -1 if there is none.
        lag: By how many frames the sender runs ahead of the receiver, as it looks from there.
        send_ms: When it was sent, on the sender's clock, modulo 2**16.
        echo_ms: The ``send_ms`` of the last datagram that came from the receiver, plus the time since then, modulo
            2**16; None if there was none. What the receiver's clock shows more on arrival was spent on the way.
        digest: A frame, and what identifies the state before it.
        inputs: What the receiver has not yet acknowledged.
        acks: Per player that the receiver carries, the last frame up to which its inputs are here; -1 for none.
    """

    epoch: int
    turn: int
    tick: int
    confirmed: int
    lag: float
    send_ms: int
    echo_ms: int | None
    digest: tuple[int, int] | None
    inputs: tuple[Batch, ...]
    acks: tuple[tuple[int, int], ...]


def encode(datagram: Datagram) -> bytes:
    """The bytes of it. ``lag``, ``confirmed`` and ``acks`` are saturated, the last two towards lower frames.

    Raises:
        ValueError: Another value is out of its range.
    """
    try:
        return b"".join(_parts(datagram))
    except StructError as error:
        raise ValueError(f"out of range in {datagram}: {error}") from error


def _parts(datagram: Datagram) -> list[bytes]:
    epoch, turn, tick, confirmed, lag, send_ms, echo_ms, digest, batches, acks = datagram
    if not 0 <= tick <= MAX_FRAME:
        raise ValueError(f"tick: 0 to 2**31 - 1, not {tick}")
    is_pair = len(batches) == 1 == len(acks)
    kind = KIND | (digest is not None) | (echo_ms is not None) << 1 | is_pair << 2
    # In this order of arguments NaN gets through to round(), which raises ValueError.
    wire_lag = round(max(min(lag * 256, _MOST), _LEAST))
    behind = _relative(confirmed, tick)
    parts = [_HEADER.pack(kind, epoch, turn, tick, behind, wire_lag, send_ms, echo_ms or 0)]
    if digest is not None:
        parts.append(_DIGEST.pack(tick - _frame(digest[0]), digest[1]))
    if not is_pair:
        parts.append(_COUNTS.pack(len(batches), len(acks)))
    for batch in batches:
        parts += _batch_parts(batch, tick)
    for player, frame in acks:
        parts.append(_ACK.pack(player, _relative(frame, tick)))
    return parts


def _batch_parts(batch: Batch, tick: int) -> list[bytes]:
    player, first, inputs = batch
    if first < 0 or len(inputs) > MAX_BATCH or first + len(inputs) > MAX_FRAME + 1:
        raise ValueError(f"{len(inputs)} inputs from frame {first} on cannot be sent at once")
    runs = encode_runs(inputs)
    runs.insert(0, _BATCH.pack(player, first - tick, len(runs)))
    return runs


def _relative(frame: int, tick: int) -> int:
    if not -1 <= frame <= MAX_FRAME:
        raise ValueError(f"not a frame: {frame}")
    relative = frame - tick
    return relative if _LEAST < relative <= _MOST else _LEAST if relative < 0 else _MOST


def _frame(frame: int) -> int:
    if not 0 <= frame <= MAX_FRAME:
        raise ValueError(f"not the frame of a state: {frame}")
    return frame


def decode(data: bytes) -> Datagram:
    """What :func:`encode` made ``data`` of.

    Raises:
        WireError: Nothing else made it.
    """
    try:
        return _decode(data)
    except (StructError, IndexError):
        raise WireError(f"a datagram that is cut off after {len(data)} bytes") from None


def _decode(data: bytes) -> Datagram:
    kind, epoch, turn, tick, behind, lag, send_ms, echo = _HEADER.unpack_from(data)
    if kind & ~_FLAGS != KIND:
        raise WireError(f"not a datagram of ours: it begins with {kind}")
    if tick > MAX_FRAME:
        raise WireError(f"tick: {tick}")
    digest, offset = _read_digest(data, tick) if kind & _HAS_DIGEST else (None, _HEADER.size)
    batches, acks, offset = _read_counts(data, kind, offset)
    inputs = []
    for _ in range(batches):
        batch, offset = _read_batch(data, offset, tick)
        inputs.append(batch)
    if len(data) != offset + acks * _ACK.size:
        raise WireError(f"{len(data)} bytes instead of {offset + acks * _ACK.size}")
    acknowledged = tuple([(player, _absolute(ack, tick)) for player, ack in _ACK.iter_unpack(data[offset:])])
    echo_ms = _read_echo(kind, echo)
    confirmed = _absolute(behind, tick)
    return Datagram(epoch, turn, tick, confirmed, lag / 256, send_ms, echo_ms, digest, tuple(inputs), acknowledged)


def _read_echo(kind: int, echo: int) -> int | None:
    if kind & _HAS_ECHO:
        return echo
    if echo:
        raise WireError("an echo that is said not to be there")
    return None


def _read_digest(data: bytes, tick: int) -> tuple[tuple[int, int], int]:
    age, digest = _DIGEST.unpack_from(data, _HEADER.size)
    if age > tick:
        raise WireError(f"a digest of frame {tick - age}")
    return (tick - age, digest), _HEADER.size + _DIGEST.size


def _read_counts(data: bytes, kind: int, offset: int) -> tuple[int, int, int]:
    if kind & _IS_PAIR:
        return 1, 1, offset
    batches, acks = _COUNTS.unpack_from(data, offset)
    if batches == 1 == acks:
        raise WireError("one batch and one ack, and yet they are counted")
    return batches, acks, offset + _COUNTS.size


def _read_batch(data: bytes, offset: int, tick: int) -> tuple[Batch, int]:
    player, relative, runs = _BATCH.unpack_from(data, offset)
    offset += _BATCH.size
    inputs: list[Input] = []
    previous = None
    for _ in range(runs):
        count, previous, offset = read_run(data, offset, previous)
        inputs += [previous] * count
    first = tick + relative
    if first < 0 or len(inputs) > MAX_BATCH or first + len(inputs) > MAX_FRAME + 1:
        raise WireError(f"{len(inputs)} inputs from frame {first} on")
    return Batch(player, first, tuple(inputs)), offset


def _absolute(relative: int, tick: int) -> int:
    frame = tick + relative
    if relative == _LEAST:
        frame = min(frame, -1)
    if not -1 <= frame <= MAX_FRAME:
        raise WireError(f"frame {frame} at tick {tick}")
    return frame
