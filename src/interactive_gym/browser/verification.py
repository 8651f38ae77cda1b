"""Stored episodes, played again from their inputs: whether the same comes out of it.

Part of the archive that participants get, so that records are verified by the code that made them. For the same reason
:func:`verify_all` and the files that it reads and writes stay as they are in later versions.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from interactive_gym.browser.answers import report
from interactive_gym.browser.runtime import Runtime, prepare
from interactive_gym.game.episode import Episode
from interactive_gym.game.setup import Setup
from interactive_gym.game.states import WHOLE
from interactive_gym.records import (
    FIELDS,
    PLAYED,
    Packer,
    Row,
    encode,
    encode_fields,
    peek,
    plain,
    unpack,
)

Json = dict[str, Any]
See = Callable[[Episode], object]


def verify_all(folder: str, entropy_hook: Callable[..., None]) -> None:
    """Play the episodes of ``folder`` again, one after the other.

    Each is two files: ``<name>.job``, JSON of ``{"game": protocol_game.Game, "seed": of the session, "episode": number,
    "frames": how many count, "sizes": [bytes of each chunk], "states": bool}``; and ``<name>.chunks``, its record from
    row -1 on. What came of it is in ``<name>.answer`` when the next one begins; see :meth:`Verifier.answer`. With
    ``states``, ``<name>.states`` has one line for each row: see :func:`state_of`.

    Args:
        entropy_hook: See :func:`interactive_gym.browser.runtime.prepare`.
    """
    verifier = Verifier(prepare(entropy_hook))
    for job_file in sorted(Path(folder).glob("*.job")):
        job = json.loads(job_file.read_text(encoding="utf-8"))
        chunks = _cut(job_file.with_suffix(".chunks").read_bytes(), job["sizes"])
        if job["states"]:
            with job_file.with_suffix(".states").open("w", encoding="utf-8") as file:
                answer = verifier.answer(job, chunks, _writer(file.write))
        else:
            answer = verifier.answer(job, chunks)
        draft = job_file.with_suffix(".draft")
        draft.write_text(json.dumps(answer), encoding="utf-8")
        draft.replace(job_file.with_suffix(".answer"))  # whoever waits for it finds all of it, or none


class Verifier:
    """A Python that has imported what was played, and plays it again."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._known: dict[str, Setup] = {}

    def answer(self, job: Json, chunks: Iterable[bytes], see: See | None = None) -> Json:
        """``{"frames": how many came out as they are recorded, "row": the first that did not, "failure": ...}``.

        ``row`` is as it was played now, packed, in base64; None if all came out alike, or there was no such row.
        ``failure`` is ``{"stage", "problem", "detail"}`` where it could not be played.

        Args:
            see: Called after the reset and each frame.
        """
        replayed = _Replayed(job["frames"], see)
        try:
            replayed.run(lambda: self._episode(job), chunks)
        except BaseException as error:  # an environment may even call sys.exit()
            replayed.failure = report("step", error)
        return {"frames": replayed.frames, "row": replayed.other, "failure": replayed.failure}

    def _episode(self, job: Json) -> Episode:
        game = json.dumps(job["game"])
        if game not in self._known:
            self._known[game] = self._runtime.known(game)
        return Episode(self._known[game], self._runtime.world, job["seed"], job["episode"])


class _Replayed:
    """One episode, compared second by second.

    Attributes:
        frames, other, failure: See :meth:`Verifier.answer`.
    """

    def __init__(self, most: int, see: See | None) -> None:
        self.frames = 0
        self.other: str | None = None
        self.failure: dict[str, str] | None = None
        self._most = most
        self._see = see

    def run(self, make: Callable[[], Episode], chunks: Iterable[bytes]) -> None:
        episode = make()
        try:
            for data in chunks:
                if self.frames >= self._most > 0 or not self._is_same(episode, data):
                    return
        finally:
            episode.close()

    def _is_same(self, episode: Episode, data: bytes) -> bool:
        recorded = peek(data)
        actions = recorded.actions[: max(0, self._most - recorded.first)]
        played: list[Sequence[bytes]] = []
        try:
            for given in self._played(episode, recorded.first, actions):
                played.append(given)
        except BaseException as error:
            self.failure = report("step", error)
        if recorded.begins_with(played):
            self.frames = recorded.first + len(played)
            return True
        return self._is_same_by_rows(played, unpack(data), recorded.played) and len(played) == len(actions)

    def _played(self, episode: Episode, first: int, actions: Iterable[Any]) -> Iterator[Sequence[bytes]]:
        """The cells of each row; fewer if the episode is over before."""
        for frame, given in enumerate(actions, first):
            if frame >= 0:
                if episode.over is not None:
                    return
                episode.step(given, {}, {}, {})  # who chose them does not come out of playing
            if self._see is not None:
                self._see(episode)
            yield encode_fields(episode.row, PLAYED)

    def _is_same_by_rows(self, played: Iterable[Sequence[bytes]], recorded: Iterable[Row], fields: int) -> bool:
        for cells, row in zip(played, recorded, strict=False):
            if [*cells[:fields]] != encode_fields(row, PLAYED[:fields]):
                self.other = _packed(row.frame, cells)
                self.failure = None  # it came later
                return False
            self.frames = row.frame + 1
        return True


def _packed(frame: int, played: Sequence[bytes]) -> str:
    packer = Packer()
    packer.add_cells(frame, [*played, *[encode({})] * (len(FIELDS) - len(played))])
    return b64encode(packer.pack().data).decode()


def state_of(episode: Episode) -> Json:
    """Where an environment stands, as JSON: ``{"frame", "hash", "state", "left_out"}``.

    ``state`` is what its ``get_state()`` gives; without one, its attributes. Numpy arrays are lists. What is no plain
    data is in the hash alone, and ``left_out`` names it.
    """
    there, left_out = episode.states.parts(episode.env)
    found = there.get(WHOLE) if WHOLE in {*there, *left_out} else there
    digest = episode.states.digest(episode.env).hex()
    return {"frame": episode.frame, "hash": digest, "state": plain(found), "left_out": sorted(left_out)}


def _writer(write: Callable[[str], object]) -> See:
    return lambda episode: write(json.dumps(state_of(episode)) + "\n")


def _cut(data: bytes, sizes: Iterable[int]) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
