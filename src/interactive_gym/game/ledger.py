"""From results, which may turn out to be wrong, to records, which do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from interactive_gym.game.recorder import Finished, Recorder
from interactive_gym.game.setup import Setup
from interactive_gym.netcode.requests import ABSENT, FOCUSED, SOURCE, Commit, Input
from interactive_gym.records import Row, encode

_BOT = "bot"
_SOURCES = ("default", "human", _BOT, "default")  # the last one is nobody's; a peer may send it all the same


class Seen(NamedTuple):
    """What agents saw after ``frame``."""

    frame: int
    observations: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What a step gave, as it was at that time: environments change their dicts in place.

    Attributes:
        actions: What all players did.
        acting: The agents whose actions counted.
        cells: The fields ``PLAYED`` of the row, encoded.
        observations: Copies, of the agents who are watched.
        over: Why the episode ended with it, if it did.
    """

    actions: tuple[bytes, ...]
    acting: Sequence[str]
    cells: Sequence[bytes]
    observations: Mapping[str, Any]
    over: str | None


class Ledger:
    """The frames of one episode: results until they are committed, and chunks of records after that.

    Attributes:
        committed: The newest frame that is recorded; -1 after the reset.
        over: Why the episode has ended, once that is final.
    """

    def __init__(self, setup: Setup, reset: Row) -> None:
        self.committed = -1
        self.over: str | None = None
        self._agents = setup.agents
        self._humans = [player for player, agent in enumerate(setup.agents) if agent in setup.humans]
        self._results: dict[int, Result] = {}
        self._recorder = Recorder(setup.fps)
        self._chunks = self._recorder.add(reset, last=False)
        self._seen: list[Seen] = []

    def add(self, frame: int, result: Result) -> None:
        """Note what came of ``frame``, in the place of what was noted of it before; what is recorded already stays."""
        if frame > self.committed:
            self._results[frame] = result

    def forget_from(self, frame: int) -> None:
        """What was noted of ``frame`` and of later ones is wrong."""
        for known in [known for known in self._results if known >= frame]:
            del self._results[known]

    def cells(self, frame: int) -> bytes:
        """The record of a frame that is not committed, as bytes."""
        return b"".join(self._results[frame].cells)

    def commit(self, request: Commit) -> None:
        """Record frames as they are now.

        Raises:
            EnvError: A chunk is larger than the server takes.
            RuntimeError: They were not played like this.
        """
        for frame, inputs in enumerate(request.inputs, request.first):
            result = self._results.pop(frame, None)
            if result is None or result.actions != tuple(given.action for given in inputs):
                raise RuntimeError(f"frame {frame} is to be recorded, but was not played with these actions")
            self._chunks += self._recorder.add_cells(
                frame, [*result.cells, *self._who(frame, result.acting, inputs)], last=result.over is not None
            )
            self.see(frame, result.observations)
            self.committed, self.over = frame, result.over

    def see(self, frame: int, observations: Mapping[str, Any]) -> None:
        """Hold ready what agents saw after ``frame``, for :meth:`take_seen`."""
        if observations:
            self._seen.append(Seen(frame, observations))

    def finish(self) -> None:
        """No frame will follow: the last chunk is as long as it is."""
        self._chunks += self._recorder.finish()

    def take_chunks(self) -> list[Finished]:
        """The chunks that were completed since the last call."""
        taken, self._chunks = self._chunks, []
        return taken

    def take_seen(self) -> list[Seen]:
        """What watched agents saw in the frames that were committed since the last call, and after the reset."""
        taken, self._seen = self._seen, []
        return taken

    def _who(self, frame: int, acting: Sequence[str], inputs: Sequence[Input]) -> tuple[bytes, ...]:
        """Who chose the actions, which humans looked, after which frame bots saw what they acted on, who was there."""
        given = dict(zip(self._agents, inputs, strict=True))
        source = {agent: _SOURCES[(given[agent].flags & SOURCE) >> 1] for agent in self._agents if agent in acting}
        is_focused = {self._agents[player]: bool(inputs[player].flags & FOCUSED) for player in self._humans}
        # No peer may say that it saw what was not played yet.
        observed = {agent: max(-1, frame - max(1, given[agent].age)) for agent in source if source[agent] == _BOT}
        present = {self._agents[player]: not inputs[player].flags & ABSENT for player in self._humans}
        return encode(source), encode(is_focused), encode(observed), encode(present)
