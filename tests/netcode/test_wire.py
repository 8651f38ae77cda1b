"""Datagrams: their layout, what is saturated or refused, and that no bytes whatever do anything else."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interactive_gym.netcode.errors import WireError
from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.runs import MAX_INPUTS, decode_inputs, encode_inputs
from interactive_gym.netcode.wire import MAX_DIGEST_AGE, Batch, Datagram, decode, encode

from .strategies import INPUTS, damaged, datagrams, repeated

EMPTY = Datagram(
    epoch=0,
    turn=0,
    tick=1000,
    confirmed=1000,
    lag=0.0,
    send_ms=0,
    echo_ms=None,
    digest=None,
    inputs=(),
    acks=(),
)
TYPICAL = EMPTY._replace(
    epoch=3,
    turn=1,
    tick=1000,
    confirmed=996,
    lag=-1.5,
    send_ms=0x1234,
    echo_ms=0x5678,
    inputs=(Batch(0, 997, (Input(b"\x01", 3),) * 4),),
    acks=((1, 998),),
)
HEADER = bytes.fromhex("c6 03 01 000003e8 fe80 1234 5678 fc")
NEARLY = damaged(datagrams().map(encode)) | st.binary(max_size=60).map(lambda tail: HEADER + tail)

unhurried = settings(deadline=None)
often = settings(deadline=None, max_examples=500)


def test_a_typical_datagram_is_laid_out_as_written() -> None:
    batch = bytes.fromhex("00 fd 01") + bytes.fromhex("04 01 03")
    assert encode(TYPICAL) == HEADER + batch + bytes.fromhex("01 fe")
    assert len(encode(TYPICAL)) == 22


def test_optional_parts_are_laid_out_as_written() -> None:
    bot = Input(b"\x01\x02", 4, age=7)
    inputs = (Batch(0, 1000, (bot, bot)), Batch(9, 999, ()))
    datagram = EMPTY._replace(digest=(990, 0xDEADBEEF), inputs=inputs, acks=((1, 1001),))
    header = bytes.fromhex("c1 00 00 000003e8 0000 0000 0000 00")
    digest_and_counts = bytes.fromhex("0a deadbeef 02 01")
    batches = bytes.fromhex("00 00 01  82 02 0102 84 07") + bytes.fromhex("09 ff 00")
    assert encode(datagram) == header + digest_and_counts + batches + bytes.fromhex("01 01")


def test_far_frames_are_laid_out_as_written() -> None:
    header = bytes.fromhex("ce 03 01 000003e8 fe80 1234 5678 fffc")
    batch = bytes.fromhex("00 fffd 01") + bytes.fromhex("04 01 03")
    assert encode(TYPICAL._replace(acks=((1, 871),))) == header + batch + bytes.fromhex("01 ff7f")


@pytest.mark.parametrize("part", ["confirmed", "batch", "ack"])
@pytest.mark.parametrize(("frame", "is_far"), [(871, True), (872, False), (1127, False), (1128, True)])
def test_frames_take_two_bytes_each_once_one_is_128_away(part: str, frame: int, is_far: bool) -> None:
    changes = {"confirmed": frame, "batch": TYPICAL.inputs[0]._replace(first=frame), "ack": (1, frame)}
    names = {"batch": "inputs", "ack": "acks"}
    value = changes[part] if part == "confirmed" else (changes[part],)
    datagram = TYPICAL._replace(**{names.get(part, part): value})
    assert len(encode(datagram)) == 22 + 3 * is_far
    assert decode(encode(datagram)) == datagram


def test_an_echo_of_0_is_one() -> None:
    assert decode(encode(EMPTY._replace(echo_ms=0))).echo_ms == 0
    assert decode(encode(EMPTY)).echo_ms is None


@unhurried
@given(datagrams())
def test_what_is_sent_arrives(datagram: Datagram) -> None:
    assert decode(encode(datagram)) == datagram


@often
@given(NEARLY | st.binary(max_size=80))
@example(b"")
def test_any_bytes_are_the_encoding_of_a_datagram_or_refused(data: bytes) -> None:
    try:
        datagram = decode(data)
    except WireError:
        return
    assert encode(datagram) == data


@unhurried
@given(datagrams(), st.binary(min_size=1, max_size=3))
def test_what_is_cut_off_or_goes_on_is_refused(datagram: Datagram, more: bytes) -> None:
    data = encode(datagram)
    refused(data + more)
    for length in {0, 1, len(data) // 2, len(data) - 1}:
        refused(data[:length])


@pytest.mark.parametrize(("lag", "received"), [(1e9, 32767 / 256), (float("inf"), 32767 / 256), (-200.0, -128.0)])
def test_a_lag_is_saturated(lag: float, received: float) -> None:
    assert decode(encode(EMPTY._replace(lag=lag))).lag == received


@pytest.mark.parametrize(
    ("tick", "frame", "received"),
    [
        (0, 40_000, 32_767),
        (40_000, 40_000 - 32_767, 40_000 - 32_767),
        (40_000, 40_000 - 32_768, -1),
        (40_000, 3, -1),
        (40_000, -1, -1),
        (32_767, -1, -1),
        (32_766, -1, -1),
        (2**31 - 1, 2**31 - 1, 2**31 - 1),
    ],
)
def test_far_frames_are_saturated_to_lower_ones(tick: int, frame: int, received: int) -> None:
    datagram = decode(encode(EMPTY._replace(tick=tick, confirmed=frame, acks=((0, frame), (1, tick)))))
    assert datagram.confirmed == received
    assert datagram.acks == ((0, received), (1, tick))


@unhurried
@given(st.integers(0, 2**31 - 1), st.integers(-1, 2**31 - 1))
def test_no_frame_is_ever_acknowledged_that_was_not(tick: int, frame: int) -> None:
    datagram = decode(encode(EMPTY._replace(tick=tick, confirmed=frame, acks=((0, frame),))))
    assert -1 <= datagram.confirmed <= frame
    assert -1 <= datagram.acks[0][1] <= frame


@pytest.mark.parametrize(
    "wrong",
    [
        {"epoch": 256},
        {"turn": -1},
        {"tick": -1},
        {"tick": 2**31},
        {"confirmed": -2},
        {"confirmed": 2**31},
        {"lag": float("nan")},
        {"send_ms": 2**16},
        {"echo_ms": -1},
        {"digest": (1001, 0)},
        {"digest": (-1, 0)},
        {"digest": (1000, 2**32)},
        {"digest": (1000 - MAX_DIGEST_AGE - 1, 0)},
        {"inputs": (Batch(256, 0, ()),)},
        {"inputs": (Batch(0, -1, ()),)},
        {"inputs": (Batch(0, 1000 + 2**15, ()),)},
        {"tick": 40_000, "inputs": (Batch(0, 40_000 - 2**15 - 1, ()),)},
        {"inputs": (Batch(0, 1000, (Input(b""),) * 128),)},
        {"tick": 2**31 - 1, "inputs": (Batch(0, 2**31 - 1, (Input(b""),) * 2),)},
        {"inputs": (Batch(0, 1000, (Input(bytes(256)),)),)},
        {"inputs": (Batch(0, 1000, (Input(b"", 128),)),)},
        {"inputs": (Batch(0, 1000, (Input(b"", -1),)),)},
        {"inputs": (Batch(0, 1000, (Input(b"", 0, 256),)),)},
        {"inputs": (Batch(0, 1000, (Input(b"", 0, -1),)),)},
        {"inputs": (Batch(0, 1000, ()),) * 256},
        {"acks": ((256, 0),)},
        {"acks": ((0, -2),)},
    ],
    ids=str,
)
def test_values_out_of_range_are_not_sent(wrong: dict) -> None:
    with pytest.raises(ValueError):
        encode(EMPTY._replace(**wrong))


@pytest.mark.parametrize(
    ("problem", "start", "rest"),
    [
        ("begins with 176", "b0 00 00 000003e8 0000 0000 0000 00", "00 00"),
        ("begins with 208", "d0 00 00 000003e8 0000 0000 0000 00", "00 00"),
        ("echo", "c0 00 00 000003e8 0000 0000 0001 00", "00 00"),
        ("tick: 2147483648", "c0 00 00 80000000 0000 0000 0000 00", "00 00"),
        ("frame 2147483648 at", "c0 00 00 7fffffff 0000 0000 0000 01", "00 00"),
        ("frame -2 at", "c0 00 00 00000000 0000 0000 0000 fe", "00 00"),
        ("frame -32768 at", "c8 00 00 00000000 0000 0000 0000 8000", "00 00"),
        ("that are near", "c8 00 00 000003e8 0000 0000 0000 007f", "00 00"),
        ("that are near", "cc 00 00 000003e8 0000 0000 0000 ff80", "00 0000 00 00 ffff"),
        ("digest of frame -1", "c1 00 00 00000001 0000 0000 0000 00", "02 00000000 00 00"),
        ("one batch and one ack", "c0 00 00 000003e8 0000 0000 0000 00", "01 01 00 00 00 00 00"),
        ("1 inputs from frame -1", "c0 00 00 00000000 0000 0000 0000 00", "01 00 00 ff 01 01 00 00"),
        ("2 inputs from frame 21", "c0 00 00 7fffffff 0000 0000 0000 00", "01 00 00 00 01 02 00 00"),
        ("128 inputs from", "c0 00 00 000003e8 0000 0000 0000 00", "01 00 00 00 02 7f 00 00 01 00 01"),
    ],
)
def test_what_is_no_datagram_is_refused(problem: str, start: str, rest: str) -> None:
    refused(bytes.fromhex(start + rest), problem)


@pytest.mark.parametrize(
    ("problem", "runs"),
    [
        ("empty", "00 00 00"),
        ("empty", "80 00 00"),
        ("continues", "01 00 00  01 00 00"),
        ("continues", "7f 00 00  01 00 00  01 00 00"),
        ("size", "81 01 00 00"),
        ("age", "01 00 80 00"),
        ("cut off", "01 00"),
        ("cut off", "81"),
        ("cut off", "81 02 00 00"),
        ("cut off", "01 00 80"),
    ],
)
def test_other_encodings_of_inputs_are_refused(problem: str, runs: str) -> None:
    with pytest.raises(WireError, match=problem):
        decode_inputs(bytes.fromhex(runs))


def refused(data: bytes, problem: str = "bytes") -> None:
    with pytest.raises(WireError, match=problem):
        decode(data)


@unhurried
@given(repeated(INPUTS, 2000))
def test_inputs_alone_arrive(inputs: tuple[Input, ...]) -> None:
    assert decode_inputs(encode_inputs(inputs)) == inputs


@often
@given(damaged(repeated(INPUTS, 600).map(encode_inputs)) | st.binary(max_size=20))
def test_any_bytes_are_the_encoding_of_inputs_or_refused(data: bytes) -> None:
    try:
        inputs = decode_inputs(data)
    except WireError:
        return
    assert encode_inputs(inputs) == data


def test_equal_inputs_take_three_bytes_for_127_of_them() -> None:
    assert encode_inputs([Input(b"\x05", 1)] * 300) == bytes.fromhex("7f0501 7f0501 2e0501")
    assert encode_inputs([Input(b"", 1)] * 128) == bytes.fromhex("ff0001 810001")


def test_the_number_of_inputs_is_limited_on_both_sides() -> None:
    most = encode_inputs([Input(b"")] * MAX_INPUTS)
    assert len(decode_inputs(most)) == MAX_INPUTS
    with pytest.raises(ValueError, match="at most"):
        encode_inputs([Input(b"")] * (MAX_INPUTS + 1))
    with pytest.raises(WireError, match="more than"):
        decode_inputs(most + bytes.fromhex("01 00 01"))
