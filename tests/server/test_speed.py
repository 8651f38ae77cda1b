"""Machines that are too slow for a game: nobody is matched with them, and all that was measured is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import interactive_gym as ig
from tests.server.meeting import ARCHIVE, Player, events, gym, matched, playing, state_of, study
from tests.server.rows import chunk
from tests.server.running import Participant, Running

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]
Arrive = Callable[..., Participant]


def demanding(humans: int = 2) -> ig.GymScene:
    scene: ig.GymScene = gym("game", humans).runtime(min_speed=2)
    return scene


async def enlist(player: Player, speed: float | None) -> Any:
    return await player.say("enlist", {"scene_id": "game", "archive": ARCHIVE, "speed": speed})


async def test_who_is_too_slow_is_let_go_and_all_speeds_are_kept(serve: Serve, come: Come) -> None:
    server = serve(study(demanding()))
    ann, bob, cem = [await come(server) for _ in range(3)]
    await enlist(ann, 1.5)
    page = await ann.sees()
    assert (page["kind"], page["outcome"]) == ("outcome", "screened_out")
    assert "faster computer" in page["body"]
    await enlist(bob, 2)
    await enlist(cem, None)
    await matched(bob, cem)
    assert [(one["participant_id"], one["reason"], one["data"]) for one in events(server, "speed_measured")] == [
        (ann.id, "too_slow", {"scene_id": "game", "speed": 1.5, "min_speed": 2.0}),
        (bob.id, "fast_enough", {"scene_id": "game", "speed": 2.0, "min_speed": 2.0}),
    ]
    (done,) = events(server, "finished")
    assert (done["reason"], done["severity"], done["data"]["speed"]) == ("min_speed", "info", 1.5)


async def test_the_researchers_words_come_first(serve: Serve, come: Come) -> None:
    server = serve(study(demanding().outcome("screened_out", body="<p>Try at home.</p>")))
    ann = await come(server)
    await enlist(ann, 0)
    assert (await ann.sees())["body"] == "<p>Try at home.</p>"


async def test_what_is_measured_in_the_game_turns_nobody_away(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(demanding()))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    back = await again(server, ann)
    await enlist(back, 0.1)
    assert (await back.hears("match"))["session_id"] == session
    assert state_of(server, ann) == ("playing", None)


async def test_without_a_rule_it_is_noted_only(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann = await come(server)
    for _ in range(25):
        assert (await enlist(ann, 0.1))["kind"] == "room"
    noted = events(server, "speed_measured")
    assert len(noted) == 20, "however often a page says it"
    assert noted[0]["data"] == {"scene_id": "game", "speed": 0.1, "min_speed": None}


async def test_a_game_of_one_asks_before_it_is_played(serve: Serve, arrive: Arrive) -> None:
    server = serve(study(demanding(1)))
    one = arrive(server)
    await one.join()
    await one.connect()
    session = (await one.advance("welcome"))["session_id"]
    request = {"session_id": session, "tab": one.tab, "speed": 1.9}
    answer = await one.post("/api/resume", request)
    assert (answer.status_code, answer.json()["reason"]) == (409, "too_slow")
    page = await one.say("fail", {"scene_id": "game", "reason": "runtime_failed"})
    assert (page["kind"], page["outcome"]) == ("outcome", "screened_out")
    assert events(server, "page_failed") == []
    (noted,) = events(server, "speed_measured")
    assert noted["session_id"] == session


async def test_a_reload_of_a_game_of_one_goes_on(serve: Serve, arrive: Arrive) -> None:
    server = serve(study(demanding(1)))
    one = arrive(server)
    await one.join()
    await one.connect()
    session = (await one.advance("welcome"))["session_id"]
    for speed in (2.5, 0.5):
        answer = await one.post("/api/resume", {"session_id": session, "tab": one.tab, "speed": speed})
        assert answer.status_code == 200, speed
        await one.upload(chunk(session, 0))


@pytest.mark.parametrize("speed", [-1, "fast", 1e9, [2], True])
async def test_a_speed_is_a_number(serve: Serve, come: Come, speed: Any) -> None:
    server = serve(study(demanding()))
    ann = await come(server)
    assert (await enlist(ann, speed))["reason"] == "malformed"
    assert events(server, "speed_measured") == []
