"""Who may connect, in which tab, and what a socket is not allowed to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect as websocket

from interactive_gym.protocol import MAX_CONTROL_BYTES, PROTOCOL_VERSION
from tests.server.running import DEADLINE_S, Participant, Running, until

Arrive = Callable[..., Participant]


async def test_an_old_page_is_told_to_reload(one: Participant) -> None:
    await one.join()
    refused = await one.refused(protocol=PROTOCOL_VERSION - 1, a_field_of_old=True)
    assert (refused["kind"], refused["reason"]) == ("refused", "wrong_protocol")
    assert "reload" in refused["text"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"token": "made.up"}, "unknown_token"),
        ({"token": 7}, "malformed"),
        ({"tab": "../x/y"}, "malformed"),
        ({"tab": ""}, "malformed"),
        ({"more": 1}, "malformed"),
    ],
)
async def test_who_is_not_known_is_not_let_in(one: Participant, changes: dict[str, Any], reason: str) -> None:
    await one.join()
    assert (await one.refused(**changes))["reason"] == reason


async def test_a_participant_that_the_store_does_not_know_has_to_join(server: Running, one: Participant) -> None:
    one.token = server.desk.tokens.issue("p-of-a-deleted-database")
    assert (await one.refused())["reason"] == "unknown_token"


async def test_a_second_tab_is_told_so_and_may_take_over(server: Running, one: Participant, arrive: Arrive) -> None:
    await one.join()
    await one.connect()
    second = arrive(server, tab="tab-2")
    second.token = one.token
    assert (await second.refused())["reason"] == "other_tab"
    assert (await second.connect(takeover=True))["kind"] == "start"
    moved = await asyncio.wait_for(one.moved.get(), DEADLINE_S)
    assert (moved["kind"], moved["reason"]) == ("refused", "moved")
    assert (await second.advance("welcome"))["kind"] == "static"


async def test_a_reload_replaces_its_own_connection(server: Running, one: Participant, arrive: Arrive) -> None:
    await one.join()
    await one.connect()
    reloaded = arrive(server)
    reloaded.token = one.token
    assert (await reloaded.connect())["kind"] == "start"
    assert (await reloaded.advance("welcome"))["kind"] == "static"


async def test_a_tab_that_was_closed_leaves_its_place(server: Running, one: Participant, arrive: Arrive) -> None:
    await one.join()
    await one.connect()
    await one.socket.disconnect()
    await until(lambda: not server.desk.presence.connected(one.id), "the server to notice")
    second = arrive(server, tab="tab-2")
    second.token = one.token
    assert (await second.connect())["kind"] == "start"


async def test_polling_serves_where_websockets_are_blocked(server: Running, one: Participant) -> None:
    await one.join()
    assert (await one.connect(transports=("polling",)))["kind"] == "start"
    assert (await one.advance("welcome"))["kind"] == "static"
    server.stop()
    assert ",polling," in (server.data / "participants.csv").read_text()


@pytest.mark.parametrize(
    "body",
    [
        None,
        7,
        "welcome",
        [],
        {},
        {"scene_id": 3},
        {"scene_id": "welcome", "responses": {"x": {"deep": 1}}},
        {"scene_id": "<script>"},
        {"scene_id": "welcome", "responses": {"x": "y" * 20_001}},
        {"scene_id": "welcome", "more": 1},
        b"bytes",
        ({"scene_id": "welcome"}, "and more"),
    ],
)
async def test_a_malformed_message_is_answered_with_the_reason(one: Participant, body: Any) -> None:
    await one.join()
    await one.connect()
    answer = await one.say("advance", body)
    assert (answer["kind"], answer["reason"]) == ("refused", "malformed")
    assert (await one.advance("welcome"))["kind"] == "static", "and the connection goes on"


async def test_who_sends_too_much_is_told_so_and_parted_with(server: Running, one: Participant) -> None:
    await one.join()
    await one.connect()
    answers = [await one.advance("welcome") for _ in range(30)]
    assert {answer["kind"] for answer in answers} == {"static"}
    while answers[-1].get("reason") != "too_fast":
        answers.append(await one.say("advance", "malformed, and counted all the same"))
        assert len(answers) < 1_000
    await until(lambda: not server.desk.presence.connected(one.id), "the server to part with it")


async def test_what_participants_type_is_kept_as_it_is(server: Running, one: Participant) -> None:
    typed = '=HYPERLINK("x")\r\n<script>alert(1)</script>,";\u2028\U0001f600 \'"'
    await one.join()
    await one.connect()
    await one.advance("welcome")
    await one.advance("questions", comment=typed, boxes=["a", "b"])
    server.stop()
    table = (server.data / "responses.csv").read_text(encoding="utf-8")
    assert "=HYPERLINK(" in table
    assert '"[""a"", ""b""]"' in table


async def test_a_message_that_is_too_large_ends_its_connection_only(
    server: Running, one: Participant, arrive: Arrive
) -> None:
    await one.join()
    await one.connect()
    await one.socket.emit("advance", {"scene_id": "welcome", "responses": {"x": "y" * 3 * MAX_CONTROL_BYTES}})
    await until(lambda: not server.desk.presence.connected(one.id), "the connection to end")
    other = arrive(server, subject="other")
    await other.join()
    assert (await other.connect())["kind"] == "start"


@pytest.mark.parametrize(
    "packet", ["x", "4", "4x", "42", "42{", "42[", "42[]", "42[1,2]", "45", "4999", "43{}", "1", "\0"]
)
async def test_noise_hurts_nobody_else(server: Running, one: Participant, packet: str) -> None:
    async with websocket(f"ws{server.url[4:]}/socket.io/?EIO=4&transport=websocket") as raw:
        await raw.send(packet)
        await raw.send(packet)
    await one.join()
    assert (await one.connect())["kind"] == "start"
