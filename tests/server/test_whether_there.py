"""Before a game is over because somebody is silent, the server finds out whether their page is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from interactive_gym.netcode import Config
from interactive_gym.netcode.messages import CutGranted
from interactive_gym.server import matches, probing
from interactive_gym.server.probing import Probing
from tests.server.matched import game, on_loop, playing
from tests.server.running import Participant, Running, until
from tests.server.screened import Arriving
from tests.server.test_matches import again, wants_cut

Arrive = Callable[..., Participant]
REFEREE_CONFIG = matches.referee_config
GONE, ABSENT = CutGranted(0, 1, 1, True), CutGranted(0, 1, 1, False)


def hasty(described: dict[str, Any]) -> Config:
    return REFEREE_CONFIG({**described, "multiplayer": {**described["multiplayer"], "reconnection_timeout_s": 1.0}})


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "THERE_S", 0.5)
    monkeypatch.setattr(matches, "referee_config", hasty)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's patience ends while a test is at work."""
    monkeypatch.setattr(matches, "referee_config", REFEREE_CONFIG)
    monkeypatch.setattr(probing, "THERE_S", 30.0)


async def test_a_page_that_is_there_may_come_back(server: Running, arrive: Arrive) -> None:
    first, _ = await playing(server, arrive, game())
    await wants_cut(first, 1)
    assert await first.told(CutGranted) == ABSENT


async def test_a_page_that_is_closed_is_gone(server: Running, arrive: Arrive) -> None:
    first, second = await playing(server, arrive, game())
    await second.participant.socket.disconnect()
    await wants_cut(first, 1)
    assert await first.told(CutGranted) == GONE


async def test_a_page_that_answers_nothing_is_gone(server: Running) -> None:
    """Its connection may look as if it were there."""
    silent = Arriving(server.url, answers=False)
    people = iter([Participant(server.url), silent])
    first, _ = await playing(server, lambda _: next(people), game())
    await wants_cut(first, 1)
    assert await first.told(CutGranted) == GONE
    await silent.leave()


@pytest.mark.usefixtures("patient")
async def test_a_page_that_is_being_reloaded_is_waited_for(server: Running, arrive: Arrive) -> None:
    first, second = await playing(server, arrive, game())
    await second.participant.socket.disconnect()
    await until(lambda: not server.desk.presence.connected(second.participant.id), "the end of its connection")
    await wants_cut(first, 1)
    await first.is_heard()
    back = await again(server, second, boot=2)
    assert await first.told(CutGranted) == ABSENT
    await back.participant.leave()


async def test_nobody_answers_for_somebody_else(server: Running, arrive: Arrive) -> None:
    first, second = await playing(server, arrive, game())
    await second.participant.socket.disconnect()
    await wants_cut(first, 1)
    for number in range(8):
        await first.participant.socket.emit("probe", {"number": number, "participant_id": second.participant.id})
        await first.participant.socket.emit("probe", {"number": number})
    assert await first.told(CutGranted) == GONE


async def test_who_has_gone_on_is_not_in_this_game(server: Running, arrive: Arrive) -> None:
    """Though their page is there."""
    first, second = await playing(server, arrive, game())
    on_loop(server, server.app.state.matches.leave, second.participant.id)
    await wants_cut(first, 1)
    assert await first.told(CutGranted) == GONE


class Clocked:
    """What a :class:`Probing` needs, where nobody has a connection."""

    presence = type("Nobody", (), {"holder": lambda self, who: None})()
    rtts = presence

    def __init__(self) -> None:
        self.study = type("Study", (), {"experiment": type("Experiment", (), {"entry": None})})


async def test_after_a_start_of_the_server_pages_have_time_to_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]

    async def passes(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(probing, "steady", lambda: now[0])
    monkeypatch.setattr(probing.asyncio, "sleep", passes)
    found = Probing(Clocked(), None)  # type: ignore[arg-type]
    assert not await found.comes_back("p-1", 1.0)
    assert now[0] - 1_000 == pytest.approx(probing.RESTART_S)
    assert not await found.comes_back("p-1", 1.0)
    assert now[0] - 1_000 == pytest.approx(probing.RESTART_S + probing.THERE_S)
