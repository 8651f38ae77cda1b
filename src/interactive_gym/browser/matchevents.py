"""What the netcode tells, as the page gets it: ``worker.messages.MatchEvent``."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from interactive_gym.game.host import Host
from interactive_gym.netcode import events
from interactive_gym.netcode.events import EpisodeEnded, Event

_SHOWN = {
    events.Started: "started",
    events.Slowed: "slowed",
    events.Interrupted: "interrupted",
    events.Resumed: "resumed",
    events.Held: "held",
    events.Unheld: "unheld",
    events.Cut: "cut",
    events.Returned: "returned",
    events.Away: "away",
    events.Mismatch: "mismatch",
    events.Refused: "refused",
}
"""The type of each class. What is not here is in the packet's fields (RolledBack), in the records (who chose for a bot)
or in the statistics of the link (Rejected: whoever sends junk must not fill the page's memory)."""

_SECONDS = ("at", "silence", "until")


def shown(event: Event) -> dict[str, Any] | None:
    """``event`` as plain JSON, its times in ms; None if the page need not know. Not of the ends."""
    kind = _SHOWN.get(type(event))
    if kind is None:
        return None
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    return {"type": kind, **{name: _in_ms(value) if name in _SECONDS else value for name, value in values.items()}}


def _in_ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


def end_of(event: EpisodeEnded, host: Host) -> dict[str, Any]:
    """``frames`` and ``end_reason`` of ``protocol.EpisodeEnd``.

    Where states differed, the episode has the frames up to the last one of which all peers are known to have had the
    same state. Each may have recorded some more by then, in chunks that were sent already: whoever reads chunks stops
    at ``frames``.
    """
    differs = event.reason == "mismatch" or event.agreed < event.last
    frames = (event.agreed if differs else event.last) + 1
    return {"frames": frames, "end_reason": "mismatch" if differs else _reason(event, host)}


def _reason(event: EpisodeEnded, host: Host) -> str:
    if event.reason == "over":
        return host.over or "interrupted"
    return "failed" if event.reason == "failed" else "interrupted"
