"""What a match came to, for tests to look at and for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from interactive_gym.netcode.testing.host import Record
from interactive_gym.netcode.testing.peer import Peer, Seen
from interactive_gym.netcode.testing.scenario import Scenario

_EVENTS_SHOWN = 12


@dataclass
class Report:
    """A match that was played.

    Attributes:
        scenario: What was played.
        processes: All that there were.
        running: Those that were there at the end.
        took: True seconds.
        crash: What stopped it before its end, if anything did.
        problems: What the oracle objects to, the worst first.
    """

    scenario: Scenario
    processes: list[Peer]
    running: list[Peer]
    took: float
    crash: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def rollbacks(self) -> int:
        """Of all processes."""
        return sum(peer.host.rollbacks for peer in self.processes)

    def events(self, *kinds: type[Any]) -> list[tuple[Peer, Seen]]:
        """All of some kinds, in the order in which they were seen."""
        found = [(peer, seen) for peer in self.processes for seen in peer.events if isinstance(seen.event, kinds)]
        return sorted(found, key=lambda pair: pair[1].at)

    def records(self, episode: int) -> Iterator[tuple[Peer, Record]]:
        """What the processes committed of one episode."""
        return ((peer, record) for peer in self.processes for record in peer.host.records if record.episode == episode)

    def __str__(self) -> str:
        verdict = [f"- {problem}" for problem in self.problems] or ["nothing to object to"]
        processes = [line for peer in self.processes for line in _lines_of(peer)]
        return "\n".join([*verdict, str(self.scenario), f"took: {self.took:.3f} s", *processes])


def _lines_of(peer: Peer) -> Iterator[str]:
    host = peer.host
    yield f"{peer.name}: {host.rollbacks} rollbacks, {host.replayed} frames replayed, {peer.ended}"
    for record in host.records:
        yield f"  episode {record.episode}: {len(record.rows)} rows, {record.ended}"
    notable = [seen for seen in peer.events if type(seen.event).__name__ != "RolledBack"]
    for seen in notable[-_EVENTS_SHOWN:]:
        yield f"  {seen.at:8.3f} s, {seen.episode}:{seen.committed}: {seen.event}"
