"""What a page says is done one after the other, as it came; what cannot wait passes by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from interactive_gym.errors import ClientError

MOST_WAITING = 100  # messages of one connection; more than its rates let through at once


@dataclass
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    length: int = 0  # of those who have the lock, or wait for it


class Turns:
    """One queue per connection. To be used on the event loop only."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    @asynccontextmanager
    async def turn(self, sid: str) -> AsyncIterator[None]:
        """Entered when all who have asked for this connection before have left it. The place is taken at once.

        Raises:
            ClientError: ``too_fast``; too many wait already.
        """
        queue = self._queues.setdefault(sid, _Queue())
        if queue.length >= MOST_WAITING:
            raise ClientError("too_fast", f"{MOST_WAITING} messages wait already")
        queue.length += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.length -= 1
            if not queue.length:
                del self._queues[sid]
