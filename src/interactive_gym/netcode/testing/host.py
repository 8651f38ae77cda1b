"""A host that fulfils the requests of a session on a toy game, and watches that the session keeps its promises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from interactive_gym.netcode.events import EpisodeEnded
from interactive_gym.netcode.requests import Advance, Begin, Commit, Input, Load, Request, Save
from interactive_gym.netcode.testing.games import Game, Result

MAX_LIVE_FRAMES = 4  # per tick; a longer debt has to be dropped


class BrokenPromise(AssertionError):
    """A session asked for what it may not ask for."""


class Outcome(NamedTuple):
    """What came of one step; ``result`` is None where it raised."""

    terminal: bool
    failed: bool
    result: Result | None

    @property
    def is_last(self) -> bool:
        """Whether no step can follow."""
        return self.terminal or self.failed


def step(game: Game, inputs: tuple[Input, ...]) -> Outcome:
    """One step; an exception is its outcome too."""
    try:
        terminal, result = game.step(inputs)
    except Exception:  # the environment's own, whatever it is
        return Outcome(False, True, None)
    return Outcome(terminal, False, result)


class Row(NamedTuple):
    """One committed frame."""

    frame: int
    inputs: tuple[Input, ...]
    outcome: Outcome


@dataclass
class Record:
    """What one process committed of one episode.

    Attributes:
        given: What this process's own human players did, by (frame, player): more than once where the session asked
            again, as it had not played the frame after all.
        ended: How the episode ended here, if it did.
    """

    episode: int
    rows: list[Row] = field(default_factory=list)
    given: defaultdict[tuple[int, int], list[Input]] = field(default_factory=lambda: defaultdict(list))
    ended: EpisodeEnded | None = None


class Answer(NamedTuple):
    """What :meth:`Session.done` is told."""

    terminal: bool = False
    failed: bool = False
    digest: bytes = b""


class Host:
    """One game, and the results of its steps until they are committed.

    Attributes:
        records: One per episode begun.
        frame: The frame that the state of the game is before.
        replayed: Frames that were played again.
        rollbacks: How often the game went back.
        idle_rollbacks: How often it did for nothing: all inputs were the same again.
        failures: Steps that raised, committed or not.
    """

    def __init__(self, game: Game, players: int) -> None:
        self.records: list[Record] = []
        self.frame = 0
        self.replayed = self.rollbacks = self.idle_rollbacks = self.failures = 0
        self._game = game
        self._players = players
        self._saved: dict[int, object] = {}
        self._played: dict[int, tuple[tuple[bytes, ...], Outcome]] = {}
        self._abandoned: dict[int, tuple[bytes, ...]] = {}
        self._is_changed = True
        self._replays_to = 0
        self._loads = self._live = self._keep = 0

    @property
    def record(self) -> Record:
        """Of the running episode."""
        return self.records[-1]

    @property
    def committed(self) -> int:
        """The last committed frame of the running episode, -1 where there is none."""
        return len(self.record.rows) - 1 if self.records else -1

    def end(self, ended: EpisodeEnded) -> None:
        """Note how an episode ended; one that never began here has no record."""
        for record in self.records:
            if record.episode == ended.episode:
                record.ended = ended

    def begin_tick(self) -> None:
        """Called before each ``advance`` of the session."""
        self._loads = self._live = 0

    def end_tick(self) -> None:
        """Called after all requests of an ``advance``; a replay may be interrupted then."""
        if self.frame >= self._replays_to or self._is_at_end():
            self.idle_rollbacks += not self._is_changed
            self._is_changed = True
            self._replays_to = 0
            self._abandoned.clear()

    def fulfil(self, request: Request) -> Answer:
        """Do what is asked.

        Raises:
            BrokenPromise: The session may not ask that now.
        """
        for promise, is_kept in self._promises(request):
            if not is_kept:
                raise BrokenPromise(f"{promise}: {request} at state {self.frame}, committed {self.committed}")
        match request:
            case Begin():
                return self._begin(request.episode)
            case Save():
                self._saved[request.frame] = self._game.save()
                return Answer(digest=self._game.digest() if request.hashed else b"")
            case Load():
                return self._load(request.frame)
            case Advance():
                return self._advance(request)
            case Commit():
                return self._commit(request)

    def _begin(self, episode: int) -> Answer:
        self._game.begin(episode)
        self.records.append(Record(episode))
        self.frame = 0
        for kept in (self._saved, self._played, self._abandoned):
            kept.clear()
        self._keep = self._replays_to = 0
        self._is_changed = True
        return Answer()

    def _load(self, frame: int) -> Answer:
        self._game.load(self._saved[frame])
        self._abandoned |= {f: actions for f, (actions, _) in self._played.items() if f >= frame}
        self._played = {f: played for f, played in self._played.items() if f < frame}
        self._saved = {f: state for f, state in self._saved.items() if f <= frame}
        self._is_changed &= self._replays_to > 0
        self._replays_to = max(self._replays_to, self.frame)
        self.frame = frame
        self.rollbacks += 1
        self._loads += 1
        return Answer()

    def _advance(self, request: Advance) -> Answer:
        actions = tuple(given.action for given in request.inputs)
        before = self._abandoned.pop(request.frame, None)
        self.replayed += before is not None
        self._is_changed |= before not in (None, actions)
        self._live += request.is_live
        outcome = step(self._game, request.inputs)
        self.failures += outcome.failed
        self._played[request.frame] = actions, outcome
        self.frame += 1
        return Answer(outcome.terminal, outcome.failed)

    def _commit(self, request: Commit) -> Answer:
        for frame, inputs in enumerate(request.inputs, request.first):
            self.record.rows.append(Row(frame, inputs, self._played.pop(frame)[1]))
        self._keep = request.keep
        for frame in [f for f in self._saved if f < self._keep]:
            del self._saved[frame]
        return Answer()

    def _is_at_end(self) -> bool:
        if self.frame - 1 in self._played:
            return self._played[self.frame - 1][1].is_last
        return bool(self.record.rows) and self.frame == len(self.record.rows) and self.record.rows[-1].outcome.is_last

    def _promises(self, request: Request) -> Iterator[tuple[str, bool]]:
        if not isinstance(request, Begin):
            yield "an episode is begun first", bool(self.records)
        match request:
            case Begin():
                yield "episodes begin in their order", not self.records or request.episode > self.record.episode
            case Save():
                yield "a state is kept under its own frame", request.frame == self.frame
            case Load():
                yield "only a kept state is put back", request.frame in self._saved
                yield "a state that may be dropped is not put back", request.frame >= self._keep
                yield "at most one replay per call", self._loads == 0
            case Advance():
                yield "frames come one after another", request.frame == self.frame
                yield "an input per player", len(request.inputs) == self._players
                yield "what is committed stays as it is", self._fits_committed(request)
                yield "nothing follows a last step", not self._is_at_end()
                yield "at most 4 live frames per tick", self._live + request.is_live <= MAX_LIVE_FRAMES
            case Commit():
                yield from self._promises_of_commit(request)

    def _fits_committed(self, request: Advance) -> bool:
        """Where states are kept seldom, frames that are committed are played again, with the same actions."""
        if request.frame > self.committed:
            return True
        committed = self.record.rows[request.frame].inputs
        return [given.action for given in request.inputs] == [given.action for given in committed]

    def _promises_of_commit(self, request: Commit) -> Iterator[tuple[str, bool]]:
        yield "frames are committed one after another", request.first == self.committed + 1 and bool(request.inputs)
        yield "only what was played is committed", request.last < self.frame
        actions = [tuple(given.action for given in inputs) for inputs in request.inputs]
        played = [self._played[f][0] for f in range(request.first, request.last + 1) if f in self._played]
        yield "it was played with what is committed", actions == played
        yield "states that are still needed are kept", request.keep <= request.last + 1
