"""The frames of one episode on one peer: played on expectations, played again where they were wrong, committed."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from dataclasses import dataclass

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.errors import HostError
from interactive_gym.netcode.history import History
from interactive_gym.netcode.inputs import InputQueue
from interactive_gym.netcode.pacing import Window
from interactive_gym.netcode.requests import Advance, Commit, Load, Request, Save


@dataclass(slots=True)
class Answer:
    """What the host said to a request."""

    terminal: bool = False
    failed: bool = False
    cost: float = 0.0
    digest: bytes = b""


Requests = Generator[Request, Answer, None]


@dataclass(slots=True)
class Replays:
    """What rollbacks cost so far, in numbers of frames; ``deepest`` is how many one of them went back."""

    rollbacks: int = 0
    frames: int = 0
    deepest: int = 0


class Timeline:
    """One episode.

    A replay can be interrupted between two frames, and its rest be done by a later call. So there are two places: the
    head, up to which the game has come for everybody who looks on, and the place where the host stands. What is known
    of inputs, and of where the environment ends, is true of the frames below the place only: those between it and the
    head count as not played, so no input that comes for them can prove them wrong. Nothing at or beyond the place is
    committed.

    Attributes:
        head: The next new frame.
        place: The frame that the host plays next: the head, or one before it as long as a replay is not complete.
        spent: Seconds that the host took for the frames of this episode, those played again included.
        committed: The newest frame that is final; -1 before the first.
        final: Frames up to this one are known to be final for everybody before they are played here.
        over: The frame after which the environment plays no more, as far as it looks now.
        has_failed: The environment raised in frame ``over``, which therefore has no results.
        queues: One per player.
        digests: The digest of the state before a frame, for frames that are hashed.
    """

    def __init__(self, config: Config, owners: Iterable[int], window: Window, replays: Replays) -> None:
        self.head = 0
        self.place = 0
        self.spent = 0.0
        self.committed = -1
        self.final = -1
        self.over: int | None = None
        self.has_failed = False
        self.queues = [
            InputQueue(default, config.prediction, owner)
            for default, owner in zip(config.default_actions, owners, strict=True)
        ]
        self.digests: dict[int, bytes] = {}
        self._window = window
        self._history = History(window, config.digest_every)
        self._replays = replays

    @property
    def confirmed(self) -> int:
        """The newest frame for which the inputs of all players are known here."""
        return min([queue.last for queue in self.queues])

    @property
    def last_with_results(self) -> int:
        """The newest committed frame, unless the environment raised in it: then the one before."""
        return self.committed - (self.has_failed and self.committed == self.over)

    @property
    def is_complete(self) -> bool:
        """Whether the episode's end is final."""
        return self.over is not None and self.committed >= self.over

    @property
    def is_at_end(self) -> bool:
        """Whether no frame follows, as far as the inputs show that are here by now."""
        return self.over is not None and self._wrong is None

    @property
    def to_replay(self) -> int:
        """How many frames are to be played again before the head."""
        wrong = self._wrong
        return self.head - (self.place if wrong is None else self._history.before(wrong))

    @property
    def _wrong(self) -> int | None:
        """The earliest frame that was played with wrong inputs; it is below the place."""
        return min([queue.wrong for queue in self.queues if queue.wrong is not None], default=None)

    def roll_back(self, seconds: float = math.inf) -> Requests:
        """Play again what was played with wrong inputs, or as much of it as is likely to take no more than ``seconds``.

        The rest is for the next call, which also goes back further if need be.
        """
        until = self.spent + seconds
        wrong = self._wrong
        if wrong is not None and self._fits(until):
            yield from self._rewind(wrong)
        while self.place < self.head and self._fits(until):
            yield from self.play(is_live=False)
            self._replays.frames += 1

    def play(self, is_live: bool) -> Requests:
        """Play the frame at the place; after the last one of a replay that is the head."""
        frame = self.place
        if self._history.wants(frame, frame <= self.final):
            yield from self._save(frame)
        inputs = tuple(queue.use(frame) for queue in self.queues)
        answer = yield Advance(frame, inputs, is_live)
        self.spent += answer.cost
        self.place += 1
        self.head = max(self.head, self.place)
        if answer.failed or answer.terminal:
            self.over, self.has_failed = frame, answer.failed
            self.head = self.place  # frames that were played beyond it on other inputs do not exist
        if answer.failed:
            return
        self._window.add_cost(step=answer.cost)
        if answer.terminal:
            yield from self._save(self.place, hashed=True)

    def commit(self, limit: int) -> Requests:
        """Everything up to ``limit`` is the same on all peers. Call when nothing is wrong any more."""
        last = min(limit, self.place - 1, self.confirmed)
        first = self.committed + 1
        if last < first:
            return
        self.committed = last
        with_results = self.last_with_results
        known = [queue.known(first, with_results) for queue in self.queues]
        for frame in range(first, last + 1):
            for queue in self.queues:
                queue.forget(frame)
        keep = self._history.forget(last + 1)
        if with_results >= first:
            yield Commit(first, tuple(zip(*known, strict=True)), keep)

    def _fits(self, until: float) -> bool:
        """Whether another frame is likely to be played before so much is spent."""
        return self.spent + self._window.frame_cost <= until

    def _rewind(self, wrong: int) -> Requests:
        """Put back the state from which ``wrong`` can be played."""
        self._replays.rollbacks += 1
        start = self._history.rewind(wrong)
        self._replays.deepest = max(self._replays.deepest, self.head - start)
        answer = yield Load(start)
        self.spent += answer.cost
        for queue in self.queues:
            queue.rewind(start)
        self.place, self.over, self.has_failed = start, None, False

    def _save(self, frame: int, hashed: bool = False) -> Requests:
        hashed = hashed or self._history.is_hashed(frame)
        self._history.add(frame)
        answer = yield Save(frame, hashed)
        self.spent += answer.cost
        self._window.add_cost(save=answer.cost)
        if hashed:
            if not 4 <= len(answer.digest) <= 32:
                raise HostError(f"Save(frame={frame}, hashed=True) was answered without a digest of 4 to 32 bytes")
            self.digests[frame] = answer.digest
