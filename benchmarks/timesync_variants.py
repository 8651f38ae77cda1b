"""Our rule with one of its parts left out or done otherwise, to see what that part is good for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from benchmarks.timesync_model import Inputs, MakeRule
from benchmarks.timesync_rules import Ours
from interactive_gym.netcode.timesync import UNKNOWN, TimeSync


class _WithoutCourse(TimeSync):
    """A lead is what it was when it was measured."""

    def tick(self, frame: int, due: float) -> None:
        super().tick(frame, frame / self._fps)


class _WithoutRoom(TimeSync):
    """All peers want to be in the same frame, whatever their windows."""

    def _note_stop(self, frame: int) -> None:
        pass


class _MeanOnly(TimeSync):
    """All peers count the same, however far they are."""

    def _together(self, leads: list[float]) -> float:
        return sum(leads) / len(leads)


class _AloneFromOne(TimeSync):
    """A peer alone counts from one frame on."""

    def _together(self, leads: list[float]) -> float:
        return max(leads) if max(leads) > 1 else sum(leads) / len(leads)


class _RingLink:
    """A ring of leads, and what the other said."""

    def __init__(self) -> None:
        self.leads: list[float] = []
        self.theirs = UNKNOWN

    def mean(self) -> float:
        """Of the middle third."""
        third = len(self.leads) // 3
        middle = sorted(self.leads)[third:-third] if third else []
        return sum(middle) / len(middle) if middle else UNKNOWN


class FirstDesign:
    """What our rule began as: a dead zone, skips after the start, at most 2 % faster and 10 % slower, no course."""

    def __init__(self, fps: float, others: Sequence[int]) -> None:
        self.fps = fps
        self.interval = 1 / fps
        self.links = {peer: _RingLink() for peer in others}
        self.ticks = self.to_skip = 0
        self.trend = 0.0

    def receive(self, sender: int, message: Any, position: float, now: float) -> Sequence[Any]:
        link = self.links[sender]
        link.leads = [*link.leads[-29:], position - message.frame]
        link.theirs = message.lag
        return ()

    def tick(self, frame: int, due: float) -> bool:
        self.ticks += 1
        if self.to_skip:
            self.to_skip -= 1
            return False
        if self.ticks % 15 == 0:
            self._steer(self._ahead())
        return True

    def messages(self, peer: int, frame: int, now: float) -> Iterable[Any]:
        return (Inputs(frame, round(self.links[peer].mean() * 256) / 256),)

    def _ahead(self) -> float:
        known = [link for link in self.links.values() if link.theirs != UNKNOWN and len(link.leads) > 2]
        leads = [(link.mean() - link.theirs) / 2 for link in known] or [0.0]
        return max(leads) if max(leads) > 1 else sum(leads) / len(leads)

    def _steer(self, ahead: float) -> None:
        if ahead > 1 and self.ticks <= 2 * self.fps:
            self.to_skip = min(5, int(ahead))
        if abs(ahead) < 0.25:
            ahead = 0.0
        self.trend = min(0.10, max(-0.02, 0.99 * self.trend + 0.002 * ahead))
        self.interval = 1 / self.fps / (1 - min(0.10, max(-0.02, 0.02 * ahead + self.trend)))


VARIANTS: dict[str, MakeRule] = {
    "first_design": FirstDesign,
    "without_course": partial(Ours, sync=_WithoutCourse),
    "without_room": partial(Ours, sync=_WithoutRoom),
    "mean_only": partial(Ours, sync=_MeanOnly),
    "alone_from_one_frame": partial(Ours, sync=_AloneFromOne),
}
