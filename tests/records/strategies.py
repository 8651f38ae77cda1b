"""Values as environments give them, and an equality as records need it."""

import math
import struct

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

NUMERIC = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(endianness="?"),
    hnp.unsigned_integer_dtypes(endianness="?"),
    hnp.floating_dtypes(endianness="?", sizes=(16, 32, 64)),
    hnp.complex_number_dtypes(endianness="?", sizes=(64, 128)),
)
DTYPES = st.one_of(NUMERIC, hnp.byte_string_dtypes(min_len=1), hnp.unicode_string_dtypes(min_len=1))
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
SCALARS = NUMERIC.flatmap(hnp.from_dtype).map(lambda value: np.asarray(value)[()])
ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**400), 2**400),
    st.floats(),
    st.binary(),
    st.text(st.characters(exclude_categories=())),
)
KEYS = st.one_of(st.text(), st.integers(), st.booleans(), st.tuples(st.integers(), st.text()))
VALUES = st.recursive(
    st.one_of(ATOMS, SCALARS, ARRAYS),
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(KEYS, inner),
        st.frozensets(KEYS),
    ),
    max_leaves=20,
)


def same(a: object, b: object) -> bool:
    """Equality as a record needs it: of the same type, NaN equal to NaN, -0.0 unequal to 0.0, arrays by elements."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return (math.isnan(a) and math.isnan(b)) or struct.pack("d", a) == struct.pack("d", b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray | np.generic):
        left, right = np.asarray(a), np.asarray(b)
        shapes = left.dtype.newbyteorder("<") == right.dtype.newbyteorder("<") and left.shape == right.shape
        return shapes and all(map(same_element, left.ravel().tolist(), right.ravel().tolist()))
    return a == b


def same_element(a: object, b: object) -> bool:
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    return same(a, b)
