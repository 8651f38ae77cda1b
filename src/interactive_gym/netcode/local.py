"""The inputs of the players that are carried here, on their way into the game."""

from __future__ import annotations

from interactive_gym.netcode.changes import Changes
from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.shared import Shared


class LocalInputs:
    """What the host gave, until a frame takes it."""

    def __init__(self, shared: Shared, changes: Changes) -> None:
        self._shared = shared
        self._changes = changes
        self._given: dict[int, Input] = {}

    def give(self, player: int, given: Input) -> None:
        """What ``player`` does in the next frame that is played."""
        self._given[player] = given

    def forget(self) -> None:
        """What was given is not for the frames to come."""
        self._given.clear()

    def wanted(self) -> tuple[int, ...]:
        """The players who are carried here; of frames that were taken back and come again, their inputs are known."""
        me, newest = self._shared.me, self._newest()
        queues = enumerate(self._shared.timeline.queues)
        return tuple(player for player, queue in queues if queue.owner == me and queue.last < newest)

    def fill_gaps(self) -> None:
        """Add what is missing before the next input: in these frames nobody did anything."""
        self._add(self._newest() - 1)

    def take(self) -> None:
        """Add what was given, or what was to be expected; it acts ``input_delay`` frames after the head."""
        self._add(self._newest())
        self._given.clear()

    def _newest(self) -> int:
        """The frame in which an input that is given now acts."""
        return max(self._shared.timeline.head, self._changes.joins_at) + self._shared.input_delay

    def _add(self, until: int) -> None:
        shared = self._shared
        newest = self._newest()
        for player, queue in enumerate(shared.timeline.queues):
            if queue.last >= until:
                continue
            idle = Input(shared.config.default_actions[player])
            for frame in range(queue.last + 1, min(until, self._changes.last_of(player)) + 1):
                if queue.owner_of(frame) != shared.me or queue.is_frozen:
                    break
                chosen = idle if frame < newest else self._given.get(player) or queue.expected()
                queue.add(frame, shared.marked(player, chosen))
