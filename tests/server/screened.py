"""Participants of a study that screens, without a browser: they answer probes as pages do, or as hostile ones would."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.server.running import DEADLINE_S, Participant

LAPTOP = {
    "browser": "Chrome",
    "browser_version": "141.0",
    "os": "Windows",
    "device": "desktop",
    "webrtc": True,
    "touch": False,
    "screen": [1920, 1080],
    "languages": ["en"],
}


class Arriving(Participant):
    def __init__(self, url: str, *, answers: bool = True, **who: Any) -> None:
        super().__init__(url, **who)
        self.answers = answers
        self.verdicts: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.probes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.socket.on("verdict", self.verdicts.put)
        self.socket.on("probe", self._probed)

    async def _probed(self, probe: dict[str, Any]) -> None:
        await self.probes.put(probe)
        if self.answers:
            await self.socket.emit("probe", probe)

    async def screen(self, **measured: Any) -> Any:
        """Null, or why the server did not take what the page found."""
        return await self.socket.call("screen", {**LAPTOP, **measured}, timeout=DEADLINE_S)

    async def admitted(self, **measured: Any) -> None:
        assert await self.screen(**measured) is None
        assert await asyncio.wait_for(self.verdicts.get(), DEADLINE_S) == {"kind": "verdict", "accepted": True}

    async def turned_away(self, **measured: Any) -> dict[str, Any]:
        """The page that they see then."""
        assert await self.screen(**measured) is None
        page = await asyncio.wait_for(self.scenes.get(), DEADLINE_S)
        assert (page["kind"], page["outcome"]) == ("outcome", "screened_out")
        return page
