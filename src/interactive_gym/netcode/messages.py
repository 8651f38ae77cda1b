"""Control messages: all that has to arrive, and in order (module control sees to that).

On the wire, one is a JSON list in UTF-8: its name, and its fields, which are checked by their types (module fields).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, get_args

from interactive_gym.netcode.errors import WireError
from interactive_gym.netcode.fields import Byte, Count, Digest, Frame, Inputs, Owner, Serial, Text, Time, any_of, parse
from interactive_gym.netcode.wire import MAX_FRAME

MAX_MESSAGE = 256_000  # bytes; a data channel between browsers takes no more than 256 kB at once
Change = Literal["present", "none"]  # none takes back the stamp before it


@dataclass(frozen=True, slots=True)
class Hello:
    """To every peer, first of all: ``version`` and ``fields`` must be the same; ``returning``, if it is a reload."""

    version: Count
    fields: dict[str, str]
    returning: bool


@dataclass(frozen=True, slots=True)
class ClockAsk:
    """To a peer: what time is it there? ``sent`` is the time here."""

    sent: Time


@dataclass(frozen=True, slots=True)
class ClockAnswer:
    """The answer: the ``sent`` of the question, and ``at``, the time there when it came."""

    sent: Time
    at: Time


@dataclass(frozen=True, slots=True)
class Ready:
    """To every peer: this one's participant may play episode ``epoch``, best with an input delay of so many frames.

    ``present`` are the peers with whom it is going to begin; whoever is missing there was cut before. ``need`` says how
    many times slower than planned the game has to be for this peer to keep up.
    """

    epoch: Byte
    delay: Byte
    present: tuple[Byte, ...]
    need: Time = 1.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Within other messages: a tick lasts ``factor`` times as long as planned, for the sake of the ``slow`` peers."""

    factor: Time
    slow: tuple[Byte, ...]


AS_PLANNED = Pace(1.0, ())


@dataclass(frozen=True, slots=True)
class Start:
    """From the lowest peer to the others, when all are ready: frame 0 is ``at`` this time of the sender's clock."""

    epoch: Byte
    at: Time
    delay: Byte
    pace: Pace = AS_PLANNED


@dataclass(frozen=True, slots=True)
class Stamp:
    """From the lowest present peer to the others: shall ``change`` take place before step ``frame``?

    ``number`` counts the stamps of an epoch (a change that is stamped again has a new one). ``peer`` becomes present.
    Before it, ``turns`` tells per peer how often it was cut, and ``present`` who is there.
    A peer that becomes present has to have all up to ``final`` first.
    """

    epoch: Byte
    number: Count
    frame: Frame
    change: Change
    peer: Byte
    final: Frame
    turns: tuple[Byte, ...]
    present: tuple[Byte, ...]


@dataclass(frozen=True, slots=True)
class Vote:
    """To the sender of stamp ``number``: ``ok`` if this peer had not yet come to the stamped frame."""

    epoch: Byte
    number: Count
    ok: bool


@dataclass(frozen=True, slots=True)
class Settle:
    """From the lowest present peer to the others: everybody's vote on stamp ``number`` was ok, so it is valid."""

    epoch: Byte
    number: Count
    frame: Frame
    change: Change
    peer: Byte


@dataclass(frozen=True, slots=True)
class Wish:
    """From the server to all peers, who tell each other: the game shall wait because of ``peers``, or not any more.

    The highest ``number`` counts, whichever way it came: the server may be out of reach for somebody.
    """

    number: Serial
    change: Literal["pause", "resume"]
    peers: tuple[Byte, ...]


@dataclass(frozen=True, slots=True)
class Hold:
    """To every peer: this one waits, as it does not hear the ``silent`` ones; none: it would go on."""

    epoch: Byte
    silent: tuple[Byte, ...]


@dataclass(frozen=True, slots=True)
class Resume:
    """From the lowest present peer to the others: the paused game goes on ``at`` this time of the sender's clock."""

    epoch: Byte
    at: Time


@dataclass(frozen=True, slots=True)
class WantCut:
    """To the server: ``peer`` holds up this one (cut ``own_turn`` times itself), and should get its cut ``turn``."""

    epoch: Byte
    peer: Byte
    turn: Byte
    own_turn: Byte
    reason: Text


