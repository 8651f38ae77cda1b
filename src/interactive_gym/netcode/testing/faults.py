"""What goes wrong in a match, as data: a schedule that can be printed, and played again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from interactive_gym.netcode.testing.links import SERVER, Conditions

if TYPE_CHECKING:
    from interactive_gym.netcode.testing.match import Match

Directions = tuple[tuple[int, int], ...]
"""(source, target) pairs, either of which may be :data:`SERVER`."""


def both_ways(a: int, b: int) -> Directions:
    """Both directions of one link."""
    return ((a, b), (b, a))


def all_of(peer: int, peers: Iterable[int]) -> Directions:
    """All that leads to ``peer`` or away from it, the server's included."""
    return tuple(way for other in (*peers, SERVER) if other != peer for way in both_ways(peer, other))


@dataclass(frozen=True)
class Burst:
    """All packets sent in some directions are lost for a while; the links live on."""

    at: float
    duration: float
    directions: Directions

    def happen(self, match: Match) -> None:
        """Do it."""
        for source, target in self.directions:
            match.network.silence(source, target, self.duration)


@dataclass(frozen=True)
class Down:
    """The link between two is dead for a while."""

    at: float
    duration: float
    a: int
    b: int

    def happen(self, match: Match) -> None:
        """Do it."""
        match.network.take_down(self.a, self.b, self.duration)


@dataclass(frozen=True)
class Change:
    """Some directions become better or worse, for good."""

    at: float
    directions: Directions
    conditions: Conditions
    duration: float = 0.0

    def happen(self, match: Match) -> None:
        """Do it."""
        for source, target in self.directions:
            match.network.change(source, target, self.conditions)


@dataclass(frozen=True)
class Freeze:
    """A process does nothing for a while; then all that queued up arrives at once."""

    at: float
    duration: float
    peer: int

    def happen(self, match: Match) -> None:
        """Do it."""
        match.machines[self.peer].freeze(self.duration)


@dataclass(frozen=True)
class Kill:
    """A process ends; with ``goodbye`` it says so (a closed tab), without it does not (a crash)."""

    at: float
    peer: int
    goodbye: bool = True
    duration: float = 0.0

    def happen(self, match: Match) -> None:
        """Do it."""
        match.machines[self.peer].kill(self.goodbye)


@dataclass(frozen=True)
class Reload:
    """A process ends, and ``duration`` seconds later another takes its place."""

    at: float
    duration: float
    peer: int
    goodbye: bool = True

    def happen(self, match: Match) -> None:
        """Do it."""
        machine = match.machines[self.peer]
        machine.kill(self.goodbye)
        match.time.at(self.at + self.duration, lambda: machine.boot(returning=True))


@dataclass(frozen=True)
class ReloadAll:
    """All processes end at once, and ``duration`` seconds later the game goes on where the server knows it to be."""

    at: float
    duration: float
    goodbye: bool = False

    def happen(self, match: Match) -> None:
        """Do it."""
        for machine in match.machines.values():
            machine.kill(self.goodbye)
        match.time.at(self.at + self.duration, match.restart)


@dataclass(frozen=True)
class Leave:
    """A session says goodbye, and its process stays."""

    at: float
    peer: int
    duration: float = 0.0

    def happen(self, match: Match) -> None:
        """Do it."""
        match.machines[self.peer].leave()


@dataclass(frozen=True)
class Exclude:
    """The server takes a peer out of the match."""

    at: float
    peer: int
    duration: float = 0.0

    def happen(self, match: Match) -> None:
        """Do it."""
        match.server.exclude(self.peer)


@dataclass(frozen=True)
class Hide:
    """A peer does not see the game for a while, and the server has all wait for it."""

    at: float
    duration: float
    peer: int

    def happen(self, match: Match) -> None:
        """Do it."""
        match.server.hide(self.peer, True)
        match.time.at(self.at + self.duration, lambda: match.server.hide(self.peer, False))


@dataclass(frozen=True)
class Deploy:
    """Nobody reaches the server for a while, and then it is another process."""

    at: float
    duration: float

    def happen(self, match: Match) -> None:
        """Do it."""
        for peer in match.machines:
            match.network.take_down(peer, SERVER, self.duration)
        match.time.at(self.at + self.duration, match.server.restart)


Fault = Burst | Down | Change | Freeze | Kill | Reload | ReloadAll | Leave | Exclude | Hide | Deploy
