"""Pages are told of their participant's attributes when these change, whoever changed them."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from interactive_gym.data import events
from interactive_gym.server import known
from interactive_gym.server.desk import Desk
from interactive_gym.server.lines import Lines

_EVERY_S = 0.05  # what is faster is told together


class News:
    """Of one app. To be used on its event loop only."""

    def __init__(self, desk: Desk, lines: Lines) -> None:
        self._desk, self._lines = desk, lines
        self._stored = asyncio.Event()

    async def tell(self, participant_id: str) -> None:
        """Tells a page all attributes that it may know, if there are any."""
        rules = self._desk.study.experiment.known
        now = await self._desk.store.read(lambda connection: known.told(connection, rules, participant_id))
        if now.values:
            self._lines.tell(participant_id, "attributes", now)

    async def watch(self) -> None:
        """To be run for as long as the app does."""
        loop = asyncio.get_running_loop()
        stop = self._desk.store.listen(lambda: loop.call_soon_threadsafe(self._stored.set))
        try:
            seen = await self._desk.store.read(events.latest)
            while True:
                await self._stored.wait()
                self._stored.clear()
                seen = await self._pass_on(seen)
                await asyncio.sleep(_EVERY_S)
        finally:
            stop()

    async def _pass_on(self, seen: int) -> int:
        """Tells of what was stored after the event ``seen``; returns the last event that is known now."""

        def read(connection: Connection) -> tuple[int, list[str]]:
            return events.latest(connection), events.about(connection, "attribute_set", after=seen)

        try:
            latest, changed = await self._desk.store.read(read)
            for participant_id in changed:
                if self._desk.presence.connected(participant_id):
                    await self.tell(participant_id)
        except Exception as error:  # the next commit tries again
            self._desk.refused(error)
            return seen
        return latest
