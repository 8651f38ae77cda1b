import contextlib
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.errors import EnvError
from interactive_gym.records import (
    FIELDS,
    PLAYED,
    SHARED,
    Malformed,
    NotCanonical,
    Packer,
    Row,
    encode,
    encode_fields,
    index_of,
    inflate,
    outline,
    pack,
    peek,
    rows_of,
    unpack,
)
from interactive_gym.records.canonical import digest
from interactive_gym.records.chunks import MAX_CHUNK_BYTES

from .strategies import VALUES, same

AGENTS = st.dictionaries(st.text(max_size=3), VALUES, max_size=2)
FLAGS = st.dictionaries(st.text(max_size=3), st.booleans(), max_size=2)
ROWS = st.builds(
    Row,
    st.just(0),
    AGENTS,
    AGENTS,
    FLAGS,
    FLAGS,
    AGENTS,
    st.none() | AGENTS,
    st.dictionaries(st.text(max_size=3), st.sampled_from(["human", "bot", "default"]), max_size=2),
    FLAGS,
    present=FLAGS,
    state=st.none() | AGENTS,
    state_hash=st.none() | st.binary(min_size=16, max_size=16).map(bytes.hex),
)


def step(frame, infos=None):
    no = {"0": False}
    return Row(frame, {"0": np.int64(1)}, {"0": -1.0}, no, no, {"0": infos or {}}, None, {"0": "human"}, {"0": True})


@given(st.lists(ROWS, min_size=1, max_size=4), st.integers(-1, 2**30))
def test_rows_come_back_as_they_were(rows, first):
    seen = {"bot": first - 1} if first >= 0 else {}
    rows = [replace(row, frame=first + i, observed=seen) for i, row in enumerate(rows)]
    packed = pack(rows)
    assert (packed.first, packed.count) == (first, len(rows))
    for before, after in zip(rows, unpack(packed.data, digest=packed.digest), strict=True):
        assert before.frame == after.frame
        assert all(same(getattr(before, name), getattr(after, name)) for name in Row.__slots__)


def test_the_digest_is_of_the_values_not_of_the_compression():
    packed = pack([step(0), step(1)])
    again = zlib.compress(zlib.decompress(packed.data), 1)
    assert again != packed.data
    assert unpack(again, digest=packed.digest) == unpack(packed.data)
    assert pack([step(0), step(2 - 1, {"x": 1})]).digest != packed.digest


def test_a_row_is_frozen_when_it_is_added():
    infos = {"positions": [1], "array": np.zeros(2)}
    packer = Packer()
    packer.add(step(0, infos))
    infos["positions"].append(2)
    infos["array"][:] = 1
    (row,) = unpack(packer.pack().data)
    assert row.infos["0"]["positions"] == [1]
    assert row.infos["0"]["array"].tolist() == [0, 0]


def test_a_row_may_be_encoded_long_before_it_is_added():
    infos = {"a": {"score": [1]}}
    row = Row(0, {"a": 1}, infos=infos, source={"a": "human"})
    cells = encode_fields(row)
    straight, later = Packer(), Packer()
    straight.add(row)
    infos["a"]["score"][0] = 2
    later.add_cells(0, cells)
    assert later.pack() == straight.pack()
    assert encode_fields(row, ["source", "actions"]) == [cells[FIELDS.index(name)] for name in ("source", "actions")]


def test_a_packer_starts_anew_after_packing():
    packer = Packer()
    packer.add(step(-1))
    packer.add(step(0))
    assert packer.count == 2
    assert packer.pack().first == -1
    packer.add(step(1))
    packed = packer.pack()
    assert (packed.first, packed.count) == (1, 1)


def test_a_gap_between_frames_is_a_mistake():
    packer = Packer()
    packer.add(step(0))
    with pytest.raises(ValueError, match="does not follow"):
        packer.add(step(2))


def test_a_row_that_cannot_be_recorded_is_not_added_in_part():
    packer = Packer()
    packer.add(step(0))
    with pytest.raises(NotCanonical, match=r"infos\['0'\]\['here'\]"):
        packer.add(step(1, {"here": object()}))
    packer.add(step(1))
    assert unpack(packer.pack().data) == [step(0), step(1)]


def test_more_than_the_server_takes_is_said_where_it_arises():
    noise = np.random.default_rng(1).integers(0, 256, 600_000, np.uint8)
    with pytest.raises(EnvError, match=r"frames 3 to 4 .*record_observations or record_states"):
        pack([step(3), step(4, {"noise": noise})])
    with pytest.raises(EnvError, match="at most 8,000,000"):
        pack([step(3, {"zeros": np.zeros(9_000_000, np.uint8)})])


def test_a_wrong_digest_is_refused():
    with pytest.raises(Malformed) as caught:
        unpack(pack([step(0)]).data, digest=digest(b""))
    assert caught.value.reason == "wrong_digest"


def test_a_bomb_is_refused_before_it_is_inflated():
    bomb = zlib.compress(bytes(MAX_CHUNK_BYTES * 4))
    with pytest.raises(Malformed) as caught:
        unpack(bomb)
    assert caught.value.reason == "too_large"


def test_a_chunk_of_exactly_the_limit_is_accepted():
    data = pack([step(0)]).data
    size = len(zlib.decompress(data))
    assert unpack(data, max_bytes=size) == [step(0)]
    with pytest.raises(Malformed):
        unpack(data, max_bytes=size - 1)


