"""The Python and the pictures with which a study's sessions are replayed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from interactive_gym.data import archives, pictures
from interactive_gym.data.archives import Kept
from interactive_gym.data.schema import verifications
from interactive_gym.data.study_folder import StudyFolder
from interactive_gym.errors import ConfigError

if TYPE_CHECKING:
    from interactive_gym.experiment import Experiment


@dataclass(frozen=True)
class Supply:
    """Where it is, and what the page is told of it.

    Attributes:
        folder: The study's; or one like it, with the Python of an experiment as it is now.
        only: That Python, where it replaces the study's own.
        scratch: For what is unpacked.
    """

    study: StudyFolder
    folder: Path
    only: str | None
    scratch: Path

    def source(self, session_id: str) -> dict[str, Any]:
        """``worker.messages.RuntimeSource`` of a session, and the ``version`` of this package that is in it.

        Raises:
            ConfigError: Nothing is kept of the Python with which it was played.
            ServerError: It is damaged, or incomplete.
        """
        kept = archives.kept(self.folder, self._runtime_of(session_id))
        archive = kept.unpack(self.scratch)
        return {
            "pyodide": f"/runtimes/{kept.id}/pyodide/",
            "pyodideBytes": sum(file.stat().st_size for file in kept.pyodide_dir.iterdir()),
            "packages": list(kept.packages),
            "archive": {"url": f"/runtimes/{kept.id}/archive.tar", "bytes": archive.stat().st_size},
            "version": kept.version,
        }

    def archive(self, runtime: str) -> Path | None:
        """The file that ``source`` names; None if there is no such runtime."""
        kept = self._kept(runtime)
        return kept.unpack(self.scratch) if kept else None

    def pyodide_file(self, runtime: str, name: str) -> Path | None:
        kept = self._kept(runtime)
        return _in(kept.pyodide_dir, name) if kept else None

    def picture(self, name: str) -> Path | None:
        return _in(self.folder / pictures.FOLDER, name)

    def _kept(self, runtime: str) -> Kept | None:
        known = _in(self.folder / archives.FOLDER, f"{runtime}.json")
        return archives.kept(self.folder, runtime) if known else None

    def _runtime_of(self, session_id: str) -> str:
        if self.only is not None:
            return self.only
        found = self.study.read(lambda connection: _likely(connection, session_id))
        if not found:
            raise ConfigError(
                f"The Python with which session {session_id!r} was played is not kept with the data: an older version "
                "recorded it. Name the experiment's file, as it was then: --experiment FILE"
            )
        return found[0]


@contextmanager
def supplied(study: StudyFolder, experiment: Experiment | None) -> Iterator[Supply]:
    """For as long as the study is open. With an ``experiment``, all is replayed with its Python as it is now.

    Raises:
        ConfigError: The experiment cannot be packed, or has no game.
    """
    with TemporaryDirectory(prefix="interactive-gym-replay-") as place:
        scratch = Path(place)
        if experiment is None:
            yield Supply(study, study.path, None, scratch)
        else:
            yield Supply(study, scratch, _pack(experiment, scratch), scratch)


def _pack(experiment: Experiment, folder: Path) -> str:
    from interactive_gym.packaging import build_runtime
    from interactive_gym.scenes import GymScene

    runtime = archives.keep(folder, build_runtime(experiment, folder / "cache"))
    if runtime is None:
        raise ConfigError(f"The experiment {experiment.id!r} has no game.")
    drawn = [file for scene in experiment.sequence if isinstance(scene, GymScene) for file in scene.pictures]
    pictures.keep(folder, {picture.file: picture.data for picture in drawn})
    return runtime


def _likely(connection: Connection, session_id: str) -> list[str]:
    """The runtimes with which a session may have been played; first that with which it came out the same before."""
    mine = (verifications.c.session_id == session_id) & (verifications.c.status == "verified")
    verified = connection.execute(select(verifications.c.runtime).where(mine, verifications.c.runtime.is_not(None)))
    return [*verified.scalars(), *archives.runtimes_of(connection, session_id)]


def _in(folder: Path, name: str) -> Path | None:
    """The file called ``name`` in ``folder``, and never one elsewhere."""
    return next((file for file in folder.iterdir() if file.name == name), None) if folder.is_dir() else None
