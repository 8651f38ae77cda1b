"""Who has played with whom before, whoever of the two it was that knew of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Acquaintances:
    """Of all who have waited for one game. It only grows: who has met has met."""

    def __init__(self) -> None:
        self._met: dict[str, frozenset[str]] = {}

    def add(self, participant_id: str, partners: Iterable[str]) -> None:
        """They have met all of these."""
        known = self._met.get(participant_id, frozenset())
        new = frozenset(partners) - known
        if not new:
            return
        self._met[participant_id] = known | new
        for other in new:
            self._met[other] = self._met.get(other, frozenset()) | {participant_id}

    def now(self) -> Mapping[str, frozenset[str]]:
        """Everybody's as it is at this moment, for whoever reads it in another thread."""
        return dict(self._met)