def chunk(version=4, first=0, **columns):
    empty = {"observations": None, "state": None, "state_hash": None}
    names = {
        1: ("source", "is_focused"),
        2: ("source", "is_focused", "observed"),
        3: ("source", "is_focused", "observed", "present"),
    }.get(
        version if type(version) is int else 4, ("state", "state_hash", "source", "is_focused", "observed", "present")
    )
    names = ("actions", "rewards", "terminated", "truncated", "infos", "observations", *names)
    return zlib.compress(encode([version, first, *(columns.get(name, [empty.get(name, {})]) for name in names)]))


def two_rows(later):
    """Columns in which the second row is the first again, but for what ``later`` says."""
    first = {"terminated": {"0": True}, "source": {"0": "human"}, "observations": None} | dict.fromkeys(SHARED)
    return {name: [first.get(name, {}), later.get(name, first.get(name, {}))] for name in FIELDS}


def test_what_stays_the_same_is_read_once():
    one, other = unpack(chunk(**two_rows({})))
    assert (one.terminated, one.source) == ({"0": True}, {"0": "human"})
    assert (other.frame, other.terminated is one.terminated, other.source is one.source) == (1, True, True)


def test_the_smallest_chunk_written_by_hand_is_accepted():
    assert unpack(chunk()) == [Row(0)]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_what_was_stored_by_earlier_versions_can_be_read_and_compared(version):
    data = chunk(version, actions=[{"0": 2}], rewards=[{"0": 1.0}])
    assert unpack(data) == [Row(0, {"0": 2}, {"0": 1.0})]
    played = Row(0, {"0": 2}, {"0": 1.0}, state={"place": 1}, state_hash="0" * 32)
    assert peek(data).begins_with([encode_fields(played, PLAYED)])
    assert not peek(data).begins_with([encode_fields(replace(played, rewards={"0": 2.0}), PLAYED)])
    assert PLAYED[: peek(data).played] == PLAYED[:-2]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        pack([step(0)]).data[:-1],
        pack([step(0)]).data + b"x",
        zlib.compress(encode({})),
        zlib.compress(encode([1, 0])),
        chunk(version=5),
        zlib.compress(encode([True, 0, *[[{}]] * 8])),
        chunk(version=[]),
        chunk(observed=[{"0": 0}]),
        chunk(observed=[{"0": -2}]),
        chunk(observed=[{"0": True}]),
        chunk(observed=[None]),
        chunk(present=[None]),
        chunk(present=[{"0": 1}]),
        chunk(state=[{1: 2}]),
        chunk(state=[[]]),
        chunk(state_hash=[{}]),
        chunk(state_hash=[""]),
        chunk(state_hash=["F" * 32]),
        chunk(state_hash=["0" * 31 + "\n"]),
        chunk(first=-2),
        chunk(first=True),
        chunk(first=2**40),
        chunk(actions={}),
        chunk(actions=[]),
        chunk(actions=[{}, {}]),
        chunk(actions=[None]),
        chunk(actions=[{1: 2}]),
        chunk(terminated=[{"0": 1}]),
        chunk(is_focused=[{"0": None}]),
        chunk(source=[{"0": "robot"}]),
        chunk(source=[{"0": []}]),
        *(chunk(**two_rows(later)) for later in ({"terminated": {"0": 1}}, {"present": {1: True}}, {"infos": None})),
        *(chunk(**two_rows(later)) for later in ({"source": {"0": "robot"}}, {"observed": {"0": 1}})),
    ],
)
def test_hostile_chunks(data):
    with pytest.raises(Malformed):
        unpack(data)
    with pytest.raises(Malformed):
        outline(inflate(data))


@given(st.lists(ROWS, min_size=1, max_size=4), st.integers(-1, 2**30))
def test_an_outline_says_what_the_rows_say(rows, first):
    body = inflate(pack([replace(row, frame=first + i) for i, row in enumerate(rows)]).data)
    found, rows = outline(body), rows_of(body)
    assert (found.first, found.count, found.last.frame) == (rows[0].frame, len(rows), rows[-1].frame)
    assert all(same(getattr(found.last, name), getattr(rows[-1], name)) for name in Row.__slots__)


@given(st.binary())
def test_any_compressed_bytes_are_rows_or_malformed(data):
    for attempt in (data, zlib.compress(data)):
        with contextlib.suppress(Malformed):
            unpack(attempt)


def test_chunk_numbers():
    assert [index_of(frame, 30) for frame in (-1, 0, 29, 30, 59, 60)] == [0, 0, 0, 1, 1, 2]


@given(st.lists(ROWS, min_size=1, max_size=4), st.integers(-1, 2**30))
def test_what_was_played_is_compared_without_being_read(rows, first):
    rows = [replace(row, frame=first + i) for i, row in enumerate(rows)]
    peeked = peek(pack(rows).data)
    assert peeked.first == first
    assert encode(peeked.actions) == encode([row.actions for row in rows])
    cells = [encode_fields(row, PLAYED) for row in rows]
    assert peeked.begins_with(cells)
    assert not peeked.begins_with(cells[:-1])
    for position in range(len(PLAYED)):
        other = [*cells[-1]]
        other[position] = encode("something else")
        assert not peeked.begins_with([*cells[:-1], other])


@given(st.binary(max_size=30))
def test_whatever_is_peeked_into_is_a_chunk_or_malformed(data):
    with contextlib.suppress(Malformed):
        peek(zlib.compress(data))


def test_only_chunks_are_peeked_into():
    for content in (1, [], [3, 0], [99, 0, []], [[], 0, []], [3, "0", []], [3, 0, {}]):
        with pytest.raises(Malformed):
            peek(zlib.compress(encode(content)))
