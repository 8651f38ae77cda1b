"""Nobody is left behind: neither by what somebody else sends, nor in a game that everybody has left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from interactive_gym.server import desertion
from tests.server.meeting import Player, end_reason, events, gym, matched, playing, session_state, state_of, study
from tests.server.rows import whole_episode
from tests.server.running import Running, until

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]


@pytest.mark.parametrize("verb", ["advance", "fail"])
async def test_a_word_about_an_earlier_scene_changes_nothing_in_the_room(serve: Serve, come: Come, verb: str) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    await ann.enlist()
    page = await (ann.advance("welcome") if verb == "advance" else ann.failed("step_failed", "welcome"))
    assert (page["kind"], page["scene_id"]) == ("gym", "game")
    assert state_of(server, ann) == ("waiting", None)
    assert (await bob.enlist())["waiting"] == 2
    await matched(ann, bob)


@pytest.mark.parametrize("verb", ["advance", "fail"])
async def test_a_word_about_an_earlier_scene_stops_nobody_who_connects(serve: Serve, come: Come, verb: str) -> None:
    server = serve(study(connect_s=4))
    ann, bob = await come(server), await come(server)
    for player in (ann, bob):
        await player.enlist()
    session = await matched(ann, bob)
    await (ann.advance("welcome") if verb == "advance" else ann.failed("step_failed", "welcome"))
    assert session_state(server, session) == "validating"
    told = await bob.hears("unmatched")
    assert (told["session_id"], told["reason"]) == (session, "connection_timeout")
    cem, dan = await come(server), await come(server)
    await playing(cem, dan)
    assert end_reason(server, session) == "connection_timeout"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desertion, "DESERTED_S", 0.2)
    monkeypatch.setattr(desertion, "EVERY_S", 0.02)


async def ended(server: Running, session: str) -> str:
    await until(lambda: session_state(server, session) == "ended", "the end of the session")
    return str(end_reason(server, session))


@pytest.mark.usefixtures("impatient")
async def test_a_game_that_everybody_has_left_ends(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", episodes=3)))
    ann, bob, cem, dan = [await come(server) for _ in range(4)]
    session, other = await playing(ann, bob), await playing(cem, dan)
    await dan.socket.disconnect()
    await ann.socket.disconnect()
    back = await again(server, ann)
    await bob.socket.disconnect()
    await back.socket.disconnect()
    assert await ended(server, session) == "deserted"
    (event,) = events(server, "deserted")
    assert (event["session_id"], event["reason"]) == (session, "nobody_connected")
    await until(lambda: server.app.state.matches.match_of(ann.id) is None, "the end of the match")
    for player in (ann, bob):
        late = await again(server, player)
        await late.enlist()
        assert (await late.sees())["outcome"] == "connection_failed"
    assert session_state(server, other) == "playing", "one is here, and waits for the other"


@pytest.mark.usefixtures("impatient")
async def test_who_has_gone_on_is_not_in_the_game_any_more(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game"), gym("second")))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await ann.upload(*whole_episode(session, 5))
    assert (await ann.advance("game"))["scene_id"] == "second"
    assert session_state(server, session) == "playing", "bob is here"
    await bob.socket.disconnect()
    assert await ended(server, session) == "completed"
    late = await again(server, bob)
    await late.enlist()
    assert (await late.sees())["scene_id"] == "second", "all was played"
    await playing(ann, late, scene_id="second")


@pytest.mark.usefixtures("impatient")
async def test_who_has_gone_on_is_not_in_the_game_after_a_restart_either(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game"), gym("second")))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await ann.upload(*whole_episode(session, 5))
    assert (await ann.advance("game"))["scene_id"] == "second"
    server.stop()
    server = serve(study(gym("game"), gym("second")))
    await again(server, ann)
    assert await ended(server, session) == "completed", "bob never comes back, and ann is not in it"


@pytest.mark.usefixtures("impatient")
async def test_a_game_whose_players_a_restart_has_lost_ends(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    await ann.failed("draw_failed")
    server.stop()
    server = serve(study())
    assert await ended(server, session) == "draw_failed"
