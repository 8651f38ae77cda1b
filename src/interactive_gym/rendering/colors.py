"""Colors: names of CSS, "#rrggbb", "#rgb", or (red, green, blue) from 0 to 255; always kept as "#rrggbb"."""

from __future__ import annotations

import difflib
import re
from types import MappingProxyType
from typing import Final

Color = str | tuple[int, int, int]

_HEX = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})")

NAMES: Final = MappingProxyType({"black": "#000000", "white": "#ffffff"})


def color(value: object) -> str:
    """``value`` as "#rrggbb".

    Raises:
        ValueError: It is not a color.
    """
    if isinstance(value, str):
        return NAMES.get(value) or _from_text(value)
    if isinstance(value, (tuple, list)) and len(value) == 3:
        return "#{:02x}{:02x}{:02x}".format(*(_channel(part) for part in value))
    raise ValueError(
        f"{value!r} is not a color; use a name such as 'teal', '#rrggbb', or (red, green, blue) from 0 to 255"
    )


def _from_text(value: str) -> str:
    if _HEX.fullmatch(value):
        digits = value[1:].lower()
        return f"#{digits}" if len(digits) == 6 else "#" + "".join(digit * 2 for digit in digits)
    near = difflib.get_close_matches(value.lower().replace(" ", ""), NAMES, n=1)
    meant = f"did you mean {near[0]!r}?" if near else "use a name such as 'teal', '#rrggbb', or (red, green, blue)"
    raise ValueError(f"{value!r} is not a color; {meant}")


def _channel(value: object) -> int:
    try:
        part = int(value) if value == int(value) else -1  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        part = -1
    if not 0 <= part <= 255:
        raise ValueError(f"{value!r} is not a part of a color; use whole numbers from 0 to 255")
    return part
