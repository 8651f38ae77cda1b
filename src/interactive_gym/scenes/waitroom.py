"""How the participants of a game of several people find each other: the parameters of ``GymScene.waitroom``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from interactive_gym.errors import ConfigError
from interactive_gym.matching import FIFO, Matcher
from interactive_gym.scenes.base import check_identifier
from interactive_gym.scenes.checks import choice, flag, function, number, optional, shown, whole
from interactive_gym.scenes.parameters import Parameters
from interactive_gym.scenes.players import MAX_HUMANS

LEAVE, EXTEND, BOT, SMALLER = "leave", "extend", "bot", "smaller"
WAYS_OUT = (LEAVE, EXTEND, BOT, SMALLER)
MAX_WAIT = 86_400
_limit = number(1, 600_000)


def _matcher(value: object) -> Matcher:
    if not isinstance(value, Matcher):
        called = "; call it" if isinstance(value, type) and issubclass(value, Matcher) else ""
        raise ValueError(f"must be a matcher, such as ig.FIFO(), not {shown(value)}{called}")
    for name in ("max_p2p_rtt", "relax_after"):
        try:
            optional(_limit)(getattr(value, name))
        except ValueError as problem:
            raise ValueError(f"has a {name} that {problem}") from problem
    return value


def _way_out(value: object) -> str:
    try:
        check_identifier(value, "waitroom")
    except ConfigError:
        known = ", ".join(map(repr, WAYS_OUT))
        raise ValueError(f"must be one of {known}, or the id of a scene, not {shown(value)}") from None
    return str(value)


@dataclass(frozen=True)
class Waitroom(Parameters):
    timeout: Annotated[float, number(1, MAX_WAIT)] = 300.0
    countdown: Annotated[float, number(0, 60)] = 3.0
    matcher: Annotated[Matcher, _matcher] = field(default_factory=FIFO)
    partners: Annotated[Literal["any", "same", "new"], choice("any", "same", "new")] = "any"
    min_group: Annotated[int, whole(1, MAX_HUMANS - 1)] = 2
    start_smaller_after: Annotated[float | None, optional(number(1, MAX_WAIT))] = None
    on_timeout: Annotated[str, _way_out] = LEAVE
    extend: Annotated[float | None, optional(number(1, MAX_WAIT))] = None
    bot: Annotated[Callable[..., Any] | None, optional(function("observation", "agent"))] = None
    call: Annotated[bool, flag] = True

    @property
    def way_to(self) -> str | None:
        """The scene to which those go for whom nobody came; None: it is none."""
        return None if self.on_timeout in WAYS_OUT else self.on_timeout

    @property
    def allows_smaller(self) -> bool:
        """Whether fewer people than the game has humans may play it."""
        return self.start_smaller_after is not None or self.on_timeout in (BOT, SMALLER)


def check_waitroom(scene: str, room: Waitroom, humans: int) -> None:
    """Check what depends on several of the parameters, and on how many people play.

    Raises:
        ConfigError: They do not fit each other.
    """
    for parameter, problem, is_wrong in _checks(room, humans):
        if is_wrong:
            raise ConfigError(problem, scene=scene, method="waitroom", parameter=parameter)


def _checks(room: Waitroom, humans: int) -> Iterable[tuple[str, str, bool]]:
    begins_smaller = room.start_smaller_after is not None or room.on_timeout == SMALLER
    smaller = f"is {room.min_group}, but a smaller group of a game of {humans} has at most {humans - 1}"
    needed = "is missing: say which policy plays the agents of those who are not there, such as bot=follow"
    late = f"is not before timeout={room.timeout:g}; use on_timeout='smaller' for that"
    return (
        ("min_group", smaller, begins_smaller and room.min_group >= humans),
        ("bot", needed, room.allows_smaller and room.bot is None),
        ("start_smaller_after", late, (room.start_smaller_after or 0) >= room.timeout),
        ("extend", "is missing: say for how many seconds more", room.on_timeout == EXTEND and room.extend is None),
        ("extend", "is for on_timeout='extend'", room.on_timeout != EXTEND and room.extend is not None),
    )
