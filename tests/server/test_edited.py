"""The experiment is edited between two starts of the server, while people wait for each other; or nothing is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

import interactive_gym as ig
from interactive_gym.data import schema
from interactive_gym.server.gathering import Gathering
from interactive_gym.server.room import KEPT_S
from tests.server.meeting import Player, bot, connected, events, gym, matched, playing, session_state, state_of, study
from tests.server.rows import whole_episode
from tests.server.running import Running

Serve = Callable[..., Running]
Come = Callable[[Running], Awaitable[Player]]
Back = Callable[[Running, Player], Awaitable[tuple[Player, Any]]]


@pytest_asyncio.fixture
async def back() -> AsyncIterator[Back]:
    """Their page, loaded again, and what it shows; pages leave at the end."""
    opened: list[Player] = []

    async def load(server: Running, player: Player) -> tuple[Player, Any]:
        opened.append(Player(server.url, tab="tab-2"))
        opened[-1].token, opened[-1].id = player.token, player.id
        return opened[-1], await opened[-1].connect()

    yield load
    for page in opened:
        await page.leave()


def killed(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is killed does not see its connections end."""
    with monkeypatch.context() as killing:
        killing.setattr(Gathering, "gone", lambda *_: None)
        server.stop()


def earlier(server: Running, **seconds: float) -> None:
    """As if all this had happened so much earlier."""
    columns = {name: schema.visits.c[name] - by for name, by in seconds.items()}
    server.desk.store.submit(lambda connection: connection.execute(update(schema.visits).values(columns))).result(20)


async def test_a_game_that_is_one_of_a_single_player_now_is_played_alone(
    serve: Serve, come: Come, back: Back, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(study())
    ann = await come(server)
    await ann.enlist()
    killed(server, monkeypatch)
    server = serve(study(gym("game", 1)))
    page, shown = await back(server, ann)
    session = shown["session_id"]
    assert session is not None and shown["game"]["multiplayer"] is None
    await page.resume(session)
    await page.upload(*whole_episode(session, 5))
    assert (await page.advance("game"))["kind"] == "end"
    assert state_of(server, ann) == ("done", "completed")
    (event,) = events(server, "scene_changed")
    assert (event["session_id"], event["data"]) == (session, {"scene_id": "game", "to": "game"})


async def test_a_game_that_runs_is_played_to_its_end_though_it_is_one_of_a_single_player_now(
    serve: Serve, come: Come, back: Back
) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    server.stop()
    server = serve(study(gym("game", 1)))
    page, shown = await back(server, ann)
    assert shown["session_id"] is None
    assert (await page.enlist())["kind"] == "room"
    match = await page.hears("match")
    assert (match["session_id"], match["returning"]) == (session, True)
    await page.upload(*whole_episode(session, 5, generation=1))
    assert (await page.advance("game"))["kind"] == "end"


async def test_whose_game_is_gone_goes_on_to_the_next_scene(
    serve: Serve, come: Come, back: Back, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(study(gym("game"), ig.StaticScene("after")))
    ann, bob, cem = [await come(server) for _ in range(3)]
    session = await playing(ann, bob)
    await cem.enlist()
    killed(server, monkeypatch)
    server = serve(study(ig.StaticScene("after")))
    assert session_state(server, session) == "ended"
    for player in (ann, cem):
        page, shown = await back(server, player)
        assert shown["scene_id"] == "after"
        assert (await page.advance("after"))["kind"] == "end"
        assert state_of(server, player) == ("done", "completed")


async def test_those_who_wait_play_in_groups_of_the_new_size(
    serve: Serve, come: Come, back: Back, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(study(gym("game", 3)))
    players = [await come(server) for _ in range(2)]
    for player in players:
        await player.enlist()
    killed(server, monkeypatch)
    server = serve(study(gym("game", 2)))
    pages = [(await back(server, player))[0] for player in players]
    await playing(*pages)


async def test_a_page_of_text_that_is_a_game_now_is_played(serve: Serve, come: Come, back: Back) -> None:
    server = serve(study(ig.StaticScene("game"), gym("other")))
    ann = Player(server.url)
    await ann.join()
    await ann.connect()
    await ann.advance("welcome")
    await ann.leave()
    server.stop()
    server = serve(study(gym("game", 1), gym("other")))
    _, shown = await back(server, ann)
    assert (shown["kind"], bool(shown["session_id"])) == ("gym", True)


async def test_a_restart_keeps_how_long_somebody_has_waited(
    serve: Serve, come: Come, back: Back, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    await ann.enlist()
    earlier(server, waits_since=40)
    killed(server, monkeypatch)
    server = serve(study())
    pages = [(await back(server, player))[0] for player in (bob, ann)]
    assert (await pages[0].enlist())["waited_s"] < 40
    room = await pages[1].enlist()
    assert 40 <= room["waited_s"] <= 60 and room["waited_s"] + room["left_s"] == pytest.approx(60, abs=0.2)
    session = await matched(*pages)
    assert [(await player.validated(session)) for player in pages] == [None, None]
    (event,) = events(server, "matched")
    assert event["data"]["chosen_from"] == [ann.id, bob.id], "whoever has waited longest is the first"


async def test_a_time_that_has_run_out_while_the_server_was_down_is_settled_once(
    serve: Serve, come: Come, back: Back, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(study())
    ann = await come(server)
    await ann.enlist()
    earlier(server, waits_since=100)
    killed(server, monkeypatch)
    server = serve(study())
    page, _ = await back(server, ann)
    await page.enlist()
    assert (await page.sees())["outcome"] == "waitroom_timeout"
    server.stop()
    server = serve(study())
    _, shown = await back(server, ann)
    assert shown["outcome"] == "waitroom_timeout"
    (event,) = events(server, "finished")
    assert event["data"]["waited_s"] >= 100


async def test_a_smaller_group_begins_when_it_would_have_without_the_restart(
    serve: Serve, come: Come, back: Back, monkeypatch: pytest.MonkeyPatch
) -> None:
    def smaller() -> ig.Experiment:
        return study(gym("game", 3, timeout=600).waitroom(start_smaller_after=300, bot=bot))

    server = serve(smaller())
    players = [await come(server) for _ in range(2)]
    for player in players:
        await player.enlist()
    earlier(server, waits_since=400)
    killed(server, monkeypatch)
    server = serve(smaller())
    pages = [(await back(server, player))[0] for player in players]
    for page in pages:
        await page.enlist()
    await connected(await matched(*pages), *pages)


async def test_who_has_been_away_for_too_long_waits_anew(serve: Serve, come: Come, back: Back) -> None:
    server = serve(study(gym("game", timeout=600)))
    ann = await come(server)
    await ann.enlist()
    server.stop()
    server = serve(study(gym("game", timeout=600)))
    earlier(server, waits_since=200 + KEPT_S, stepped_out_at=2 * KEPT_S)
    page, _ = await back(server, ann)
    assert (await page.enlist())["waited_s"] < 200
