"""How long the ticks of an episode last: for everybody as long as the slowest peer needs, up to a limit.

Each peer says before an episode how many times slower the game has to be for its machine, and the largest of these
numbers counts for all. What frames took in one episode decides about the next one, so that a machine that has become
faster, or slower, is followed. Within an episode only ``timesync`` changes the speed.

A frame keeps its nominal time, ``frame / fps``, in the game and in the records: what is slowed is the play, not what is
played.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.messages import AS_PLANNED, Pace
from interactive_gym.netcode.pacing import Window
from interactive_gym.netcode.timesync import TimeSync

ROOM = 1.2  # times what a frame takes: the rest of the tick is for the picture, the messages, and frames played again
STEPS = 20  # of the factor from 1 to 2: measurements that differ by less are the same


class Tempo:
    """One peer's part in it.

    Args:
        frame_cost: What a frame takes here, with keeping its state, in seconds, as it was measured before the session.

    Attributes:
        pace: Of this episode.
    """

    def __init__(self, config: Config, window: Window, sync: TimeSync, frame_cost: float) -> None:
        self.pace = AS_PLANNED
        self._config, self._window, self._sync = config, window, sync
        self._frame_cost = frame_cost

    @property
    def fps(self) -> float:
        """Frames per second of everybody's clock, in this episode."""
        return self._config.fps / self.pace.factor

    @property
    def need(self) -> float:
        """How many times slower the next episode has to be for this peer to keep up: 1 to the limit."""
        return self._bounded(math.ceil(ROOM * self._frame_cost * self._config.fps * STEPS) / STEPS)

    def measure(self) -> None:
        """An episode has ended: what its frames took is what those of the next one are expected to take."""
        measured = self._window.take_frame_cost()
        if measured is not None:
            self._frame_cost = measured

    def agreed(self, needs: Mapping[int, float]) -> Pace:
        """What follows from what each present peer has said that it needs."""
        bounded = {peer: self._bounded(need) for peer, need in needs.items()}
        return Pace(max(bounded.values()), tuple(sorted(peer for peer, need in bounded.items() if need > 1)))

    def take(self, pace: Pace) -> bool:
        """Play at this pace; whether that is another one than before."""
        pace = Pace(self._bounded(pace.factor), pace.slow)
        is_other, self.pace = pace != self.pace, pace
        if is_other:
            self._window.set_fps(self.fps)
            self._sync.set_fps(self.fps)
        return is_other

    def _bounded(self, factor: float) -> float:
        return min(self._config.slowest, max(1.0, factor))
