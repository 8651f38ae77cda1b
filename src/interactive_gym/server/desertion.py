"""Games that everybody has left without a word. Nothing else ends them, and what is kept for them would stay."""

from __future__ import annotations

import asyncio

from interactive_gym.server import together
from interactive_gym.server.desk import Desk, clock, steady
from interactive_gym.server.matches import Matches

# The game lets nobody be away for as long. But pages play on directly while they do not reach the server, and then need
# its referee again: a failure of the network is over by then, or lasts.
DESERTED_S = 300.0
EVERY_S = 10.0


class Desertion:
    """Ends the games of one app of which nobody has been connected for :data:`DESERTED_S`."""

    def __init__(self, desk: Desk, matches: Matches) -> None:
        self._desk, self._matches = desk, matches
        self._since: dict[str, float] = {}  # by session

    async def watch(self) -> None:
        """To be run for as long as the app does."""
        while True:
            now = steady()
            self._since = {session_id: self._since.get(session_id, now) for session_id in self._matches.deserted()}
            for session_id, since in self._since.items():
                if now - since >= DESERTED_S:
                    await self._end(session_id)
            await asyncio.sleep(EVERY_S)

    async def _end(self, session_id: str) -> None:
        if session_id not in self._matches.deserted():
            return  # somebody has come while another one was ended
        try:
            await self._desk.write(together.desert, session_id, clock())
        except Exception as error:  # the next round tries again
            self._desk.refused(error)
            return
        self._matches.close(session_id)
        self._desk.log.warning("deserted", session_id=session_id)
        self._desk.files.update()
