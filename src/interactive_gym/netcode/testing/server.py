"""The server's side of a match: a referee, reached over the virtual network, who can look whether a page is there."""

from __future__ import annotations

import math
from collections.abc import Callable

from interactive_gym.netcode.referee import Grant, Referee
from interactive_gym.netcode.testing.links import SERVER
from interactive_gym.netcode.testing.network import VirtualNetwork
from interactive_gym.netcode.testing.virtual_time import PeerClock, VirtualTime

ANSWER = 2.0  # seconds within which a page that is there answers
_LOOK_EVERY = 0.25


class Server:
    """Hands the referee what arrives, and calls it when it wants to be called.

    Args:
        make_referee: Takes the number of the server's process, and what was granted before it.
        answers: Whether the page of a peer would answer now.
        patience: Seconds that it waits for a page that has just been closed: it may be loaded anew.
    """

    def __init__(
        self,
        make_referee: Callable[[int, list[Grant]], Referee],
        time: VirtualTime,
        network: VirtualNetwork,
        answers: Callable[[int], bool],
        patience: float,
    ) -> None:
        self._make_referee, self._time, self._network = make_referee, time, network
        self._answers, self._patience = answers, patience
        self._boot = 1
        self._hiding: set[int] = set()
        self._grants: list[Grant] = []
        self._referee = make_referee(1, [])
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

    def hide(self, peer: int, is_hidden: bool) -> None:
        """``peer`` does not see the game, or sees it again: all wait until everybody does."""
        self._hiding = self._hiding | {peer} if is_hidden else self._hiding - {peer}
        self._wish()

    def restart(self) -> None:
        """Another process takes over. It knows the grants, and is told soon who hides."""
        self._boot += 1
        self._referee = self._make_referee(self._boot, self._grants)
        if self._hiding:
            self._time.at(self._time.now + 1.0, self._wish)
        self._after_work()

    def _wish(self) -> None:
        self._referee.wish("pause" if self._hiding else "resume", self._now(), tuple(self._hiding))
        self._after_work()

    def _ask(self, peer: int) -> None:
        self._look(peer, self._boot, self._time.now + max(ANSWER, self._patience))

    def _look(self, peer: int, boot: int, until: float) -> None:
        if boot != self._boot:
            return  # who wants to know asks again
        is_there = self._answers(peer)
        if is_there or self._time.now >= until:
            self._referee.answer(peer, is_there, self._now())
            self._after_work()
        else:
            self._time.at(self._time.now + _LOOK_EVERY, lambda: self._look(peer, boot, until))

    def _now(self) -> float:
        return self._clock.local(self._time.now)

    def _after_work(self) -> None:
        self._grants += self._referee.new_grants()
        for peer in self._referee.questions():
            self._time.at(self._time.now, lambda peer=peer: self._ask(peer))  # type: ignore[misc]
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
