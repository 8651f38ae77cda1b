"""Folders that take their place when they are complete; one that is left half written has another name."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from interactive_gym.errors import ConfigError

PROVENANCE = ("provenance.json", "documentation/provenance.json")
"""Where the file is by which an export is known."""


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """A new folder that takes the place of ``path`` when the block ends; if that fails, an older export stays.

    Raises:
        ConfigError: At ``path`` is something that is no export, or another process writes one there.
    """
    if path.exists() and not _is_export(path):
        raise ConfigError(
            f"{path} is there already, and is no export. Move it away, or choose another place with --to."
        )
    draft, former = (path.with_name(f".{path.name}.{state}") for state in ("new", "old"))
    with ExitStack() as held:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(_alone(path))
            for left in (draft, former):
                shutil.rmtree(left, ignore_errors=True)  # of an export that was killed
            draft.mkdir()
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}. Choose another place with --to.") from error
        try:
            yield draft
            _to_disk(draft)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        if path.exists():
            path.rename(former)
        draft.rename(path)
        shutil.rmtree(former, ignore_errors=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keeps others from writing ``path``. The system lets go of it when the process ends, however it ends."""
    if sys.platform == "win32":  # which has no such locks
        yield
        return
    lock = path.with_name(f".{path.name}.lock")
    with ExitStack() as opened:
        while not _holds(opened.enter_context(lock.open("wb")), lock, path):
            opened.close()
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _holds(file: IO[bytes], lock: Path, path: Path) -> bool:
    """Locks ``file``, and says whether it is the one that others will find: who held it has taken it away."""
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ConfigError(
            f"Another export is writing {path}. Wait for it, or choose another place with --to."
        ) from error
    try:
        return os.path.samestat(lock.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _is_export(path: Path) -> bool:
    if path.is_dir() and not any(path.iterdir()):
        return True
    for place in PROVENANCE:
        try:
            return "export" in json.loads((path / place).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
    return False


def _to_disk(folder: Path) -> None:
    """So that after a power cut a complete name has complete files."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
