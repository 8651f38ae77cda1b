"""Equal values have equal bytes, different ones different bytes, and no bytes can do harm."""

import enum
import math
import struct
import sys
from collections import OrderedDict, namedtuple

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interactive_gym.records import Array, Malformed, NotCanonical, canonical, decode, digest, encode, reading
from interactive_gym.records.reading import decode_columns

from .strategies import ARRAYS, ATOMS, SCALARS, VALUES, same


@given(VALUES)
def test_what_is_encoded_is_decoded(value):
    assert same(decode(encode(value)), value)


@given(VALUES)
def test_decoding_and_encoding_again_changes_no_byte(value):
    data = encode(value)
    assert encode(decode(data)) == data


@given(VALUES, VALUES)
def test_bytes_are_equal_exactly_when_values_are(a, b):
    assert (encode(a) == encode(b)) == same(decode(encode(a)), decode(encode(b)))


@given(VALUES)
def test_without_numpy_the_same_bytes_come_and_go(value):
    data = encode(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "numpy", None)
        assert encode(decode(data)) == data


@given(st.binary())
@example(b"l" * 5000)
@example(b"l\x01" * 5000)
@example(b"i\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"a\x02U1\x01\x01\xff\xff\xff\xff")
@example(b"a\x02f8\x02\x00\xff\xff\xff\xff\x0f")
@example(b"d\x02i\x01\x01NTN")
@example(b"S\x01l\x00")
@example(b"l\x01" * 64 + b"l\x00")
def test_any_bytes_are_a_value_or_malformed(data):
    try:
        value = decode(data)
    except Malformed:
        return
    assert encode(value) == data


@given(VALUES, st.data())
def test_damaged_bytes_are_a_value_or_malformed(value, data):
    encoded = bytearray(encode(value))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] = data.draw(st.integers(0, 255))
    test_any_bytes_are_a_value_or_malformed.hypothesis.inner_test(bytes(encoded))


def repeated(cells):
    """Columns in which many cells are those before them, as it is in games."""
    runs = st.tuples(cells, st.integers(1, 4)).map(lambda run: [run[0]] * run[1])
    return st.lists(runs, max_size=4).map(lambda column: [cell for run in column for cell in run])


def outcome(read, data):
    try:
        return encode(read(data))
    except Malformed as problem:
        return problem.reason


COLUMNS = st.lists(VALUES | repeated(VALUES) | repeated(st.dictionaries(st.sampled_from("abc"), ATOMS)), max_size=3)


@given(COLUMNS)
def test_columns_are_read_as_any_list(value):
    assert same(decode_columns(encode(value)), value)


@given(COLUMNS, st.integers(0), st.integers(0, 255))
@example([[{"a": True}, {"a": True}]], 10, 0)
def test_damaged_columns_are_refused_exactly_where_any_list_is(value, position, byte):
    damaged = bytearray(encode(value))
    damaged[1 + position % (len(damaged) - 1)] = byte
    assert outcome(decode_columns, bytes(damaged)) == outcome(decode, bytes(damaged))


@pytest.mark.parametrize("data", [b"", b"N", b"d\x00", b"l", b"l\x01", b"l\x01l", b"l\x01l\x02TT?", b"l\x01l\x02T"])
def test_no_columns(data):
    with pytest.raises(Malformed):
        decode_columns(data)


def test_cells_are_one_object_only_where_nothing_in_them_can_be_changed():
    flat = {"a": 1, "b": ("x", None, np.float32(2)), "c": -0.0}
    (cells,) = decode_columns(encode([[flat, flat, flat]]))
    assert cells[0] is cells[1] is cells[2]
    for inner in ([1], {"x": 1}, ([1],), np.zeros(2), {}, []):
        ((one, other),) = decode_columns(encode([[{"a": inner}, {"a": inner}]]))
        assert one["a"] is not other["a"]
    for cell in ([1], ([1],), np.zeros(2)):
        ((one, other),) = decode_columns(encode([[cell, cell]]))
        assert one is not other


def test_cells_that_are_equal_and_not_the_same_are_read():
    cells = [{"a": True}, {"a": 1}, {"a": 1.0}, {"a": np.int8(1)}, {"a": 0.0}, {"a": -0.0}, {"a": "s"}, {"a": b"s"}]
    (found,) = decode_columns(encode([cells]))
    assert all(map(same, found, cells))


def test_keys_that_follow_others_than_before_are_read():
    cells = [
        {"a": 1, "b": 2, "c": 3},
        {"a": 1, "c": 3},
        {"b": 2, "d": 4},
        {"a": {"a": {"b": 1}}, "bb": 2},
        {"a": 0, 1: 2},
    ]
    assert decode(encode(cells)) == cells
    for wrong in (b"s\x01aNs\x01aN", b"s\x01bNs\x01aN"):
        with pytest.raises(Malformed, match="order"):
            decode(b"l\x02d\x02s\x01aNs\x01bNd\x02" + wrong)


def test_more_keys_than_are_remembered_are_read():
    wide = {f"{number:05}": number for number in range(3 * reading._MOST_KEYS)}
    assert decode(encode([wide, wide])) == [wide, wide]


def test_the_order_of_keys_does_not_matter():
    assert encode({"a": 1, "b": {"x": 1, "y": 2}}) == encode({"b": {"y": 2, "x": 1}, "a": 1})
    assert encode({"fedcba", "abcdef"}) == encode({"abcdef", "fedcba"})


def test_keys_that_are_equal_to_earlier_ones_keep_their_own_type():
    keys = ["a", 1, True, 1.0, b"a", (1,), (True,)]
    for key in [*keys, *reversed(keys)]:
        ((read, value),) = decode(encode({key: 2})).items()
        assert (read, repr(read), value) == (key, repr(key), 2)
    many = {f"key {number}": number for number in range(200)}
    assert decode(encode(many)) == many


