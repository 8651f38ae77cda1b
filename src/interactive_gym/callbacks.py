"""What the researcher's callbacks are told."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from interactive_gym.records import Row
from interactive_gym.scenes.attributes import Value, attribute_values


@dataclass(frozen=True)
class ParticipantContext:
    """A participant. ``pings_ms`` are round trips to the server, as it measured them."""

    participant_id: str
    attributes: Mapping[str, Value]
    pings_ms: tuple[float, ...]
    changes: dict[str, Value] = field(default_factory=dict, init=False, repr=False)

    @property
    def ping_ms(self) -> float | None:
        """The median of the pings; None if there are none."""
        return statistics.median(self.pings_ms) if self.pings_ms else None

    def set(self, **values: Value) -> None:
        """Sets attributes of the participant; they are stored when the callback has returned, whatever it decides.

        Raises:
            ValueError: It is no name, or no value, of an attribute.
        """
        self.changes.update(attribute_values(values))


@dataclass(frozen=True)
class ScreeningContext(ParticipantContext):
    """Somebody on the first page, and what was found of them. What their browser says, it may have made up.

    ``query`` is of their link. ``browser`` is empty, and ``device`` "unknown", where nobody can tell.
    """

    subject_id: str | None
    query: Mapping[str, str]
    browser: str
    browser_version: str
    os: str
    device: str
    webrtc: bool
    touch: bool
    screen: tuple[int, int]
    languages: tuple[str, ...]


@dataclass(frozen=True)
class MonitoringContext(ParticipantContext):
    """A player, while they play. ``rows`` are the frames that have come of them since the last call.

    Each is an ``interactive_gym.records.Row``: ``frame``, and by agent ``actions``, ``rewards``, ``terminated``,
    ``truncated``, ``infos``, ``source`` and more. In a game of several people they are frames on which all agree.
    """

    scene_id: str
    session_id: str
    agent: str
    rows: tuple[Row, ...]
    away_s: float  # for how long they have not looked at the game; 0: they do
    warnings: list[str] = field(default_factory=list, init=False, repr=False)

    def warn(self, text: str) -> None:
        """Shows ``text`` on the player's page."""
        self.warnings.append(str(text))
