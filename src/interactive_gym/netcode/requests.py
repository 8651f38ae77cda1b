"""What the host has to do, in the order in which it is asked.

Each request is answered by one call of :meth:`Session.done` before the next is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Input(NamedTuple):
    """What one player does in one frame.

    Attributes:
        action: The host's encoding; only this decides whether a prediction was right.
        flags: 0 to 127. Bits 0 (:data:`FOCUSED`), 1-2 (the source) and 3 (:data:`ABSENT`) are ours, the others the
            host's.
        age: 0 to 255. For a bot: how many frames before this one the observation was made that it acted on.
    """

    action: bytes
    flags: int = 0
    age: int = 0


FOCUSED = 1
SOURCE = 6  # mask
DEFAULT, HUMAN, BOT = 0, 2, 4  # values below the mask
ABSENT = 8  # nobody was there to choose: the player's peer was cut, and had not returned


@dataclass(frozen=True, slots=True)
class Begin:
    """Close the environment, make a fresh one, reset it for ``episode`` (from 0). Nothing of before is needed again.

    Call :meth:`Session.ready` when the participant may play.
    """

    episode: int


@dataclass(frozen=True, slots=True)
class Save:
    """Keep the present state as the one before step ``frame``. If ``hashed``, answer ``done(digest=...)``."""

    frame: int
    hashed: bool


@dataclass(frozen=True, slots=True)
class Load:
    """Put the state back that was kept for ``frame``. Later ones will not be asked for before they are saved anew."""

    frame: int


@dataclass(frozen=True, slots=True)
class Advance:
    """Step once with one input per player, and answer ``done(terminal=..., failed=..., cost=...)``.

    ``is_live`` is false where a frame is played again or caught up with: nobody needs to see it.
    """

    frame: int
    inputs: tuple[Input, ...]
    is_live: bool


@dataclass(frozen=True, slots=True)
class Commit:
    """The results of these frames are final: on all peers they are the same.

    Where states are kept sparsely, some may be played once more, with the same inputs, on the way to a later one.

    Attributes:
        first: The first of them.
        inputs: Per frame, the inputs of all players as every peer knows them (flags may differ from the predicted).
        keep: States that were kept for frames below this one can be dropped.
    """

    first: int
    inputs: tuple[tuple[Input, ...], ...]
    keep: int

    @property
    def last(self) -> int:
        """The last of them."""
        return self.first + len(self.inputs) - 1


Request = Begin | Save | Load | Advance | Commit
