"""Somebody hostile among people who wait and play: what they may not do is refused, and hurts nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
import socketio
from websockets.asyncio.client import connect as websocket

from interactive_gym.protocol import PROTOCOL_VERSION
from interactive_gym.server import gathering, http
from interactive_gym.server.limits import Rate
from tests.server.meeting import (
    ARCHIVE,
    Player,
    connected,
    decisions,
    end_reason,
    events,
    gym,
    matched,
    playing,
    session_state,
    state_of,
    study,
)
from tests.server.rows import event, whole_episode
from tests.server.running import DEADLINE_S, Running, until
from tests.server.screened import LAPTOP

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]

NOT_THEIRS = [
    ("advance", {"scene_id": "thanks"}, "wrong_scene"),
    ("advance", {"scene_id": "made-up"}, "wrong_scene"),
    ("advance", {"scene_id": "game"}, "episodes_incomplete"),
    ("enlist", {"scene_id": "thanks", "archive": ARCHIVE}, "wrong_scene"),
    ("enlist", {"scene_id": "game", "archive": "/archives/mine.tar"}, "wrong_archive"),
    ("fail", {"scene_id": "thanks", "reason": "partner_left"}, "wrong_scene"),
    ("fail", {"scene_id": "game", "reason": "completed"}, "malformed"),
    ("leave", {"scene_id": "game"}, "not_now"),
    ("leave", {"scene_id": "game", "refuses": True}, "not_now"),
    ("screen", LAPTOP, "not_now"),
    ("looking", {"scene_id": "thanks", "is_looking": False}, "not_now"),
    ("message", {"scene_id": "thanks", "name": "n"}, "wrong_scene"),
    ("attribute", {"scene_id": "game", "name": "paid", "value": "1"}, "not_allowed"),
]


async def say(one: Player, verb: str, body: Any) -> Any:
    """The reason of the refusal; None where it was accepted."""
    answer = await one.socket.call(verb, body, timeout=DEADLINE_S)
    return answer["reason"] if answer and answer["kind"] == "refused" else None


def refusals(server: Running, one: Player) -> list[str]:
    """What was refused to this participant, as the log has it. The server is stopped for that."""
    server.stop()
    lines = map(json.loads, (server.data / "server.log").read_text().splitlines())
    return [line["reason"] for line in lines if line["event"] == "refused" and line.get("participant_id") == one.id]


async def still_play(session: str, *players: Player) -> None:
    """They play to the end as if nothing had happened."""
    for player in players:
        assert (await player.upload(*whole_episode(session, 5)))["refused"] == []
        assert (await player.advance("game"))["kind"] == "end"


@pytest.mark.parametrize("state", ["in_scene", "waiting", "matched", "playing"])
async def test_nothing_that_is_not_theirs_is_done(serve: Serve, come: Come, state: str) -> None:
    server = serve(study())
    ann, bob, mallory, eve = [await come(server) for _ in range(4)]
    theirs = await playing(ann, bob)
    if state != "in_scene":
        await mallory.enlist()
    if state in ("matched", "playing"):
        await eve.enlist()
        mine = await matched(mallory, eve)
    if state == "playing":
        await connected(mine, mallory, eve)
    signal = {"session_id": theirs, "peer": 1, "link": "l", "what": "offer"}
    others = [("validated", {"session_id": theirs}), ("validated", {"session_id": theirs, "problem": "no"})]
    wrong = [*NOT_THEIRS, *((verb, body, "not_your_session") for verb, body in [*others, ("signal", signal)])]
    for verb, body, reason in wrong:
        assert await say(mallory, verb, body) == reason, (verb, body)
    resumed = await mallory.post("/api/resume", {"session_id": theirs, "tab": mallory.tab})
    assert (resumed.status_code, resumed.json()["reason"]) == (403, "not_your_session")
    forged = [*whole_episode(theirs, 5), event(session_id=theirs)]
    receipt = await mallory.upload(*forged)
    assert {item["reason"] for item in receipt["refused"]} == {"not_your_session"}
    assert len(receipt["refused"]) == len(forged)
    assert state_of(server, mallory) == (state, None)
    assert session_state(server, theirs) == "playing"
    await still_play(theirs, ann, bob)
    assert end_reason(server, theirs) == "completed"
    assert refusals(server, mallory)[: len(wrong)] == [reason for _, _, reason in wrong]


async def test_nobody_is_somebody_else(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann, mallory = await come(server), await come(server)
    (name, _), (_, signature) = ann.token.rsplit(".", 1), mallory.token.rsplit(".", 1)
    for token in (f"{name}.{signature}", f"{name}.", name, ann.token[:-1], ann.id):
        forger = Player(server.url)
        forger.token = token
        assert (await forger.refused(takeover=True))["reason"] == "unknown_token"
        assert (await forger.post("/api/records", {"items": [event()]})).status_code == 401
        await forger.leave()
    assert (await ann.enlist())["waiting"] == 1, "and is still connected"


async def test_a_line_belongs_to_whoever_opened_it(serve: Serve, come: Come) -> None:
    """What the library calls its own events is nothing that a page may say."""
    server = serve(study())
    mallory, bob = await come(server), await come(server)
    other = await Player(server.url).join()
    hello = {"token": other.token, "tab": "t", "protocol": PROTOCOL_VERSION}
    await mallory.socket.emit("connect", ({}, hello))
    await mallory.socket.emit("disconnect", "client disconnect")
    assert (await mallory.enlist())["waiting"] == 1
    assert not server.desk.presence.connected(other.id)
    await mallory.socket.disconnect()
    await until(lambda: state_of(server, mallory) == ("in_scene", None), "the server to notice")
    assert (await bob.enlist())["waiting"] == 1
    await other.leave()


async def test_who_greets_twice_leaves_nobody_behind(serve: Serve, come: Come) -> None:
    server = serve(study())
    bob = await come(server)
    one, other = await Player(server.url).join(), await Player(server.url).join()
    async with websocket(f"ws{server.url[4:]}/socket.io/?EIO=4&transport=websocket") as line:
        for who in (one, other):
            await line.send("40" + json.dumps({"token": who.token, "tab": "t", "protocol": PROTOCOL_VERSION}))
        await until(lambda: server.desk.presence.connected(one.id), "the greeting")
    presence = server.desk.presence
    await until(lambda: not (presence.connected(one.id) or presence.connected(other.id)), "the end of both")
    assert (await bob.enlist())["waiting"] == 1
    for who in (one, other):
        await who.leave()


# --- presence -------------------------------------------------------------------------------------------------------


async def test_nobody_answers_what_somebody_else_is_asked(serve: Serve, come: Come) -> None:
    server = serve(study())
    mallory, ann = await come(server), Player(server.url)
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    ann.socket.on("probe", asked.put)
    await ann.arrive()
    probe = await asyncio.wait_for(asked.get(), DEADLINE_S)
    for one, samples in ((mallory, 0), (ann, 1), (ann, 1)):  # once is enough
        assert await one.socket.call("probe", probe, timeout=DEADLINE_S) is None
        assert len(server.desk.rtts.samples(ann.id, 0)) == samples
    await ann.leave()


async def test_who_guesses_the_answer_is_not_there(serve: Serve, come: Come) -> None:
    server = serve(study())
    mallory, bob, cem = [await come(server) for _ in range(3)]

    async def guess(probe: dict[str, Any]) -> None:
        for number in (probe["number"] - 1, probe["number"] + 1, 0):
            await mallory.socket.emit("probe", {"number": number})

    mallory.socket.on("probe", guess)
    for player in (mallory, bob, cem):
        await player.enlist()
    session = await matched(bob, cem)
    await connected(session, bob, cem)
    absent = [one for one in decisions(server) if one["result"] == "absent"]
    assert [one["members"] for one in absent] == [[mallory.id, bob.id]]
    (missed,) = events(server, "not_there")
    assert (missed["participant_id"], missed["reason"]) == (mallory.id, "no_answer")
    assert mallory.told["match"].empty()


# --- leaving --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["waiting", "matched", "playing"])
async def test_who_has_left_is_done_whatever_they_say(serve: Serve, come: Come, again: Come, state: str) -> None:
    server = serve(study(gym("game").leaving()).outcome("withdrew", code=True))
    mallory, ann, bob = [await come(server) for _ in range(3)]
    await mallory.enlist()
    if state != "waiting":
        await ann.enlist()
        session = await matched(mallory, ann)
    if state == "playing":
        await connected(session, mallory, ann)
    pages = await asyncio.gather(*(mallory.say("leave", {"scene_id": "game"}) for _ in range(2)))
    tab = await again(server, mallory, tab="tab-2", takeover=True)
    pages.append(await tab.say("leave", {"scene_id": "game"}))
    for verb, body in (("advance", {"scene_id": "game"}), ("fail", {"scene_id": "game", "reason": "step_failed"})):
        pages.append(await tab.say(verb, body))
    assert all(page == pages[0] for page in pages)
    assert (pages[0]["outcome"], len(pages[0]["farewell"]["code"])) == ("withdrew", 8)
    assert (await tab.enlist())["reason"] == "not_now"
    assert len(events(server, "finished")) == 1
    assert state_of(server, mallory) == ("done", "withdrew")
    if state == "playing":
        assert (await ann.failed("partner_left"))["outcome"] == "partner_left"
        return
    if state == "waiting":
        await ann.enlist()
    await bob.enlist()
    await connected(await met(ann, bob), ann, bob)


async def met(one: Player, newcomer: Player) -> str:
    """The session of these two; ``one`` may have been told of others before."""
    session = str((await newcomer.hears("match"))["session_id"])
    while (await one.hears("match"))["session_id"] != session:
        continue
    return session


@pytest.mark.parametrize("partner", ["plays", "reloads"])
async def test_nobody_is_left_by_partners_who_are_there(
    serve: Serve, come: Come, again: Come, monkeypatch: pytest.MonkeyPatch, partner: str
) -> None:
    """Being left may be worth a code, and so it is not for the page to say that one was."""
    monkeypatch.setattr(gathering, "AWAY_S", 1_000)
    server = serve(study(gym("game", 3).multiplayer(on_leave="smaller")).outcome("partner_left", code=True))
    mallory, ann, bob = [await come(server) for _ in range(3)]
    session = await playing(mallory, ann, bob)
    assert (await bob.failed("step_failed"))["outcome"] == "technical_failure"
    if partner == "reloads":
        await ann.socket.disconnect()
        await until(lambda: not server.desk.presence.connected(ann.id), "the server to notice")
    page = await mallory.failed("partner_left")
    assert (page["outcome"], page["farewell"]) == ("connection_failed", None)
    assert await mallory.failed("partner_left") == page, "said again, it changes nothing"
    (doubt,) = events(server, "not_believed")
    assert (doubt["participant_id"], doubt["session_id"], doubt["reason"]) == (mallory.id, session, "partners_are_here")
    assert doubt["data"] == {"scene_id": "game", "claim": "partner_left", "partners": [ann.id]}
    (done,) = [one for one in events(server, "finished") if one["participant_id"] == mallory.id]
    assert (done["reason"], done["data"]["outcome"]) == ("connection_failed", "connection_failed")
    if partner == "reloads":
        ann = await again(server, ann)
    page = await ann.failed("partner_left")
    assert (page["outcome"], len(page["farewell"]["code"])) == ("partner_left", 8), "they were"
    assert end_reason(server, session) == "step_failed"


# --- floods ---------------------------------------------------------------------------------------------------------

FLOODS = [
    ("advance", {"scene_id": "welcome"}, 100),
    ("fail", {"scene_id": "welcome", "reason": "step_failed"}, 100),
    ("leave", {"scene_id": "welcome"}, 100),
    ("screen", LAPTOP, 100),
    ("probe", {"number": 1}, 100),
    ("looking", {"scene_id": "game", "is_looking": False}, 100),
    ("message", {"scene_id": "game", "name": "n"}, 200),
    ("attribute", {"scene_id": "game", "name": "n", "value": "1"}, 200),
    ("enlist", {"scene_id": "game", "archive": ARCHIVE}, 100),
    ("validated", {"session_id": "s-1"}, 100),
    ("signal", {"session_id": "s-1", "peer": 1, "link": "l", "what": "offer"}, 500),
    ("relay", b"", 3_000),
]


@pytest.mark.parametrize(("verb", "body", "times"), FLOODS, ids=[verb for verb, _, _ in FLOODS])
async def test_a_flood_is_cut_off_and_others_are_answered(
    serve: Serve, come: Come, again: Come, verb: str, body: Any, times: int
) -> None:
    server = serve(study())
    ann, mallory, bob = [await come(server) for _ in range(3)]
    await ann.enlist()

    async def flood() -> None:
        for _ in range(times):
            with suppress(socketio.exceptions.SocketIOError):  # it is over
                await mallory.socket.emit(verb, body)
            await asyncio.sleep(0)

    flooding = asyncio.create_task(flood())
    for _ in range(5):
        assert (await ann.enlist())["kind"] == "room"
    await until(lambda: not server.desk.presence.connected(mallory.id), "the server to part with them")
    await flooding
    await until(lambda: state_of(server, mallory) == ("in_scene", None), "them to be where they were")
    await bob.enlist()
    await connected(await met(ann, bob), ann, bob)
    assert (await (await again(server, mallory)).enlist())["kind"] in ("room", "refused"), "too fast, as yet"
    assert "too_fast" in refusals(server, mallory)


@pytest.mark.parametrize(("path", "times"), [("resume", 40), ("records", 100)])
async def test_a_flood_of_requests_is_told_to_wait(
    serve: Serve, come: Come, monkeypatch: pytest.MonkeyPatch, path: str, times: int
) -> None:
    for name in ("UPLOADS", "_RESUMES"):  # however slow the flood is
        monkeypatch.setattr(http, name, Rate(per_second=0.001, burst=getattr(http, name).burst))
    server = serve(study())
    ann, bob, mallory = [await come(server) for _ in range(3)]
    session = await playing(ann, bob)
    body = {"session_id": session, "tab": mallory.tab} if path == "resume" else {"items": [event(session_id=session)]}
    flood = asyncio.gather(*(mallory.post(f"/api/{path}", body) for _ in range(times)))
    await still_play(session, ann, bob)
    assert {answer.status_code for answer in await flood} <= {200, 403, 429}
    assert [answer.json()["reason"] for answer in await flood if answer.status_code == 429]
    assert mallory.socket.connected
    assert "too_fast" in refusals(server, mallory)
