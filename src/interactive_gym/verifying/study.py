"""All complete episodes of a study, played again by several Pythons at once."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, text

from interactive_gym.data import archives, database, games, verifications
from interactive_gym.data.archives import Kept
from interactive_gym.data.claim import claimed
from interactive_gym.data.database import Database
from interactive_gym.data.episode_files import file_name
from interactive_gym.data.flat import write_table
from interactive_gym.data.store import Store, newest_schema
from interactive_gym.data.study_folder import StudyFolder, opened
from interactive_gym.data.tables import episodes_table
from interactive_gym.data.verifications import Outcome, Recorded
from interactive_gym.errors import ServerError
from interactive_gym.packaging.node import find_node
from interactive_gym.verifying.batch import Batch, Task

LEAST_FRAMES = 2_000  # of a batch: less would be started for longer than it plays
MOST_FRAMES = 40_000  # if its Python ends, this much is played again at most
MOST_EPISODES = 200
LOOK_S = 0.2  # how often what has come is stored

NO_RUNTIME = "the Python with which it was played was not kept: its session began with an older version"

Attempt = tuple[Recorded, int, bool]
"""An episode, the position of the runtime that plays it, and whether it does so alone; see ``batch.Task``."""
Group = list[Attempt]
"""Of a batch."""


class Progress(Protocol):
    """Whoever is told how far it is."""

    def begin(self, episodes: int, frames: int) -> object:
        """So much is going to be played again."""

    def done(self, of: Recorded, outcome: Outcome) -> object:
        """This is decided."""


class Quiet:
    """A :class:`Progress` that nobody looks at."""

    def begin(self, episodes: int, frames: int) -> None: ...

    def done(self, of: Recorded, outcome: Outcome) -> None: ...


def verify(
    folder: Path, *, jobs: int = 1, again: bool = False, states: Path | None = None, progress: Progress | None = None
) -> list[Recorded]:
    """Play all complete episodes of the study in ``folder`` again, but those of which the store knows what came of it.

    What comes of an episode is stored at once, so that it does not matter when this is stopped. The server of the study
    may run meanwhile.

    Args:
        jobs: How many Pythons play at once.
        again: Play them all.
        states: A folder, for ``<scene>/<session>/ep<k>.states.jsonl`` of each episode; then all are played.

    Returns:
        All complete episodes, with what came of them.

    Raises:
        ConfigError: There is no study in ``folder``.
        ServerError: Node is missing, or the store cannot be read or written.
    """
    with opened(folder):
        place = database.of_existing(folder)
    _bring_up_to_date(folder, place)
    with opened(folder) as study, _writing(place) as store, ExitStack() as stack:
        found = study.read(verifications.recorded)
        due = [of for of in found if not of.is_lost and (again or states or of.outcome is None)]
        crew = _Crew(study, store, jobs, states, progress or Quiet(), stack)
        decided = crew.play(due) if due else {}
        _write_table(folder, study)
    return [replace(of, outcome=decided.get(of.key, of.outcome)) for of in found]


@dataclass
class _Crew:
    study: StudyFolder
    store: Store
    jobs: int
    states: Path | None
    progress: Progress
    stack: ExitStack

    def __post_init__(self) -> None:
        find_node()  # if it is missing, that is said before anything is begun
        self.scratch = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="interactive-gym-verify-")))
        self.decided: dict[tuple[str, int], Outcome] = {}
        self.first: dict[tuple[str, int], Outcome] = {}  # of several attempts, what came of the first one
        self.kept: dict[str, Kept | None] = {}
        self.running: dict[Future[None], Batch] = {}
        self.stack.callback(self._close_running)  # where this is stopped

    def play(self, due: Sequence[Recorded]) -> dict[tuple[str, int], Outcome]:
        self.progress.begin(len(due), sum(of.episode.frames for of in due))
        for of in due:
            if not self._has_runtime(of, 0):
                self._decide(of, Outcome("unknown", 0, found=self._why_not(of)))
        waiting = deque(self._grouped([of for of in due if of.key not in self.decided]))
        with ThreadPoolExecutor(self.jobs) as pool:
            while waiting or self.running:
                while waiting and len(self.running) < self.jobs:
                    batch = self._batch(waiting.popleft())
                    self.running[pool.submit(batch.run)] = batch
                over, _ = wait(self.running, timeout=LOOK_S, return_when=FIRST_COMPLETED)
                for future, batch in [*self.running.items()]:
                    waiting.extend(self._taken(batch))
                    if future in over:
                        waiting.extend(self._ended(future, batch))
        return self.decided

    def _grouped(self, due: Sequence[Recorded]) -> Iterator[Group]:
        """Batches of episodes with the same runtime, neither too small nor too large."""
        share = sum(of.episode.frames for of in due) // (4 * self.jobs)
        most = min(MOST_FRAMES, max(LEAST_FRAMES, share))
        group: Group = []
        frames = 0
        for of in sorted(due, key=lambda of: of.runtimes[0]):
            is_other = bool(group) and group[0][0].runtimes[0] != of.runtimes[0]
            if group and (is_other or frames >= most or len(group) >= MOST_EPISODES):
                yield group
                group, frames = [], 0
            group.append((of, 0, False))
            frames += of.episode.frames
        if group:
            yield group

    def _batch(self, group: Group) -> Batch:
        def read(connection: Connection) -> list[Task]:
            return [Task(of, games.data_of(connection, of.line), attempt, alone) for of, attempt, alone in group]

        tasks = self.study.read(read)
        kept = self.kept[tasks[0].runtime]
        assert kept, "without it, nobody would try"
        return Batch(tasks, kept, kept.unpack(self.scratch), self.states is not None)

    def _taken(self, batch: Batch) -> Iterator[Group]:
        """Decides what can be decided; yields what is to be tried in another way."""
        for task, outcome in batch.take():
            again = None if outcome.status == "verified" else self._other_attempt(task)
            self.first.setdefault(task.recorded.key, outcome)
            if again is not None:
                yield [again]
                continue
            if outcome.status != "verified":
                outcome = self.first[task.recorded.key]
            if self.states is not None:
                self._save_states(batch.states_of(task), task.recorded)
            self._decide(task.recorded, outcome)

    def _ended(self, future: Future[None], batch: Batch) -> Iterator[Group]:
        """Of the rest of a batch whose Python ended, the first one was played when it did."""
        future.result()
        yield from self._taken(batch)  # what has come since
        left = batch.left()
        batch.close()
        del self.running[future]
        if not left:
            return
        culprit, *others = left
        problem = f"Python ended: {batch.problem or 'it gave no answer'}"
        self._decide(culprit.recorded, Outcome("failed", 0, found=problem, runtime=culprit.runtime))
        if others:
            yield [(task.recorded, task.attempt, task.is_alone) for task in others]

    def _other_attempt(self, task: Task) -> Attempt | None:
        """What came out differently may do so because of what was played before it, or with the page's own archive."""
        if not task.is_alone:
            return task.recorded, task.attempt, True
        following = task.attempt + 1
        return (task.recorded, following, True) if self._has_runtime(task.recorded, following) else None

    def _close_running(self) -> None:
        for batch in self.running.values():
            batch.close()

    def _has_runtime(self, of: Recorded, attempt: int) -> bool:
        if attempt >= len(of.runtimes):
            return False
        name = of.runtimes[attempt]
        if name not in self.kept:
            try:
                self.kept[name] = archives.kept(self.study.path, name)
            except ServerError:
                self.kept[name] = None
        return self.kept[name] is not None

    def _why_not(self, of: Recorded) -> str:
        return f"{archives.FOLDER}/{of.runtimes[0]}.json is not complete" if of.runtimes else NO_RUNTIME

    def _decide(self, of: Recorded, outcome: Outcome) -> None:
        def write(connection: Connection) -> None:
            verifications.store(connection, of, outcome, now=time.time())

        self.store.submit(write).result()
        self.decided[of.key] = outcome
        self.progress.done(of, outcome)

    def _save_states(self, states: Path, of: Recorded) -> None:
        assert self.states is not None
        place = self.states / file_name(of.scene_id) / file_name(of.session_id)
        place.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(states, place / f"ep{of.episode.number}.states.jsonl")


@contextmanager
def _writing(place: Database) -> Iterator[Store]:
    """Beside a server: each waits for the other's transaction, which takes milliseconds."""
    store = Store(place)
    try:
        yield store
    finally:
        store.close()


def _bring_up_to_date(folder: Path, place: Database) -> None:
    """A store of an older version gets new tables.

    Raises:
        ServerError: Its server runs, and would not know them.
    """
    try:
        with claimed(folder):
            Store(place).close()
    except ServerError as error:
        if not _is_up_to_date(place):
            raise ServerError(
                f"The server of {folder} runs, with an older version of Interactive Gym. Stop it first."
            ) from error


def _is_up_to_date(place: Database) -> bool:
    engine = place.engine(writes=False)
    try:
        with engine.connect() as connection:
            return connection.execute(text("select version_num from alembic_version")).scalar() == newest_schema()
    finally:
        engine.dispose()


def _write_table(folder: Path, study: StudyFolder) -> None:
    """``episodes.csv`` with what was found. Where a server runs, it does that itself."""
    with suppress(ServerError), claimed(folder):
        study.read(lambda connection: write_table(folder / "episodes.csv", episodes_table(connection)))
