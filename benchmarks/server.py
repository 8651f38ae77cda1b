"""A server full of people: what it costs that they wait, and how 200 games come together at once.

    python -m benchmarks.server [--participants 1000] [--games 200] [--seconds 30]

All of it on loopback: a server process, and this one, which is the pages and has its own share in what they feel:
compare with "bare", the same load on an application that only acknowledges. The pages wait in a room whose matcher lets
nobody go, answer the server's probes, and send a heartbeat once a second: a probe that was not asked for, which the
server looks up, charges and acknowledges like all that a page says, and of which it stores nothing. (What is stored is
in "arriving": each page joins, connects, advances and enlists.) Then the matcher lets so many pairs go at once. Their
members send each other an offer or an answer and eight candidates, say that they are connected, and play.

"ack_ms" is from before something is said until its acknowledgement was read, "handled_ms" the part of it from the
server's handler to its answer, "signaled_ms" the way of a signal from one page to the other. "held_ms" is for how long
the server's event loop did not run what was due, at most: the longest hold of all that it does. "cpu" is the part of a
core that the server used, "load_cpu" that of this process; "kb_per_participant" what the server's memory grew by.
"matching" is measured in this process alone: see ``benchmarks.deciding``.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import httpx
import uvloop

from benchmarks import deciding, pages
from benchmarks.common import summary, write_result
from benchmarks.pages import Delays, Page
from benchmarks.serving import allow_many_files, served

AT_ONCE = 25  # pages that are opened at the same time
PER_ADDRESS = 400  # participants; a server lets 500 join from one at once
LONGEST_S = 300  # of a phase; it has gone wrong by then

Figures = dict[str, Any]


class Meter:
    """What one phase costs, here and in the server."""

    def __init__(self, url: str, delays: Delays) -> None:
        self._http, self._delays = httpx.AsyncClient(base_url=url), delays

    async def start(self) -> None:
        self._before = await self._usage()
        self._cpu_s, self._began = time.process_time(), time.perf_counter()
        self._delays.clear()

    async def figures(self) -> Figures:
        """Since the start."""
        seconds, here = time.perf_counter() - self._began, time.process_time() - self._cpu_s
        after = await self._usage()
        self.grown_bytes = after["rss_bytes"] - self._before["rss_bytes"]
        return {
            "ack_ms": _in_ms(self._delays),
            "handled_ms": _in_ms(after["handled_s"]),
            "held_ms": round(after["held_s"] * 1000, 2),
            "cpu": round((after["cpu_s"] - self._before["cpu_s"]) / seconds, 3),
            "load_cpu": round(here / seconds, 3),
            "seconds": round(seconds, 1),
        }

    async def close(self) -> None:
        await self._http.aclose()

    async def _usage(self) -> Figures:
        return dict((await self._http.get("/bench/usage")).json())


def _in_ms(delays: Mapping[str, Iterable[float]]) -> dict[str, Any]:
    """Of each verb."""
    return {verb: spread(seconds) for verb, seconds in sorted(delays.items())}


def spread(seconds: Iterable[float]) -> dict[str, float | int]:
    """Their summary in ms, with p99."""
    ordered = sorted(one * 1000 for one in seconds)
    return summary(ordered, 2) | {"p99": round(ordered[round(0.99 * (len(ordered) - 1))], 2)}


async def opened(number: int, open_one: Callable[[int], Awaitable[Page]]) -> list[Page]:
    """So many pages, some at a time."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(which: int) -> Page:
        async with turns:
            return await open_one(which)

    async with asyncio.timeout(LONGEST_S):
        return await asyncio.gather(*map(one, range(number)))


