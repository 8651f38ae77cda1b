"""The inputs of one player: what is known, what is expected, and where an expectation was wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from interactive_gym.netcode.config import Predict
from interactive_gym.netcode.requests import ABSENT, SOURCE, Input

FOREVER = 2**31 - 1
NOBODY = -1
_REMEMBERED = 30  # confirmed actions that a prediction function sees


class InputQueue:
    """All inputs of one player in one episode.

    Who sends them may change from frame to frame; frames that belong to nobody are the default action, and so known.
    That its player was absent in them is flagged.

    Attributes:
        last: The newest frame up to which all inputs are known; :data:`FOREVER` if the rest belongs to nobody.
        senders: Who sends the newest inputs, and who did before the last change.
        wrong: The earliest frame that was played with another action than the one known by now; None if there is none.
        is_frozen: While the others agree on where a cut is, nothing is added.
    """

    def __init__(self, default: bytes, prediction: Literal["repeat", "default"] | Predict, owner: int) -> None:
        self.last = -1
        self.senders: tuple[int, ...] = ()
        self.wrong: int | None = None
        self.is_frozen = False
        self._default, self._nobody = Input(default), Input(default, ABSENT)
        self._predict = _predictor(prediction, default)
        self._known: list[Input] = []
        self._owners: list[tuple[int, int]] = [(0, owner)]
        self._played: dict[int, bytes] = {}
        self._guess: tuple[int, Input] = (-1, self._default)
        self._look_again()

    @property
    def last_sent(self) -> int:
        """The newest frame whose input somebody chose, or was to choose."""
        return self._owners[-1][0] - 1 if self._owners[-1][1] == NOBODY else len(self._known) - 1

    @property
    def owner(self) -> int:
        """Who sends the newest inputs."""
        return self._owners[-1][1]

    def owner_of(self, frame: int) -> int:
        """Who sends the input of ``frame``."""
        return next(owner for first, owner in reversed(self._owners) if first <= frame)

    def of(self, peer: int, first: int, most: int) -> list[Input]:
        """The known inputs from ``first`` on that ``peer`` has to send, at most ``most``."""
        if len(self._owners) == 1:
            return self._known[first : first + most] if self._owners[0][1] == peer else []
        end = first
        while end < min(len(self._known), first + most) and self.owner_of(end) == peer:
            end += 1
        return self._known[first:end]

    def known(self, first: int, last: int) -> tuple[Input, ...]:
        """The inputs of these frames, all of which must be known."""
        found = tuple(self._known[first : last + 1])
        return found + (self._nobody,) * (last + 1 - first - len(found))

    def add(self, frame: int, given: Input) -> bool:
        """Add the input of ``frame``; false, and nothing, if it is known already or one before it is missing."""
        if frame != len(self._known) or self.is_frozen:
            return False
        self._known.append(given)
        if self._owners[-1][1] != NOBODY:
            self.last = frame
        played = self._played.get(frame)
        if played is not None and played != given.action:
            self.wrong = frame if self.wrong is None else min(self.wrong, frame)
        return True

    def use(self, frame: int) -> Input:
        """The input to play ``frame`` with: what is known, or what is to be expected."""
        known = self._known
        if frame < len(known):
            chosen = known[frame]
        elif self._owners[-1][1] == NOBODY:
            chosen = self._nobody
        else:
            chosen = self.expected()
        self._played[frame] = chosen.action
        return chosen

    def assign(self, first: int, owner: int) -> None:
        """From ``first`` on the inputs come from ``owner``; those known of later frames were of somebody else."""
        if self._owners[-1][1] == NOBODY:
            self._extend(first)
        self._owners = [entry for entry in self._owners if entry[0] < first]
        if not self._owners or self._owners[-1][1] != owner:
            self._owners.append((first, owner))
        del self._known[first:]
        self._look_again()

    def rewrite(self, first: int, inputs: Sequence[Input], owner: int) -> None:
        """Replace what is known from ``first`` on by ``inputs``; what follows them belongs to ``owner``.

        Raises:
            ValueError: Inputs before ``first`` are missing.
        """
        if self._owners[-1][1] == NOBODY:
            self._extend(first)
        if first > len(self._known):
            raise ValueError(f"inputs from frame {first} on do not join those up to {len(self._known) - 1}")
        newer = self._known[first + len(inputs) :] if self.owner == owner != NOBODY else []
        self._known[first:] = [*inputs, *newer]
        end = first + len(inputs)
        self._owners = [(0, owner)] if end == 0 or owner != NOBODY else [(0, self._owners[0][1]), (end, owner)]
        self._look_again()

    def forget(self, frame: int) -> None:
        """``frame`` is committed: it will not be compared any more."""
        self._played.pop(frame, None)

    def rewind(self, first: int) -> None:
        """Frames from ``first`` on count as not played, none before it being wrong: whatever comes for them meanwhile
        is what they are going to be played with, and no mistake."""
        self.wrong = None
        for frame in [played for played in self._played if played >= first]:
            del self._played[frame]

    def expected(self) -> Input:
        """What is expected in all frames that are not known.

        It follows from what comes before the first missing one, whichever is asked for: an earlier one may still prove
        it wrong.
        """
        count = len(self._known)
        if self._guess[0] != count:
            self._guess = count, self._expect_after(self._known[-_REMEMBERED:])
        return self._guess[1]

    def _expect_after(self, latest: Sequence[Input]) -> Input:
        """What follows; where it is given as the next input, what was seen lies one frame further back."""
        if not latest:
            return self._default
        last, action = latest[-1], self._predict([known.action for known in latest])
        flags = last.flags & ~ABSENT  # of an absent player nothing has to be expected
        if action != last.action:
            return Input(action, flags & ~SOURCE)  # nobody chose that
        return Input(action, flags, min(255, last.age + 1) if last.age else 0)

    def _extend(self, end: int) -> None:
        missing = end - len(self._known)
        self._known += [self._nobody] * missing

    def _look_again(self) -> None:
        """After more than an addition: see who owns what, and which is the first frame that was played wrongly."""
        self._guess = -1, self._default
        self.senders = tuple([owner for _, owner in self._owners[-2:]])
        self.last = FOREVER if self.senders[-1] == NOBODY else len(self._known) - 1
        wrong = (
            frame
            for frame, action in self._played.items()
            if frame <= self.last and action != self.known(frame, frame)[0].action
        )
        self.wrong = min(wrong, default=None)


def _predictor(prediction: Literal["repeat", "default"] | Predict, default: bytes) -> Callable[[list[bytes]], bytes]:
    if prediction == "repeat":
        return lambda actions: actions[-1]
    if prediction == "default":
        return lambda actions: default
    return prediction
