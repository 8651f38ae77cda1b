"""The researcher's functions on the server: each call away from the event loop, and not for ever.

    answer = await called(callback, context, timeout=5.0)     on the event loop
    answer = call(hook, context, timeout=10.0)                in a thread that may wait
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

MOST_LEFT = 50
"""Calls of one function that nobody waits for any more and that still run: each holds a thread."""

_left: Counter[str] = Counter()  # by the function's name
_lock = threading.Lock()


class TooSlow(Exception):
    """The function has not returned in time. It still runs; what it returns is lost."""


class Stopped(Exception):
    """The function wanted to end its thread, or the program: ``sys.exit()``, or a task that was cancelled in it."""


def call(function: Callable[..., Any], *arguments: object, timeout: float) -> Any:
    """What ``function`` returns, which may be async.

    Raises:
        TooSlow: After ``timeout`` seconds; or at once, where too many calls of it still run.
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
        _leave(running, name_of(function))
        raise TooSlow(f"{name_of(function)} has not returned in time") from None


def _leave(running: Future[Any], name: str) -> None:
    """Nobody waits for this call any more."""
    _count(name, 1)
    running.add_done_callback(lambda _: _count(name, -1))


def _count(name: str, change: int) -> None:
    with _lock:
        _left[name] += change


def _started(function: Callable[..., Any], *arguments: object) -> Future[Any]:
    """A thread of its own for each call: one that hangs holds up no other, and not the end of the server either."""
    name = name_of(function)
    if _left[name] >= MOST_LEFT:
        raise TooSlow(f"{MOST_LEFT} calls of {name} have not returned yet")
    running: Future[Any] = Future()
    thread = threading.Thread(target=_run, args=(running, function, arguments), name=f"callback-{name}", daemon=True)
    thread.start()
    return running


def _run(running: Future[Any], function: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    """Whatever it raises, somebody waits for it; and what is no Exception would end whoever does."""
    try:
        result = function(*arguments)
        running.set_result(asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result)
    except Exception as error:
        running.set_exception(error)
    except BaseException as error:
        stopped = Stopped(f"{name_of(function)} raised {type(error).__name__}: {error}")
        stopped.__cause__ = error
        running.set_exception(stopped)


async def _awaited(result: Any) -> Any:
    return await result


def name_of(function: Callable[..., Any]) -> str:
    """As events and the log call it."""
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)
