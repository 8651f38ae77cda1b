"""Games that everybody has reloaded: when the server has them played on from the store, and what pages are told."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from interactive_gym.data import games, restarts
from interactive_gym.errors import ServerError
from interactive_gym.netcode.control import ControlChannel
from interactive_gym.netcode.messages import Ready, WantCut
from interactive_gym.records import unpack
from interactive_gym.server import restarting
from interactive_gym.server.gathering import Gathering
from interactive_gym.server.presence import Connected
from tests.server.matched import Page
from tests.server.meeting import Player, events, gym, playing, session_state, study
from tests.server.rows import whole_episode
from tests.server.running import Running, until

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]
ANN, BOB, CEM = 1, 2, 3  # peers; the bot is before them


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restarting, "WATCH_S", 0.02)


def told_of(match: dict[str, Any]) -> tuple[int, bool, tuple[int, int, list[int]] | None]:
    """Generation, whether others play, and from where all go on."""
    named = match["restart"]
    where = named and (named["episode"], named["frame"], named["gone"])
    assert match["boot"] == match["generation"] + 1
    return match["generation"], match["returning"], where


async def told(player: Player) -> tuple[int, bool, tuple[int, int, list[int]] | None]:
    return told_of(await player.hears("match"))


async def recorded(player: Player, session: str, seconds: int = 2, generation: int = 0) -> None:
    """The player has sent so many seconds of the first episode."""
    answer = await player.upload(*whole_episode(session, 50, generation=generation)[:seconds])
    assert answer["refused"] == []


def says(session: str, generation: int, is_in: bool = True) -> dict[str, Any]:
    """What a page says that connects again, and knows of the game."""
    return {"playing": {"session_id": session, "generation": generation, "is_in": is_in}}


def in_game(server: Running, session: str) -> set[int]:
    return set(server.app.state.matches.refereeing(session).playing)


async def begun(server: Running, session: str, epoch: int, *pages: tuple[Player, int]) -> None:
    """The netcode of these pages, each with its boot, says that it is ready."""
    sides = server.desk.store.read_now(lambda connection: games.sides(connection, session))
    for player, boot in pages:
        (peer,) = [side.peer for side in sides if side.participant_id == player.id]
        page = Page(player, peer)
        page.channel = ControlChannel(boot)
        await page.tell_referee(Ready(epoch, 1, tuple(side.peer for side in sides)))
        await page.is_heard()


def named(server: Running, session: str) -> Any:
    return server.desk.store.read_now(lambda connection: restarts.latest(connection, session))


async def test_when_all_reload_the_game_goes_on_from_what_is_stored(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await recorded(bob, session)
    pages = [await again(server, player) for player in (ann, bob)]
    await pages[0].enlist()
    match = await pages[0].hears("match")
    assert told_of(match) == (1, False, (0, 19, []))
    assert match["session_id"] == session and pages[1].told["match"].empty(), "it has not asked yet"
    await pages[1].enlist()
    other = await pages[1].hears("match")
    assert told_of(other) == (2, False, (0, 19, [])), "its first generation was nobody's"
    assert other["restart"] == match["restart"]
    (event,) = events(server, "restarted")
    assert (event["session_id"], event["reason"], event["severity"]) == (session, "nobody_played", "warning")
    assert event["data"] == {
        "episode": 0, "frame": 19, "epoch": match["restart"]["epoch"], "gone": [],
        "generations": {"human-0": 1, "human-1": 1},
    }  # fmt: skip
    for page in pages:
        body = {"session_id": session, "epoch": match["restart"]["epoch"]}
        chunks = (await page.post("/api/replay", body)).json()["chunks"]
        assert [row.frame for chunk in chunks for row in unpack(b64decode(chunk))] == list(range(-1, 20))


async def test_as_long_as_somebody_plays_they_are_asked(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    for generation in (1, 2):
        back = await again(server, ann)
        await until(lambda: in_game(server, session) == {BOB}, "her former page to be gone")
        await back.enlist()
        assert await told(back) == (generation, True, None)
    assert named(server, session) is None


async def test_one_after_the_other(serve: Serve, come: Come, again: Come) -> None:
    """The first waits to be let in by the second, until that one is gone as well: then nothing need be asked."""
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await recorded(ann, session)
    first = await again(server, ann)
    await first.enlist()
    assert await told(first) == (1, True, None)
    second = await again(server, bob)
    assert await told(first) == (2, False, (0, 19, [])), "though it has not asked again"
    await second.enlist()
    assert await told(second) == (2, False, (0, 19, []))
    assert len(events(server, "restarted")) == 1


async def test_who_comes_back_when_the_others_have_begun_returns(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await recorded(ann, session)
    first, second = await again(server, ann), await again(server, bob)
    await first.enlist()
    assert await told(first) == (1, False, (0, 19, []))
    epoch = named(server, session).epoch
    await begun(server, session, epoch, (first, 2))
    assert in_game(server, session) == {ANN}
    page = Page(first, ANN)
    page.channel = ControlChannel(3)
    await page.tell_referee(WantCut(epoch, BOB, 1, 0, "reloaded"))
    await page.is_heard()
    await second.enlist()
    assert await told(second) == (2, True, (0, 19, []))


async def test_who_was_lost_and_lives_begins_with_the_others(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", 3)))
    ann, bob, cem = await come(server), await come(server), await come(server)
    session = await playing(ann, bob, cem)
    await recorded(cem, session)
    page = Page(ann, ANN)
    await page.tell_referee(WantCut(0, CEM, 1, 0, "reloaded"))
    await page.is_heard()
    assert in_game(server, session) == {ANN, BOB}
    pages = [await again(server, player) for player in (ann, bob)]
    assert await told(cem) == (1, False, (0, 19, [])), "what it plays is replaced"
    for back in pages:
        await back.enlist()
        assert await told(back) == (2, False, (0, 19, []))


@pytest.mark.parametrize("begins", [True, False])
async def test_who_lives_and_hears_of_it_late(serve: Serve, come: Come, again: Come, begins: bool) -> None:
    server = serve(study(gym("game", 3)))
    ann, bob, cem = await come(server), await come(server), await come(server)
    session = await playing(ann, bob, cem)
    await recorded(cem, session)
    page = Page(ann, ANN)
    await page.tell_referee(WantCut(0, CEM, 1, 0, "reloaded"))
    await page.is_heard()
    await cem.socket.disconnect()
    await until(lambda: not server.desk.presence.connected(cem.id), "the server to notice")
    pages = [await again(server, player) for player in (ann, bob)]
    for back in pages:
        await back.enlist()
        assert (await told(back))[1:] == (False, (0, 19, []))
    if not begins:
        epoch = named(server, session).epoch
        page = Page(pages[0], ANN)
        page.channel = ControlChannel(2)
        await page.tell_referee(WantCut(epoch, CEM, 1, 0, "reloaded"))
        await page.is_heard()
    late = await again(server, cem, **says(session, 0, is_in=False))
    assert await told(late) == (2, not begins, (0, 19, []))
    later = await again(server, late, **says(session, 2))
    await begun(server, session, named(server, session).epoch, (later, 3))
    assert later.told["match"].empty(), "it knows"


async def test_who_is_gone_without_a_word_is_waited_for_a_while(
    serve: Serve, come: Come, again: Come, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that might let the other one in is no more, and nobody has said so."""
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await recorded(ann, session)
    await bob.socket.disconnect()
    back = await again(server, ann)
    await back.enlist()
    assert await told(back) == (1, True, None)
    assert named(server, session) is None and in_game(server, session) == {BOB}
    monkeypatch.setattr(restarting, "LOST_AFTER", 0.0)
    assert await told(back) == (2, False, (0, 19, []))
    late = await again(server, bob, **says(session, 0))
    assert await told(late) == (2, False, (0, 19, [])), "it had only lost the server, and nobody was there to know"


