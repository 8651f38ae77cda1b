"""What a participant and their computer are like."""

from __future__ import annotations

from dataclasses import dataclass, field

from interactive_gym.netcode.testing.virtual_time import PeerClock


@dataclass(frozen=True)
class Computer:
    """The computer of one peer, and who plays on it; seconds are those of its own clock.

    Attributes:
        number: The peer's number.
        clock: What its clock shows.
        step_cost: Seconds that one step of the game takes.
        save_cost: Seconds that keeping one state takes.
        unevenness: By which part of that they may take more or less, by chance.
        ready_after: Seconds from the beginning of an episode until the participant may play.
        longest_hold: Frames for which the participant keeps the same action, at most.
    """

    number: int
    clock: PeerClock = field(default_factory=PeerClock)
    step_cost: float = 0.0
    save_cost: float = 0.0
    unevenness: float = 0.0
    ready_after: float = 0.2
    longest_hold: int = 12
