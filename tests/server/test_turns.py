"""What a page says is done as it came, and what cannot wait passes by."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from interactive_gym.data import tables
from interactive_gym.errors import ClientError
from interactive_gym.protocol import FRAME_DATAGRAM
from interactive_gym.server import turns as turns_module
from interactive_gym.server.turns import MOST_WAITING, Turns
from tests.server.matched import game, matched
from tests.server.meeting import ARCHIVE, Player, playing, state_of, study
from tests.server.rows import whole_episode
from tests.server.running import DEADLINE_S, Participant, Running, until

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]
Arrive = Callable[..., Participant]


@contextmanager
def disk_hangs(server: Running) -> Iterator[None]:
    """Nothing is stored meanwhile."""
    freed = threading.Event()
    done = server.desk.store.submit(lambda _: freed.wait(DEADLINE_S))
    try:
        yield
    finally:
        freed.set()
    assert done.result(DEADLINE_S), "it hung for all of this time"


def said(one: Participant, verb: str, body: Any) -> asyncio.Future[Any]:
    """The answer, once there is one. What is said next comes after it."""
    return asyncio.ensure_future(one.socket.call(verb, body, timeout=2 * DEADLINE_S))


def stored(server: Running, one: Participant) -> list[str]:
    """Names of this participant's events, or what their page called its messages, in order."""
    lines = server.desk.store.read_now(lambda connection: list(tables.events_lines(connection)))
    mine = [line for line in lines if line["participant_id"] == one.id]
    return [line["reason"] if line["name"] == "message" else line["name"] for line in mine]


ENLIST = {"scene_id": "game", "archive": ARCHIVE}


async def test_each_has_its_turn_in_the_order_of_asking() -> None:
    turns, door = Turns(), asyncio.Event()
    order: list[int] = []

    async def take(number: int, sid: str = "sid") -> None:
        async with turns.turn(sid):
            await door.wait()
            order.append(number)
            if number == 2:
                raise ValueError("of its own, and of nobody else")

    taking = [asyncio.create_task(take(number)) for number in range(5)]
    other = asyncio.create_task(take(9, "of another page"))
    await asyncio.sleep(0)
    taking[3].cancel()
    door.set()
    results = await asyncio.gather(*taking, other, return_exceptions=True)
    assert order[0] == 0 and [number for number in order if number != 9] == [0, 1, 2, 4]
    assert [type(result) for result in results if result] == [ValueError, asyncio.CancelledError]
    assert not turns._queues, "of a page that says nothing, nothing is kept"


async def test_no_more_than_so_many_wait() -> None:
    turns, door = Turns(), asyncio.Event()

    async def take() -> None:
        async with turns.turn("sid"):
            await door.wait()

    taking = [asyncio.create_task(take()) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(ClientError, match="too_fast"):
        await take()
    door.set()
    await asyncio.gather(*taking)
    await take()


async def test_a_probe_is_answered_while_an_enlist_waits(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann = Player(server.url)
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    ann.socket.on("probe", asked.put)
    await ann.arrive()
    with disk_hangs(server):
        enlisted = said(ann, "enlist", ENLIST)
        while not server.desk.rtts.samples(ann.id, 0):  # a probe may have been lost: it has been so long
            probe = await asyncio.wait_for(asked.get(), DEADLINE_S)
            assert await ann.socket.call("probe", probe, timeout=DEADLINE_S) is None
        assert not enlisted.done()
    assert (await enlisted)["kind"] == "room"
    await ann.leave()


async def test_partners_hear_each_other_while_the_disk_hangs(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game(2))
    with disk_hangs(server):
        waits = said(first.participant, "enlist", ENLIST)
        assert await first.signal(peer=1, what="offer") is None
        assert (await second.signalled())["what"] == "offer"
        for number in range(20):
            await first.relay(bytes((1, FRAME_DATAGRAM, number)))
        assert [(await second.frame())[2] for _ in range(20)] == [*range(20)]
        assert not waits.done()
    assert (await waits)["reason"] == "wrong_scene"


async def test_what_is_said_later_is_done_later(serve: Serve, come: Come) -> None:
    """Though it could be done at once, and what was said before waits for somebody else."""
    server = serve(study())
    ann, bob = await come(server), await come(server)
    with disk_hangs(server):
        others = said(bob, "enlist", ENLIST)
        await until(lambda: server.desk.store._waiting.qsize(), "bob's to wait for the disk, and hold up the room")
        failed = said(ann, "fail", {"scene_id": "game", "reason": "step_failed"})
        await asyncio.sleep(0)
        message = said(ann, "message", {"scene_id": "game", "name": "last-words"})
    assert await message is None and failed.done(), "answered in order, too"
    assert ((await failed)["outcome"], (await others)["kind"]) == ("technical_failure", "room")
    assert stored(server, ann)[-2:] == ["finished", "last-words"]


async def test_what_arrived_counts_though_the_page_is_gone(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann = await come(server)
    with disk_hangs(server):
        for number in range(5):
            await ann.socket.emit("message", {"scene_id": "game", "name": f"said-{number}"})
        assert await ann.socket.call("probe", {"number": 0}, timeout=DEADLINE_S) is None, "all have arrived"
        await ann.socket.disconnect()
        await until(lambda: not server.desk.presence.connected(ann.id), "the server to notice, whatever waits")
    await until(lambda: len(stored(server, ann)) == 5, "all to be stored")
    assert stored(server, ann) == [f"said-{number}" for number in range(5)]


async def test_who_says_more_than_may_wait_is_refused(
    serve: Serve, come: Come, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "MOST_WAITING", 3)
    server = serve(study())
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    with disk_hangs(server):
        answers = [said(ann, "validated", {"session_id": session}) for _ in range(5)]
        refused = await asyncio.gather(*answers[3:])
        assert [answer["reason"] for answer in refused] == ["too_fast", "too_fast"]
        assert not any(answer.done() for answer in answers[:3])
    assert await asyncio.gather(*answers[:3]) == [None, None, None]
    for player in (ann, bob):
        assert (await player.upload(*whole_episode(session, 5)))["refused"] == []
        assert (await player.advance("game"))["kind"] == "end"


async def test_a_flood_is_parted_with_though_the_disk_hangs(serve: Serve, come: Come) -> None:
    server = serve(study())
    ann, mallory = await come(server), await come(server)
    with disk_hangs(server):
        for _ in range(100):
            if mallory.socket.connected:
                await mallory.socket.emit("enlist", ENLIST)
        await until(lambda: not server.desk.presence.connected(mallory.id), "the server to part with them")
    await until(lambda: state_of(server, mallory) == ("in_scene", None), "them to be where they were")
    assert (await ann.enlist())["waiting"] == 1
