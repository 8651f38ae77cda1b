"""What a bad network does to a packet, decided without a network: when it arrives, or that it never does."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Network:
    """One direction of a line. Times are in seconds, the loss is a share.

    ``jitter`` is uniform, ``delay`` plus or minus so much, and lets packets overtake each other.
    """

    delay: float = 0.0
    jitter: float = 0.0
    loss: float = 0.0


CLEAN = Network()


@dataclass
class Line:
    """One direction between two homes, with what happens to it in the course of time."""

    network: Network = CLEAN
    dead_until: float = 0.0
    draw: random.Random = field(default_factory=random.Random)

    def arrival(self, now: float) -> float | None:
        """When a packet that is sent ``now`` arrives; None if it is lost."""
        network = self.network
        if now < self.dead_until or self.draw.random() < network.loss:
            return None
        return now + max(0.0, network.delay + self.draw.uniform(-network.jitter, network.jitter))
