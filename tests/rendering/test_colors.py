"""Colors: names, hex and triples, and what is meant by a misspelt one."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.rendering.colors import NAMES, color


def test_all_names_of_css() -> None:
    assert len(NAMES) == 148
    assert all(re.fullmatch(r"#[0-9a-f]{6}", code) for code in NAMES.values())
    assert (color("rebeccapurple"), color("gray"), color("grey")) == ("#663399", "#808080", "#808080")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("#AbC", "#aabbcc"),
        ("#A1b2C3", "#a1b2c3"),
        ((255, 0, 9), "#ff0009"),
        ([1.0, np.uint8(2), np.int64(3)], "#010203"),
    ],
)
def test_forms(written: object, kept: str) -> None:
    assert color(written) == kept


@given(st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255)))
def test_triples_and_their_hex_are_the_same(rgb: tuple[int, int, int]) -> None:
    assert color(color(rgb)) == color(rgb) == "#" + bytes(rgb).hex()


@pytest.mark.parametrize(("written", "meant"), [("Tomato", "tomato"), ("light blue", "lightblue"), ("tael", "teal")])
def test_near_misses_are_explained(written: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean '{meant}'"):
        color(written)


@pytest.mark.parametrize(
    "value", ["", "#12345", "#ff_fff", "#+fffff", None, 3, (1, 2), (1, 2, 3, 4), (1, 2, "3"), (True, 1, 1), {}]
)
def test_what_is_no_color(value: object) -> None:
    with pytest.raises(ValueError, match="is not a"):
        color(value)
