"""Checks of what is drawn. They run for every number of every object in every tick, so the common case is short."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from math import floor, isfinite
from numbers import Integral
from types import MappingProxyType
from typing import Any, Final

from interactive_gym.rendering import colors

FARTHEST: Final = 1e7
"""Coordinates beyond it are on no screen, and lose their decimals on a GPU. NaN and infinity fail the comparison."""

MANY_NAMES: Final = 20

_SOURCE = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,")


def not_drawn(kind: str, name: str, value: object, expected: str) -> ValueError:
    return ValueError(f"surface.{kind}(): {name} must be {expected}, not {value!r:.80}")


def number(kind: str, name: str, value: Any, parts: int = 100) -> float:
    """``value`` in whole ``parts`` of one; a whole number stays one."""
    plain = value if type(value) is float or type(value) is int else _plain(kind, name, value)
    if not -FARTHEST <= plain <= FARTHEST:
        raise not_drawn(kind, name, value, f"a finite number of at most {FARTHEST:g}")
    return plain if type(plain) is int else floor(plain * parts + 0.5) / parts  # a sixth of the time of round()


def _plain(kind: str, name: str, value: Any) -> float:
    """The number in a scalar of another type, such as numpy's."""
    is_array = getattr(value, "shape", ()) != ()
    if is_array or isinstance(value, (bool, str, bytes)):
        raise not_drawn(kind, name, value, "a number")
    try:
        return float(value)
    except (TypeError, ValueError) as problem:
        raise not_drawn(kind, name, value, "a number") from problem


def size(kind: str, name: str, value: Any) -> float:
    length = number(kind, name, value)
    if length < 0:
        raise not_drawn(kind, name, value, "0 or more")
    return length


def angle(kind: str, name: str, value: Any) -> float:
    """In ten-thousandths of a radian: they move the edge of a scene by less than a tenth of a pixel."""
    return number(kind, name, value, 10_000)


def unit(kind: str, name: str, value: Any) -> float:
    part = number(kind, name, value, 1000)
    if not 0 <= part <= 1:
        raise not_drawn(kind, name, value, "from 0 to 1")
    return part


def placed(kind: str, x: Any, y: Any) -> dict[str, Any]:
    """The beginning of an object at (x, y)."""
    return {"t": kind, "x": number(kind, "x", x), "y": number(kind, "y", y)}


def points(pairs: Any) -> list[float]:
    """x0, y0, x1, y1, ... of a sequence of pairs or an array of shape (n, 2)."""
    listed: Iterable[Any] = pairs.tolist() if hasattr(pairs, "tolist") else pairs
    try:
        flat = [part for x, y in listed for part in (x, y)]
    except (TypeError, ValueError) as problem:
        raise not_drawn("polygon", "points", pairs, "a sequence of (x, y)") from problem
    if len(flat) < 4:
        raise not_drawn("polygon", "points", pairs, "two or more (x, y)")
    if set(map(type, flat)) == {float} and isfinite(sum(flat)) and max(map(abs, flat)) <= FARTHEST:
        return [floor(part * 100 + 0.5) / 100 for part in flat]
    return [number("polygon", "points", part) for part in flat]


def anchor(kind: str, value: Any) -> list[float]:
    try:
        across, down = value
    except (TypeError, ValueError) as problem:
        raise not_drawn(kind, "anchor", value, "two numbers from 0 to 1") from problem
    return [unit(kind, "anchor", across), unit(kind, "anchor", down)]


def color(kind: str, name: str, value: Any) -> str:
    try:
        return colors.color(value)
    except ValueError as problem:
        raise ValueError(f"surface.{kind}(): {name}: {problem}") from problem


def string(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise not_drawn("text", name, value, "text; use str() or an f-string")
    return value


Frames = int | frozenset[str] | None
"""Of a picture: how many cells a sheet has, the names of an atlas' frames, or none."""


def frames_of(asset: Mapping[str, Any]) -> Frames:
    """The frames of a ``protocol.GameAsset``."""
    if asset["atlas"] is not None:
        return frozenset(asset["atlas"])
    if asset["cell"] is None:
        return None
    (width, height), (cell_width, cell_height) = asset["size"], asset["cell"]
    return int(width // cell_width * (height // cell_height))


def source(value: Any, assets: Mapping[str, Frames]) -> str:
    if isinstance(value, str) and (value in assets or _SOURCE.match(value)):
        return value
    named = f"{_listed(assets)}, " if assets else "the name of one of assets(...), or "
    raise not_drawn("image", "src", value, f"{named}'data:image/png;base64,...' (or jpeg, webp, gif)")


def frame(src: str, frames: Frames, value: Any) -> int | str | None:
    """``value`` as the frame of a picture that has these."""
    if frames is None:
        if value is None:
            return None
        raise not_drawn("image", "frame", value, f"left out: {src:.40} is one picture")
    if isinstance(frames, int):
        return _cell(src, frames, value)
    if isinstance(value, str) and value in frames:
        return value
    raise not_drawn("image", "frame", value, f"one of {_listed(frames)} of {src!r}")


def _cell(src: str, cells: int, value: Any) -> int:
    whole = value.item() if isinstance(value, Integral) and hasattr(value, "item") else value  # numpy's
    if type(whole) is not int or not 0 <= whole < cells:
        raise not_drawn("image", "frame", value, f"a whole number from 0 to {cells - 1} in {src!r}")
    return whole


def _listed(names: Collection[str]) -> str:
    """Names for a message, which has no room for a thousand."""
    shown = ", ".join(repr(name) for name in sorted(names)[:MANY_NAMES])
    return f"{shown}, ..." if len(names) > MANY_NAMES else shown


def is_name(value: object) -> bool:
    """Whether an object may have this id; names with a # are those that we give."""
    return isinstance(value, str) and value != "" and not value.startswith("#")


def put(drawn: dict[str, Any], field: str, value: object, default: object) -> None:
    """A field of an object, unless the page would assume it anyway."""
    if value != default:
        drawn[field] = value


def _outline(kind: str, name: str, value: Any) -> str | None:
    return None if value is None else color(kind, name, value)


_LOOK: Final[Mapping[str, tuple[str, object, Callable[[str, str, Any], object]]]] = MappingProxyType(
    {
        "outline": ("line", None, _outline),
        "line_width": ("lw", 1, size),
        "depth": ("depth", 0, number),
        "alpha": ("alpha", 1, unit),
        "rotation": ("rot", 0, angle),
        "tween": ("tween", 0, size),
    }
)
"""Keyword -> field of the packet, its default, its check."""


def put_look(drawn: dict[str, Any], look: Mapping[str, Any], allowed: frozenset[str]) -> None:
    """The keywords that many primitives share."""
    for name, value in look.items():
        if name not in allowed:
            raise TypeError(f"surface.{drawn['t']}() has no keyword {name!r}; it has {', '.join(sorted(allowed))}")
        if name != "id":
            field, default, check = _LOOK[name]
            put(drawn, field, check(drawn["t"], name, value), default)
    if "tween" in drawn and look.get("id") is None:
        raise ValueError(f"surface.{drawn['t']}(): tween needs an id, so that the page knows which object moves")
