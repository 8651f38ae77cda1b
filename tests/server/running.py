"""A server in a thread of its own, as it runs in production but for the process, and participants without a browser."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import socketio
import uvicorn

import interactive_gym as ig
from interactive_gym.packaging import Runtime
from interactive_gym.protocol import PROTOCOL_VERSION
from interactive_gym.server.app import create_app
from interactive_gym.server.run import configured
from interactive_gym.server.settings import Settings
from tests.server.game import draw, make
from tests.server.rows import FPS

T = TypeVar("T")
DEADLINE_S = 60  # what is waited for comes in milliseconds; a machine that is busy elsewhere may take its time


def wait_for(condition: Callable[[], T | None], what: str) -> T:
    """The first true value of ``condition``, asked again until the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)
    return value


async def until(condition: Callable[[], T | None], what: str) -> T:
    """:func:`wait_for`, while the participants of this test go on."""
    return await asyncio.to_thread(wait_for, condition, what)


def experiment(
    name: str = "study", *, episodes: int = 1, seed: int | None = None, last: Any = None, max_steps: int | None = None
) -> ig.Experiment:
    return ig.Experiment(name).scenes(
        ig.StartScene("welcome").content(header="Welcome"),
        ig.StaticScene("questions").content(body="<input name='age'>"),
        ig.GymScene("game")
        .environment(make, seed=seed)
        .rendering(draw=draw, fps=FPS)
        .gameplay(actions={"ArrowLeft": 1}, default_action=0, episodes=episodes, max_steps=max_steps),
        last or ig.EndScene("thanks").content(header="Thanks"),
    )


def built(folder: Path) -> tuple[Path, Runtime]:
    """A page, a Pyodide and an archive that no browser would like, but a server does."""
    client, pyodide, archives = folder / "client", folder / "pyodide", folder / "archives"
    for place in (client / "assets", pyodide, archives):
        place.mkdir(parents=True, exist_ok=True)
    (client / "index.html").write_text("<html><head><title><!--title--></title><!--boot--></head></html>")
    (client / "assets" / "main-abc.js").write_text("console.log(1)" * 100)
    (client / "assets" / "main-abc.js.br").write_bytes(b"br")  # smaller than the other, as it is in truth
    (client / "assets" / "main-abc.js.gz").write_bytes(b"gzip")
    (pyodide / "pyodide.mjs").write_text("export {}")
    (pyodide / "pyodide.asm.wasm").write_bytes(b"\0asm")
    archive = archives / "abc.tar"
    archive.write_bytes(b"tar" * 100)
    return client, Runtime(pyodide, "/pyodide/1-abc/", 12, ("numpy",), archive, "/archives/abc.tar", 300)


@dataclass
class Running:
    """One server on one data folder. Stop it, and start another one on the same folder: that is a restart."""

    folder: Path
    study: ig.Experiment
    dev: bool = False
    server: uvicorn.Server = field(init=False)
    thread: threading.Thread = field(init=False)
    port: int = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data" / self.study.id

    @property
    def desk(self) -> Any:
        return self.app.state.desk

    def start(self) -> Running:
        client, runtime = built(self.folder)
        settings = Settings(data_dir=self.folder / "data", client_dir=client, dev=self.dev, log_level="debug")
        self.app = create_app(self.study, settings, runtime=runtime)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.server = uvicorn.Server(configured(self.app))
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]})
        self.thread.start()
        wait_for(lambda: self.server.started, "the server")
        return self

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(DEADLINE_S)
        assert not self.thread.is_alive()


class Participant:
    """What a page does, without a page."""

    def __init__(self, url: str, subject: str | None = None, tab: str = "tab-1") -> None:
        self.subject = subject
        self.tab = tab
        self.token = ""
        self.id = ""
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, timeout=DEADLINE_S)
        self.socket = socketio.AsyncClient(reconnection=False)
        self.scenes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.moved: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.refusals: asyncio.Queue[Any] = asyncio.Queue()
        self.socket.on("scene", self.scenes.put)
        self.socket.on("moved", self.moved.put)
        self.socket.on("connect_error", self.refusals.put)
        self.socket.on("probe", self._probed)

    async def _probed(self, probe: dict[str, Any]) -> None:
        await self.socket.emit("probe", probe)

    async def join(self, **query: str) -> Participant:
        answer = await self.http.post("/api/join", json={"subject_id": self.subject, "query": query})
        assert answer.status_code == 200, answer.text
        self.token, self.id = answer.json()["token"], answer.json()["participant_id"]
        return self

    async def connect(self, **changes: Any) -> dict[str, Any]:
        """The page that the server shows; AssertionError where it refuses."""
        await self.open(**changes)
        return await asyncio.wait_for(self.scenes.get(), DEADLINE_S)

    async def refused(self, **changes: Any) -> dict[str, Any]:
        """Why the server does not let this participant connect."""
        try:
            await self.open(**changes)
        except socketio.exceptions.ConnectionError:
            answer = await asyncio.wait_for(self.refusals.get(), DEADLINE_S)
            return dict(answer["data"])
        raise AssertionError("the connection was not refused")

    async def open(self, transports: tuple[str, ...] = ("websocket",), **changes: Any) -> None:
        auth = {"token": self.token, "tab": self.tab, "protocol": PROTOCOL_VERSION, **changes}
        await self.socket.connect(self.url, auth=auth, transports=list(transports), wait_timeout=DEADLINE_S)

    async def say(self, verb: str, body: Any) -> dict[str, Any]:
        answer = await self.socket.call(verb, body, timeout=DEADLINE_S)
        assert isinstance(answer, dict)
        return answer

    async def advance(self, scene_id: str, **responses: Any) -> dict[str, Any]:
        return await self.say("advance", {"scene_id": scene_id, "responses": responses})

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.http.post(path, json=body, headers={"authorization": f"Bearer {self.token}"})

    async def resume(self, session_id: str) -> dict[str, Any]:
        answer = await self.post("/api/resume", {"session_id": session_id, "tab": self.tab})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def upload(self, *items: dict[str, Any]) -> dict[str, Any]:
        answer = await self.post("/api/records", {"items": items})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def to_game(self) -> str:
        """Joins, connects and goes on to the game; returns its session."""
        await self.join()
        await self.connect()
        await self.advance("welcome")
        return str((await self.advance("questions"))["session_id"])

    async def leave(self) -> None:
        await self.socket.disconnect()
        await self.http.aclose()
