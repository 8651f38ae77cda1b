"""What the scripts of pages say, and hostile ones: messages reach the hooks, attributes those whom they concern."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Connection, select

import interactive_gym as ig
from interactive_gym.data import attributes, games, occasions
from interactive_gym.data.schema import events
from interactive_gym.server import scripts
from tests.server.game import draw
from tests.server.meeting import Player, gym, study
from tests.server.rows import FPS
from tests.server.running import DEADLINE_S, Participant, Running, until

Serve = Callable[..., Running]
Arrive = Callable[..., Participant]
Come = Callable[..., Awaitable[Player]]


def asks(name: str = "asks") -> ig.Experiment:
    form = ig.StaticScene("form").content(body="<input name='years'>").attributes(from_answers={"years": "age"})
    return ig.Experiment(name).scenes(ig.StartScene("welcome"), form, ig.EndScene("thanks"))


def make_for(attributes: Any = None, size: int = 1) -> Any: ...


async def arrived(one: Participant, **query: str) -> asyncio.Queue[dict[str, Any]]:
    """On the first page; what they are told of their attributes from now on."""
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    one.socket.on("attributes", lambda message: told.put_nowait(message["values"]))
    await one.join(**query)
    await one.connect()
    return told


async def say(one: Participant, verb: str, name: str, value: Any, scene_id: str = "welcome") -> Any:
    field = "data" if verb == "message" else "value"
    body = {"scene_id": scene_id, "name": name, field: json.dumps(value)}
    return await one.socket.call(verb, body, timeout=DEADLINE_S)


def known(server: Running, one: Participant) -> dict[str, Any]:
    return dict(server.desk.store.read_now(lambda connection: attributes.of(connection, one.id)))


async def test_a_message_reaches_the_hooks_and_their_answer_the_page(serve: Serve, arrive: Arrive) -> None:
    def answer(said: ig.hooks.Message) -> None:
        said.study.set_attributes(said.participant_id, {said.name: json.dumps([said.scene_id, said.data])})

    one = arrive(serve(asks().hooks(message=answer)))
    told = await arrived(one)
    assert await say(one, "message", "clicked", {"times": 3}) is None
    heard = await asyncio.wait_for(told.get(), DEADLINE_S)
    assert heard == {"clicked": '["welcome", {"times": 3}]'}


async def test_attributes_come_from_the_config_the_link_and_the_answers(serve: Serve, arrive: Arrive) -> None:
    initial, query = {"level": 1, "secret": 7}, {"PROLIFIC_PID": "pid"}
    server = serve(asks().attributes(initial=initial, from_query=query, hidden=["secret"]))
    one = arrive(server)
    told = await arrived(one, PROLIFIC_PID="abc", other="x")
    assert await asyncio.wait_for(told.get(), DEADLINE_S) == {"level": 1, "pid": "abc"}
    await one.advance("welcome")
    await one.advance("form", years="31")
    await until(lambda: told.qsize(), "the answer")
    while told.qsize() > 1:
        told.get_nowait()
    assert known(server, one) == {"level": 1, "secret": 7, "pid": "abc", "age": "31"}
    await until(lambda: told.qsize(), "what is shown")
    assert "secret" not in told.get_nowait()


async def test_a_page_sets_what_it_may(serve: Serve, arrive: Arrive) -> None:
    server = serve(asks().attributes(from_page=["volume"]))
    one = arrive(server)
    told = await arrived(one)
    assert await say(one, "attribute", "volume", 0.5) == {"values": {"volume": 0.5}}
    assert await asyncio.wait_for(told.get(), DEADLINE_S) == {"volume": 0.5}
    assert (await say(one, "attribute", "paid", 100))["reason"] == "not_allowed"
    assert (await say(one, "attribute", "volume", 1, scene_id="thanks"))["reason"] == "wrong_scene"
    assert (await say(one, "attribute", "volume", [1]))["reason"] == "too_large"
    broken = {"scene_id": "welcome", "name": "volume", "value": "{"}
    assert (await one.say("attribute", broken))["reason"] == "malformed"
    assert known(server, one) == {"volume": 0.5}


async def test_a_reload_is_told_again(serve: Serve, arrive: Arrive) -> None:
    server = serve(asks().attributes(initial={"level": 1}))
    one = arrive(server)
    told = await arrived(one)
    await told.get()
    await one.socket.disconnect()
    await one.connect()
    assert await asyncio.wait_for(told.get(), DEADLINE_S) == {"level": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scene_id": "thanks"}, "wrong_scene"),
        ({"data": "{"}, "malformed"),
        ({"data": "[" * 3_900}, "malformed"),
        ({"data": json.dumps("x" * 4_000)}, "malformed"),
        ({"name": "a b"}, "malformed"),
        ({"extra": 1}, "malformed"),
    ],
    ids=str,
)
async def test_what_is_no_message_is_refused(
    serve: Serve, arrive: Arrive, changes: dict[str, Any], reason: str
) -> None:
    one = arrive(serve(asks()))
    await arrived(one)
    message = {"scene_id": "welcome", "name": "clicked", "data": "1", **changes}
    assert (await one.say("message", message))["reason"] == reason


async def test_a_script_that_says_too_much_is_refused_first_and_then_parted_with(serve: Serve, arrive: Arrive) -> None:
    server = serve(asks())
    one, other = arrive(server), arrive(server)
    await arrived(one)
    await arrived(other)
    reasons: list[Any] = []
    parted = asyncio.Event()
    one.socket.on("disconnect", lambda *_: parted.set())
    end = asyncio.create_task(parted.wait())
    while len(reasons) < 500:
        said = asyncio.create_task(say(one, "message", "again", 1))
        await asyncio.wait({said, end}, return_when=asyncio.FIRST_COMPLETED)
        if end.done():
            said.cancel()
            break
        answer = said.result()
        reasons.append(answer and answer["reason"])
    assert {None, "too_fast"} == set(reasons)
    assert len(reasons) < 500
    assert await say(other, "message", "still", 1) is None


async def test_nobody_fills_the_store(serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "MOST_SAID", 3)
    one = arrive(serve(asks()))
    await arrived(one)
    answers = [await say(one, "message", "again", number) for number in range(4)]
    assert answers[:3] == [None] * 3
    assert answers[3]["reason"] == "too_many"


async def test_an_event_that_a_page_calls_a_message_is_none(serve: Serve, arrive: Arrive) -> None:
    heard: list[Any] = []
    server = serve(asks().hooks(message=heard.append))
    one = arrive(server)
    await arrived(one)
    event = {"kind": "event", "id": "e1", "name": occasions.MESSAGE, "severity": "info", "reason": "r", "client_ms": 1}
    await one.upload(event)
    await say(one, "message", "true", 1)
    await until(lambda: heard, "the message")
    assert [said.name for said in heard] == ["true"]


async def test_a_game_alone_gets_what_is_known_of_its_player(serve: Serve, arrive: Arrive) -> None:
    game = (
        ig.GymScene("game")
        .environment(make_for, options={"size": 2})
        .rendering(draw=draw, fps=FPS)
        .gameplay(actions={"ArrowLeft": 1}, default_action=0)
    )
    known = ig.Experiment("known").attributes(initial={"level": 3, "secret": 7}, hidden=["secret"])
    one = arrive(serve(known.scenes(ig.StartScene("welcome"), game, ig.EndScene("thanks"))))
    await arrived(one)
    page = await one.advance("welcome")
    assert page["game"]["options"] == {"size": 2, "attributes": {"0": {"level": 3}}}


async def test_a_game_of_two_gets_what_was_known_when_it_was_seated(serve: Serve, come: Come) -> None:
    scene = gym("game").environment(make_for)
    server = serve(study(scene).attributes(from_query=["team"]))
    players = [Player(server.url), Player(server.url)]
    for player, team in zip(players, ("red", "blue"), strict=True):
        await player.join(team=team)
        await player.connect()
        page = await player.advance("welcome")
        assert page["game"]["options"] == {"attributes": {"human-0": {}, "human-1": {}}}
        await player.enlist()
    matches = [await player.hears("match") for player in players]

    def later(connection: Connection) -> Any:
        attributes.put(connection, players[0].id, {"team": "green"}, source="hook", now=1)
        return games.sides(connection, matches[0]["session_id"])[0].game["options"]

    expected = {"attributes": {"human-0": {"team": "red"}, "human-1": {"team": "blue"}}}
    assert server.desk.store.submit(later).result() == expected
    assert [match["game"]["options"] for match in matches] == [expected] * 2
    for player in players:
        await player.leave()


async def test_who_set_an_attribute_is_in_the_events(serve: Serve, arrive: Arrive) -> None:
    server = serve(asks().attributes(initial={"a": 1}, from_query=["b"], from_page=["c"]))
    one = arrive(server)
    await arrived(one, b="x")
    await say(one, "attribute", "c", True)
    query = select(events.c.reason, events.c.data).where(events.c.name == "attribute_set").order_by(events.c.id)
    rows = server.desk.store.read_now(lambda connection: connection.execute(query).all())
    assert [tuple(row) for row in rows] == [("initial", {"a": 1}), ("query", {"b": "x"}), ("page", {"c": True})]


async def test_what_nobody_could_read_again_is_no_message(serve: Serve, arrive: Arrive) -> None:
    """The deepest that is accepted is read by others, whose own stack may be deeper."""
    heard: list[Any] = []
    server = serve(asks().hooks(message=heard.append))
    one = arrive(server)
    await arrived(one)
    accepted = 0
    for depth in (19, 21, *range(700, 1_100, 40)):
        body = {"scene_id": "welcome", "name": "deep", "data": "[" * depth + "]" * depth}
        accepted += await one.socket.call("message", body, timeout=DEADLINE_S) is None
        await asyncio.sleep(0.2)
    assert accepted == 1
    assert await say(one, "message", "after", 1) is None
    await until(lambda: [said.name for said in heard] == ["deep", "after"], "both messages")
    server.stop()
    assert '"after"' in (server.data / "events.jsonl").read_text()


async def test_attributes_that_others_set_do_not_silence_a_page(
    serve: Serve, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripts, "MOST_SAID", 3)
    server = serve(asks().attributes(from_page=["volume"]))
    one = arrive(server)
    await arrived(one)

    def often(connection: Connection) -> None:
        for number in range(5):
            attributes.put(connection, one.id, {"earned": number}, source="hook", now=1)

    server.desk.store.submit(often).result()
    for number in range(2):
        assert "values" in await say(one, "attribute", "volume", number)
    assert await say(one, "message", "clicked", 1) is None
    assert (await say(one, "message", "clicked", 2))["reason"] == "too_many"
