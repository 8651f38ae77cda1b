"""A match in a running server, without a waiting room: its members are participants whose frames a test sees."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from interactive_gym.data import matches
from interactive_gym.data.matches import Member
from interactive_gym.data.schema import events as stored_events
from interactive_gym.netcode.control import ControlChannel
from interactive_gym.netcode.messages import Message
from interactive_gym.protocol import FRAME_CONTROL, RELAY_SERVER
from tests.server.running import DEADLINE_S, Participant, Running

T = TypeVar("T")
Arrive = Callable[..., Participant]


def game(humans: int = 2, *, relay: str = "fallback", fps: int = 30) -> dict[str, Any]:
    """As much of ``protocol_game.Game`` as the server looks at."""
    return {
        "scene_id": "game",
        "fps": fps,
        "episodes": 1,
        "max_steps": None,
        "input_mode": "pressed_keys",
        "policies": {str(agent): "human" for agent in range(humans)},
        "multiplayer": {"group": humans, "input_delay": 1, "relay": relay},
    }


def on_loop(server: Running, function: Callable[..., T], *arguments: Any) -> T:
    """``function(*arguments)`` on the event loop of the server."""

    async def call() -> T:
        return function(*arguments)

    return asyncio.run_coroutine_threadsafe(call(), loop_of(server)).result(DEADLINE_S)


def loop_of(server: Running) -> asyncio.AbstractEventLoop:
    return server.server.servers[0].get_loop()


def batch(*frames: bytes) -> bytes:
    """For the relay: frames, each with its addressee in front."""
    return b"".join(frame[:1] + (len(frame) - 1).to_bytes(2, "big") + frame[1:] for frame in frames)


class Page:
    """A member's page. ``peer`` is who it is in the match."""

    def __init__(self, participant: Participant, peer: int) -> None:
        self.participant, self.peer = participant, peer
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.batches = 0  # in which they came
        self.signals: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.channel = ControlChannel(1)
        self.delivered: list[Message] = []
        participant.socket.on("relay", self._relayed)
        participant.socket.on("signal", self.signals.put)

    async def relay(self, *frames: bytes) -> None:
        """A batch of frames, each with its addressee in front."""
        await self.participant.socket.emit("relay", batch(*frames))

    async def frame(self) -> bytes:
        """The next one, with its sender in front."""
        return await asyncio.wait_for(self.frames.get(), DEADLINE_S)

    async def signal(self, **changes: Any) -> Any:
        """What the server answers: None, or why not."""
        message = {"session_id": "s-1", "peer": 1 - self.peer, "link": "l", "what": "candidate", "data": "{}"}
        return await self.participant.socket.call("signal", message | changes, timeout=DEADLINE_S)

    async def signalled(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.signals.get(), DEADLINE_S)

    async def tell_referee(self, message: Message) -> None:
        self.channel.send(message)
        await self._send_control()

    async def is_heard(self) -> None:
        """Until the referee has acknowledged all that it was told."""
        await self._exchange(lambda: self.channel.is_idle)

    async def told(self, kind: type[T]) -> T:
        """The next message of this kind that the referee delivers."""
        await self._exchange(lambda: any(isinstance(message, kind) for message in self.delivered))
        while not isinstance(message := self.delivered.pop(0), kind):
            continue
        return message

    async def _exchange(self, is_done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not is_done():
            assert time.monotonic() < deadline, f"waited in vain; the referee said {self.delivered}"
            await self._send_control()
            with suppress(TimeoutError):
                frame = await asyncio.wait_for(self.frames.get(), 0.1)
                assert frame[:2] == bytes((RELAY_SERVER, FRAME_CONTROL))
                self.delivered += self.channel.receive(frame[2:], time.monotonic())

    def _relayed(self, data: bytes) -> None:
        self.batches += 1
        while data:
            end = 3 + int.from_bytes(data[1:3], "big")
            self.frames.put_nowait(data[:1] + data[3:end])
            data = data[end:]

    async def _send_control(self) -> None:
        for data in self.channel.to_send(time.monotonic(), None):
            await self.relay(bytes((RELAY_SERVER, FRAME_CONTROL)) + data)


async def matched(server: Running, arrive: Arrive, described: dict[str, Any], session_id: str = "s-1") -> list[Page]:
    """Pages of participants who have just been matched; the session is in the store."""
    pages = [Page(arrive(server), peer) for peer in range(len(described["policies"]))]
    for page in pages:
        await page.participant.join()
        await page.participant.connect()
    members = [Member(str(page.peer), page.peer, page.participant.id) for page in pages]
    server.desk.store.submit(
        lambda connection: matches.add(connection, session_id, "game", 1, described, members, now=1.0)
    ).result(DEADLINE_S)
    on_loop(server, server.app.state.matches.open, session_id, described, members)
    return pages


async def playing(server: Running, arrive: Arrive, described: dict[str, Any]) -> list[Page]:
    """As :func:`matched`, and their game has begun."""
    pages = await matched(server, arrive, described)
    set_state(server, "playing")
    on_loop(server, server.app.state.matches.play, "s-1")
    return pages


def set_state(server: Running, state: str, session_id: str = "s-1") -> None:
    server.desk.store.submit(lambda connection: matches.set_state(connection, session_id, state, now=2.0)).result(
        DEADLINE_S
    )


def grants(server: Running) -> list[Any]:
    return list(server.desk.store.read_now(lambda connection: matches.grants_of(connection, "s-1")))


def events(server: Running, name: str) -> list[Any]:
    query = stored_events.select().where(stored_events.c.name == name)
    return list(server.desk.store.read_now(lambda connection: connection.execute(query).all()))