@dataclass(frozen=True, slots=True)
class Forgive:
    """To the server: ``peer`` is heard again, so this one does not insist on its cut ``turn``."""

    epoch: Byte
    peer: Byte
    turn: Byte


@dataclass(frozen=True, slots=True)
class CutGranted:
    """From the server to all peers: ``peer`` is out, as its cut number ``turn``; with ``is_gone``, for good."""

    epoch: Byte
    peer: Byte
    turn: Byte
    is_gone: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Within other messages: what ``player`` did in the frames ``first``, ``first + 1``, ..."""

    player: Byte
    first: Frame
    inputs: Inputs

    def __post_init__(self) -> None:
        if self.first + len(self.inputs) > MAX_FRAME + 1:
            raise ValueError("Span: it goes beyond the last frame")


@dataclass(frozen=True, slots=True)
class Flush:
    """From each peer that remains after a cut to the others: what it knows that they may not know.

    ``turns`` tells per peer after which cut of it this was sent. ``held`` are inputs of the peers that were cut: what
    anybody has, everybody gets. ``settled`` are the epoch's changes that the sender knows to be valid, ``stamped`` is
    the highest number of a stamp that it has seen (-1: none).
    """

    epoch: Byte
    turns: tuple[Byte, ...]
    held: tuple[Span, ...]
    settled: tuple[Settle, ...]
    stamped: Frame


@dataclass(frozen=True, slots=True)
class Return:
    """From an absent peer, which ``hears`` these, to all: what came after frame ``have``?

    The server gets it, too, as a sign that the peer is about to come back.

    Epoch -1: the sender knows of none. It cannot become present without a link to everybody.
    """

    epoch: Owner
    have: Frame
    hears: tuple[Byte, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The answer: from frame ``first`` on, the inputs of all players in ``episode`` (from 0).

    ``delay`` and ``pace`` are its own, ``turns`` and ``present`` are as in a stamp. ``committed`` is the last frame
    that is committed at the sender, ``changed`` the last one at which it changed who is present (-1: none). What is too
    long takes several messages.
    """

    epoch: Byte
    episode: Count
    delay: Byte
    first: Frame
    spans: tuple[Span, ...]
    turns: tuple[Byte, ...]
    present: tuple[Byte, ...]
    committed: Frame
    changed: Frame
    pace: Pace = AS_PLANNED


@dataclass(frozen=True, slots=True)
class EpisodeEnd:
    """To every peer: frame ``last`` is the epoch's last one and committed here; ``digest`` is of the state after it."""

    epoch: Byte
    last: Frame
    digest: Digest
    reason: Text


@dataclass(frozen=True, slots=True)
class Differs:
    """To every peer: the states before step ``frame`` differ between two of us; up to ``agreed`` they were equal."""

    epoch: Byte
    frame: Frame
    agreed: Frame


@dataclass(frozen=True, slots=True)
class Goodbye:
    """To everybody, the server included: this peer leaves now and does not come back by itself."""

    epoch: Byte


Message = (
    Hello | ClockAsk | ClockAnswer | Ready | Start | Stamp | Vote | Settle | Wish | Hold | Resume | WantCut | Forgive
    | CutGranted | Flush | Return | History | EpisodeEnd | Differs | Goodbye
)  # fmt: skip

_ANY = any_of(get_args(Message))


def encode_message(message: Message) -> bytes:
    """The bytes of it. Raises ValueError if a field is out of its range, or all together are too much."""
    data = json.dumps(_ANY.dump(message), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    if len(data) > MAX_MESSAGE:
        raise ValueError(f"{type(message).__name__}: {len(data)} bytes are more than {MAX_MESSAGE}")
    return data


def decode_message(data: bytes) -> Message:
    """What ``data`` says. Raises WireError if it is no message."""
    if len(data) > MAX_MESSAGE:
        raise WireError(f"{len(data)} bytes are more than {MAX_MESSAGE}")
    try:
        message: Message = _ANY.load(parse(data.decode()))
    except (ValueError, RecursionError) as error:
        raise WireError(f"not a message: {error}") from None
    return message
