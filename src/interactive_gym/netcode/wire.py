"""The datagram: what a peer tells another one in every tick. Lost, late, doubled and foreign ones do no harm.

    u8  kind            KIND, and the flags below
    u8  epoch           u8 turn
    u32 tick            below 2**31
    i16 lag*256         u16 send_ms   u16 echo_ms (0 without _HAS_ECHO)
    i8  confirmed-tick
    _HAS_DIGEST:        u8 tick-frame, u32 digest
    unless _IS_PAIR:    u8 number of batches, u8 number of acks; with it, there is one of each
    per batch:          u8 player   i8 first-tick   u8 number of runs, and the runs (module runs)
    per ack:            u8 player   i8 ack-tick

Numbers are big-endian. Every datagram has one encoding only. All i8 are i16 with _IS_FAR, which is set if any of them
needs it: peers who play together are near each other, but not one who catches up. There the least i16 stands for "-1,
or not worth telling" where confirmed and acks lie too far back: what is older than nine minutes is of no use to
anybody, and too low a value does no harm, as a sender then merely repeats itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from struct import error as StructError
from typing import NamedTuple

from interactive_gym.netcode.errors import WireError
from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.runs import LONGEST, encode_runs, read_run

KIND = 0xC0
"""The high four bits of the first byte; another layout needs another value."""

MAX_FRAME = 2**31 - 1
MAX_BATCH = LONGEST  # so that no run continues another
MAX_DIGEST_AGE = 255
FARTHEST = 2**15 - 1
"""Frames from the tick to the first of a batch, in either direction."""

_HAS_DIGEST, _HAS_ECHO, _IS_PAIR, _IS_FAR = 1, 2, 4, 8
_FLAGS = 15
_LEAST, _MOST = -FARTHEST - 1, FARTHEST

_DIGEST = Struct(">BI")
_COUNTS = Struct(">BB")


class _Layout(NamedTuple):
    header: Struct
    batch: Struct
    ack: Struct


_NEAR = _Layout(Struct(">BBBIhHHb"), Struct(">BbB"), Struct(">Bb"))
_FAR = _Layout(Struct(">BBBIhHHh"), Struct(">BhB"), Struct(">Bh"))


class Batch(NamedTuple):
    """Inputs of ``player`` for the frames ``first``, ``first + 1``, ...; at most :data:`MAX_BATCH`."""

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
        digest: A frame not after ``tick`` and at most :data:`MAX_DIGEST_AGE` before it, and what identifies the state
            before that frame.
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
    is_far = _is_far(datagram)
    layout = _FAR if is_far else _NEAR
    kind = KIND | (digest is not None) | (echo_ms is not None) << 1 | is_pair << 2 | is_far << 3
    # In this order of arguments NaN gets through to round(), which raises ValueError.
    wire_lag = round(max(min(lag * 256, _MOST), _LEAST))
    behind = _relative(confirmed, tick)
    parts = [layout.header.pack(kind, epoch, turn, tick, wire_lag, send_ms, echo_ms or 0, behind)]
    if digest is not None:
        parts.append(_DIGEST.pack(tick - _frame(digest[0]), digest[1]))
    if not is_pair:
        parts.append(_COUNTS.pack(len(batches), len(acks)))
    for batch in batches:
        parts += _batch_parts(batch, tick, layout.batch)
    for player, frame in acks:
        parts.append(layout.ack.pack(player, _relative(frame, tick)))
    return parts


def _is_far(datagram: Datagram) -> bool:
    frames = [datagram.confirmed]
    frames += [batch.first for batch in datagram.inputs]
    frames += [frame for _, frame in datagram.acks]
    return min(frames) < datagram.tick - 2**7 or max(frames) >= datagram.tick + 2**7


def _batch_parts(batch: Batch, tick: int, head: Struct) -> list[bytes]:
    player, first, inputs = batch
    if first < 0 or len(inputs) > MAX_BATCH or first + len(inputs) > MAX_FRAME + 1:
        raise ValueError(f"{len(inputs)} inputs from frame {first} on cannot be sent at once")
    runs = encode_runs(inputs)
    runs.insert(0, head.pack(player, first - tick, len(runs)))
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
    layout = _FAR if data[0] & _IS_FAR else _NEAR
    kind, epoch, turn, tick, lag, send_ms, echo, behind = layout.header.unpack_from(data)
    if kind & ~_FLAGS != KIND:
        raise WireError(f"not a datagram of ours: it begins with {kind}")
    if tick > MAX_FRAME:
        raise WireError(f"tick: {tick}")
    offset = layout.header.size
    digest, offset = _read_digest(data, offset, tick) if kind & _HAS_DIGEST else (None, offset)
    batches, count, offset = _read_counts(data, kind, offset)
    inputs = []
    for _ in range(batches):
        batch, offset = _read_batch(data, offset, tick, layout.batch)
        inputs.append(batch)
    acks = _read_acks(data, offset, count, tick, layout.ack)
    echo_ms = _read_echo(kind, echo)
    confirmed = _absolute(behind, tick)
    datagram = Datagram(epoch, turn, tick, confirmed, lag / 256, send_ms, echo_ms, digest, tuple(inputs), acks)
    if layout is _FAR and not _is_far(datagram):
        raise WireError("16 bits for frames that are near")
    return datagram


def _read_echo(kind: int, echo: int) -> int | None:
    if kind & _HAS_ECHO:
        return echo
    if echo:
        raise WireError("an echo that is said not to be there")
    return None


def _read_digest(data: bytes, offset: int, tick: int) -> tuple[tuple[int, int], int]:
    age, digest = _DIGEST.unpack_from(data, offset)
    if age > tick:
        raise WireError(f"a digest of frame {tick - age}")
    return (tick - age, digest), offset + _DIGEST.size


def _read_counts(data: bytes, kind: int, offset: int) -> tuple[int, int, int]:
    if kind & _IS_PAIR:
        return 1, 1, offset
    batches, acks = _COUNTS.unpack_from(data, offset)
    if batches == 1 == acks:
        raise WireError("one batch and one ack, and yet they are counted")
    return batches, acks, offset + _COUNTS.size


def _read_batch(data: bytes, offset: int, tick: int, head: Struct) -> tuple[Batch, int]:
    player, relative, runs = head.unpack_from(data, offset)
    offset += head.size
    inputs: list[Input] = []
    previous = None
    for _ in range(runs):
        count, previous, offset = read_run(data, offset, previous)
        inputs += [previous] * count
    first = tick + relative
    if first < 0 or len(inputs) > MAX_BATCH or first + len(inputs) > MAX_FRAME + 1:
        raise WireError(f"{len(inputs)} inputs from frame {first} on")
    return Batch(player, first, tuple(inputs)), offset


def _read_acks(data: bytes, offset: int, count: int, tick: int, ack: Struct) -> tuple[tuple[int, int], ...]:
    expected = offset + count * ack.size
    if len(data) != expected:
        raise WireError(f"{len(data)} bytes instead of {expected}")
    return tuple([(player, _absolute(relative, tick)) for player, relative in ack.iter_unpack(data[offset:])])


def _absolute(relative: int, tick: int) -> int:
    frame = tick + relative
    if relative == _LEAST:
        frame = min(frame, -1)
    if not -1 <= frame <= MAX_FRAME:
        raise WireError(f"frame {frame} at tick {tick}")
    return frame
