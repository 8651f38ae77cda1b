"""What happened, for whoever wants to show or to store it. Nothing has to be done about an event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "over",  # the environment ended it; of a session: the last episode
    "failed",  # the environment raised, on all peers
    "mismatch",  # two peers' states differed
    "excluded",  # the server took this peer out
    "gone",  # this peer was cut and did not come back in time
    "server_unreachable",  # nobody could decide whom to cut
    "unsettled",  # the remaining peers could not agree on a cut in time
    "refused",  # a peer plays something else
    "left",  # this peer said goodbye
    "partner_left",  # somebody else is gone, and without them the game is over
]

Why = Literal[
    "silence",  # somebody is not heard
    "absence",  # somebody was cut, and is waited for
    "hidden",  # somebody does not see the game: the server wishes it
]


@dataclass(frozen=True, slots=True)
class Started:
    """The peers agreed on the moment of the first frame: ``at``, on this peer's clock."""

    episode: int
    at: float
    input_delay: int


@dataclass(frozen=True, slots=True)
class Slowed:
    """A tick of this episode lasts ``factor`` times as long as planned, as the ``peers`` could not keep up otherwise.

    Said again where that changes. They may need more than that, if it is the limit, and hold up the others then.
    """

    factor: float
    peers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Nothing came from ``peer`` for half a second: worth showing."""

    peer: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """``peer`` is heard again after ``silence`` seconds."""

    peer: int
    silence: float


@dataclass(frozen=True, slots=True)
class Held:
    """The game waits because of ``peers``; :class:`Unheld` follows with the moment when it goes on.

    ``until``, on this peer's clock, it is decided how it goes on, unless somebody who was cut is just catching up; None
    if it takes as long as it takes. Another one of these may follow before, with another reason.
    """

    frame: int
    why: Why = "silence"
    peers: tuple[int, ...] = ()
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Unheld:
    """The game goes on ``at`` this time of this peer's clock."""

    at: float


@dataclass(frozen=True, slots=True)
class Cut:
    """``peer`` is out. ``frame`` is the last one that has its own inputs; ``turn`` counts its cuts of this episode."""

    peer: int
    turn: int
    frame: int


@dataclass(frozen=True, slots=True)
class TakenOver:
    """This peer has to choose the actions of ``player`` from now on; ``frame`` is the first of them."""

    player: int
    frame: int


@dataclass(frozen=True, slots=True)
class HandedBack:
    """This peer chooses no actions of ``player`` any more from ``frame`` on."""

    player: int
    frame: int


@dataclass(frozen=True, slots=True)
class Away:
    """This peer itself was cut: it catches up, and comes back unless it ``is_gone`` for good."""

    is_gone: bool


@dataclass(frozen=True, slots=True)
class Returned:
    """``peer`` (perhaps this one) is present again from ``frame`` on."""

    peer: int
    frame: int


@dataclass(frozen=True, slots=True)
class RolledBack:
    """Frames from ``frame`` on were played again: ``count`` of them."""

    frame: int
    count: int


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The states before step ``frame`` differ between this peer and ``peer``; up to ``agreed`` they were equal."""

    peer: int
    frame: int
    agreed: int


@dataclass(frozen=True, slots=True)
class EpisodeEnded:
    """Frames 0 to ``last`` are committed, and no more will be. With ``reason`` mismatch, ``agreed`` < ``last``."""

    episode: int
    last: int
    agreed: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over for this peer. ``text`` says more, for the log."""

    reason: Reason
    text: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """``peer`` has another ``field`` in its greeting; both are told."""

    peer: int
    field: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes of ``peer`` were not applied, because they are wrong; ``text`` says how."""

    peer: int
    text: str


Event = (
    Started | Slowed | Interrupted | Resumed | Held | Unheld | Cut | TakenOver | HandedBack | Away | Returned
    | RolledBack | Mismatch | EpisodeEnded | Ended | Refused | Rejected
)  # fmt: skip