async def arrived(url: str, number: int, delays: Delays) -> list[Page]:
    """So many participants who wait, from as many addresses as the server wants them to come from."""
    doors = []
    for address in range(1 + number // PER_ADDRESS):
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.0.{2 + address}")
        doors.append(httpx.AsyncClient(base_url=url, transport=transport, timeout=60))

    async def arrive(which: int) -> Page:
        page = await pages.participant(doors[which // PER_ADDRESS], delays)
        await page.enlist()
        return page

    try:
        return await opened(number, arrive)
    finally:
        for door in doors:
            await door.aclose()


async def beating(people: Sequence[Page], seconds: float) -> None:
    """All hearts beat, spread over the second."""
    until = time.perf_counter() + seconds
    async with asyncio.timeout(LONGEST_S):
        await asyncio.gather(*(one.beat(pages.BEAT_S * k / len(people), until) for k, one in enumerate(people)))


async def meeting(people: Sequence[Page], games: int, url: str) -> Figures:
    """So many games come together while all hearts beat; seconds from the first match that a page hears of."""
    hearts = asyncio.create_task(beating(people, LONGEST_S))
    meetings = [asyncio.create_task(one.meet()) for one in people]
    async with httpx.AsyncClient(base_url=url) as http:
        await http.post("/bench/open", json={"games": games})
    met: list[tuple[float, float]] = []
    try:
        for next_met in asyncio.as_completed(meetings, timeout=LONGEST_S):
            met.append(await next_met)
            if len(met) == 2 * games:
                break
    finally:
        for task in (hearts, *meetings):
            task.cancel()
        await asyncio.gather(hearts, *meetings, return_exceptions=True)
    first = min(matched for matched, _ in met)
    return {
        "matched_s": summary([matched - first for matched, _ in met], 2),
        "playing_s": summary([playing - first for _, playing in met], 2),
    }


async def with_people(number: int, games: int, seconds: float) -> dict[str, Figures]:
    """They arrive, wait, and play."""
    delays: Delays = defaultdict(list)
    async with served("people_server") as url:
        meter = Meter(url, delays)
        await meter.start()
        people = await arrived(url, number, delays)
        arriving = await meter.figures()
        arriving["per_s"] = round(number / arriving["seconds"], 1)
        per_participant = meter.grown_bytes / number / 1000
        await meter.start()
        await beating(people, seconds)
        waiting = {**await meter.figures(), "kb_per_participant": round(per_participant, 1)}
        await meter.start()
        moments = await meeting(people, games, url)
        playing = {**moments, **await meter.figures()}
        playing["signaled_ms"] = playing["ack_ms"].pop("signaled")
        await meter.close()
        await asyncio.gather(*(one.close() for one in people))
    return {"arriving": arriving, "waiting": waiting, "games": playing}


async def without(number: int, seconds: float) -> Figures:
    """The baseline: as many lines, with the same heartbeats."""
    delays: Delays = defaultdict(list)
    async with served("people_server") as url:
        meter = Meter(url, delays)
        await meter.start()
        lines = await opened(number, lambda _: pages.bare(url, delays))
        await meter.figures()
        per_participant = meter.grown_bytes / number / 1000
        await meter.start()
        await beating(lines, seconds)
        found = {**await meter.figures(), "kb_per_participant": round(per_participant, 1)}
        await meter.close()
        await asyncio.gather(*(one.close() for one in lines))
    return found


def ratios(waiting: Figures, bare: Figures) -> dict[str, float]:
    """What waits, to what is only acknowledged."""
    acks = {name: waiting["ack_ms"]["probe"][name] / bare["ack_ms"]["probe"][name] for name in ("median", "p99")}
    found = {**acks, **{name: waiting[name] / bare[name] for name in ("cpu", "kb_per_participant")}}
    return {name: round(value, 2) for name, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--participants", type=int, default=1_000)
    parser.add_argument("--games", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30)
    wanted = parser.parse_args()
    if not 0 < 2 * wanted.games <= wanted.participants or wanted.seconds < 2 * pages.BEAT_S:
        parser.error("there are two participants to each game at least, and two seconds")
    allow_many_files()
    matching = deciding.figures(wanted.participants)
    found = uvloop.run(with_people(wanted.participants, wanted.games, wanted.seconds))
    bare = uvloop.run(without(wanted.participants, wanted.seconds))
    load = {"participants": wanted.participants, "games": wanted.games, "heartbeat_s": pages.BEAT_S}
    ratio = ratios(found["waiting"], bare)
    write_result("server", {"load": load, **found, "bare": bare, "ratio": ratio, "matching": matching})


if __name__ == "__main__":
    main()
