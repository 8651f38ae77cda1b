"""Valid datagrams and messages, and bytes that nearly are some."""

from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from interactive_gym.netcode.fields import Byte, Count, Digest, Frame, Inputs, Owner, Serial, Text, Time
from interactive_gym.netcode.messages import Message, Span
from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.wire import Batch, Datagram

MAX_FRAME = 2**31 - 1
BYTES = st.integers(0, 255)
U16 = st.integers(0, 2**16 - 1)
FRAMES = st.integers(-1, MAX_FRAME) | st.integers(-1, 3) | st.integers(MAX_FRAME - 3, MAX_FRAME)

INPUTS = st.builds(Input, st.binary(max_size=3) | st.binary(max_size=255), st.integers(0, 127), st.just(0) | BYTES)


def repeated(inputs: st.SearchStrategy[Input], longest: int) -> st.SearchStrategy[tuple[Input, ...]]:
    """Up to ``longest`` inputs, of which neighbours are often the same."""
    runs = st.lists(st.tuples(st.integers(1, longest), inputs), max_size=8)
    return runs.map(lambda runs: tuple(item for count, item in runs for _ in range(count))[:longest])


@st.composite
def datagrams(draw: st.DrawFn) -> Datagram:
    """Whatever comes out of the wire as it went in: nothing is saturated."""
    tick = draw(st.integers(0, MAX_FRAME) | st.integers(0, 300) | st.integers(MAX_FRAME - 300, MAX_FRAME))
    # Mostly as near as peers are who play together, and always nearer than what is saturated or refused.
    reach = draw(st.sampled_from([20, 127, 128, 129, 2**15 - 1]))
    seen = st.integers(max(-1, tick - reach), min(MAX_FRAME, tick + reach))
    if reach > 129:
        seen |= st.just(-1)
    states = st.tuples(st.integers(max(0, tick - 255), tick), st.integers(0, 2**32 - 1))
    firsts = st.integers(max(0, min(MAX_FRAME - 126, tick - reach)), min(MAX_FRAME - 126, tick + reach))
    batches = st.builds(Batch, BYTES, firsts, repeated(INPUTS, 127))
    return Datagram(
        epoch=draw(BYTES),
        turn=draw(BYTES),
        tick=tick,
        confirmed=draw(seen),
        lag=draw(st.integers(-(2**15), 2**15 - 1)) / 256,
        send_ms=draw(U16),
        echo_ms=draw(st.none() | U16),
        digest=draw(st.none() | states),
        inputs=draw(st.tuples(batches) | st.lists(batches, max_size=3).map(tuple)),
        acks=draw(st.tuples(st.tuples(BYTES, seen)) | st.lists(st.tuples(BYTES, seen), max_size=4).map(tuple)),
    )


TEXTS = st.text(max_size=20)  # without surrogates
SPANS = st.builds(Span, BYTES, st.integers(-1, 10_000), repeated(INPUTS, 300))

_BY_TYPE = {
    Byte: BYTES,
    Owner: st.integers(-1, 255),
    Frame: FRAMES,
    Count: FRAMES.filter(lambda frame: frame >= 0),
    Serial: st.integers(0, 2**53 - 1),
    Time: st.floats(allow_nan=False, allow_infinity=False),
    Text: TEXTS,
    Digest: st.binary(max_size=32),
    Inputs: repeated(INPUTS, 300),
    Span: SPANS,
    bool: st.booleans(),
    dict[str, str]: st.dictionaries(TEXTS, TEXTS, max_size=4),
}


def _of_type(hint: Any) -> st.SearchStrategy[Any]:
    if hint in _BY_TYPE:
        return _BY_TYPE[hint]
    if get_origin(hint) is tuple:
        return st.lists(_of_type(get_args(hint)[0]), max_size=4).map(tuple)
    return of_class(hint) if isinstance(hint, type) else st.sampled_from(get_args(hint))


def of_class(kind: type) -> st.SearchStrategy[Any]:
    """Instances of a dataclass."""
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, *[_of_type(hints[field.name]) for field in fields(kind)])


MESSAGES = st.one_of([of_class(kind) for kind in get_args(Message)])


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """Bytes of ``whole`` with some replaced, removed or added."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 2)))
        data[start:end] = draw(st.binary(max_size=2))
    return bytes(data)
