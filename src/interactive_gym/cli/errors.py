"""How a command tells of an error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from interactive_gym.errors import InteractiveGymError

_EXIT_ERROR = 2


@contextmanager
def errors_in_one_line(*, tracebacks: bool = False) -> Iterator[None]:
    """What is somebody's fault is told to them without a traceback; anything else is a bug of ours and keeps it."""
    try:
        yield
    except InteractiveGymError as error:
        if tracebacks:
            raise
        Console(stderr=True).print("[bold red]error:[/]", end=" ")
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(_EXIT_ERROR) from error
