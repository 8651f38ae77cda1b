"""Time that does not pass by itself, and what of a server needs another one for it: its store's thread, its sockets.

Everything that belongs to the server runs in contexts of its own, so that it can be killed as a process is: from one
moment to the next, with nothing tidied up. What is outside of it, participants for one, runs under :data:`OUTSIDE`.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextvars import Context, ContextVar, copy_context
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import socketio
from engineio.packet import Packet

from interactive_gym.data.store import Store
from interactive_gym.server.callbacks import TooSlow

T = TypeVar("T")
OUTSIDE: ContextVar[bool] = ContextVar("OUTSIDE")

_EPOCH = 1_800_000_000.0
_STEP_S = 1e-6  # that every round of the loop takes, as it does in truth
_UNNOTICED_S = 45.0  # until a connection that says nothing is taken for gone
_GREETED_S = 0.02  # after which a connection that was accepted can be written to


class Lost(Exception):
    """The connection is gone, or the server."""


class Hangs(Exception):
    """What a researcher's function raises here in place of never returning."""


class _Jumping(selectors.DefaultSelector):
    """Waits for nothing: where nothing is there, it is later."""

    loop: VirtualLoop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        assert ready or timeout is not None, "everybody waits, and for nothing"
        self.loop.now += _STEP_S + (0.0 if ready else max(0.0, timeout or 0.0))
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next moment at which something happens."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.inside: set[asyncio.Task[Any]] = set()  # the server's
        selector = _Jumping()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now

    def create_task(self, coro: Any, *, name: Any = None, context: Context | None = None) -> Any:
        task = super().create_task(coro, name=name, context=context)
        if OUTSIDE not in (copy_context() if context is None else context):
            self.inside.add(task)
            task.add_done_callback(self.inside.discard)
        return task

    def within(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """A task of the server."""
        return self.create_task(work, context=Context())  # type: ignore[no-any-return]

    async def ask(self, work: Coroutine[Any, Any, T]) -> T:
        """What the server does for somebody outside, who may go meanwhile.

        Raises:
            Lost: The server has been killed.
        """
        task = self.within(work)
        await asyncio.wait({task})
        if task.cancelled():
            raise Lost
        return task.result()

    def kill(self) -> None:
        """Nothing of the server happens any more."""
        for handle in [*self._scheduled]:  # type: ignore[attr-defined]
            if OUTSIDE not in handle._context:
                handle.cancel()
        for task in [*self.inside]:
            task.cancel()

    def close(self) -> None:
        """Whatever still runs is called off before."""
        if tasks := asyncio.all_tasks(self):
            for task in tasks:
                task.cancel()
            self.run_until_complete(asyncio.wait(tasks))
        super().close()


class Clock:
    """In the place of the module ``time``."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def time(self) -> float:
        return _EPOCH + self._loop.now

    def monotonic(self) -> float:
        return self._loop.now


async def called(function: Callable[..., Any], *arguments: object, timeout: float) -> Any:
    """In the place of ``callbacks.called``: at once, or never."""
    try:
        return function(*arguments)
    except Hangs:
        await asyncio.sleep(timeout)
        raise TooSlow(function.__qualname__) from None


class VirtualStore(Store):
    """A store that writes on the event loop, what has come within ``delay_s`` at once."""

    def __init__(self, path: Path, delay_s: Callable[[], float]) -> None:
        self._delay_s, self._is_due = delay_s, False
        super().__init__(path)
        connection = self._writing.raw_connection()  # the one of its pool
        connection.cursor().execute("PRAGMA synchronous=OFF")  # nobody pulls the plug
        connection.close()

    def _run(self) -> None:
        """No thread."""

    def submit(self, query: Any) -> Any:
        future = super().submit(query)
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_later(self._delay_s(), self._flush)
        return future

    def _flush(self) -> None:
        self._is_due = False
        batch = [write for write in self._next_batch() if write]
        self._commit([write for write in batch if write.future.set_running_or_notify_cancel()])

    async def read(self, query: Callable[..., T]) -> T:
        await asyncio.sleep(self._delay_s())
        return self.read_now(query)


class Line:
    """A connection, from both its ends. ``latency_s`` is one way."""

    def __init__(self, wires: Wires, sid: str, latency_s: float, answers_after_s: Callable[[], float | None]) -> None:
        self.wires, self.sid, self.latency_s = wires, sid, latency_s
        self.answers_after_s = answers_after_s
        self.events: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()  # for the page; None at the end
        self.closed = self.is_mute = self.is_open = False
        self.left_at: float | None = None  # by the page,
        self.ended_at: float | None = None  # and when the server knew
        self.queue = self  # as the library has it
        self._inbox: asyncio.Queue[tuple[str, Any, asyncio.Future[Any] | None]] = asyncio.Queue()
        self._asked: set[asyncio.Future[Any]] = set()
        self._outside = copy_context()

    # --- the page's end ---------------------------------------------------------------------------------------------

    async def call(self, event: str, body: Mapping[str, Any]) -> Any:
        """What the server answers.

        Raises:
            Lost: It does not, as the connection is gone.
        """
        if self.closed or self.is_mute:
            raise Lost
        answer = asyncio.get_running_loop().create_future()
        self._asked.add(answer)
        self._later(self.latency_s, self._inbox.put_nowait, (event, body, answer))
        return await answer

    async def next(self, timeout: float | None = None) -> tuple[str, Any] | None:
        """What the page is told next; None if that takes too long.

        Raises:
            Lost: Nothing, ever.
        """
        try:
            told = await asyncio.wait_for(self.events.get(), timeout)
        except TimeoutError:
            return None
        if told is None:
            raise Lost
        return told

    def leave(self, *, says_so: bool = True) -> None:
        """The page goes. The server hears of it now, or when it has heard nothing for a while."""
        self.is_mute, self.left_at = True, asyncio.get_running_loop().time()
        self._cut()
        self._later(self.latency_s if says_so else _UNNOTICED_S, self._close, "transport close")

    # --- the server's end -------------------------------------------------------------------------------------------

    def qsize(self) -> int:
        return 0

    def put_nowait(self, packet: Packet) -> None:
        if isinstance(packet.data, Told):
            self.tell(packet.data.event, packet.data.body)

    def tell(self, event: str, body: Any) -> None:
        if event == "probe":
            self._probed(body)
        else:
            self._later(self.latency_s, self._deliver, (event, body))

    def _probed(self, probe: Any) -> None:
        after_s = self.answers_after_s()
        if after_s is not None:
            self._later(2 * self.latency_s + after_s, self._answer_probe, probe)

    def _answer_probe(self, probe: Any) -> None:
        if not self.is_mute:
            self._inbox.put_nowait(("probe", probe, None))

    def _deliver(self, told: tuple[str, Any]) -> None:
        if not self.is_mute:
            self.events.put_nowait(told)

    async def serve(self) -> None:
        """One message after the other, as the library does it."""
        while True:
            event, body, answer = await self._inbox.get()
            if self.closed:
                return
            said = await self.wires.handlers[event](self.sid, body)
            if answer:
                self._later(self.latency_s, self._answer, answer, msgspec.to_builtins(said))

    def _answer(self, answer: asyncio.Future[Any], said: Any) -> None:
        self._asked.discard(answer)
        if not answer.done() and not self.is_mute:
            answer.set_result(said)

    def _close(self, reason: str) -> None:
        if not self.closed:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, VirtualLoop)
            self.end()
            if self.wires.is_up:
                loop.within(self.wires.handlers["disconnect"](self.sid, reason))

    def end(self) -> None:
        """Nothing passes any more."""
        self.closed, self.is_open, self.ended_at = True, False, asyncio.get_running_loop().time()
        self._cut()

    def _cut(self) -> None:
        for answer in self._asked:
            if not answer.done():
                answer.set_exception(Lost())
                answer.exception()  # whoever has asked may be gone
        self.events.put_nowait(None)

    def _later(self, seconds: float, function: Callable[..., object], *arguments: object) -> None:
        asyncio.get_running_loop().call_later(seconds, function, *arguments, context=self._outside)


class Told:
    """In the place of a packet."""

    def __init__(self, _: object, data: tuple[str, Any]) -> None:
        self.event, self.body = data

    def encode(self) -> Told:
        return self


class Wires:
    """In the place of ``socketio.AsyncServer``: all connections of one server."""

    packet_class = Told

    def __init__(self, **_: object) -> None:
        self.handlers: dict[str, Callable[..., Awaitable[Any]]] = {}
        self.sockets: dict[str, Line] = {}
        self.manager = self.eio = self
        self.is_up = True

    def on(self, event: str, handler: Callable[..., Awaitable[Any]]) -> None:
        self.handlers[event] = handler

    async def connect(self, line: Line, auth: Mapping[str, Any]) -> Any:
        """None, or why it is refused."""
        self.sockets[line.sid] = line
        try:
            await self.handlers["connect"](line.sid, {}, auth)
        except socketio.exceptions.ConnectionRefusedError as refused:
            line.end()
            return refused.error_args["data"]
        loop = asyncio.get_running_loop()
        loop.call_later(_GREETED_S, setattr, line, "is_open", True)
        assert isinstance(loop, VirtualLoop)
        loop.within(line.serve())
        return None

    def is_connected(self, sid: str, _: str) -> bool:
        return sid in self.sockets and self.sockets[sid].is_open

    def eio_sid_from_sid(self, sid: str, _: str) -> str:
        return sid

    def transport(self, sid: str) -> str:
        if self.sockets[sid].closed:
            raise KeyError(sid)
        return "websocket"

    async def emit(self, event: str, body: Any, to: str) -> None:
        if not self.sockets[to].closed:
            self.sockets[to].tell(event, msgspec.to_builtins(body))

    async def disconnect(self, sid: str) -> None:
        line = self.sockets[sid]
        if not line.closed:
            line.end()
            await self.handlers["disconnect"](sid, "server disconnect")

    def fall(self) -> None:
        """The server is no more."""
        self.is_up = False
        for line in self.sockets.values():
            line.end()
