"""For how many frames of an episode its players looked, were away, and had a policy that stood in for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from interactive_gym.records import Row

ATTENDANCE = ("unfocused_frames", "absent_frames", "bot_frames")


class Attendance:
    """Counts what passes through it."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        """These rows; what was counted before is forgotten."""
        unfocused, absent, played = Counter[str](), Counter[str](), Counter[str]()
        self._counts = dict(zip(ATTENDANCE, (unfocused, absent, played), strict=True))
        for row in rows:
            unfocused.update(agent for agent, looks in row.is_focused.items() if not looks)
            absent.update(agent for agent, is_there in row.present.items() if not is_there)
            played.update(agent for agent, source in row.source.items() if source == "bot")
            yield row

    def of(self, agent: str) -> dict[str, int]:
        """One value per name of ``ATTENDANCE``."""
        return {name: counts[agent] for name, counts in self._counts.items()}
