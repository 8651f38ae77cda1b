"""How much there is in the memory of this process: what was left behind of games that are over would be seen here."""

from __future__ import annotations

import asyncio

from interactive_gym.server.desk import Desk
from interactive_gym.server.matches import Matches

EVERY_S = 60.0


class Pulse:
    """Logs what is alive in one app, whenever that has changed within :data:`EVERY_S`."""

    def __init__(self, desk: Desk, matches: Matches) -> None:
        self._desk, self._matches = desk, matches
        self._last: dict[str, int] = {}

    def counts(self) -> dict[str, int]:
        """``connections`` of pages, ``games`` for which partners were found, and ``tasks`` of the event loop."""
        return {
            "connections": len(self._desk.presence),
            "games": len(self._matches),
            "tasks": len(asyncio.all_tasks()),
        }

    async def watch(self) -> None:
        """To be run for as long as the app does."""
        while True:
            await asyncio.sleep(EVERY_S)
            counts = self.counts()
            if counts != self._last:
                self._desk.log.info("alive", **counts)
            self._last = counts
