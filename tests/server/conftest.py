from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.server.meeting import Player
from tests.server.running import Participant, Running, experiment


@pytest.fixture
def in_a_file(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stores of this test are files, though the others may be in a database."""
    monkeypatch.delenv("INTERACTIVE_GYM_DATABASE", raising=False)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts servers, on one data folder if not told otherwise; those that still run are stopped at the end."""
    started: list[Running] = []

    def start(study: Any = None, *, folder: str = "", dev: bool = False) -> Running:
        started.append(Running(tmp_path / folder, study or experiment(), dev).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(serve: Callable[..., Running]) -> Running:
    return serve()


@pytest_asyncio.fixture
async def arrive() -> AsyncIterator[Callable[..., Participant]]:
    """Makes participants, who leave at the end."""
    arrived: list[Participant] = []

    def make(server: Running, **who: Any) -> Participant:
        arrived.append(Participant(server.url, **who))
        return arrived[-1]

    yield make
    for participant in arrived:
        await participant.leave()


@pytest.fixture
def one(server: Running, arrive: Callable[..., Participant]) -> Participant:
    """A participant of ``server``."""
    return arrive(server)


@pytest_asyncio.fixture
async def come() -> AsyncIterator[Callable[..., Awaitable[Player]]]:
    """Players who have gone to the first game, and leave at the end."""
    arrived: list[Player] = []

    async def arrive(server: Running, **who: Any) -> Player:
        arrived.append(Player(server.url, **who))
        return await arrived[-1].arrive()

    yield arrive
    for player in arrived:
        await player.leave()


@pytest_asyncio.fixture
async def again() -> AsyncIterator[Callable[..., Awaitable[Player]]]:
    """Another page of somebody: a reload, or another tab."""
    opened: list[Player] = []

    async def connect(server: Running, player: Player, **changes: Any) -> Player:
        page = Player(server.url, tab=changes.get("tab", player.tab))
        opened.append(page)
        page.token, page.id = player.token, player.id
        await page.connect(**changes)
        return page

    yield connect
    for page in opened:
        await page.leave()
