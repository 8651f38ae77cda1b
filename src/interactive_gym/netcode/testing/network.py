"""Datagrams and control messages between the peers and the server, in virtual time.

Two kinds of failure: in a *burst* all packets of a direction are lost, and its reliable channel delivers late; a link
that is *down* is dead: its channel loses what was under way, and control messages between two peers go through the
server.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable

from interactive_gym.netcode.testing.links import SERVER, Conditions, Direction, Links
from interactive_gym.netcode.testing.virtual_time import VirtualTime

Deliver = Callable[[int, int, bytes, bool], None]
"""Takes source, target, bytes, and whether they are a control message."""

LogEntry = tuple[float, str, int, int, int]
"""True time, what happened (sent, lost, arrived), source, target, bytes."""


class VirtualNetwork:
    """All links of a match.

    Attributes:
        log: Everything that happened, if ``is_logging``.
        sent: Number of datagrams per direction (source, target).
        bytes_sent: Bytes of them.
    """

    def __init__(
        self, time: VirtualTime, seed: int, deliver: Deliver, links: Links | None = None, is_logging: bool = False
    ) -> None:
        self.log: list[LogEntry] = []
        self.sent: Counter[tuple[int, int]] = Counter()
        self.bytes_sent: Counter[tuple[int, int]] = Counter()
        self._time, self._seed, self._deliver = time, seed, deliver
        self._links = links or Links()
        self._is_logging = is_logging
        self._directions: dict[tuple[int, int], Direction] = {}
        self._down_until: dict[frozenset[int], float] = defaultdict(float)
        self._died_at: dict[frozenset[int] | int, float] = defaultdict(lambda: -1.0)

    def send(self, source: int, target: int, data: bytes) -> None:
        """Send a datagram: it may be lost, come twice, or come too late."""
        self.sent[source, target] += 1
        self.bytes_sent[source, target] += len(data)
        self._record("sent", source, target, data)
        arrivals = self._direction(source, target).datagram(len(data), self._time.now)
        if not arrivals or not self.is_up(source, target):
            self._record("lost", source, target, data)
            return
        for arrival in arrivals:
            self._carry(source, target, arrival, data, lambda: self._hand_over(source, target, data, False))

    def send_control(self, source: int, target: int, data: bytes) -> None:
        """Send a control message: directly where that link is up, else through the server."""
        self._record("sent", source, target, data)
        if self.is_up(source, target):
            self._leg(source, target, data, lambda: self._hand_over(source, target, data, True))
        elif SERVER not in (source, target) and self.is_up(source, SERVER):
            self._leg(source, SERVER, data, lambda: self._relay(source, target, data))
        else:
            self._record("lost", source, target, data)

    def is_up(self, a: int, b: int) -> bool:
        """Whether the link between two is alive; a burst does not kill it."""
        return self._time.now >= self._down_until[frozenset((a, b))]

    def is_open(self, a: int, b: int) -> bool:
        """Whether something that is sent now arrives."""
        return self.is_up(a, b) and not any(self._direction(*way).is_silent(self._time.now) for way in ((a, b), (b, a)))

    def change(self, source: int, target: int, conditions: Conditions) -> None:
        """Treat what is sent from now on in one direction differently."""
        self._direction(source, target).conditions = conditions

    def silence(self, source: int, target: int, duration: float) -> None:
        """A burst of loss in one direction."""
        self._direction(source, target).silence(self._time.now + duration)

    def take_down(self, a: int, b: int, duration: float) -> None:
        """Kill the link between two for ``duration`` seconds, with all that is under way on it."""
        link = frozenset((a, b))
        self._died_at[link] = self._time.now
        self._down_until[link] = max(self._down_until[link], self._time.now + duration)
        self._renew(lambda direction: link == set(direction))

    def forget(self, peer: int) -> None:
        """Lose what is under way to a process that is no more."""
        self._died_at[peer] = self._time.now
        self._renew(lambda direction: peer in direction)

    def _renew(self, is_meant: Callable[[tuple[int, int]], bool]) -> None:
        for ends, direction in self._directions.items():
            if is_meant(ends):
                direction.renew()

    def _direction(self, source: int, target: int) -> Direction:
        if (source, target) not in self._directions:
            conditions = self._links.of(source, target)
            self._directions[source, target] = Direction(conditions, f"{self._seed} {source} {target}")
        return self._directions[source, target]

    def _relay(self, source: int, target: int, data: bytes) -> None:
        if self.is_up(target, SERVER):
            self._leg(SERVER, target, data, lambda: self._hand_over(source, target, data, True))
        else:
            self._record("lost", source, target, data)

    def _leg(self, source: int, target: int, data: bytes, then: Callable[[], None]) -> None:
        """A message on the reliable channel of one link."""
        arrival = self._direction(source, target).in_order(len(data), self._time.now)
        self._carry(source, target, arrival, data, then)

    def _carry(self, source: int, target: int, arrival: float, data: bytes, then: Callable[[], None]) -> None:
        left = self._time.now
        link = frozenset((source, target))

        def arrive() -> None:
            if max(self._died_at[link], self._died_at[target]) >= left:
                self._record("lost", source, target, data)
            else:
                then()

        self._time.at(arrival, arrive)

    def _hand_over(self, source: int, target: int, data: bytes, is_control: bool) -> None:
        self._record("arrived", source, target, data)
        self._deliver(source, target, data, is_control)

    def _record(self, what: str, source: int, target: int, data: bytes) -> None:
        if self._is_logging:
            self.log.append((self._time.now, what, source, target, len(data)))
