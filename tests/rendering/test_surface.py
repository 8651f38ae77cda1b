"""Surface: each primitive with each option, and packets as differences."""

import inspect
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import interactive_gym as ig
from interactive_gym.rendering import surface as surface_module
from tests.rendering.page import Page

DOT = "data:image/png;base64,iVBORw0KGgo="
NAN = float("nan")

ASSETS: list[dict[str, Any]] = [
    {"name": "floor", "size": [16, 16], "cell": None, "atlas": None},
    {"name": "chef", "size": [48, 39], "cell": [16, 16], "atlas": None},
    {"name": "kitchen", "size": [48, 32], "cell": None, "atlas": {"pot": [0, 0, 8, 8], "plate": [8, 0, 8, 8]}},
]

REQUIRED: dict[str, dict[str, Any]] = {
    "rect": {"x": 1, "y": 2, "w": 3, "h": 4},
    "circle": {"x": 1, "y": 2, "r": 3},
    "ellipse": {"x": 1, "y": 2, "w": 3, "h": 4},
    "arc": {"x": 1, "y": 2, "r": 3, "start": 0, "end": 1.5},
    "line": {"x1": 1, "y1": 2, "x2": 3, "y2": 4},
    "polygon": {"points": [(1, 2), (3, 4), (5, 0)]},
    "text": {"text": "soup", "x": 1, "y": 2},
    "image": {"src": DOT, "x": 1, "y": 2},
}

KEYWORDS = {
    "rect": surface_module.OUTLINED,
    "circle": surface_module.OUTLINED,
    "ellipse": surface_module.OUTLINED,
    "arc": surface_module.OUTLINED,
    "line": surface_module.STROKED,
    "polygon": surface_module.OUTLINED,
    "text": surface_module.PLACED,
    "image": surface_module.PLACED,
}

NOT_NUMBERS = [NAN, math.inf, -math.inf, 1e9, 10**400, "1", None, True, [1], np.array([1.0]), 1j]
NOT_SIZES = [-1, -0.01, *NOT_NUMBERS]
NOT_COLORS = ["nocolor", "#12", "", 3, (1, 2), (1, 2, 256), (1, 2, 0.5), (True, 0, 0), NAN]
NOT_POINTS = [3, None, [], [(1, 2)], [1, 2, 3], [(1, NAN), (3, 4)], [(1, "2"), (3, 4)], np.zeros(4)]
NOT_ANCHORS = [None, 0.5, (0.5,), (0, 2), (-1, 0), ("0", 0), (0, 0, 0), (NAN, 0)]
NOT_SOURCES = [None, "", "soup.png", "https://example.org/a.png", "data:text/html,<b>", ["floor"]]

# parameter -> bad values, a good value, the field of the packet and its value
OPTIONS: dict[str, tuple[list[Any], Any, str, Any]] = {
    "x": (NOT_NUMBERS, 7.126, "x", 7.13),
    "y": (NOT_NUMBERS, np.float32(7.5), "y", 7.5),
    "x1": (NOT_NUMBERS, -3, "x", -3),
    "y1": (NOT_NUMBERS, np.int64(7), "y", 7.0),
    "x2": (NOT_NUMBERS, 0.004, "x2", 0.0),
    "y2": (NOT_NUMBERS, 8, "y2", 8),
    "w": (NOT_SIZES, 70, "w", 70),
    "h": (NOT_SIZES, 70, "h", 70),
    "r": (NOT_SIZES, 70, "r", 70),
    "start": (NOT_NUMBERS, 0.123456, "start", 0.1235),
    "end": (NOT_NUMBERS, math.pi, "end", 3.1416),
    "points": (NOT_POINTS, np.eye(2), "pts", [1.0, 0.0, 0.0, 1.0]),
    "text": ([None, 3, b"soup"], "bread", "s", "bread"),
    "src": (NOT_SOURCES, "floor", "src", "floor"),
    "frame": ([0, "pot", -1], None, "frame", None),
    "flip_x": ([], True, "flip", True),
    "color": (NOT_COLORS, "tomato", "fill", "#ff6347"),
    "fill": (NOT_COLORS, "tomato", "fill", "#ff6347"),
    "outline": (NOT_COLORS, (255, 0, 0), "line", "#ff0000"),
    "line_width": (NOT_SIZES, 2.5, "lw", 2.5),
    "pie": ([], False, "closed", None),
    "size": (NOT_SIZES, 20, "size", 20),
    "font": ([None, 3], "serif", "font", "serif"),
    "bold": ([], True, "bold", True),
    "anchor": (NOT_ANCHORS, (0.5, 1), "anchor", [0.5, 1]),
    "id": (["", "#1", 3, b"a"], "pot", "id", "pot"),
    "depth": (NOT_NUMBERS, -2, "depth", -2),
    "alpha": ([-0.1, 1.1, *NOT_NUMBERS], 0.25, "alpha", 0.25),
    "rotation": (NOT_NUMBERS, math.pi, "rot", 3.1416),
    "tween": (NOT_SIZES, 100, "tween", 100),
}  # fmt: skip


