"""Waiting, meeting and losing each other, as pages hear it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from interactive_gym.data import matches
from interactive_gym.server import together
from interactive_gym.server.gathering import ROOM_EVERY_S
from tests.server.meeting import (
    Player,
    connected,
    end_reason,
    events,
    gym,
    matched,
    playing,
    session_state,
    state_of,
    study,
)
from tests.server.rows import whole_episode
from tests.server.running import Running, until

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]
MATCHED, WAITING, PLAYING = ("matched", None), ("waiting", None), ("playing", None)


async def test_two_wait_meet_and_play(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", seed=7), connect_s=12))
    ann, bob = await come(server), await come(server)
    room = await ann.enlist()
    assert (room["waiting"], room["group"], room["left_s"]) == (1, 2, 60)
    assert state_of(server, ann) == WAITING
    assert (await bob.enlist())["waiting"] == 2
    first, second = await ann.hears("match"), await bob.hears("match")
    assert (first["agent"], first["peer"], first["game_text"]) == ("human-0", 1, "You are the first.")
    assert (second["agent"], second["peer"], second["game_text"]) == ("human-1", 2, "You are the second.")
    shared = {key: value for key, value in first.items() if key not in ("agent", "peer", "game_text")}
    assert shared.items() <= second.items()
    assert (shared["seed"], shared["peers"], shared["boot"], shared["generation"]) == (7, [1, 2], 1, 0)
    assert (shared["is_mesh"], shared["may_relay"], shared["returning"], shared["validate_s"]) == (
        True,
        True,
        False,
        12,
    )
    session = shared["session_id"]
    assert (state_of(server, ann), session_state(server, session)) == (MATCHED, "validating")
    assert await ann.validated(session) is None
    assert session_state(server, session) == "validating"
    assert await ann.validated(session) is None, "said again, it changes nothing"
    assert await bob.validated(session) is None
    assert await ann.hears("play") == await bob.hears("play") == {"session_id": session}
    assert (state_of(server, ann), state_of(server, bob)) == (PLAYING, PLAYING)
    assert session_state(server, session) == "playing"
    assert await bob.validated(session) is None, "its answer was lost"
    (event,) = events(server, "matched")
    assert event["session_id"] == session
    assert event["data"]["members"] == {"human-0": ann.id, "human-1": bob.id}
    assert event["data"]["chosen_from"] == [ann.id, bob.id]


async def test_a_match_is_stored_in_one_write(serve: Serve, come: Come) -> None:
    """Each costs the disk a moment, and many may meet at once."""
    server = serve(study())
    ann, bob = await come(server), await come(server)
    states: list[str] = []  # of the session, after each commit

    def look() -> None:
        states.extend(session.state for session in server.desk.store.read_now(matches.open_sessions))

    server.desk.store.listen(look)
    for player in (ann, bob):
        await player.enlist()
    await connected(await matched(ann, bob), ann, bob)
    await until(lambda: "playing" in states, "the last commit to be looked at")
    assert states[:2] == ["validating", "playing"]


async def test_first_come_first_served(serve: Serve, come: Come) -> None:
    server = serve(study())
    players = [await come(server) for _ in range(5)]
    for player in players:
        await player.enlist()
    *pairs, late = players
    sessions = [await matched(*pairs[:2]), await matched(*pairs[2:])]
    assert len(set(sessions)) == 2
    assert (await late.enlist())["waiting"] == 1
    assert late.told["match"].empty()
    assert state_of(server, late) == WAITING


async def test_three_play_together(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", 3)))
    players = [await come(server) for _ in range(3)]
    rooms = [await player.enlist() for player in players]
    assert [room["waiting"] for room in rooms] == [1, 2, 3]
    assert {room["group"] for room in rooms} == {3}
    told = [await player.hears("match") for player in players]
    assert [match["peer"] for match in told] == [1, 2, 3]
    for player in players[:2]:
        await player.validated(told[0]["session_id"])
    assert players[0].told["play"].empty()
    await players[2].validated(told[0]["session_id"])
    for player in players:
        await player.hears("play")


@pytest.mark.parametrize(
    ("relay", "humans", "is_mesh", "may_relay"),
    [
        ("fallback", 4, True, True),
        ("fallback", 5, False, True),
        ("never", 5, True, False),
        ("always", 2, False, True),
    ],
)
async def test_the_way_between_them(
    serve: Serve, come: Come, relay: Any, humans: int, is_mesh: bool, may_relay: bool
) -> None:
    server = serve(study(gym("game", humans).content(game_text="Play!").multiplayer(relay=relay)))
    players = [await come(server) for _ in range(humans)]
    for player in players:
        await player.enlist()
    told = [await player.hears("match") for player in players]
    assert {(match["is_mesh"], match["may_relay"], match["game_text"]) for match in told} == {
        (is_mesh, may_relay, "Play!")
    }


async def test_everybody_in_the_room_is_told_how_it_stands(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", 4)))
    players = [await come(server) for _ in range(3)]
    began = time.monotonic()
    for player in players:
        await player.enlist()
    for player in players:
        room = await player.room(lambda room: room["waiting"] == 3)
        assert room["waited_s"] + room["left_s"] == pytest.approx(60, abs=0.2)
    await players[1].socket.disconnect()
    await players[0].room(lambda room: room["waiting"] == 2)
    for _ in range(10):
        await players[0].enlist()
    await players[1].connect()
    await players[1].enlist()
    seen = 4
    while not players[2].told["room"].empty():
        await players[2].hears("room")
        seen += 1
    assert seen <= 4 + (time.monotonic() - began) / ROOM_EVERY_S, "not more often than one can read"


async def test_nobody_comes(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", timeout=1)))
    ann = await come(server)
    await ann.enlist()
    page = await ann.sees()
    assert (page["kind"], page["outcome"], page["header"]) == ("outcome", "waitroom_timeout", "Nobody else has come")
    assert state_of(server, ann) == ("done", "waitroom_timeout")
    assert (await ann.enlist())["reason"] == "not_now"
    assert (await ann.advance("game"))["outcome"] == "waitroom_timeout"
    (event,) = events(server, "finished")
    assert (event["participant_id"], event["severity"], event["reason"]) == (ann.id, "warning", "nobody_came")
    assert (event["data"]["outcome"], event["data"]["scene_id"]) == ("waitroom_timeout", "game")
    bob = await come(server)
    assert (await bob.enlist())["waiting"] == 1
    assert bob.told["match"].empty(), "who was let go is not matched"


async def test_who_does_not_connect_in_time_waits_on(serve: Serve, come: Come) -> None:
    server = serve(study(connect_s=4))
    ann, bob = await come(server), await come(server)
    for player in (ann, bob):
        await player.enlist()
    first = await matched(ann, bob)
    await ann.validated(first)
    for player in (ann, bob):
        told = await player.hears("unmatched")
        assert (told["session_id"], told["reason"]) == (first, "connection_timeout")
        assert told["room"]["waiting"] == 2
        assert told["room"]["waited_s"] >= 4, "the time that they tried to connect is waiting, too"
    assert (session_state(server, first), end_reason(server, first)) == ("ended", "connection_timeout")
    second = await matched(ann, bob)
    assert second != first, "two alone try again"
    assert (await ann.validated(first))["reason"] == "not_now"
    await connected(second, ann, bob)
    assert [event["reason"] for event in events(server, "unmatched")] == ["connection_timeout"]


async def test_who_could_not_connect_meets_somebody_else(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann, bob, cem, dan = [await come(server) for _ in range(4)]
    for player in (ann, bob, cem):
        await player.enlist()
    first = await matched(ann, bob)
    assert await bob.validated(first, "ICE failed") is None
    assert (await ann.hears("unmatched"))["reason"] == (await bob.hears("unmatched"))["reason"] == "connection_failed"
    assert await matched(ann, cem) != first
    assert bob.told["match"].empty()
    await dan.enlist()
    await matched(bob, dan)


async def test_waiting_for_too_long_ends_it_for_those_who_never_connect(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", timeout=2)))
    ann, bob = await come(server), await come(server)
    for player in (ann, bob):
        await player.enlist()
    tries = 0
    while ann.scenes.empty() or bob.scenes.empty():
        for player in (ann, bob):
            if not player.told["match"].empty():
                await player.validated((await player.hears("match"))["session_id"], "no route")
                tries += 1
        await asyncio.sleep(0.02)
    assert tries <= 6, "again at once, and then not before some time has passed"
    assert state_of(server, ann) == state_of(server, bob) == ("done", "waitroom_timeout")


@pytest.mark.parametrize("how", ["disconnect", "fail", "takeover", "reload"])
async def test_a_partner_who_goes_before_the_game_begins(serve: Serve, come: Come, again: Come, how: str) -> None:
    server = serve(study())
    ann, bob, cem = await come(server), await come(server), await come(server)
    for player in (ann, bob, cem):
        await player.enlist()
    first = await matched(ann, bob)
    await bob.validated(first)
    if how == "disconnect":
        await ann.socket.disconnect()
    elif how == "fail":
        assert (await ann.failed("make_failed"))["outcome"] == "technical_failure"
    elif how == "takeover":
        back = await again(server, ann, tab="tab-2", takeover=True)
    else:
        back = await again(server, ann)
    told = await bob.hears("unmatched")
    assert told["reason"] == ("make_failed" if how == "fail" else "partner_disconnected")
    session = await matched(bob, cem)
    assert bob.told["play"].empty()
    assert (session_state(server, first), end_reason(server, first)) == ("ended", told["reason"])
    (match,) = [event for event in events(server, "matched") if event["session_id"] == session]
    assert match["data"]["members"] == {"human-0": bob.id, "human-1": cem.id}, "who waited longer comes first"
    assert state_of(server, ann) == (("done", "technical_failure") if how == "fail" else ("in_scene", None))
    if how in ("takeover", "reload"):
        room = await back.enlist()
        assert (room["kind"], room["waiting"]) == ("room", 1)


async def test_who_loses_the_connection_in_the_room_keeps_the_place(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", 3)))
    ann, bob, cem = await come(server), await come(server), await come(server)
    await ann.enlist()
    await bob.enlist()
    await ann.socket.disconnect()
    await bob.room(lambda room: room["waiting"] == 1)
    assert state_of(server, ann) == ("in_scene", None)
    assert (await cem.enlist())["waiting"] == 2, "nobody counts who is not there"
    back = await again(server, ann)
    room = await back.enlist()
    assert (room["waiting"], room["waited_s"] > 0) == (3, True)
    await matched(back, bob, cem)
    (event,) = events(server, "matched")
    assert event["data"]["members"]["human-0"] == ann.id


async def test_all_who_wait_reload(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study(gym("game", 3)))
    ann, bob, cem = await come(server), await come(server), await come(server)
    for player in (ann, bob):
        await player.enlist()
    later, sooner = await asyncio.gather(again(server, ann), again(server, bob))
    assert (await sooner.enlist())["kind"] == (await later.enlist())["kind"] == "room"
    assert (await later.enlist())["waiting"] == 2
    assert ann.told["match"].empty() and bob.told["match"].empty()
    await cem.enlist()
    await matched(later, sooner, cem)
    (event,) = events(server, "matched")
    assert event["data"]["members"] == {"human-0": ann.id, "human-1": bob.id, "human-2": cem.id}


async def test_the_next_game_has_a_session_and_perhaps_partners_of_its_own(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game"), gym("second")))
    ann, bob, cem, dan = [await come(server) for _ in range(4)]
    first, other = await playing(ann, bob), await playing(cem, dan)
    for player, session in ((ann, first), (bob, first), (cem, other), (dan, other)):
        await player.upload(*whole_episode(session, 5))
    for player in (bob, cem):
        page = await player.advance("game")
        assert (page["scene_id"], page["session_id"]) == ("second", None)
    assert session_state(server, first) == "playing", "one of them has not gone on"
    second = await playing(bob, cem, scene_id="second")
    assert second not in (first, other)
    for player in (ann, dan):
        await player.advance("game")
    assert (session_state(server, first), end_reason(server, first)) == ("ended", "completed")
    third = await playing(ann, dan, scene_id="second")
    assert await ann.upload(*whole_episode(third, 5)) == {"accepted": 2, "refused": []}
    assert (await ann.advance("second"))["kind"] == "end"
    assert (await dan.advance("second"))["kind"] == "end"
    assert state_of(server, ann) == ("done", "completed")


async def test_an_old_page_is_told_to_load_the_new_archive(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann = await come(server)
    answer = await ann.enlist(archive="/archives/old.tar")
    assert (answer["kind"], answer["reason"]) == ("refused", "wrong_archive")
    assert state_of(server, ann) == ("in_scene", None)


async def test_nobody_waits_where_nobody_plays_together(serve: Serve, come: Come) -> None:
    server = serve(study(gym("game", 1), gym("second")))
    ann = Player(server.url)
    await ann.join()
    await ann.connect()
    assert (await ann.enlist("welcome"))["reason"] == "not_now"
    assert (await ann.enlist("second"))["reason"] == "wrong_scene"
    page = await ann.advance("welcome")
    assert page["session_id"]
    assert (await ann.enlist("game"))["reason"] == "not_now"
    await ann.leave()


async def test_what_others_play_is_nobody_elses(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann, bob, eve = await come(server), await come(server), await come(server)
    for player in (ann, bob):
        await player.enlist()
    session = await matched(ann, bob)
    assert (await eve.validated(session))["reason"] == "not_your_session"
    assert (await eve.validated(session, "let me in"))["reason"] == "not_your_session"
    assert (await eve.validated("s-made-up"))["reason"] == "not_your_session"
    await eve.enlist()
    assert (await eve.validated(session))["reason"] == "not_your_session"
    assert session_state(server, session) == "validating"
    assert ann.told["unmatched"].empty()
    await connected(session, ann, bob)
    assert (await eve.validated(session))["reason"] == "not_your_session"
    resumed = await eve.post("/api/resume", {"session_id": session, "tab": eve.tab})
    assert (resumed.status_code, resumed.json()["reason"]) == (403, "not_your_session")
    resumed = await ann.post("/api/resume", {"session_id": session, "tab": ann.tab})
    assert (resumed.status_code, resumed.json()["reason"]) == (409, "not_now"), "a Match says where it goes on"


async def test_enlisting_again_is_harmless(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    assert [(await ann.enlist())["waiting"] for _ in range(3)] == [1, 1, 1]
    assert ann.told["match"].empty(), "nobody plays with themselves"
    await bob.enlist()
    session = await matched(ann, bob)
    assert (await ann.enlist())["kind"] == "room", "what was repeated before it heard of the match"
    assert ann.told["unmatched"].empty()
    await connected(session, ann, bob)


@pytest.mark.parametrize("body", [None, 7, [], {}, {"scene_id": "game"}, {"scene_id": "../x", "archive": "a"}, b"x"])
@pytest.mark.parametrize("verb", ["enlist", "validated"])
async def test_nonsense_is_answered_with_the_reason(serve: Serve, come: Come, verb: str, body: Any) -> None:
    server = serve(study())
    ann = await come(server)
    answer = await ann.say(verb, body)
    assert (answer["kind"], answer["reason"]) == ("refused", "malformed")
    assert state_of(server, ann) == ("in_scene", None)


async def test_who_asks_too_often_is_parted_with_and_their_partner_waits_on(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    for player in (ann, bob):
        await player.enlist()
    await matched(ann, bob)
    for _ in range(300):
        await ann.socket.emit("enlist", {"scene_id": "game", "archive": "x"})
        if not ann.socket.connected:
            break
    assert (await bob.hears("unmatched"))["reason"] == "partner_disconnected"
    await until(lambda: not server.desk.presence.connected(ann.id), "the server to part with them")


async def test_an_old_connection_does_not_take_the_new_one_along(serve: Serve, come: Come, again: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    await ann.enlist()
    back = await again(server, ann)
    await back.enlist()
    await ann.socket.disconnect()
    assert (await bob.enlist())["waiting"] == 2
    session = await matched(back, bob)
    await connected(session, back, bob)


@pytest.mark.parametrize("write", ["match", "part"])
async def test_what_could_not_be_stored_is_tried_again(
    serve: Serve, come: Come, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    server = serve(study(connect_s=4))
    ann, bob = await come(server), await come(server)
    works, tries = getattr(together, write), []

    def fails_once(*arguments: Any, **named: Any) -> Any:
        tries.append(arguments)
        if len(tries) == 1:
            raise OSError("the disk is full")
        return works(*arguments, **named)

    monkeypatch.setattr(together, write, fails_once)
    for player in (ann, bob):
        await player.enlist()
    if write == "part":
        first = await matched(ann, bob)
        assert [(await player.hears("unmatched"))["session_id"] for player in (ann, bob)] == [first, first]
    await connected(await matched(ann, bob), ann, bob)
    assert len(tries) > 1


async def test_a_server_that_stops_has_nothing_to_complain_of(serve: Serve, come: Come) -> None:
    server = serve(study())
    players = [await come(server) for _ in range(5)]
    await playing(*players[:2])
    for player in players[2:]:
        await player.enlist()
    await matched(*players[2:4])
    server.stop()
    assert '"level": "error"' not in (server.data / "server.log").read_text()
    await until(lambda: not players[4].socket.connected, "the end of the connections")


async def test_the_log_says_of_what_session_it_speaks(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    for player in (ann, bob):
        await player.enlist()
    session = await matched(ann, bob)
    await ann.validated(session, "no")
    await bob.hears("unmatched")
    server.stop()
    lines = (server.data / "server.log").read_text().splitlines()
    about = [line for line in lines if session in line]
    assert any('"event": "matched"' in line and '"participant_id"' not in line for line in about)
    assert any('"event": "unmatched"' in line and "connection_failed" in line for line in about)
