"""The server's side of a match: a referee, reached over the virtual network."""

from __future__ import annotations

import math

from interactive_gym.netcode.referee import Referee
from interactive_gym.netcode.testing.links import SERVER
from interactive_gym.netcode.testing.network import VirtualNetwork
from interactive_gym.netcode.testing.virtual_time import PeerClock, VirtualTime


class Server:
    """Hands the referee what arrives, and calls it when it wants to be called."""

    def __init__(self, referee: Referee, time: VirtualTime, network: VirtualNetwork) -> None:
        self._referee, self._time, self._network = referee, time, network
        self._clock = PeerClock(offset=1e5)
        self._wake_at = math.inf
        self._schedule()

    def arrive(self, source: int, data: bytes) -> None:
        """A control message of a peer."""
        self._referee.receive_control(source, data, self._now())
        self._after_work()

    def exclude(self, peer: int) -> None:
        """Take ``peer`` out of the match."""
        self._referee.exclude(peer, self._now())
        self._after_work()

    def _now(self) -> float:
        return self._clock.local(self._time.now)

    def _after_work(self) -> None:
        for target, data in self._referee.control_to_send():
            self._network.send_control(SERVER, target, data)
        self._schedule()

    def _schedule(self) -> None:
        time = max(self._clock.when(self._referee.next_deadline()), self._time.now)
        if time != self._wake_at:
            self._wake_at = time
            self._time.at(time, lambda: self._wake(time))

    def _wake(self, time: float) -> None:
        if time == self._wake_at:
            self._wake_at = math.inf
            self._referee.advance(self._now())
            self._after_work()
