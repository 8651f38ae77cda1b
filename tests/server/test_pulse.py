"""The log tells how much is alive in the server, whenever that has changed."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from interactive_gym.server import pulse
from tests.server.meeting import Player, playing, study
from tests.server.running import Running, until


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_S", 0.05)


def told(server: Running) -> list[dict[str, Any]]:
    lines = map(json.loads, (server.data / "server.log").read_text().splitlines())
    return [line for line in lines if line["event"] == "alive"]


def counts(server: Running) -> tuple[int, int]:
    """Connections and games, as they were told last."""
    return (told(server)[-1]["connections"], told(server)[-1]["games"]) if told(server) else (-1, -1)


async def test_games_and_connections_come_and_go(
    serve: Callable[..., Running], come: Callable[..., Awaitable[Player]]
) -> None:
    server = serve(study())
    await until(lambda: counts(server) == (0, 0), "an empty server")
    players = [await come(server), await come(server)]
    await playing(*players)
    await until(lambda: counts(server) == (2, 1), "a game of two")
    for player in players:
        await player.failed("connection_failed")
    await until(lambda: counts(server) == (2, 0), "the end of the game")
    for player in players:
        await player.leave()
    await until(lambda: counts(server) == (0, 0), "an empty server again")
    lines = [{name: line[name] for name in ("connections", "games", "tasks")} for line in told(server)]
    assert all(before != after for before, after in pairwise(lines)), "only changes are told"
