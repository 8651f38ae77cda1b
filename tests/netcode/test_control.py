"""The control channel: what it sends and when, what it delivers, and whom it believes."""

import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactive_gym.netcode.control import MAX_EARLY, WINDOW, ControlChannel
from interactive_gym.netcode.errors import LinkError, WireError
from interactive_gym.netcode.messages import ClockAsk, Flush, Goodbye, Hello, Message, Span, Vote, encode_message
from interactive_gym.netcode.requests import Input

from .strategies import damaged

HEADER_SIZE = 13

unhurried = settings(deadline=None, max_examples=300)


def vote(number: int) -> Vote:
    return Vote(0, number, True)


def acquainted(boot: int = 1, peer_boot: int = 1) -> tuple[ControlChannel, ControlChannel]:
    """Two ends that know each other and have nothing on their way."""
    one, other = ControlChannel(boot), ControlChannel(peer_boot)
    one.send(Goodbye(0))
    settle(one, other, 0.0)
    return one, other


def settle(one: ControlChannel, other: ControlChannel, now: float) -> dict[ControlChannel, list[Message]]:
    """Carry everything at once, both ways, until nobody has more to say; what each got."""
    got: dict[ControlChannel, list[Message]] = {one: [], other: []}
    ends = [(one, other), (other, one)]
    while carried := [(to, data) for sender, to in ends for data in sender.to_send(now, None)]:
        for to, data in carried:
            got[to] += to.receive(data, now)
    return got


def test_both_ends_get_each_others_messages_in_order() -> None:
    one, other = ControlChannel(5), ControlChannel(9)
    sent = [Hello(1, {}, False), vote(1), Goodbye(0)]
    for message in sent:
        one.send(message)
        other.send(message)
    got = settle(one, other, 0.0)
    assert got == {one: sent, other: sent}
    assert (one.is_idle, other.is_idle) == (True, True)
    assert (one.peer_boot, other.peer_boot) == (9, 5)
    assert (one.restarts, other.restarts) == (0, 0)


def test_messages_wait_until_it_is_known_for_which_process_they_are() -> None:
    one, other = ControlChannel(1), ControlChannel(1)
    one.send(vote(1))
    (question,) = one.to_send(0.0, None)
    assert len(question) == HEADER_SIZE
    assert other.receive(question, 0.0) == []
    (answer,) = other.to_send(0.0, None)
    assert one.receive(answer, 0.0) == []
    (envelope,) = one.to_send(0.0, None)
    assert other.receive(envelope, 0.0) == [vote(1)]


def test_who_is_silent_sends_nothing() -> None:
    channel = ControlChannel(1)
    assert channel.to_send(0.0, None) == []
    assert channel.next_deadline() == math.inf


def test_a_bare_ack_is_sent_once_and_only_if_no_message_carries_it() -> None:
    one, other = acquainted()
    one.send(vote(1))
    (envelope,) = one.to_send(0.0, None)
    other.receive(envelope, 0.0)
    assert other.next_deadline() == -math.inf
    assert [len(data) for data in other.to_send(0.0, None)] == [HEADER_SIZE]
    assert other.to_send(0.0, None) == []

    other.receive(envelope, 0.0)  # our ack may have been lost: it is owed again
    other.send(vote(2))
    (answer,) = other.to_send(0.0, None)
    assert one.receive(answer, 0.0) == [vote(2)]
    assert one.is_idle


@pytest.mark.parametrize(
    ("rtt", "times"),
    [
        (None, [0, 0.25, 0.75, 1.75, 3.75, 5.75]),
        (0.1, [0, 0.25, 0.75, 1.75, 3.75, 5.75]),
        (0.5, [0, 1, 3, 5, 7, 9]),
        (1.5, [0, 3, 6, 9, 12, 15]),
    ],
)
@pytest.mark.parametrize("is_known", [False, True])
def test_what_is_not_answered_is_sent_again_ever_less_often(
    rtt: float | None, times: list[float], is_known: bool
) -> None:
    channel = acquainted()[0] if is_known else ControlChannel(1)
    channel.send(vote(1))
    now = 0.0
    observed = []
    while len(observed) < len(times):
        is_due = channel.next_deadline() <= now
        envelopes = channel.to_send(now, rtt)
        assert len(envelopes) == is_due
        observed += [now] * is_due
        now += 1 / 64
    assert observed == times


def test_a_peer_that_is_heard_again_need_not_be_waited_for() -> None:
    one, other = acquainted()
    one.send(vote(1))
    for lost in (0, 0.25, 0.75, 1.75):
        assert len(one.to_send(lost, None)) == 1
    assert one.next_deadline() == 3.75
    other.send(vote(2))
    for data in other.to_send(2.0, None):
        one.receive(data, 2.0)
    one.to_send(2.0, None)
    assert one.next_deadline() == 2.25


