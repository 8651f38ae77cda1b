"""A store that goes away, comes back, or is another server's: the server goes on, or ends and says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from interactive_gym.data.database import StudyTaken
from interactive_gym.errors import ServerError
from interactive_gym.server import tenure
from interactive_gym.server.run import serve as serve_forever
from interactive_gym.server.settings import Settings
from interactive_gym.server.tenure import PATIENCE_S, Tenure
from tests.databases import disconnect_all, postgresql
from tests.server.running import Participant, Running, built, experiment

TAKEN = StudyTaken("another one has it")


class World:
    """A store that says what it is told to, and what its server makes of that."""

    def __init__(self) -> None:
        self.problem: Exception | None = None
        self.logged: list[str] = []
        self.ended: list[str] = []
        log = SimpleNamespace(error=self._log, warning=self._log)
        desk: Any = SimpleNamespace(store=self, log=log)
        self.tenure = Tenure(desk, self.ended.append)

    def _log(self, event: str, **_: object) -> None:
        self.logged.append(event)

    async def write(self, query: Callable[[Any], None]) -> None:
        if self.problem is not None:
            raise ServerError(f"Nothing could be stored: {self.problem}") from self.problem

    async def look(self, now: float, problem: Exception | None) -> None:
        self.problem = problem
        await self.tenure.look(now)


async def test_a_database_that_is_away_is_told_once_and_awaited() -> None:
    world = World()
    await world.look(0, None)
    assert world.logged == []
    for now in (1, 2, 10_000):
        await world.look(now, OSError("no route"))
    assert world.logged == ["store_away"]
    await world.look(10_001, None)
    await world.look(10_002, OSError("no route"))
    assert world.logged == ["store_away", "store_back", "store_away"]
    assert world.ended == []


async def test_a_server_ends_once_another_one_has_the_study_for_good() -> None:
    world = World()
    await world.look(0, TAKEN)
    await world.look(PATIENCE_S - 1, TAKEN)
    await world.look(PATIENCE_S, None)
    await world.look(PATIENCE_S + 1, TAKEN)  # perhaps our own connection, which had broken
    await world.look(PATIENCE_S + 2, OSError("away"))
    await world.look(PATIENCE_S + 3, TAKEN)
    await world.look(2 * PATIENCE_S + 2, TAKEN)
    assert world.ended == []
    await world.look(2 * PATIENCE_S + 3, TAKEN)
    assert world.ended == ["another one has it"]


def test_the_process_says_why_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(self: Tenure, now: float) -> None:
        self._end("another one has it")

    monkeypatch.setattr(tenure, "EVERY_S", 0.01)
    monkeypatch.setattr(Tenure, "look", look)
    client, runtime = built(tmp_path)
    settings = Settings(port=0, data_dir=tmp_path / "data", client_dir=client)
    with (
        patch("interactive_gym.server.app.build_runtime", return_value=runtime),
        pytest.raises(ServerError, match="another one has it"),
    ):
        serve_forever(experiment(), settings)


async def test_participants_go_on_after_the_database_was_restarted(
    serve: Callable[..., Running], arrive: Callable[..., Participant]
) -> None:
    place = postgresql()
    server = serve()
    one = arrive(server)
    await one.join()
    await one.connect()
    disconnect_all(place)
    assert (await one.advance("welcome"))["scene_id"] == "questions"
    disconnect_all(place)
    assert (await one.advance("questions", age="30"))["scene_id"] == "game"
    disconnect_all(place)
    assert (await arrive(server).join()).id != one.id
