"""Whether a host can go back: every frame is played again from a state that was kept before, and must come out equal.

One process, no peers, no network; the idea is that of GGPO's sync test. What it finds would be a mismatch between two
peers of whom one has gone back and the other has not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, Protocol

from interactive_gym.netcode.requests import Advance, Begin, Commit, Input, Load, Request, Save

Inputs = tuple[Input, ...]
What = Literal["state", "result", "end"]


class Host(Protocol):
    """What can be tested."""

    def fulfil(self, request: Request) -> Mapping[str, Any]:
        """Do what is asked; the answer is what ``Session.done`` takes."""

    def result(self, frame: int) -> bytes:
        """What playing ``frame`` gave, as bytes that are equal where it is; of frames that are not committed."""


@dataclass(frozen=True)
class Difference:
    """What did not come out as it had before.

    Attributes:
        frame: The first frame that differs when it is played again.
        loaded: The frame from whose state it was played again.
        depth: How many frames had been played since that was kept.
        what: Whether the episode ends with the frame, its result, or only the state after it.
    """

    episode: int
    frame: int
    loaded: int
    depth: int
    what: What


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is compared of a frame."""

    end: tuple[bool, bool]
    result: bytes
    state: bytes

    def difference(self, other: _Outcome) -> What | None:
        kinds: tuple[What, ...] = ("end", "result", "state")
        return next((kind for kind in kinds if getattr(self, kind) != getattr(other, kind)), None)


class SyncTest:
    """Plays episodes of a host, and each of their frames again.

    Args:
        host: Fulfils the requests.
        inputs: (episode, frame) -> the inputs of all players; the same whenever it is asked.
        seed: Of the depths.
        window: The greatest depth, in frames.

    Attributes:
        frames: How many were played for the first time.
        replayed: How many were played again.
    """

    def __init__(self, host: Host, inputs: Callable[[int, int], Inputs], seed: int = 0, window: int = 8) -> None:
        self.frames = 0
        self.replayed = 0
        self._host = host
        self._inputs = inputs
        self._rng = Random(seed)
        self._window = window
        self._outcomes: dict[int, _Outcome] = {}

    def run(self, frames: int) -> Difference | None:
        """Play so many frames, in as many episodes as that takes; the first difference, or None."""
        episode = 0
        while self.frames < frames:
            difference = self._episode(episode, frames)
            if difference is not None:
                return difference
            episode += 1
        return None

    def _episode(self, episode: int, frames: int) -> Difference | None:
        self._outcomes.clear()
        self._host.fulfil(Begin(episode))
        self._host.fulfil(Save(0, hashed=False))
        frame = committed = 0
        is_over = False
        while not is_over and self.frames < frames:
            outcome = self._outcomes[frame] = self._play(episode, frame, is_live=True)
            self.frames += 1
            difference = self._play_again(episode, frame)
            if difference is not None:
                return difference
            is_over = any(outcome.end)
            frame += 1
            committed = self._commit(episode, committed, frame - self._window)
        return None

    def _play(self, episode: int, frame: int, is_live: bool) -> _Outcome:
        answer = self._host.fulfil(Advance(frame, self._inputs(episode, frame), is_live))
        end = bool(answer.get("terminal")), bool(answer.get("failed"))
        result = self._host.result(frame)
        state = b"" if end[1] else self._host.fulfil(Save(frame + 1, hashed=True))["digest"]
        return _Outcome(end, result, state)

    def _play_again(self, episode: int, last: int) -> Difference | None:
        depth = self._rng.randint(1, min(self._window, last + 1))
        loaded = last + 1 - depth
        self._host.fulfil(Load(loaded))
        for frame in range(loaded, last + 1):
            outcome = self._play(episode, frame, is_live=False)
            self.replayed += 1
            what = outcome.difference(self._outcomes[frame])
            if what is not None:
                return Difference(episode, frame, loaded, depth, what)
        return None

    def _commit(self, episode: int, first: int, end: int) -> int:
        """Commit what no rollback reaches any more; the first frame that is not committed."""
        if end <= first:
            return first
        inputs = tuple(self._inputs(episode, frame) for frame in range(first, end))
        self._host.fulfil(Commit(first, inputs, keep=end))
        for frame in range(first, end):
            del self._outcomes[frame]
        return end