def parameters(kind: str) -> list[str]:
    named = inspect.signature(getattr(ig.Surface, kind)).parameters.values()
    own = [parameter.name for parameter in named if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
    return own[1:] + sorted(KEYWORDS[kind])


EVERY = [(kind, name) for kind in REQUIRED for name in parameters(kind)]


def drawn(kind: str, **options: Any) -> dict[str, Any]:
    surface = ig.Surface(600, 400, ASSETS)
    named = {"id": "object"} if "tween" in options else {}
    getattr(surface, kind)(**{**REQUIRED[kind], **named, **options})
    (only,) = surface.packet()["set"]
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_option_of_every_primitive_is_drawn(kind: str, name: str) -> None:
    _, good, field, expected = OPTIONS[name]
    field = "line" if (kind, name) == ("line", "color") else field
    changed, plain = drawn(kind, **{name: good}), drawn(kind)
    assert changed.get(field) == expected
    assert name == "frame" or changed.get(field) != plain.get(field)  # of a picture of frames, see below
    assert json.loads(json.dumps(changed)) == changed


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_what_cannot_be_drawn_is_refused_by_name(kind: str, name: str) -> None:
    for bad in OPTIONS[name][0]:
        with pytest.raises(ValueError, match=rf"surface\.{kind}\(\): {name}"):
            drawn(kind, **{name: bad})


@pytest.mark.parametrize("kind", REQUIRED)
def test_an_unknown_keyword_is_refused(kind: str) -> None:
    with pytest.raises(TypeError, match=f"{kind}.*colour"):
        drawn(kind, colour="red")


@pytest.mark.parametrize("kind", ["rect", "circle", "ellipse", "arc", "polygon"])
def test_no_fill(kind: str) -> None:
    assert "fill" not in drawn(kind, fill=None)
    assert "line" not in drawn(kind, outline=None)


def test_defaults_are_left_out() -> None:
    assert drawn("rect", depth=0, alpha=1, rotation=0, line_width=1) == {
        **{"id": "#0", "t": "rect", "x": 1, "y": 2, "w": 3, "h": 4, "fill": "#000000"}
    }
    assert set(drawn("text")) == {"id", "t", "x", "y", "s", "fill"}
    assert set(drawn("image")) == {"id", "t", "x", "y", "src"}


@pytest.mark.parametrize(
    ("src", "frame", "expected"),
    [
        ("chef", 0, 0),
        ("chef", np.int64(5), 5),
        ("kitchen", "pot", "pot"),
        ("floor", None, None),
        (DOT + "A", None, None),
    ],
)
def test_frames_of_pictures(src: str, frame: Any, expected: Any) -> None:
    only = drawn("image", src=src, frame=frame)
    assert (only["src"], only.get("frame")) == (src, expected)
    assert type(only.get("frame")) is type(expected)
    assert json.loads(json.dumps(only)) == only


@pytest.mark.parametrize(
    ("src", "frames", "expected"),
    [
        ("chef", [6, -1, None, "0", 1.0, True, NAN, [1]], "a whole number from 0 to 5 in 'chef'"),
        ("kitchen", ["knife", None, 0, "", ["pot"]], "one of 'plate', 'pot' of 'kitchen'"),
        ("floor", [0, "pot", ""], "left out: floor is one picture"),
    ],
)
def test_a_frame_that_a_picture_does_not_have_is_refused_with_those_that_it_has(
    src: str, frames: list[Any], expected: str
) -> None:
    for frame in frames:
        with pytest.raises(ValueError, match=rf"surface\.image\(\): frame must be {expected}, not "):
            drawn("image", src=src, frame=frame)


def test_an_unknown_picture_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"src must be 'chef', 'floor', 'kitchen', 'data:image/png.* not 'chief'"):
        drawn("image", src="chief")
    with pytest.raises(ValueError, match=r"src must be the name of one of assets\(\.\.\.\), or 'data:.* not 'floor'"):
        ig.Surface(600, 400).image("floor", 0, 0)
    many = [{**ASSETS[0], "name": f"tile{number}"} for number in range(1000)]
    with pytest.raises(ValueError) as caught:
        ig.Surface(600, 400, many).image("floor", 0, 0)
    assert len(str(caught.value)) < 400


