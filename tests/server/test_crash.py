"""A real server process, killed without warning while participants upload: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import csv
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.processes import Process
from tests.server.rows import FPS, chunk, whole_episode
from tests.server.running import DEADLINE_S, Participant, until, wait_for

SECONDS = 45
KILLED_AFTER = (3, 14, 15, 30)  # chunks that have been acknowledged; the next ones are on the way


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    if process.process.poll() is None:
        process.end(signal.SIGKILL)


async def insist(one: Participant, *items: dict[str, Any]) -> None:
    """Uploads until it is acknowledged, as the page's outbox does."""
    while True:
        try:
            answer = await one.post("/api/records", {"items": items})
        except httpx.TransportError:
            await asyncio.sleep(0.01)
            continue
        if answer.status_code == 200:
            assert answer.json()["refused"] == []
            return
        assert answer.status_code in (429, 503), answer.text
        await asyncio.sleep(0.1)


def stored_numbers(process: Process) -> list[int]:
    """Chunk numbers."""
    return [number for (number,) in process.stored("select number from chunks order by id")]


async def test_a_kill_loses_nothing_that_was_acknowledged(process: Process, arrive: Callable[..., Participant]) -> None:
    one = arrive(process)
    session = await one.to_game()
    await one.resume(session)
    acknowledged: list[int] = []

    async def play() -> None:
        for number in range(SECONDS):
            await insist(one, chunk(session, number, ends=number == SECONDS - 1))
            acknowledged.append(number)

    def enough(goal: int) -> bool:
        return len(acknowledged) >= goal

    playing = asyncio.create_task(play())
    for goal in KILLED_AFTER:
        await until(partial(enough, goal), f"{goal} chunks")
        process.end(signal.SIGKILL)
        kept = stored_numbers(process)
        assert set(acknowledged) <= set(kept)
        assert len(kept) == len(set(kept))
        process.start()
    async with asyncio.timeout(2 * DEADLINE_S):
        await playing
    await insist(one, whole_episode(session, SECONDS * FPS)[-1])
    table = process.data / "game" / session / "ep0.csv"
    await until(table.exists, "the episode's file")
    with table.open(newline="") as file:
        frames = [int(row["frame"]) for row in csv.DictReader(file)]
    assert frames == list(range(-1, SECONDS * FPS))
    assert stored_numbers(process) == list(range(SECONDS))

    again = arrive(process)
    again.token = one.token
    assert (await again.connect())["scene_id"] == "game"
    assert (await again.advance("game"))["kind"] == "end"


async def test_a_server_that_is_told_to_stop_stops_in_good_order(
    process: Process, arrive: Callable[..., Participant]
) -> None:
    one = arrive(process)
    session = await one.to_game()
    await one.resume(session)
    uploads = asyncio.gather(*(insist(one, item) for item in whole_episode(session, 40)[:-1]))
    await until(lambda: stored_numbers(process), "the first chunk")
    assert await asyncio.to_thread(process.end, signal.SIGTERM) == -signal.SIGTERM
    assert one.id in (process.data / "participants.csv").read_text()
    assert (process.data / "server.log").read_text().count('"event": "stopped"') == 1
    process.start()
    await uploads
    assert sorted(stored_numbers(process)) == [0, 1, 2, 3]


async def test_files_that_a_dead_server_left_unwritten_are_written_at_the_next_start(
    process: Process, arrive: Callable[..., Participant]
) -> None:
    one = arrive(process)
    session = await one.to_game()
    await one.resume(session)
    await insist(one, *whole_episode(session, 25))
    table = process.data / "game" / session / "ep0.csv"
    await until(table.exists, "the episode's file")
    process.end(signal.SIGKILL)
    table.unlink()
    process.alter("update episodes set written_at = null")  # as if it had died a moment earlier
    process.start()
    wait_for(table.exists, "the episode's file")
