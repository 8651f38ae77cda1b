"""Datagrams by the server: what relaying costs, over Socket.IO as pages do it, and over a bare websocket route.

    python -m benchmarks.relay [--pairs 10 20 40] [--seconds 10]

Each page of a pair sends its partner a datagram 60 times a second, over loopback. "delay" is from before it is sent
until it is read; the pages are one process of the same machine, whose own share is in it: compare with the bare route.
The design asks for a p99 of at most 20 ms. "cpu" is the part of a core that the server used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import struct
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx
import uvloop
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket

from benchmarks.common import summary, write_result
from benchmarks.serving import served
from interactive_gym.protocol import FRAME_DATAGRAM, PROTOCOL_VERSION

FPS = 60
BYTES = 60  # as a datagram of two players has them
WARM_UP_S = 1.0
_TIME = struct.Struct(">d")
_HEADER = '451-["relay",{"_placeholder":true,"num":0}]'


class Page:
    """One end of a pair. ``delays`` are those of the datagrams that came, in seconds."""

    def __init__(self, line: ClientConnection, *, addressee: int | None) -> None:
        """``addressee`` is the peer on Socket.IO; None: the bare route."""
        self._line, self._addressee = line, addressee
        self.delays: list[float] = []
        self.sent = 0

    async def play(self, until: float) -> None:
        reading = asyncio.create_task(self._read())
        due = time.perf_counter() + random.random() / FPS
        while due < until:
            await asyncio.sleep(due - time.perf_counter())
            await self._send(_TIME.pack(time.perf_counter()) + bytes(BYTES - _TIME.size))
            self.sent += 1
            due += 1 / FPS
        await asyncio.sleep(0.5)
        reading.cancel()

    async def _send(self, datagram: bytes) -> None:
        if self._addressee is not None:
            await self._line.send(_HEADER)
            datagram = bytes((self._addressee, FRAME_DATAGRAM)) + datagram
        await self._line.send(datagram)

    async def _read(self) -> None:
        start = 0 if self._addressee is None else 2
        async for message in self._line:
            if isinstance(message, bytes):
                self.delays.append(time.perf_counter() - _TIME.unpack_from(message, start)[0])
            elif message == "2":  # Engine.IO's ping
                await self._line.send("3")


async def socketio_pair(url: str, number: int) -> list[Page]:
    async with httpx.AsyncClient(base_url=url) as http:
        joined = [(await http.post("/api/join", json={})).json() for _ in range(2)]
        pages = [Page(await _connected(url, who["token"]), addressee=1 - peer) for peer, who in enumerate(joined)]
        members = [who["participant_id"] for who in joined]
        await http.post("/bench/match", json={"session": f"s-{number}", "members": members})
    return pages


async def _connected(url: str, token: str) -> ClientConnection:
    line = await websocket(f"{url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket", compression=None)
    await line.recv()
    await line.send("40" + json.dumps({"token": token, "tab": "t", "protocol": PROTOCOL_VERSION}))
    while not str(await line.recv()).startswith("42"):  # the first page
        continue
    return line


async def bare_pair(url: str, number: int) -> list[Page]:
    address = f"{url.replace('http', 'ws')}/bench/bare?pair={number}"
    return [Page(await websocket(address, compression=None), addressee=None) for _ in range(2)]


async def measured(make: Callable[[str, int], Awaitable[list[Page]]], pairs: int, seconds: float) -> dict[str, Any]:
    """One server, with so many pairs that play for so long."""
    async with served("relay_server") as url, httpx.AsyncClient(base_url=url) as http:
        pages = [page for number in range(pairs) for page in await make(url, number)]
        warm = time.perf_counter() + WARM_UP_S
        await asyncio.gather(*(page.play(warm) for page in pages))
        for page in pages:
            page.delays, page.sent = [], 0
        used, began = float((await http.get("/bench/cpu")).text), time.perf_counter()
        await asyncio.gather(*(page.play(began + seconds) for page in pages))
        used = float((await http.get("/bench/cpu")).text) - used
        return figures(pages, used / (time.perf_counter() - began))


def figures(pages: Sequence[Page], cpu: float) -> dict[str, Any]:
    delays = sorted(delay * 1000 for page in pages for delay in page.delays)
    p99 = delays[round(0.99 * (len(delays) - 1))]
    arrived = len(delays) / sum(page.sent for page in pages)
    return {"delay_ms": summary(delays, 2) | {"p99": round(p99, 2)}, "arrived": round(arrived, 4), "cpu": round(cpu, 3)}


async def compared(pairs: int, seconds: float) -> dict[str, Any]:
    relay, bare = await measured(socketio_pair, pairs, seconds), await measured(bare_pair, pairs, seconds)
    ratios = {"p99": relay["delay_ms"]["p99"] / bare["delay_ms"]["p99"], "cpu": relay["cpu"] / bare["cpu"]}
    return {"relay": relay, "bare": bare, "ratio": {name: round(value, 2) for name, value in ratios.items()}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, nargs="+", default=[10, 20, 40])
    parser.add_argument("--seconds", type=float, default=10)
    wanted = parser.parse_args()
    runs = {f"pairs_{pairs}": uvloop.run(compared(pairs, wanted.seconds)) for pairs in wanted.pairs}
    write_result("relay", {"fps": FPS, "bytes": BYTES, "seconds": wanted.seconds, **runs})


if __name__ == "__main__":
    main()
