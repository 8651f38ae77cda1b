"""What the server hands to participants' browsers: a Pyodide distribution and one archive of Python files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from interactive_gym.packaging.archive import pack
from interactive_gym.packaging.plan import plan
from interactive_gym.packaging.pyodide import bundled

if TYPE_CHECKING:
    from interactive_gym.experiment import Experiment


@dataclass(frozen=True)
class Runtime:
    """Where the files are on disk, under which address they are served, and how large they are before compression.

    ``pyodide_url`` is ``/pyodide/<version>-<hash8>/`` and serves the files of ``pyodide_dir``. ``archive`` is
    ``<cache_dir>/archives/<sha256>.tar`` with ``.br`` and ``.gz`` beside it, served as ``/archives/<sha256>.tar``;
    archives of earlier starts stay there, so a page that was opened before a restart still finds its own. ``archive``
    is None and ``packages`` is empty when no scene needs Python.
    """

    pyodide_dir: Path
    pyodide_url: str
    pyodide_bytes: int
    packages: tuple[str, ...]  # names in Pyodide's lock file, such as "numpy"
    archive: Path | None
    archive_url: str | None
    archive_bytes: int
    pyodide_files: tuple[Path, ...] = ()  # those of pyodide_dir that a browser loads


def build_runtime(experiment: Experiment, cache_dir: Path) -> Runtime:
    """Collect what ``experiment`` needs in a browser, and pack it.

    Args:
        experiment: The experiment; its module must have been imported.
        cache_dir: Folder for archives; created if missing.

    Raises:
        ConfigError: A module is not installed, cannot run in a browser, or holds a secret.
        ServerError: This installation has no Pyodide, or no Node.
    """
    pyodide = bundled()
    planned = plan(experiment, pyodide)
    if planned is None:
        return Runtime(pyodide.folder, pyodide.url(()), pyodide.size(()), (), None, None, 0)
    pyodide = pyodide.complete(planned.wheels, cache_dir)
    archive = pack(planned.files, cache_dir, pyodide)
    return Runtime(
        pyodide_dir=pyodide.folder,
        pyodide_url=pyodide.url(planned.wheels),
        pyodide_bytes=pyodide.size(planned.wheels),
        packages=planned.packages,
        archive=archive.path,
        archive_url=archive.url,
        archive_bytes=archive.size,
        pyodide_files=tuple(pyodide.loaded_files(planned.wheels)),
    )