def test_order_is_restored_and_doubles_are_dropped() -> None:
    one, other = acquainted()
    for number in range(4):
        one.send(vote(number))
    envelopes = one.to_send(0.0, None)
    assert other.receive(envelopes[2], 0.0) == []
    assert other.receive(envelopes[2], 0.0) == []
    assert other.receive(envelopes[0], 0.0) == [vote(0)]
    assert other.receive(envelopes[0], 0.0) == []
    assert other.receive(envelopes[1], 0.0) == [vote(1), vote(2)]
    assert other.receive(envelopes[3], 0.0) == [vote(3)]


def test_numbers_begin_again_after_65535() -> None:
    one, other = acquainted()
    one.send(Goodbye(0))
    (doubled,) = one.to_send(0.0, None)
    assert other.receive(doubled, 0.0) == [Goodbye(0)]
    assert other.receive(doubled, 0.0) == []  # and so it is not when its number comes again
    settle(one, other, 0.0)
    count = 0
    while count < 2**16 + 2 * WINDOW:
        batch = [vote(count + position) for position in range(WINDOW)]
        for message in batch:
            one.send(message)
        envelopes = one.to_send(0.0, None)
        early = [message for data in reversed(envelopes[1:]) for message in other.receive(data, 0.0)]
        assert early == []
        assert other.receive(envelopes[0], 0.0) == batch
        settle(one, other, 0.0)
        assert one.is_idle
        count += WINDOW


def test_more_than_a_thousand_unacknowledged_messages_are_an_error() -> None:
    one, other = acquainted()
    for number in range(WINDOW):
        one.send(vote(number))
    with pytest.raises(LinkError):
        one.send(vote(WINDOW))
    assert settle(one, other, 0.0)[other] == [vote(number) for number in range(WINDOW)]
    one.send(vote(WINDOW))
    assert settle(one, other, 0.0)[other] == [vote(WINDOW)]


def test_only_a_thousand_numbers_are_awaited() -> None:
    _, other = acquainted()
    numbered = [struct.pack(">BIIHH", 0xB0, 1, 1, 1 + number, 0) for number in range(WINDOW + 1)]
    envelopes = [header + encode_message(vote(number)) for number, header in enumerate(numbered)]
    for data in envelopes[1:]:
        assert other.receive(data, 0.0) == []
    assert other.receive(envelopes[0], 0.0) == [vote(number) for number in range(WINDOW)]
    assert other.receive(envelopes[-1], 0.0) == [vote(WINDOW)]


def test_what_is_too_much_to_keep_is_dropped_and_comes_again() -> None:
    one, other = acquainted()
    big = Flush(0, (), (Span(0, 0, (Input(b"", 1), Input(b"")) * 30_000),), (), 0)
    count = MAX_EARLY // len(encode_message(big)) + 2
    for _ in range(count):
        one.send(big)
    first, *others = one.to_send(0.0, None)
    for data in others:
        assert other.receive(data, 0.0) == []
    assert len(other.receive(first, 0.0)) == count - 1
    for data in other.to_send(0.0, None):
        one.receive(data, 0.0)
    assert settle(one, other, 0.25)[other] == [big]
    assert one.is_idle


def test_a_new_process_is_noticed_before_its_first_message() -> None:
    one, other = acquainted(boot=1, peer_boot=1)
    one.send(vote(1))  # for the process that is no more
    later = ControlChannel(2)
    later.send(vote(2))
    (question,) = later.to_send(1.0, None)
    assert one.receive(question, 1.0) == []
    assert (one.restarts, one.peer_boot, one.is_idle) == (1, 2, True)
    one.send(vote(3))
    assert settle(one, later, 1.0) == {one: [vote(2)], later: [vote(3)]}
    assert other.restarts == later.restarts == 0


def test_nothing_of_an_earlier_process_counts() -> None:
    one, other = acquainted()
    other.send(vote(1))
    (late,) = other.to_send(0.0, None)
    later = ControlChannel(2)
    later.send(vote(2))
    assert settle(one, later, 1.0)[one] == [vote(2)]
    assert one.receive(late, 1.0) == []
    assert (one.restarts, one.peer_boot, one.to_send(1.0, None)) == (1, 2, [])


