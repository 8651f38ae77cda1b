"""The researcher's functions on the server: each call away from the event loop, and not for ever.

    answer = await called(callback, context, timeout=5.0)     on the event loop
    answer = call(hook, context, timeout=10.0)                in a thread that may wait
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class TooSlow(Exception):
    """The function has not returned in time. It still runs; what it returns is lost."""


def call(function: Callable[..., Any], *arguments: object, timeout: float) -> Any:
    """What ``function`` returns, which may be async.

    Raises:
        TooSlow: After ``timeout`` seconds.
        Exception: What the function raises.
    """
    return _result(_started(function, *arguments), function, timeout)


async def called(function: Callable[..., Any], *arguments: object, timeout: float) -> Any:
    """:func:`call` for coroutines."""
    running = _started(function, *arguments)
    waiting = asyncio.wrap_future(running)
    waiting.add_done_callback(lambda done: done.cancelled() or done.exception())  # asyncio logs what nobody looks at
    await asyncio.wait({waiting}, timeout=timeout)
    return _result(running, function, 0)


def _result(running: Future[Any], function: Callable[..., Any], timeout: float) -> Any:
    try:
        return running.result(timeout)
    except TimeoutError:
        if running.done():
            raise  # its own
        raise TooSlow(f"{name_of(function)} has not returned in time") from None


def _started(function: Callable[..., Any], *arguments: object) -> Future[Any]:
    """A thread of its own for each call: one that hangs holds up no other, and not the end of the server either."""
    running: Future[Any] = Future()
    name = f"callback-{name_of(function)}"
    threading.Thread(target=_run, args=(running, function, arguments), name=name, daemon=True).start()
    return running


def _run(running: Future[Any], function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    try:
        result = function(*arguments)
        running.set_result(asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result)
    except BaseException as error:  # whatever it is, somebody waits for it
        running.set_exception(error)


async def _awaited(result: Any) -> Any:
    return await result


def name_of(function: Callable[..., Any]) -> str:
    """As events and the log call it."""
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)