async def test_a_page_that_does_not_answer_is_as_good_as_gone(
    serve: Serve, come: Come, again: Come, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    back = await again(server, ann)
    silent: set[str] = set()

    async def is_there(who: Connected) -> bool:
        return who.participant_id not in silent

    server.app.state.restarting._is_there = is_there
    monkeypatch.setattr(restarting, "LOST_AFTER", 0.0)
    await back.enlist()
    assert await told(back) == (1, True, None)
    assert named(server, session) is None, "the other one answers"
    silent.add(bob.id)
    assert await told(bob) == (1, False, (0, -1, [])), "if it hears that, it begins as well"
    assert await told(back) == (2, False, (0, -1, []))


async def test_who_reloads_before_it_has_begun_begins_anew_with_all(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    await playing(ann, bob)
    pages = [await again(server, player) for player in (ann, bob)]
    for page in pages:
        await page.enlist()
        await told(page)
    impatient = await again(server, ann)
    await impatient.enlist()
    assert await told(impatient) == (2, False, (0, -1, []))
    assert await told(pages[1]) == (3, False, (0, -1, []))
    assert len(events(server, "restarted")) == 2


async def test_two_restarts_in_one_episode(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await recorded(ann, session, 1)
    pages = [await again(server, player) for player in (ann, bob)]
    for page in pages:
        await page.enlist()
        assert (await told(page))[1:] == (False, (0, 9, []))
    await begun(server, session, named(server, session).epoch, (pages[0], 2), (pages[1], 3))
    await recorded(pages[1], session, 4, generation=2)
    await recorded(pages[0], session, 5)  # of the first generation: nobody played that
    pages = [await again(server, player) for player in (ann, bob)]
    first, second = [], []
    for page in pages:
        await page.enlist()
        first.append(await told(page))
    assert [where for *_, where in first] == [(0, 39, [])] * 2, second
    assert len(events(server, "restarted")) == 2


async def test_nobody_waits_for_whoever_has_left(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", 3)))
    ann, bob, cem = await come(server), await come(server), await come(server)
    await playing(ann, bob, cem)
    assert (await bob.failed("focus_timeout"))["kind"] == "outcome"
    pages = [await again(server, player) for player in (ann, cem)]
    for page in pages:
        await page.enlist()
        assert (await told(page))[1:] == (False, (0, -1, [BOB]))


async def test_nobody_is_told_before_it_is_stored(
    serve: Serve, come: Come, again: Come, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    pages = [await again(server, player) for player in (ann, bob)]
    with monkeypatch.context() as full:

        def failing(*_: Any, **__: Any) -> None:
            raise ServerError("no room on the disk")

        full.setattr(restarts, "name", failing)
        assert (await pages[0].enlist())["kind"] == "refused"
        assert pages[0].told["match"].empty() and named(server, session) is None
    await pages[0].enlist()
    assert (await told(pages[0]))[1:] == (False, (0, -1, []))


async def test_a_server_that_is_killed_before_it_could_tell(
    serve: Serve, come: Come, again: Come, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await recorded(ann, session)
    pages = [await again(server, player) for player in (ann, bob)]
    with monkeypatch.context() as killed:
        killed.setattr(Gathering, "_invite", lambda *_, **__: None)
        server.app.state.restarting._invite = lambda *_, **__: None
        await pages[0].enlist()
    assert named(server, session).frame == 19
    server.stop()
    server = serve(study())
    pages = [await again(server, player) for player in (ann, bob)]
    for page in pages:
        await page.enlist()
        assert (await told(page))[1:] == (False, (0, 19, []))
    assert len(events(server, "restarted")) == 2


async def test_a_server_that_comes_back_believes_the_pages(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", 3)))
    ann, bob, cem = await come(server), await come(server), await come(server)
    session = await playing(ann, bob, cem)
    server.stop()
    server = serve(study(gym("game", 3)))
    for player in (ann, bob):
        await again(server, player, **says(session, 0))
    back = await again(server, cem)
    await until(lambda: in_game(server, session) == {ANN, BOB}, "who plays")
    await back.enlist()
    assert await told(back) == (1, True, None), "the others play on"
    assert session_state(server, session) == "playing"


async def test_a_server_that_comes_back_when_everybody_was_lost(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    back = await again(server, ann)
    await back.enlist()
    assert await told(back) == (1, True, None)
    server.stop()
    server = serve(study())
    waits = await again(server, ann, **says(session, 1, is_in=False))
    await until(lambda: in_game(server, session) == {BOB}, "what the page says")
    await again(server, bob)
    assert await told(waits) == (2, False, (0, -1, []))


async def test_what_all_play_again_is_nobody_elses(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study())
    ann, bob, eve = await come(server), await come(server), await come(server)
    session = await playing(ann, bob)
    refused = await eve.post("/api/replay", {"session_id": session, "epoch": 2})
    assert (refused.status_code, refused.json()["reason"]) == (403, "not_your_session")
    refused = await ann.post("/api/replay", {"session_id": session, "epoch": 2})
    assert (refused.status_code, refused.json()["reason"]) == (409, "not_now")


async def test_what_a_page_says_of_another_game_counts_for_nothing(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study())
    ann, bob, eve = await come(server), await come(server), await come(server)
    session = await playing(ann, bob)
    await again(server, eve, **says(session, 0))
    assert in_game(server, session) == {ANN, BOB}
    await again(server, ann, **says("s-other", 0))
    await until(lambda: in_game(server, session) == {BOB}, "what the page says")
