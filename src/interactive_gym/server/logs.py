"""The log: lines for people on the console, the same as JSON in ``server.log``; every line says whose it is.

Whoever a line is about is named once: :func:`about` opens a scope, and :func:`name` inside it says who it is as soon
as that is known. Everything logged before the scope ends carries it, a failure that ends it too.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn, TextIO

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars, merge_contextvars
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from interactive_gym.server.settings import LogLevel

LEVELS: dict[LogLevel, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


# What a terminal obeys, all but the ends of lines and tabs: a page may report whatever it likes.
_COMMANDS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


class LogFile:
    """Both outputs of one server's log. A console that is gone, or a log that is closed, stops nobody."""

    def __init__(self, path: Path, console: TextIO) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._console = console
        self._lock = threading.Lock()
        self._render = structlog.dev.ConsoleRenderer(
            colors=console.isatty(), exception_formatter=structlog.dev.plain_traceback
        )

    def logger(self, level: LogLevel) -> FilteringBoundLogger:
        """A logger that writes here what is at least as important as ``level``."""
        processors: list[Processor] = [
            merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            self._write,
        ]
        wrapper = structlog.make_filtering_bound_logger(LEVELS[level])
        logger: FilteringBoundLogger = structlog.wrap_logger(None, processors=processors, wrapper_class=wrapper)
        return logger

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _write(self, _: object, method: str, line: EventDict) -> NoReturn:
        with self._lock, suppress(OSError, ValueError):
            self._file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
            shown = {key: _harmless(value) for key, value in line.items()}
            self._console.write(str(self._render(None, method, shown)) + "\n")
        raise structlog.DropEvent


def _harmless(value: object) -> object:
    return value.translate(_COMMANDS) if isinstance(value, str) else value


class Bridge(logging.Handler):
    """Sends what libraries log with the standard library to ``log``."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


@contextmanager
def about(participant: str | None = None) -> Iterator[None]:
    """A scope of this task; who is named inside, or given, is forgotten at its end."""
    before = get_contextvars()
    try:
        name(participant)
        yield
    finally:
        clear_contextvars()
        bind_contextvars(**before)


def name(participant: str | None = None, session: str | None = None) -> None:
    """What is logged from here on, to the end of the scope, is about them."""
    named = {"participant_id": participant, "session_id": session}
    bind_contextvars(**{key: value for key, value in named.items() if value is not None})
