"""``python -m benchmarks.programs.people_server FOLDER PORT``: a waiting room that lets people go when it is told to.

POST /bench/open    {"games": number}: so many pairs of those who wait are matched
GET  /bench/usage   {"cpu_s", "rss_bytes"} of this process; and since this was asked last, {"handled_s": {verb:
                    [seconds]}}, how long it took to answer what pages have said, and {"held_s"}, for how long at most
                    the event loop did something else than to run what was due
WS   /bench/bare    the baseline: acknowledges whatever it is told, and does nothing else
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

import interactive_gym as ig
from benchmarks.serving import allow_many_files
from interactive_gym.matching import Queue
from interactive_gym.server import run
from interactive_gym.server.app import create_app
from interactive_gym.server.settings import Settings
from interactive_gym.server.sockets import Sockets
from tests.server.meeting import gym, study
from tests.server.running import built

PATIENCE_S = 3_600  # longer than any benchmark
TICK_S = 0.002
VERBS = ("advance", "enlist", "probe", "signal", "validated")

Handler = Callable[..., Awaitable[Any]]


class Held(ig.Matcher):
    """Nobody fits, but for as many pairs as have been let go."""

    def __init__(self) -> None:
        self.games = 0

    def decide(self, waiting: Queue, now: float) -> list[ig.Group]:
        if not self.games:
            return []
        groups = ig.FIFO().decide(waiting, now)[: self.games]
        self.games -= len(groups)
        return groups


class Watch:
    """How long verbs take until they are answered; what waits for the store is in it."""

    def __init__(self) -> None:
        self._handled: dict[str, list[float]] = defaultdict(list)

    def taken(self) -> dict[str, list[float]]:
        """Since the last call."""
        handled, self._handled = self._handled, defaultdict(list)
        return handled

    def over(self, verb: str) -> Handler:
        """The handler of ``verb``, watched."""
        handler: Handler = getattr(Sockets, f"_{verb}")

        async def watched(sockets: Sockets, sid: str, *message: object) -> Any:
            began = time.perf_counter()
            try:
                return await handler(sockets, sid, *message)
            finally:
                self._handled[verb].append(time.perf_counter() - began)

        return watched


class Ticker:
    """Says by how much the event loop is late, at most."""

    def __init__(self) -> None:
        self._longest_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def taken(self) -> float:
        """Since the last call; the first one starts it."""
        self._task = self._task or asyncio.create_task(self._tick())
        longest, self._longest_s = self._longest_s, 0.0
        return longest

    async def _tick(self) -> None:
        while True:
            due = time.perf_counter() + TICK_S
            await asyncio.sleep(TICK_S)
            self._longest_s = max(self._longest_s, time.perf_counter() - due)


async def bare(line: WebSocket) -> None:
    await line.accept()
    try:
        while True:
            text = await line.receive_text()  # "42<number>[...]"
            await line.send_text(f"43{text[2 : text.index('[')]}[]")
    except WebSocketDisconnect:
        return


def rss_bytes() -> int:
    """Memory that is in use now, not the most that ever was; of Linux."""
    status = Path("/proc/self/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) * 1024


def main(folder: Path, port: int) -> None:
    allow_many_files()
    client, runtime = built(folder)
    settings = Settings(port=port, data_dir=folder / "data", client_dir=client, log_level="error")
    matcher, watch, ticker = Held(), Watch(), Ticker()
    waiting = study(gym("game", timeout=PATIENCE_S).waitroom(matcher=matcher), connect_s=120)
    watched: dict[str, Any] = {f"_{verb}": watch.over(verb) for verb in VERBS}
    with patch.multiple(Sockets, **watched):
        app = create_app(waiting, settings, runtime=runtime)

    async def let_go(request: Request) -> JSONResponse:
        matcher.games = (await request.json())["games"]
        return JSONResponse(None)

    async def usage(_: Request) -> JSONResponse:
        now = {"cpu_s": time.process_time(), "rss_bytes": rss_bytes()}
        return JSONResponse({**now, "handled_s": watch.taken(), "held_s": ticker.taken()})

    app.router.routes[:0] = [
        Route("/bench/open", let_go, methods=["POST"]),
        Route("/bench/usage", usage),
        WebSocketRoute("/bench/bare", bare),
    ]
    with patch.object(run, "create_app", return_value=app):
        run.serve(waiting, settings)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
