"""Frames by the server: who gets them, what is refused, and what is too much."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket

from interactive_gym.errors import ClientError
from interactive_gym.protocol import (
    FRAME_CONTROL,
    FRAME_DATAGRAM,
    FRAME_DEAF,
    FRAME_PING,
    MAX_CONTROL_BYTES,
    PROTOCOL_VERSION,
    RELAY_SERVER,
)
from interactive_gym.server import relay as relay_module
from interactive_gym.server.limits import Rate
from interactive_gym.server.relay import (
    BEHIND,
    BURST_S,
    LOST,
    MOST_AHEAD,
    MOST_FRAMES,
    Frame,
    Relay,
    TooFarBehind,
    entry,
    read,
)
from tests.server.matched import Page, batch, events, game, matched, on_loop, playing
from tests.server.running import Participant, Running, until

Arrive = Callable[..., Participant]
FPS = 30
DATAGRAM = bytes((1, FRAME_DATAGRAM, 7))
CONTROL = bytes((1, FRAME_CONTROL, 7))


def a_relay(humans: int = 3, *, is_open: bool = True) -> Relay:
    return Relay(range(humans), FPS, is_open, 0.0)


def a_frame(data: bytes) -> Frame:
    (frame,) = read(batch(data))
    return frame


def close(server: Running) -> None:
    on_loop(server, server.app.state.matches.close, "s-1")


@pytest.mark.parametrize(
    "tag", [FRAME_DATAGRAM, FRAME_CONTROL, FRAME_PING, FRAME_DATAGRAM | FRAME_DEAF, FRAME_CONTROL | FRAME_DEAF]
)
async def test_a_frame_comes_to_its_addressee_alone(server: Running, arrive: Arrive, tag: int) -> None:
    first, second, third = await matched(server, arrive, game(3))
    await first.relay(bytes((2, tag)) + b"to third")
    assert await third.frame() == bytes((0, tag)) + b"to third"
    await third.relay(bytes((0, tag)) + b"to first")
    assert await first.frame() == bytes((2, tag)) + b"to first"
    assert second.frames.empty()


async def test_frames_of_one_batch_part_and_those_for_one_receiver_come_together(
    server: Running, arrive: Arrive
) -> None:
    first, second, third = await matched(server, arrive, game(3))
    numbers = range(50)
    await first.relay(*(bytes((1 + number % 2, FRAME_DATAGRAM, number)) for number in numbers))
    assert [(await second.frame())[2] for _ in numbers[::2]] == [*numbers[::2]]
    assert [(await third.frame())[2] for _ in numbers[1::2]] == [*numbers[1::2]]
    assert (second.batches, third.batches) == (1, 1)


async def test_no_batch_is_longer_than_a_message_may_be(server: Running, arrive: Arrive) -> None:
    first, second, third = await matched(server, arrive, game(3))
    load = bytes(40_000)

    def at_once() -> None:
        for page in (first, third):
            server.app.state.matches.relay(page.participant.id, batch(CONTROL + load))

    on_loop(server, at_once)
    assert [(await second.frame())[0] for _ in range(2)] == [0, 2]
    assert second.batches == 2


async def test_frames_and_messages_keep_their_order(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game())
    for number in range(50):
        await first.relay(DATAGRAM + bytes((number,)))
    assert [(await second.frame())[3] for _ in range(50)] == list(range(50))


@pytest.mark.parametrize(
    "data",
    [
        "text",
        None,
        b"",
        b"\1",
        b"\1\0",
        [batch(DATAGRAM)],
        {"frame": batch(DATAGRAM)},
        batch(b"\1"),
        batch(DATAGRAM)[:-1],
        batch(CONTROL) + b"\1",
        batch(CONTROL, bytes((1, 4))),
        batch(bytes((1, 127))),
        batch(bytes((0, FRAME_DATAGRAM))),
        batch(bytes((2, FRAME_DATAGRAM))),
        batch(bytes((RELAY_SERVER, FRAME_DATAGRAM))),
        batch(bytes((RELAY_SERVER, FRAME_PING))),
        batch(bytes((1, FRAME_DATAGRAM)) + bytes(relay_module.MAX_DATAGRAM_BYTES)),
        batch(bytes((2, FRAME_CONTROL))),
    ],
)
async def test_what_no_page_of_ours_sends_ends_the_connection(server: Running, arrive: Arrive, data: Any) -> None:
    first, second = await matched(server, arrive, game())
    await first.participant.socket.emit("relay", data)
    await until(lambda: not server.desk.presence.connected(first.participant.id), "the server to part with it")
    assert second.frames.empty()
    assert server.desk.presence.connected(second.participant.id)


async def test_attachments_are_not_collected(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game())
    line = first.participant.socket.eio
    await line.send('52-["relay",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]')
    await line.send(batch(DATAGRAM))
    await line.send(batch(DATAGRAM))
    await first.relay(CONTROL)
    assert (await second.frame())[1] == FRAME_CONTROL, "the next message is none of them"
    assert second.frames.empty()


async def test_who_is_in_no_match_is_ignored_for_a_while(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game())
    close(server)
    await first.relay(DATAGRAM)
    assert (await first.participant.advance("welcome"))["kind"] == "static"
    assert second.frames.empty()
    on_loop(server, strays, server, first)
    await until(lambda: not server.desk.presence.connected(first.participant.id), "the server to part with it")


def strays(server: Running, page: Page) -> None:
    with pytest.raises(ClientError, match="too_fast"):
        for _ in range(3_000):
            server.app.state.matches.relay(page.participant.id, batch(DATAGRAM))


async def test_where_the_relay_is_never_used_only_the_server_is_talked_to(server: Running, arrive: Arrive) -> None:
    first, second = await playing(server, arrive, game(relay="never"))
    await first.relay(bytes((RELAY_SERVER, FRAME_CONTROL)) + b"no envelope, and ignored as such")
    assert (await first.participant.advance("welcome"))["kind"] == "static"
    await first.relay(DATAGRAM)
    await until(lambda: not server.desk.presence.connected(first.participant.id), "the server to part with it")
    told = [second.frames.get_nowait() for _ in range(second.frames.qsize())]
    assert {frame[0] for frame in told} <= {RELAY_SERVER}, "what the server itself says to all"


async def test_a_flood_of_datagrams_is_thinned_and_counted_once(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game(fps=1))
    sent = 200
    for _ in range(sent):
        await first.relay(DATAGRAM)
    await first.relay(CONTROL)
    arrived = [await second.frame()]
    while arrived[-1][1] != FRAME_CONTROL:
        arrived.append(await second.frame())
    passed = len(arrived) - 1
    assert MOST_AHEAD * BURST_S <= passed < sent
    assert not events(server, "relay_dropped")
    close(server)
    (event,) = await until(lambda: events(server, "relay_dropped"), "the event")
    assert event.data == {"too_fast.0>1": sent - passed}
    assert (event.reason, event.session_id) == ("too_fast", "s-1")
    assert server.desk.presence.connected(first.participant.id)


async def test_a_flood_of_control_frames_ends_the_connection(
    server: Running, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "CONTROL", Rate(per_second=0.001, burst=20))
    first, second = await matched(server, arrive, game())
    for _ in range(21):
        await first.relay(CONTROL)
    await until(lambda: not server.desk.presence.connected(first.participant.id), "the server to part with it")
    for _ in range(20):
        assert (await second.frame())[1] == FRAME_CONTROL
    assert second.frames.empty()


class Stalled:
    """A page that stopped reading: its system takes a few kB more, and then nothing."""

    def __init__(self, server: Running, participant: Participant) -> None:
        self.server, self.participant = server, participant

    async def __aenter__(self) -> Stalled:
        await self.participant.socket.disconnect()
        await until(lambda: not self.server.desk.presence.connected(self.participant.id), "the server to notice")
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", self.server.port))
        url = self.server.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        self.line: ClientConnection = await websocket(url, sock=raw, max_queue=1, ping_interval=None, close_timeout=0)
        assert str(await self.line.recv()).startswith("0")
        auth = {"token": self.participant.token, "tab": self.participant.tab, "protocol": PROTOCOL_VERSION}
        await self.line.send("40" + json.dumps(auth))
        assert str(await self.line.recv()).startswith("40")
        assert str(await self.line.recv()).startswith('42["scene"')
        return self

    async def __aexit__(self, *_: object) -> None:
        self.line.transport.abort()


async def test_a_slow_receiver_gets_no_old_datagrams_and_hurts_nobody_else(
    server: Running, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = await matched(server, arrive, game(3, fps=10_000))
    lines = server.app.state.matches._lines
    load = bytes(10_000)
    async with Stalled(server, second.participant):

        async def sends_until(condition: Callable[[], object]) -> None:
            for number in range(10_000):
                await first.relay(DATAGRAM + load)
                await first.relay(bytes((2, FRAME_DATAGRAM)) + number.to_bytes(4, "big"))
                assert (await third.frame())[2:] == number.to_bytes(4, "big")
                if condition():
                    return
            raise AssertionError("in vain")

        dropped = server.app.state.matches._live["s-1"].relay.dropped
        await sends_until(lambda: dropped["behind", 0, 1] > 100)
        assert on_loop(server, lines.waiting, second.participant.id) <= BEHIND + 2
        assert server.desk.presence.connected(second.participant.id)
        monkeypatch.setattr(relay_module, "BEHIND_S", 0.0)
        await sends_until(lambda: not server.desk.presence.connected(second.participant.id))
    close(server)
    (event,) = await until(lambda: events(server, "relay_dropped"), "the event")
    assert event.reason == "behind"
    assert event.data["behind.0>1"] == dropped["behind", 0, 1]


def test_every_pair_has_its_own_rate() -> None:
    relay = a_relay()
    frame = a_frame(DATAGRAM)
    passed = sum(relay.admit(0, frame, 0.0) for _ in range(1_000))
    assert passed == MOST_AHEAD * FPS * BURST_S
    assert relay.admit(2, frame, 0.0)
    assert relay.admit(0, a_frame(bytes((2, FRAME_DATAGRAM))), 0.0)
    assert sum(relay.admit(0, frame, 1.0) for _ in range(1_000)) == MOST_AHEAD * FPS


def test_long_datagrams_count_as_several() -> None:
    long = bytes((1, FRAME_DATAGRAM)) + bytes(12_000)
    relay = a_relay()
    passed = sum(relay.admit(0, a_frame(long), 0.0) for _ in range(1_000))
    assert passed == MOST_AHEAD * FPS * BURST_S // 11


def test_a_control_frame_may_be_as_long_as_a_batch_is() -> None:
    assert a_frame(bytes((1, FRAME_CONTROL)) + bytes(MAX_CONTROL_BYTES - 4)).is_control
    with pytest.raises(ClientError, match="malformed"):
        a_frame(bytes((1, FRAME_CONTROL)) + bytes(MAX_CONTROL_BYTES - 3))


def test_a_batch_of_crumbs_is_refused_before_it_has_taken_long() -> None:
    crumb = entry(1, bytes([FRAME_DATAGRAM]))
    assert len(read(crumb * MOST_FRAMES)) == MOST_FRAMES
    with pytest.raises(ClientError, match="malformed"):
        read(crumb * (MOST_FRAMES + 1))


def test_who_is_behind_gets_control_frames_until_they_are_lost() -> None:
    relay = a_relay()
    datagram, control = a_frame(DATAGRAM), a_frame(CONTROL)
    assert relay.deliver(0, datagram, BEHIND, 0.0) == entry(0, DATAGRAM[1:])
    assert relay.deliver(0, datagram, BEHIND + 1, 1.0) is None
    assert relay.deliver(0, control, BEHIND + 1, 1.0) == entry(0, CONTROL[1:])
    assert relay.deliver(0, datagram, BEHIND, 10.9) is not None, "who has caught up is not behind any more"
    assert relay.deliver(0, datagram, BEHIND + 1, 11.1) is None
    assert relay.deliver(2, datagram, BEHIND + 1, 21.0) is None
    with pytest.raises(TooFarBehind):
        relay.deliver(2, datagram, BEHIND + 1, 21.2)
    with pytest.raises(TooFarBehind):
        a_relay().deliver(0, control, LOST + 1, 0.0)
    assert relay.dropped == {("behind", 0, 1): 2, ("behind", 2, 1): 1}


def test_what_is_for_somebody_absent_is_counted() -> None:
    relay = a_relay()
    assert relay.deliver(0, a_frame(DATAGRAM), None, 0.0) is None
    assert relay.dropped == {("absent", 0, 1): 1}
