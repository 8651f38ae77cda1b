"""Checks of what is drawn. They run for every number of every object in every tick, so the common case is short."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from interactive_gym.rendering import colors

FARTHEST: Final = 1e7
"""Coordinates beyond it are on no screen, and lose their decimals on a GPU. NaN and infinity fail the comparison."""

_SOURCE = re.compile(r"data:image/(?:png|jpeg|webp|gif);base64,")


def not_drawn(kind: str, name: str, value: object, expected: str) -> ValueError:
    return ValueError(f"surface.{kind}(): {name} must be {expected}, not {value!r:.80}")


def number(kind: str, name: str, value: Any, digits: int = 2) -> float:
    """``value`` to ``digits`` decimals; a whole number stays one."""
    plain = value if type(value) is float or type(value) is int else _plain(kind, name, value)
    rounded = round(plain, digits)
    if not -FARTHEST <= rounded <= FARTHEST:
        raise not_drawn(kind, name, value, f"a finite number of at most {FARTHEST:g}")
    return rounded


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
    """Four decimals of a radian move the edge of a scene by less than a tenth of a pixel."""
    return number(kind, name, value, 4)


def unit(kind: str, name: str, value: Any) -> float:
    part = number(kind, name, value, 3)
    if not 0 <= part <= 1:
        raise not_drawn(kind, name, value, "from 0 to 1")
    return part


def point(kind: str, x: Any, y: Any) -> dict[str, Any]:
    return {"x": number(kind, "x", x), "y": number(kind, "y", y)}


def box(kind: str, w: Any, h: Any) -> dict[str, Any]:
    return {"w": size(kind, "w", w), "h": size(kind, "h", h)}


def points(pairs: Any) -> list[float]:
    """x0, y0, x1, y1, ... of a sequence of pairs or an array of shape (n, 2)."""
    listed: Iterable[Any] = pairs.tolist() if hasattr(pairs, "tolist") else pairs
    try:
        flat = [round(part, 2) if type(part) is float else part for x, y in listed for part in (x, y)]
    except (TypeError, ValueError) as problem:
        raise not_drawn("polygon", "points", pairs, "a sequence of finite (x, y)") from problem
    if len(flat) < 4:
        raise not_drawn("polygon", "points", pairs, "two or more (x, y)")
    if all(type(part) is float and -FARTHEST <= part <= FARTHEST for part in flat):
        return flat
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


def source(value: Any) -> str:
    if not isinstance(value, str) or not _SOURCE.match(value):
        raise not_drawn("image", "src", value, "'data:image/png;base64,...' (or jpeg, webp, gif)")
    return value


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
