"""What participants are sent without anybody waiting for it, and how much of it they have not read yet."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import msgspec
import socketio
from engineio.packet import MESSAGE, Packet
from socketio.packet import EVENT

from interactive_gym.protocol import MAX_CONTROL_BYTES
from interactive_gym.server.presence import Presence

_ROOT = "/"  # the one namespace that we have
_RELAY = Packet(MESSAGE, '51-["relay",{"_placeholder":true,"num":0}]')  # in Socket.IO, with an attachment to follow


class Lines:
    """The way to each participant, whichever connection they have at the moment.

    Straight into the queue of their connection: the library would make two tasks of each message that is passed on.
    """

    def __init__(self, io: socketio.AsyncServer, presence: Presence) -> None:
        self._io = io
        self._presence = presence
        self._tasks: set[asyncio.Task[None]] = set()
        self._batches: dict[str, bytearray] = {}  # by participant: what is sent in the next round of the event loop

    def waiting(self, participant_id: str) -> int | None:
        """How many packets wait to be sent to them. None: they are not connected."""
        queue = self._queue(participant_id)
        return None if queue is None else queue.qsize()

    def relay(self, participant_id: str, entry: bytes) -> None:
        """Sends them ``entry`` in "relay", if they are connected: as one batch with all that is handled at this moment.

        What a packet costs here and in their browser hardly depends on its size.
        """
        batch = self._batches.get(participant_id)
        if batch is None:
            batch = self._batches[participant_id] = bytearray()
            asyncio.get_running_loop().call_soon(self._send_batch, participant_id)
        elif len(batch) + len(entry) > MAX_CONTROL_BYTES:
            self._put_batch(participant_id, batch)
            batch.clear()
        batch += entry

    def _send_batch(self, participant_id: str) -> None:
        self._put_batch(participant_id, self._batches.pop(participant_id))

    def _put_batch(self, participant_id: str, batch: bytearray) -> None:
        queue = self._queue(participant_id)
        if queue is not None:
            queue.put_nowait(_RELAY)
            queue.put_nowait(Packet(MESSAGE, bytes(batch)))

    def tell(self, participant_id: str, event: str, message: msgspec.Struct) -> bool:
        """Sends them ``message`` as ``event``. False: they are not connected."""
        queue = self._queue(participant_id)
        if queue is None:
            return False
        text = self._io.packet_class(EVENT, [event, msgspec.to_builtins(message)]).encode()
        queue.put_nowait(Packet(MESSAGE, text))
        return True

    def part(self, participant_id: str) -> None:
        """Ends their connection."""
        who = self._presence.holder(participant_id)
        if who:
            self._spawn(self._io.disconnect(who.sid))

    def _queue(self, participant_id: str) -> asyncio.Queue[Packet | None] | None:
        who = self._presence.holder(participant_id)
        if who is None or not self._io.manager.is_connected(who.sid, _ROOT):
            return None
        connection = self._io.eio.sockets.get(self._io.manager.eio_sid_from_sid(who.sid, _ROOT))
        return None if connection is None or connection.closed else connection.queue

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