def test_a_tween_needs_an_id() -> None:
    surface = ig.Surface(600, 400)
    with pytest.raises(ValueError, match="tween needs an id"):
        surface.circle(1, 2, 3, tween=100)


def test_an_id_is_used_once_in_a_picture() -> None:
    surface = ig.Surface(600, 400)
    surface.circle(1, 2, 3, id="pot")
    with pytest.raises(ValueError, match=r"id must be .* used once in a picture, not 'pot'"):
        surface.circle(4, 5, 6, id="pot")
    surface.packet()
    surface.circle(4, 5, 6, id="pot")


def test_nothing_is_sent_twice() -> None:
    surface = ig.Surface(600, 400)
    for x in (1, 1.001, 2):
        surface.circle(x, 2, 3, id="pot")
        surface.rect(0, 0, 5, 5)
        packet = surface.packet()
    assert packet == {
        "full": False,
        "set": [{"t": "circle", "x": 2, "y": 2, "r": 3, "fill": "#000000", "id": "pot"}],
        "drop": [],
    }
    assert surface.packet() == {"full": False, "set": [], "drop": ["pot", "#0"]}


def shape(kind: str, x: int, look: dict[str, Any]) -> Callable[[ig.Surface, str | None], None]:
    sizes = {"h": 4} if kind == "rect" else {}
    return lambda surface, id: getattr(surface, kind)(x, 2, 3, id=id, **sizes, **look)


shapes = st.builds(
    shape,
    st.sampled_from(["rect", "circle"]),
    st.integers(0, 3),
    st.fixed_dictionaries({}, optional={"depth": st.integers(0, 2), "alpha": st.sampled_from([0.5, 1])}),
)
pictures = st.lists(st.tuples(st.sampled_from([None, "a", "b", "c", "d"]), shapes), max_size=8).map(
    lambda items: [item for place, item in enumerate(items) if item[0] is None or item[0] not in dict(items[:place])]
)


@given(st.lists(st.tuples(pictures, st.booleans()), min_size=1, max_size=6))
def test_differences_lead_to_the_same_picture_as_the_whole(frames: list[tuple[list[Any], bool]]) -> None:
    surface, page = ig.Surface(600, 400), Page()
    for picture, full in frames:
        whole, fresh = ig.Surface(600, 400), Page()
        for target in (surface, whole):
            for id, draw in picture:
                draw(target, id)
        page.apply(json.loads(json.dumps(surface.packet(full=full))))
        fresh.apply(whole.packet(full=True))
        assert page.picture == fresh.picture


@given(st.floats(), st.floats(), st.floats())
def test_any_number_is_drawn_or_refused(x: float, y: float, r: float) -> None:
    surface = ig.Surface(600, 400)
    drawable = all(math.isfinite(part) and abs(part) <= 1e7 for part in (x, y, r)) and r >= -0.005
    if drawable:
        surface.circle(x, y, r)
        (only,) = surface.packet()["set"]
        assert math.isclose(only["x"], x, abs_tol=0.0051) and math.isclose(only["r"], r, abs_tol=0.0051)
    else:
        with pytest.raises(ValueError, match=r"surface\.circle"):
            surface.circle(x, y, r)


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=5))
def test_points_of_a_polygon_are_all_looked_at(points: list[tuple[float, float]]) -> None:
    surface = ig.Surface(600, 400)
    if len(points) >= 2 and all(math.isfinite(part) and abs(part) <= 1e7 for pair in points for part in pair):
        surface.polygon(points)
        assert len(surface.packet()["set"][0]["pts"]) == 2 * len(points)
    else:
        with pytest.raises(ValueError, match="points must be"):
            surface.polygon(points)
