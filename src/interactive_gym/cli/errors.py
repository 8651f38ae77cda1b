"""How a command tells of an error."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from interactive_gym.errors import InteractiveGymError

_EXIT_ERROR = 2
_FULL = (errno.ENOSPC, errno.EDQUOT)  # the disk, or what one may have of it


@contextmanager
def errors_in_one_line(*, tracebacks: bool = False) -> Iterator[None]:
    """What is somebody's fault is told to them without a traceback; anything else is a bug of ours and keeps it."""
    try:
        yield
    except (InteractiveGymError, OSError) as error:
        if tracebacks or (isinstance(error, OSError) and error.errno not in _FULL):
            raise
        Console(stderr=True).print("[bold red]error:[/]", end=" ")
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(_EXIT_ERROR) from error
