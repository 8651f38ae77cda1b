"""For how many frames of an episode its players looked, and for how many a policy stood in for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from interactive_gym.records import Row

ATTENDANCE = ("unfocused_frames", "bot_frames")


class Attendance:
    """Counts what passes through it."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """These rows; what was counted before is forgotten."""
        unfocused, played = Counter[str](), Counter[str]()
        self._counts = dict(zip(ATTENDANCE, (unfocused, played), strict=True))
        for row in rows:
            unfocused.update(agent for agent, looks in row.is_focused.items() if not looks)
            played.update(agent for agent, source in row.source.items() if source == "bot")
            yield row

    def of(self, agent: str) -> dict[str, int]:
        """One value per name of ``ATTENDANCE``."""
        return {name: counts[agent] for name, counts in self._counts.items()}
