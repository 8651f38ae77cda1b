"""What messages are made of: see ``protocol``."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Identifier = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.:-]+$")]
Digest = Annotated[str, Meta(min_length=32, max_length=32, pattern=r"^[0-9a-f]+$")]
Frame = Annotated[int, Meta(ge=-1, le=2**31)]
Count = Annotated[int, Meta(ge=0, le=2**31)]
Text = Annotated[str, Meta(max_length=20_000)]
ShortText = Annotated[str, Meta(max_length=200)]
Plain = bool | int | float | ShortText | None
Severity = Literal["info", "warning", "error"]
Ms = Annotated[float, Meta(ge=-1e12, le=1e12)]  # no date and no sum that anybody makes of these overflows
Speed = Annotated[float, Meta(ge=0, le=1e6)]  # of stepping the game here, before it is played: times real time
Slowdown = Annotated[float, Meta(ge=1, le=100)]  # times that a tick lasts longer than planned
UnixMs = Annotated[float, Meta(ge=0, le=2.5e14)]  # up to the year 9892


class Base(Struct, frozen=True, forbid_unknown_fields=True):
    """What all messages share: immutable, and a field that we do not know is refused."""
