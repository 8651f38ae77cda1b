"""Pages of participants, as a server sees them: Socket.IO over a plain websocket, so that a thousand cost little."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket

from interactive_gym.protocol import PROTOCOL_VERSION

BEAT_S = 1.0
ARCHIVE = "/archives/abc.tar"  # of tests.server.running.built
SDP, CANDIDATE = 700, 250  # characters, as Chromium's are for one data channel
CANDIDATES = 8  # of each page; a laptop with a VPN and both versions of IP has as many
_PING, _PONG, _EVENT, _ACK = "2", "3", "42", "43"  # of Engine.IO and Socket.IO
_PROBE = '42["probe"'
_HEARD = ("scene", "match", "signal", "play")
_LINE: dict[str, Any] = {"compression": None, "open_timeout": 60, "ping_interval": None}

Delays = dict[str, list[float]]  # seconds, by verb; "signal" -> ..., and "signaled": from one page to the other


class Page:
    """One page. What it says is acknowledged, and ``delays`` says after how long."""

    def __init__(self, line: ClientConnection, delays: Delays) -> None:
        self._line, self._delays = line, delays
        self._asked: dict[int, asyncio.Future[Any]] = {}
        self._count = 0
        self._told: dict[str, asyncio.Queue[Any]] = defaultdict(asyncio.Queue)
        self._reading = asyncio.create_task(self._read())

    async def say(self, verb: str, body: Any) -> Any:
        """What the server answers."""
        self._count += 1
        answer = self._asked[self._count] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await self._line.send(f"{_EVENT}{self._count}{json.dumps([verb, body])}")
        answered = await answer
        self._delays[verb].append(time.perf_counter() - began)
        return answered

    async def told(self, event: str) -> Any:
        """What the server says next of this kind."""
        return await self._told[event].get()

    async def enlist(self) -> None:
        """Past the first page, into the waiting room."""
        await self.say("advance", {"scene_id": "welcome", "responses": {}})
        room = await self.say("enlist", {"scene_id": "game", "archive": ARCHIVE})
        assert room["kind"] == "room", room

    async def beat(self, first_s: float, until: float) -> None:
        """A heartbeat once a second, the first after ``first_s``: a probe that the server did not ask for.

        It is looked up, charged and acknowledged, as all is that a page says, and nothing is stored of it.
        """
        due = time.perf_counter() + first_s
        while due < until:
            await asyncio.sleep(due - time.perf_counter())
            await self.say("probe", {"number": 0})
            due += BEAT_S

    async def meet(self) -> tuple[float, float]:
        """Signals with the partner, as pages do who connect, and waits until both may play.

        Returns:
            When they were matched, and when they played.
        """
        match = await self.told("match")
        matched = time.perf_counter()
        (partner,) = set(match["peers"]) - {match["peer"]}
        ways = {"session_id": match["session_id"], "peer": partner, "link": "l"}
        saying = [self._describe(ways, "offer")] if match["peer"] < partner else []
        for _ in range(1 + CANDIDATES):
            signal = await self.told("signal")
            self._delays["signaled"].append(time.perf_counter() - float(signal["data"].split()[0]))
            if signal["what"] == "offer":
                saying.append(self._describe(ways, "answer"))
        await asyncio.gather(*saying)
        assert await self.say("validated", {"session_id": match["session_id"]}) is None
        await self.told("play")
        return matched, time.perf_counter()

    def _describe(self, ways: dict[str, Any], what: str) -> asyncio.Future[Any]:
        """This end of the connection, and where it can be found."""
        sizes = [(what, SDP), *[("candidate", CANDIDATE)] * CANDIDATES]
        return asyncio.gather(*(self._signal(ways, kind, size) for kind, size in sizes))

    async def _signal(self, ways: dict[str, Any], what: str, size: int) -> None:
        data = f"{time.perf_counter():.6f} ".ljust(size, "x")
        assert await self.say("signal", {**ways, "what": what, "data": data}) is None

    async def close(self) -> None:
        self._reading.cancel()
        await self._line.close()

    async def _read(self) -> None:
        try:
            await self._hear()
        finally:
            for asked in self._asked.values():
                asked.cancel()  # nobody answers any more

    async def _hear(self) -> None:
        async for text in self._line:
            assert isinstance(text, str)
            if text == _PING:
                await self._line.send(_PONG)
            elif text.startswith(_PROBE):
                await self._line.send(text)  # the answer says the same
            elif text.startswith(_ACK):
                self._acknowledged(text)
            elif text.startswith(_EVENT):
                event, message = msgspec.json.decode(text[2:])
                if event in _HEARD:
                    self._told[event].put_nowait(message)

    def _acknowledged(self, text: str) -> None:
        start = text.index("[")
        asked = self._asked.pop(int(text[2:start]))
        if not asked.done():
            asked.set_result((msgspec.json.decode(text[start:]) or [None])[0])


async def participant(http: httpx.AsyncClient, delays: Delays) -> Page:
    """Somebody who has opened the link."""
    token = (await http.post("/api/join", json={})).json()["token"]
    url = str(http.base_url).replace("http", "ws").rstrip("/")
    line = await websocket(f"{url}/socket.io/?EIO=4&transport=websocket", **_LINE)
    await line.recv()
    await line.send("40" + json.dumps({"token": token, "tab": "t", "protocol": PROTOCOL_VERSION}))
    page = Page(line, delays)
    await page.told("scene")
    return page


async def bare(url: str, delays: Delays) -> Page:
    """A page whose server only acknowledges."""
    return Page(await websocket(f"{url.replace('http', 'ws')}/bench/bare", **_LINE), delays)
