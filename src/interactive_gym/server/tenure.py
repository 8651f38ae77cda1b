"""Whether this server still has the study's store: a database may go away, and another server may take the study.

What participants send meanwhile is refused, and their pages send it again. So an app goes on when the database is back,
and ends where it is no longer the one that they are to talk to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from interactive_gym.data.database import LETS_GO_S, StudyTaken
from interactive_gym.server.desk import Desk, steady

EVERY_S = 5.0
# Until the database has let go of our own broken connection, that looks like another server's.
PATIENCE_S = 1.5 * LETS_GO_S


class Tenure:
    """Looks after the store of one app, and takes the study again when the database was away.

    Args:
        desk: The app's.
        end: Called with the reason when another server has had the study for :data:`PATIENCE_S`.
    """

    def __init__(self, desk: Desk, end: Callable[[str], None]) -> None:
        self._desk, self._end = desk, end
        self._problem: str | None = None  # as long as nothing can be stored
        self._taken_since: float | None = None

    async def watch(self) -> None:
        """To be run for as long as the app does."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.look(steady())

    async def look(self, now: float) -> None:
        """Tries at time ``now``, in seconds that only go forward, whether something could be stored."""
        try:
            await self._desk.store.write(lambda connection: None)
        except Exception as error:
            self._failed(error, now)
        else:
            if self._problem is not None:
                self._desk.log.warning("store_back", problem=self._problem)
            self._problem = self._taken_since = None

    def _failed(self, error: Exception, now: float) -> None:
        if self._problem is None:
            self._desk.log.error("store_away", problem=str(error))
        self._problem = str(error)
        if not isinstance(error.__cause__, StudyTaken):
            self._taken_since = None
            return
        self._taken_since = now if self._taken_since is None else self._taken_since
        if now - self._taken_since >= PATIENCE_S:
            self._desk.log.error("study_taken", problem=str(error.__cause__))
            self._end(str(error.__cause__))
