"""The Python that participants were given, kept with their data, so that what they played can be played again.

``archives/`` in the folder of a study holds, each once however often the server starts::

    <sha256>.tar.gz              what was unpacked into site-packages: our package, the environment, all that it needs
    pyodide-<version>-<hash8>/   Python itself, and its compiled packages
    <runtime>.json               which of these belong together

A *runtime* is such a pair, and is named after what its JSON says. The store notes from when on pages were given which.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select

from interactive_gym.data import flat
from interactive_gym.data.provenance import own_version
from interactive_gym.data.schema import served, sessions
from interactive_gym.errors import ServerError

if TYPE_CHECKING:
    from interactive_gym.packaging import Runtime

FOLDER = "archives"


@dataclass(frozen=True)
class Kept:
    """A runtime in the folder of a study.

    Attributes:
        archive: A tar file, compressed with gzip.
        pyodide_dir: What ``loadPyodide`` gets as its ``indexURL``.
        packages: What it gets as its ``packages``.
        version: Of this package, inside the archive.
    """

    id: str
    archive: Path
    pyodide_dir: Path
    packages: tuple[str, ...]
    version: str

    def unpack(self, scratch: Path) -> Path:
        """The tar file itself, in the folder ``scratch``; made once.

        Raises:
            ServerError: It is damaged.
        """
        target = scratch / self.archive.name.removesuffix(".gz")
        if not target.exists():
            data = _inflated(self.archive)
            if hashlib.sha256(data).hexdigest() != target.stem:
                raise ServerError(f"{self.archive} is damaged: it does not have the content that its name says.")
            flat.place(data, target)
        return target


def keep(folder: Path, runtime: Runtime) -> str | None:
    """Copy what ``runtime`` consists of into the folder of a study; its name, or None where no scene needs Python.

    Raises:
        ServerError: The folder cannot be written.
    """
    if runtime.archive is None:
        return None
    place = folder / FOLDER
    try:
        archive = _keep_archive(runtime.archive, place)
        pyodide = f"pyodide-{runtime.pyodide_url.strip('/').rpartition('/')[2]}"
        for file in runtime.pyodide_files:
            if not (place / pyodide / file.name).exists():
                flat.place(file.read_bytes(), place / pyodide / file.name)
        return _note(place, archive, pyodide, runtime.packages)
    except OSError as error:
        raise ServerError(f"{place} cannot be written: {error}. Participants' Python is kept there.") from error


def note_served(connection: Connection, runtime: str, *, now: float) -> None:
    """From ``now`` on pages are given this one."""
    latest = connection.execute(select(served.c.runtime).order_by(served.c.number.desc()).limit(1)).scalar_one_or_none()
    if latest != runtime:
        connection.execute(insert(served).values(since=now, runtime=runtime))


def runtimes_of(connection: Connection, session_id: str) -> list[str]:
    """With which a session can have been played, the most likely one first; none if that was not kept yet.

    That which was given when it began; then those that were given until it ended, as a page that is loaded again gets
    the newest; then earlier ones, as one that was opened before a restart of the server goes on with what it has.
    """
    query = select(sessions.c.created_at, sessions.c.ended_at).where(sessions.c.id == session_id)
    began, ended = connection.execute(query).one()
    given = connection.execute(select(served.c.since, served.c.runtime).order_by(served.c.number)).all()
    earlier = [row.runtime for row in given if row.since <= began]
    later = [row.runtime for row in given if row.since > began and (ended is None or row.since <= ended)]
    return list(dict.fromkeys([*earlier[-1:], *later, *reversed(earlier)]))


def kept(folder: Path, runtime: str) -> Kept:
    """A runtime of the study in ``folder``.

    Raises:
        ServerError: It is not there any more.
    """
    place = folder / FOLDER
    try:
        said = json.loads((place / f"{runtime}.json").read_bytes())
    except (OSError, ValueError) as error:
        raise ServerError(f"{place / runtime}.json cannot be read: {error}. Is the folder complete?") from error
    found = Kept(
        runtime, place / said["archive"], place / said["pyodide"], tuple(said["packages"]), said["interactive_gym"]
    )
    lacking = [path for path in (found.archive, found.pyodide_dir) if not path.exists()]
    if lacking:
        raise ServerError(f"{lacking[0]} is missing. Is the folder complete?")
    return found


def _keep_archive(source: Path, place: Path) -> str:
    """Its name. Equal archives have equal names, and ``.gz`` files beside them already."""
    name = f"{source.name}.gz"
    if not (place / name).exists():
        beside = source.with_name(name)
        data = beside.read_bytes() if beside.exists() else gzip.compress(source.read_bytes(), mtime=0)
        flat.place(data, place / name)
    return name


def _note(place: Path, archive: str, pyodide: str, packages: tuple[str, ...]) -> str:
    said = {"archive": archive, "pyodide": pyodide, "packages": list(packages), "interactive_gym": own_version()}
    text = json.dumps(said, indent=2) + "\n"
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    if not (place / f"{name}.json").exists():
        flat.place(text.encode(), place / f"{name}.json")
    return name


def _inflated(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read()
    except (OSError, EOFError) as error:
        raise ServerError(f"{path} cannot be read: {error}") from error
