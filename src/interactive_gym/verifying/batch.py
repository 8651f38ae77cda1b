"""Several episodes, played again by one Python under Node: starting it takes as long as thousands of frames."""

from __future__ import annotations

import json
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interactive_gym.data.archives import Kept
from interactive_gym.data.parity import first_difference, shown
from interactive_gym.data.verifications import Outcome, Recorded
from interactive_gym.errors import InteractiveGymError
from interactive_gym.packaging import node
from interactive_gym.packaging.node import Node
from interactive_gym.records import PLAYED, Row, unpack

PROGRAM = Path(node.__file__).parent / "programs" / "verify_episodes.py"
INSIDE = "/episodes"
START_S = 120.0  # seconds after which a Python that has not even started is given up,
EPISODE_S = 10.0  # and these more for each episode: making an environment may take long,
FRAME_S = 0.1  # and for each frame

Json = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """An episode and its frames.

    Attributes:
        attempt: The position of its runtime in ``recorded.runtimes``.
        is_alone: Whether nothing else is played before it in the same Python.
    """

    recorded: Recorded
    chunks: Sequence[bytes]
    attempt: int = 0
    is_alone: bool = False

    @property
    def runtime(self) -> str:
        return self.recorded.runtimes[self.attempt]


@dataclass
class Batch:
    """Tasks with the same runtime, in a folder of their own.

    Attributes:
        problem: Why Python ended before it had played all, if it did.
    """

    tasks: Sequence[Task]
    kept: Kept
    archive: Path
    with_states: bool
    problem: str | None = None
    _folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="interactive-gym-verify-")))
    _taken: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Play all. Meanwhile, and afterwards, :meth:`take` has what came of it."""
        for position, task in enumerate(self.tasks):
            self._file(position, "chunks").write_bytes(b"".join(task.chunks))
            self._file(position, "job").write_text(json.dumps(self._job(task)), encoding="utf-8")
        frames = sum(task.recorded.episode.frames for task in self.tasks)
        limit = START_S + EPISODE_S * len(self.tasks) + FRAME_S * frames
        python = Node(self.kept.pyodide_dir, self.kept.packages, self.archive, {INSIDE: self._folder}, limit)
        try:
            python.run(PROGRAM, INSIDE)
        except InteractiveGymError as error:
            self.problem = str(error)

    def take(self) -> Iterator[tuple[Task, Outcome]]:
        """What has come of tasks since the last call."""
        for position, task in enumerate(self.tasks):
            file = self._file(position, "answer")
            if position not in self._taken and file.exists():
                self._taken.add(position)
                yield task, outcome_of(task, json.loads(file.read_bytes()))

    def left(self) -> list[Task]:
        """Those of which nothing has come."""
        return [task for position, task in enumerate(self.tasks) if position not in self._taken]

    def states_of(self, task: Task) -> Path:
        """The states of a task that was played, as lines of JSON."""
        return self._file(self.tasks.index(task), "states")

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _job(self, task: Task) -> Json:
        of = task.recorded
        played = {"game": of.game, "seed": of.seed, "episode": of.episode.number, "frames": of.episode.frames}
        return {**played, "sizes": [len(chunk) for chunk in task.chunks], "states": self.with_states}

    def _file(self, position: int, kind: str) -> Path:
        return self._folder / f"{position:06}.{kind}"


def outcome_of(task: Task, answer: Json) -> Outcome:
    """What an answer of ``browser.verification`` means."""
    frames, wanted = int(answer["frames"]), task.recorded.episode.frames
    if answer["failure"] is not None:
        stage, problem = answer["failure"]["stage"], answer["failure"]["problem"]
        frame = frames if stage == "step" else -1
        return Outcome("failed", frames, frame, found=f"{stage}: {problem}", runtime=task.runtime)
    if answer["row"] is None and frames >= wanted:
        return Outcome("verified", frames, runtime=task.runtime)
    if answer["row"] is None:
        return Outcome("differs", frames, frames, "frame", "a frame", "the episode is over", task.runtime)
    (played,) = unpack(b64decode(answer["row"]))
    found = first_difference(_row_of(task, played.frame), played, PLAYED)
    assert found, "the archive and we agree on what is equal"
    return Outcome("differs", frames, played.frame, found.column, shown(found.mine), shown(found.theirs), task.runtime)


def _row_of(task: Task, frame: int) -> Row:
    rows = (row for chunk in task.chunks for row in unpack(chunk))
    return next(row for row in rows if row.frame == frame)