def test_every_nan_is_the_same_and_zero_keeps_its_sign():
    odd = struct.unpack(">d", b"\xff\xf8\x00\x00\x00\x00\x00\x01")[0]
    assert encode(odd) == encode(math.nan)
    assert encode(-0.0) != encode(0.0)
    for dtype, bits in (("f2", "<u2"), ("f4", "<u4"), ("f8", "<u8")):
        array = np.array([1, math.nan, -0.0], dtype)
        noisy = array.copy()
        noisy.view(bits)[1] += 1
        assert encode(noisy) == encode(array)
        assert noisy.view(bits)[1] != array.view(bits)[1], "encoding must not change the environment's own array"


def test_numbers_of_different_types_differ():
    scalars = [kind(1) for kind in (int, float, bool, np.int64, np.int32, np.float32, np.float64, np.bool_)]
    ones = [*scalars, np.array(1), np.array([1])]
    assert len({encode(one) for one in ones}) == len(ones)


def test_byte_order_and_memory_layout_of_arrays_do_not_matter():
    array = np.arange(6, dtype="<i4").reshape(2, 3)
    assert encode(array.astype(">i4")) == encode(array)
    assert encode(np.asfortranarray(array)) == encode(array)
    assert encode(np.arange(12, dtype="<i4").reshape(2, 6)[:, ::2] // 2) == encode(array)
    assert encode(np.array([2], "u1").view(bool)) == encode(np.array([True]))


def test_subclasses_count_as_what_they_inherit_from():
    class Colour(enum.IntEnum):
        RED = 2

    point = namedtuple("point", "x y")
    assert encode([Colour.RED, point(1, 2), OrderedDict(a=1), np.str_("é"), np.bytes_(b"x")]) == encode(
        [2, (1, 2), {"a": 1}, "é", b"x"]
    )


def test_a_value_that_cannot_be_recorded_is_named():
    for value, reason in (
        (object(), "builtins.object"),
        (np.array([object()]), "dtype object"),
        (np.zeros(1, [("x", "f4")]), "dtype"),
        (np.ma.masked_array([1, 2], [True, False]), "MaskedArray"),
        (np.longdouble(1), "dtype"),
        ({math.nan: 1, float("nan"): 2}, "two of its keys"),
        ({math.nan, float("nan")}, "several NaN"),
    ):
        with pytest.raises(NotCanonical, match=reason) as caught:
            encode({"a": [0, {"b": value}]})
        assert caught.value.path == "['a'][1]['b']"


def test_a_value_that_contains_itself_is_refused():
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(NotCanonical, match="contains itself"):
        encode(loop)


def test_what_may_be_encoded_may_be_decoded_at_the_greatest_depth():
    value: object = 1
    for _ in range(canonical.MAX_DEPTH):
        value = [value]
    assert decode(encode(value)) == value
    with pytest.raises(NotCanonical):
        encode([value])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"N" + b"N",
        b"?",
        b"i\x02\x00\x01",
        b"i\x00",
        b"i\x81\x00\x01",
        b"f\xff\xf8\x00\x00\x00\x00\x00\x00",
        b"s\x01\xff",
        b"l\x02N",
        b"d\x02s\x01bNs\x01aN",
        b"d\x02s\x01aNs\x01aN",
        b"d\x02TNi\x01\x01N",
        b"d\x01l\x00N",
        b"S\x02TT",
        b"n\x02U1a\x00\x00\x00",
        b"n\x02b1\x02",
        b"n\x02f4\x01\x00\xc0\x7f",
        b"a\x01O\x00",
        b"a\x02i4\x01\x05abcd",
        b"a\x02i4\x40" + b"\x01" * 64 + b"abcd",
    ],
)
def test_malformed(data):
    with pytest.raises(Malformed):
        decode(data)


def test_a_bomb_of_small_values_is_refused():
    count = reading.MAX_VALUES + 1
    head = bytes([count & 0x7F | 0x80, count >> 7 & 0x7F | 0x80, count >> 14])
    with pytest.raises(Malformed, match="values") as caught:
        decode(b"l" + head + b"N" * count)
    assert caught.value.reason == "too_large"


def test_cells_that_repeat_count_as_values_too():
    """The root, the column, and of each cell three values."""
    most = (reading.MAX_VALUES - 2) // 3
    head = bytes([most & 0x7F | 0x80, most >> 7 & 0x7F | 0x80, most >> 14])
    cell = encode({"a": 1})
    (cells,) = decode_columns(b"l\x01l" + head + cell * most)
    assert len(cells) == most
    for read in (decode, decode_columns):
        with pytest.raises(Malformed, match="values") as caught:
            read(encode([[{"a": 1}] * (most + 1)]))
        assert caught.value.reason == "too_large"


def test_keys_chosen_to_have_equal_hashes_are_refused():
    def key(n: int) -> tuple[int, ...]:
        return tuple(-2 + (n >> bit & 1) for bit in range(8))

    assert len({hash(key(n)) for n in range(256)}) == 1
    with pytest.raises(Malformed, match="hash"):
        decode(encode({key(n): None for n in range(256)}))


@given(ARRAYS | SCALARS)
def test_the_stand_in_of_an_array_lists_what_numpy_lists(value):
    data = encode(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "numpy", None)
        stand_in = decode(data)
    assert isinstance(stand_in, Array)
    assert encode(stand_in) == data
    assert repr(stand_in.tolist()) == repr(decode(data).tolist())


def test_digest_is_32_hexadecimal_characters():
    assert digest(b"") == "cae66941d9efbd404e4d88758ea67670"
    assert digest(b"a") != digest(b"b")
