"""The log: lines for people on the console, the same as JSON in ``server.log``; every line says whose it is.

Who a line is about is bound by :func:`about` around what is done for them, and needs no parameter further down.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.typing import EventDict, FilteringBoundLogger, Processor

from interactive_gym.server.settings import LogLevel

LEVELS: dict[LogLevel, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


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
            self._console.write(str(self._render(None, method, dict(line))) + "\n")
        raise structlog.DropEvent


class Bridge(logging.Handler):
    """Sends what libraries log with the standard library to ``log``."""

    def __init__(self, log: FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


@contextmanager
def about(participant: str | None = None, session: str | None = None) -> Iterator[None]:
    """Every line that is logged inside, in this task, says that it is about them."""
    named: dict[str, Any] = {"participant_id": participant, "session_id": session}
    with bound_contextvars(**{name: value for name, value in named.items() if value is not None}):
        yield
