"""One server per study: two would each think that a participant is connected to it alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from interactive_gym.errors import ServerError

NAME = "server.lock"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Holds ``folder`` for this process. The system lets go of it when the process ends, however it ends.

    Raises:
        ServerError: Another server holds it.
    """
    with (folder / NAME).open("wb") as file:
        if sys.platform != "win32":  # there, SQLite's own locks have to do
            _lock(file, folder)
        yield


def _lock(file: IO[bytes], folder: Path) -> None:
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ServerError(
            f"{folder} is in use by another server of the same study. Stop that one, or choose another --data-dir."
        ) from error