def test_nothing_for_an_earlier_process_counts_but_it_is_answered() -> None:
    one, _ = acquainted()
    one.send(vote(1))
    (late,) = one.to_send(0.0, None)
    later = ControlChannel(2)
    assert later.receive(late, 1.0) == []
    (answer,) = later.to_send(1.0, None)
    one.receive(answer, 1.0)
    assert (one.restarts, one.peer_boot) == (1, 2)


def test_an_old_process_does_not_answer_for_its_successor() -> None:
    one, old = acquainted()
    later = ControlChannel(2)
    later.send(vote(1))
    settle(one, later, 1.0)
    one.send(vote(2))
    (envelope,) = one.to_send(1.0, None)
    assert old.receive(envelope, 1.0) == []
    assert old.to_send(1.0, None) == []


def test_two_new_processes_that_take_each_other_for_the_old_ones_meet() -> None:
    one, other = acquainted()
    one.send(vote(0))
    other.send(vote(0))
    (of_one,), (of_other,) = one.to_send(0.0, None), other.to_send(0.0, None)
    later, latest = ControlChannel(2), ControlChannel(2)
    later.receive(of_other, 1.0)
    latest.receive(of_one, 1.0)
    assert (later.peer_boot, latest.peer_boot) == (1, 1)
    later.send(vote(1))
    settle(later, latest, 1.0)
    assert (later.peer_boot, latest.peer_boot) == (2, 2)
    later.send(vote(2))
    assert settle(later, latest, 1.0)[latest][-1] == vote(2)


@pytest.mark.parametrize(
    ("problem", "data"),
    [
        ("cut off after 0", b""),
        ("cut off after 12", bytes.fromhex("b0 00000001 00000001 0000 00")),
        ("not an envelope", bytes.fromhex("a0 00000001 00000001 0000 0000")),
        ("not an envelope", bytes.fromhex("b0 00000000 00000001 0000 0000")),
        ("not an envelope", bytes.fromhex("b0 00000001 00000001 0001 0000")),
        ("not an envelope", bytes.fromhex("b0 00000001 00000000 0000 0001")),
        ("not an envelope", bytes.fromhex("b0 00000001 00000000 0000 0000") + b'["Goodbye",0]'),
        ("not a message", bytes.fromhex("b0 00000001 00000001 0000 0000") + b'["Goodbye"]'),
        ("acknowledges 2 messages of 1", bytes.fromhex("b0 00000001 00000001 0000 0003") + b'["Goodbye",0]'),
        ("acknowledges 1 messages of 0", bytes.fromhex("b0 00000002 00000001 0000 0001") + b'["Goodbye",0]'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_envelope_is_refused_and_changes_nothing(problem: str, data: bytes) -> None:
    one, other = acquainted()  # one has sent one message already
    one.send(vote(1))
    (envelope,) = one.to_send(0.0, None)
    with pytest.raises(WireError, match=problem):
        one.receive(data, 0.0)
    assert (one.peer_boot, one.restarts, one.is_idle, one.to_send(0.0, None)) == (1, 0, False, [])
    assert other.receive(envelope, 0.0) == [vote(1)]
    settle(one, other, 0.0)
    assert one.is_idle


def test_what_was_queued_but_never_sent_cannot_be_acknowledged() -> None:
    one, _ = acquainted()
    one.send(vote(1))
    one.to_send(0.0, None)
    one.send(vote(2))
    one.receive(bytes.fromhex("b0 00000001 00000001 0000 0002"), 0.0)
    with pytest.raises(WireError, match="acknowledges 1 messages of 0"):
        one.receive(bytes.fromhex("b0 00000001 00000001 0000 0003"), 0.0)


@pytest.mark.parametrize("boot", [0, -1, 2**32])
def test_a_boot_is_a_positive_number_of_32_bits(boot: int) -> None:
    with pytest.raises(ValueError, match="boot"):
        ControlChannel(boot)


ENVELOPES = st.builds(
    lambda numbers, body: struct.pack(">BIIHH", 0xB0, *numbers) + body,
    st.tuples(st.integers(1, 2), st.integers(0, 2), st.integers(0, 3), st.integers(0, 3)),
    st.sampled_from([b"", b'["Goodbye",0]', b'["ClockAsk",1.5]']),
)


@unhurried
@given(st.lists(ENVELOPES | damaged(ENVELOPES) | st.binary(max_size=20), max_size=8))
def test_any_bytes_are_received_or_refused(received: list[bytes]) -> None:
    channel, _ = acquainted()
    for data in received:
        try:
            messages = channel.receive(data, 0.0)
        except WireError:
            continue
        assert all(isinstance(message, Goodbye | ClockAsk) for message in messages)
        channel.to_send(0.0, None)
    channel.send(vote(1))
    assert channel.next_deadline() == -math.inf
