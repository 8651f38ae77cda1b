"""What both doors, HTTP and Socket.IO, share: the study, its store, who somebody is, and the log."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from sqlalchemy import Connection
from structlog.typing import FilteringBoundLogger

from interactive_gym.data.files import Files
from interactive_gym.data.store import Store
from interactive_gym.errors import ClientError
from interactive_gym.protocol import Refusal
from interactive_gym.server.ice import Ice
from interactive_gym.server.presence import Presence
from interactive_gym.server.refusals import refusal
from interactive_gym.server.rtts import Rtts
from interactive_gym.server.study import Study
from interactive_gym.server.tokens import Tokens

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=msgspec.Struct)


@dataclass(frozen=True)
class Desk:
    study: Study
    store: Store
    files: Files
    tokens: Tokens
    presence: Presence
    ice: Ice
    log: FilteringBoundLogger
    rtts: Rtts = field(default_factory=Rtts)

    async def write(self, verb: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        """``verb(connection, ...)`` in one write; its result is stored when it is returned."""
        return await self.store.write(_called(verb, *arguments, **named))

    def refused(self, error: Exception) -> Refusal:
        """Logs why something was not accepted, with a traceback where we are to blame, and words it for the browser."""
        if isinstance(error, ClientError):
            self.log.warning("refused", reason=error.reason, problem=error.problem)
        else:
            self.log.error("handler_failed", exc_info=error)
        return refusal(error)


def _called(verb: Callable[..., T], *arguments: object, **named: object) -> Callable[[Connection], T]:
    return lambda connection: verb(connection, *arguments, **named)


def converted(message: object, kind: type[M]) -> M:
    """``message``, from Socket.IO, as ``kind``.

    Raises:
        ClientError: ``malformed``.
    """
    return _checked(lambda: msgspec.convert(message, kind))


def parsed(message: bytes, kind: type[M]) -> M:
    """``message``, JSON text, as ``kind``.

    Raises:
        ClientError: ``malformed``.
    """
    return _checked(lambda: msgspec.json.decode(message, type=kind))


def _checked(read: Callable[[], T]) -> T:
    try:
        return read()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ClientError("malformed", str(error)) from None


def clock() -> float:
    """Unix time in seconds, for what is stored; the one place where the server looks at it."""
    return time.time()


def steady() -> float:
    """Seconds that only go forward, for what is measured: a date is corrected now and then, backwards too."""
    return time.monotonic()
