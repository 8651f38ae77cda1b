"""Control messages: they arrive as they were sent, and nothing else is one."""

import json
from dataclasses import fields
from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interactive_gym.netcode.errors import WireError
from interactive_gym.netcode.messages import (
    MAX_MESSAGE,
    ClockAsk,
    EpisodeEnd,
    Flush,
    Hello,
    Message,
    Settle,
    Span,
    Vote,
    Wish,
    decode_message,
    encode_message,
)
from interactive_gym.netcode.requests import Input

from .strategies import MESSAGES, damaged, of_class

KINDS = get_args(Message)
TOO_MUCH = ("2147483648", "9007199254740992")
IN_NO_FIELD = ["null", "-2", *TOO_MUCH, "1e999", "[[null]]", '{"a":1}', '"\\ud800"', '"' + "x" * 2001 + '"']

unhurried = settings(deadline=None)
often = settings(deadline=None, max_examples=500)


@unhurried
@given(MESSAGES)
def test_what_is_sent_arrives(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_arrives(kind: type) -> None:
    @settings(deadline=None, max_examples=10)
    @given(of_class(kind))
    def arrives(message: Message) -> None:
        assert decode_message(encode_message(message)) == message

    arrives()


def test_a_message_is_laid_out_as_written() -> None:
    assert encode_message(Vote(3, 17, True)) == b'["Vote",3,17,true]'
    assert encode_message(EpisodeEnd(0, -1, b"\x01\xff", "over")) == b'["EpisodeEnd",0,-1,"01ff","over"]'
    assert encode_message(Hello(1, {"game": "Küche"}, False)) == '["Hello",1,{"game":"Küche"},false]'.encode()


def test_inputs_are_runs_in_base64() -> None:
    span = Span(2, 60, (Input(b"\x05", 1),) * 3)
    flush = Flush(0, (0, 1), (span,), (Settle(0, 4, 50, "present", 1),), 4)
    assert encode_message(flush) == b'["Flush",0,[0,1],[[2,60,"AwUB"]],[[0,4,50,"present",1]],4]'


def test_a_whole_number_is_a_time_too() -> None:
    assert decode_message(encode_message(ClockAsk(12))) == ClockAsk(12.0)


@often
@given(damaged(MESSAGES.map(encode_message)) | st.binary(max_size=40))
@example(b"")
def test_any_bytes_are_a_message_or_refused(data: bytes) -> None:
    try:
        message = decode_message(data)
    except WireError:
        return
    assert decode_message(encode_message(message)) == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@often
@given(st.sampled_from(KINDS), st.data())
def test_any_fields_are_those_of_a_message_or_refused(kind: type, data: st.DataObject) -> None:
    count = len(fields(kind))
    body = [kind.__name__, *data.draw(st.lists(JSON, min_size=count, max_size=count))]
    try:
        message = decode_message(json.dumps(body).encode())
    except WireError:
        return
    assert json.loads(encode_message(message)) == body


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_field_of_each_kind_is_checked(kind: type) -> None:
    @settings(deadline=None, max_examples=3)
    @given(of_class(kind))
    def is_checked(message: Message) -> None:
        body = [json.dumps(part) for part in json.loads(encode_message(message))]
        for position, field in enumerate(fields(kind), 1):
            for wrong in IN_NO_FIELD:
                if (kind, field.name, wrong) == (Wish, "number", TOO_MUCH[0]):
                    continue  # only this field has room for it
                changed = [*body[:position], wrong, *body[position + 1 :]]
                refused(f"[{','.join(changed)}]".encode(), f"{kind.__name__}.{field.name}: ")
        refused(f"[{','.join(body[:-1])}]".encode(), "fields of a")
        refused(f"[{','.join([*body, '0'])}]".encode(), "fields of a")

    is_checked()


@pytest.mark.parametrize(
    ("problem", "data"),
    [
        ("Expecting value", b""),
        ("codec can't decode", b"\xff"),
        ("Extra data", b'["ClockAsk",1.0]1'),
        ("begin with the name", b"null"),
        ("begin with the name", b"[]"),
        ("begin with the name", b"[[]]"),
        ("begin with the name", b'["Span",0,0,""]'),
        ("begin with the name", b'["encode_message"]'),
        ("recursion", b"[" * 200_000),
        ("recursion", b'["ClockAsk",' + b'{"":' * 50_000),
        ("NaN", b'["ClockAsk",NaN]'),
        ("Infinity", b'["ClockAsk",-Infinity]'),
        ("finite", b'["ClockAsk",1e400]'),
        ("finite", b'["ClockAsk",1]'),
        ("Exceeds the limit", b'["ClockAsk",' + b"9" * 5000 + b"]"),
        ("integer", b'["Vote",true,0,true]'),
        ("integer", b'["Vote",0.0,0,true]'),
        ("true or false", b'["Vote",0,0,1]'),
        ("one of pause, resume", b'["Wish",0,"Pause",[]]'),
        ("occurs twice", b'["Hello",1,{"a":"1","a":"1"},false]'),
        ("surrogates", b'["Hello",1,{"a":"\\ud83d"},false]'),
        ("at most 64", json.dumps(["Hello", 1, {str(i): "" for i in range(65)}, False]).encode()),
        ("at most 1000 char", json.dumps(["Hello", 1, {"a": "x" * 1001}, False]).encode()),
        ("at most 1000", json.dumps(["Flush", 0, [0] * 1001, [], [], -1]).encode()),
        ("hexadecimal", b'["EpisodeEnd",0,0,"0A","over"]'),
        ("hexadecimal", b'["EpisodeEnd",0,0,"0 ","over"]'),
        ("hexadecimal", b'["EpisodeEnd",0,0,"' + b"00" * 33 + b'","over"]'),
        ("Incorrect padding", b'["Flush",0,[],[[0,0,"AAA"]],[],-1]'),
        ("base64", b'["Flush",0,[],[[0,0,"gwIFBgF="]],[],-1]'),
        ("3 fields of a Span", b'["Flush",0,[],[[0,0]],[],-1]'),
        ("cut off in a run", b'["Flush",0,[],[[0,0,"AwE="]],[],-1]'),
        ("beyond the last frame", b'["Flush",0,[],[[0,2147483647,"AwUB"]],[],-1]'),
        ("more than 256000", b'["ClockAsk",1.0]' + b" " * MAX_MESSAGE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_message_is_refused(problem: str, data: bytes) -> None:
    refused(data, problem)


def refused(data: bytes, problem: str) -> None:
    with pytest.raises(WireError, match=problem):
        decode_message(data)


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ("Vote.epoch: .* from 0 to 255", Vote(256, 0, True)),
        ("Vote.ok: must be true or false", Vote(0, 0, 1)),
        ("Vote.number: must be an integer", Vote(0, True, True)),
        ("ClockAsk.sent: must be a finite", ClockAsk(float("nan"))),
        ("ClockAsk.sent: must be a finite", ClockAsk(float("inf"))),
        ("ClockAsk.sent: must be a finite", ClockAsk(True)),
        ("Hello.fields: .* 1000 characters", Hello(1, {"a": "x" * 1001}, False)),
        ("Hello.fields: .* surrogates", Hello(1, {"a": "\ud800"}, False)),
        ("Settle.change: must be one of", Settle(0, 0, 0, "absent", 1)),
        ("EpisodeEnd.digest: must be at most 32", EpisodeEnd(0, 0, bytes(33), "over")),
        ("Flush.held: Span.inputs: flags", Flush(0, (), (Span(0, 0, (Input(b"", 128),)),), (), 0)),
        ("Flush.settled: must be at most 1000", Flush(0, (), (), (Settle(0, 0, 0, "present", 0),) * 1001, 0)),
        ("more than 256000", Flush(0, (), (Span(0, 0, (Input(b"", 1), Input(b"")) * 40_000),), (), 0)),
        ("Span is no message", Span(0, 0, ())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_out_of_range_is_not_sent(problem: str, message: Message) -> None:
    with pytest.raises(ValueError, match=problem):
        encode_message(message)


def test_a_span_ends_at_the_last_frame() -> None:
    Span(0, 2**31 - 2, (Input(b""),) * 2)
    with pytest.raises(ValueError, match="beyond the last frame"):
        Span(0, 2**31 - 1, (Input(b""),) * 2)
