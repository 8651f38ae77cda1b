"""Games that run: who is lost in them, who comes back, and when they are over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from interactive_gym.data import matches
from interactive_gym.netcode import Grant
from interactive_gym.server import gathering
from interactive_gym.server.desk import steady
from interactive_gym.server.gathering import Gathering
from tests.server.meeting import (
    Player,
    end_reason,
    events,
    gym,
    matched,
    playing,
    session_state,
    state_of,
    study,
)
from tests.server.rows import chunk, whole_episode
from tests.server.running import Running, until

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]
MATCHED, WAITING, PLAYING = ("matched", None), ("waiting", None), ("playing", None)


async def test_a_game_is_left_when_all_of_it_is_stored(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", episodes=2)))
    ann, bob = await come(server), await come(server)
    assert (await ann.advance("game"))["reason"] == "episodes_incomplete", "there is not even a session"
    await ann.enlist()
    assert (await ann.advance("game"))["reason"] == "episodes_incomplete"
    assert state_of(server, ann) == WAITING
    session = await playing(ann, bob)
    await ann.upload(*whole_episode(session, 5))
    assert (await ann.advance("game"))["reason"] == "episodes_incomplete"
    await ann.upload(*whole_episode(session, 5, episode=1))
    assert (await bob.advance("game"))["kind"] == "end", "what one of them has stored is there for all"
    assert (await ann.advance("game"))["kind"] == "end"
    assert end_reason(server, session) == "completed"


async def test_states_that_differed_end_an_episode_and_not_the_game(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", episodes=2)))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    for player in (ann, bob):
        await player.upload(*differing(session, episode=0))
    assert (await ann.advance("game"))["reason"] == "episodes_incomplete"
    back = await again(server, ann)
    await back.enlist()
    assert (await back.hears("match"))["returning"], "bob plays the second episode"
    await back.upload(*differing(session, episode=1, generation=1))
    await bob.upload(*differing(session, episode=1))
    assert (await back.advance("game"))["kind"] == (await bob.advance("game"))["kind"] == "end"


def differing(session: str, **of: int) -> list[dict[str, Any]]:
    """What a page sends of an episode after whose seventh frame the states differed."""
    end = {**whole_episode(session, 7)[-1], "end_reason": "mismatch", **of}
    return [chunk(session, 0, frames=7, **of), end]


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("connection_failed", "connection_failed"),
        ("session_failed", "technical_failure"),
        ("step_failed", "technical_failure"),
    ],
)
async def test_a_game_that_cannot_go_on(serve: Serve, come: Come, reason: str, outcome: str) -> None:
    server = serve(study(gym("game", 3)))
    ann, bob, cem = await come(server), await come(server), await come(server)
    session = await playing(ann, bob, cem)
    page = await ann.failed(reason)
    assert (page["kind"], page["outcome"]) == ("outcome", outcome)
    assert await ann.failed(reason) == page
    assert (await bob.failed("connection_failed"))["outcome"] == "connection_failed"
    assert session_state(server, session) == "playing", "one is left, and may not know yet"
    room = await cem.enlist()
    assert room["kind"] == "room"
    assert (await cem.sees())["outcome"] == "partner_left", "and is told when they ask"
    assert (session_state(server, session), end_reason(server, session)) == ("ended", reason)
    assert state_of(server, ann) == ("done", outcome)


@pytest.mark.parametrize("is_connected", [True, False])
async def test_who_is_heard_of_no_more_has_left(
    serve: Serve, come: Come, again: Come, monkeypatch: pytest.MonkeyPatch, is_connected: bool
) -> None:
    """Though the server has nothing in the store of it: their lid was closed, or their page is frozen."""
    server = serve(study(gym("game", 3, episodes=3)))
    ann, bob, cem = await come(server), await come(server), await come(server)
    session = await playing(ann, bob, cem)
    assert (await cem.failed("step_failed"))["outcome"] == "technical_failure"
    if is_connected:
        bob.socket.on("probe", lambda _: None)
    else:
        await bob.socket.disconnect()
    monkeypatch.setattr(gathering, "AWAY_S", 0.1)
    silent_s = 0.2
    await until(lambda: bob.id not in server.desk.rtts.heard_since(steady() - silent_s), "bob to be silent")
    assert (await ann.failed("partner_left"))["outcome"] == "partner_left"
    assert events(server, "not_believed") == []
    assert end_reason(server, session) is None, "bob may come back"
    back = await again(server, bob)
    await back.enlist()
    assert (await back.sees())["outcome"] == "partner_left", "and has been left, too"


async def test_who_was_taken_out_for_good_holds_nobody_up(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", episodes=3)))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await bob.socket.disconnect()
    grant = Grant(epoch=0, peer=2, turn=1, is_gone=True, by=1, reason="silent")
    server.desk.store.submit(lambda connection: matches.add_grant(connection, session, grant, now=0.0)).result()
    assert (await ann.failed("partner_left"))["outcome"] == "partner_left"
    assert (session_state(server, session), end_reason(server, session)) == ("ended", "partner_left")
    back = await again(server, bob)
    await back.enlist()
    assert (await back.sees())["outcome"] == "connection_failed", "it was them who were away"
    assert end_reason(server, session) == "partner_left"


async def test_whoever_is_left_alone_may_go_on(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", episodes=3)))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    assert (await bob.advance("game"))["reason"] == "episodes_incomplete"
    await ann.failed("draw_failed")
    assert (await bob.advance("game"))["kind"] == "end"
    assert end_reason(server, session) == "draw_failed"


async def test_a_page_of_a_running_game_that_is_reloaded(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", episodes=2)))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await bob.upload(*whole_episode(session, 5))
    back = await again(server, ann)
    assert (await back.enlist())["kind"] == "room"
    match = await back.hears("match")
    assert (match["session_id"], match["agent"], match["returning"]) == (session, "human-0", True)
    assert (match["boot"], match["generation"]) == (2, 1)
    assert bob.told["unmatched"].empty()
    assert (session_state(server, session), state_of(server, ann)) == ("playing", PLAYING)
    receipt = await back.upload(*whole_episode(session, 5, episode=1, generation=1))
    assert receipt["refused"] == []
    third = await again(server, bob)
    await third.enlist()
    assert (await third.sees())["kind"] == "end", "all was played when this page came back"
    assert (await back.advance("game"))["kind"] == "end"


async def test_a_restart(serve: Serve, come: Come, again: Come, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(study())
    ann, bob, cem, dan, eve = [await come(server) for _ in range(5)]
    game = await playing(ann, bob)
    for player in (cem, dan, eve):
        await player.enlist()
    match = await matched(cem, dan)
    await cem.validated(match)
    with monkeypatch.context() as killed:  # a process that is killed does not see its connections end
        killed.setattr(Gathering, "gone", lambda *_: None)
        server.stop()
    server = serve(study(gym("game", episodes=5)))
    assert (session_state(server, match), end_reason(server, match)) == ("ended", "server_restarted")
    for player in (cem, dan, eve):
        assert state_of(server, player) == ("in_scene", None)
    assert (session_state(server, game), state_of(server, ann)) == ("playing", PLAYING)
    back = await again(server, ann)
    await back.enlist()
    told = await back.hears("match")
    assert (told["session_id"], told["boot"], told["returning"]) == (game, 2, True)
    pages = [await again(server, player) for player in (dan, cem)]
    assert (await playing(*pages)) != match


async def test_a_running_game_keeps_its_config(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", episodes=2)))
    ann, bob = await come(server), await come(server)
    await playing(ann, bob)
    server.stop()
    server = serve(study(gym("game", episodes=5)))
    page = Player(server.url)
    page.token = ann.token
    shown = await page.connect()
    assert (shown["game"]["episodes"], shown["session_id"]) == (2, None)
    await page.leave()
