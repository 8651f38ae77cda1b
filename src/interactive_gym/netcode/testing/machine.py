"""A computer at work: one process after another, deaf and mute while it computes, and now and then frozen."""

from __future__ import annotations

import math
from collections.abc import Callable

from interactive_gym.netcode.config import Restart
from interactive_gym.netcode.testing.computer import Computer
from interactive_gym.netcode.testing.host import BrokenPromise
from interactive_gym.netcode.testing.network import VirtualNetwork
from interactive_gym.netcode.testing.peer import Peer
from interactive_gym.netcode.testing.virtual_time import VirtualTime

StartProcess = Callable[[Computer, int, float, bool, Restart | None], Peer]
"""Takes the computer, the number of the process from 1, its clock's time, and how its session begins."""

_MOST_TICKS_AT_ONCE = 100  # more at the same moment is a session that asks to be called for ever


class Machine:
    """The computer of one peer, in a match.

    Attributes:
        peer: The running process, None where there is none.
        processes: All there were, the oldest first.
    """

    def __init__(
        self, computer: Computer, time: VirtualTime, network: VirtualNetwork, start: StartProcess, lingers: bool = True
    ) -> None:
        self.peer: Peer | None = None
        self.processes: list[Peer] = []
        self._computer, self._time, self._network, self._start = computer, time, network, start
        self._lingers = lingers
        self._was_through = False
        self._busy_until = 0.0
        self._backlog: list[tuple[int, bytes, bool]] = []
        self._wake_at = math.inf
        self._ticks_at_once = 0
        self._last_tick_at = -1.0

    @property
    def is_through(self) -> bool:
        """Whether the session is over here, and not by a process that said goodbye to come back."""
        return self.peer.is_through if self.peer else self._was_through

    @property
    def answers(self) -> bool:
        """Whether there is a page that plays, or would like to."""
        return self.peer is not None and not self.peer.is_through and not self._is_busy()

    @property
    def local_now(self) -> float:
        """What the computer's clock shows."""
        return self._computer.clock.local(self._time.now)

    def boot(self, returning: bool = False, restart: Restart | None = None) -> None:
        """Start a process, unless there is one, or the session is over here."""
        if self.peer or self.is_through:
            return
        self._busy_until, self._wake_at = self._time.now, math.inf
        self.peer = self._start(self._computer, len(self.processes) + 1, self.local_now, returning, restart)
        self.peer.progressed_at = self._time.now
        self.processes.append(self.peer)
        self._after_work()

    def kill(self, goodbye: bool) -> None:
        """End the process; with ``goodbye`` it can still say that it leaves, unless it is frozen."""
        self._was_through = self.is_through
        if goodbye:
            self.leave()
        self.peer = None
        self._backlog.clear()
        self._network.forget(self._computer.number)

    def leave(self) -> None:
        """Let the session say goodbye; the process stays."""
        if self.peer and not self._is_busy():
            self.peer.session.leave(self.local_now)
            self.peer.read_events(self.local_now)
            self._after_work()

    def freeze(self, duration: float) -> None:
        """Do nothing for ``duration`` seconds; then everything that queued up arrives."""
        self._work_for(duration)

    def arrive(self, source: int, data: bytes, is_control: bool) -> None:
        """What the network brings."""
        if not self.peer:
            return
        if self._is_busy():
            self._backlog.append((source, data, is_control))
        else:
            self.peer.receive(source, data, is_control, self.local_now)
            self._after_work()

    def _is_busy(self) -> bool:
        return self._time.now < self._busy_until

    def _work_for(self, duration: float) -> None:
        self._busy_until = max(self._busy_until, self._time.now + duration)
        peer = self.peer
        self._time.at(self._busy_until, lambda: self._resume(peer))

    def _resume(self, peer: Peer | None) -> None:
        if not self.peer or peer is not self.peer or self._is_busy():
            return
        waiting, self._backlog = self._backlog, []
        self._send()
        for source, data, is_control in waiting:
            self.peer.receive(source, data, is_control, self.local_now)
        self._after_work()

    def _after_work(self) -> None:
        self._send()
        if not self._lingers and self.peer and self.peer.is_through and self.peer.session.is_idle:
            self.kill(goodbye=False)
        self._schedule()

    def _send(self) -> None:
        if not self.peer:
            return
        for target, data in self.peer.session.datagrams_to_send():
            self._network.send(self._computer.number, target, data)
        for target, data in self.peer.session.control_to_send():
            self._network.send_control(self._computer.number, target, data)

    def _schedule(self) -> None:
        if not self.peer:
            return
        peer = self.peer
        time = max(self._computer.clock.when(peer.next_deadline()), self._busy_until, self._time.now)
        if time != self._wake_at:
            self._wake_at = time
            self._time.at(time, lambda: self._wake(peer, time))

    def _wake(self, peer: Peer, time: float) -> None:
        if peer is not self.peer or time != self._wake_at:
            return
        self._wake_at = math.inf
        if self._is_busy() or self.local_now < peer.next_deadline():
            self._schedule()
        else:
            self._tick(peer)

    def _tick(self, peer: Peer) -> None:
        self._ticks_at_once = self._ticks_at_once + 1 if self._time.now == self._last_tick_at else 0
        self._last_tick_at = self._time.now
        if self._ticks_at_once > _MOST_TICKS_AT_ONCE:
            raise BrokenPromise(f"{peer.name} is never done: deadline {peer.next_deadline()}, now {self.local_now}")
        spent = peer.tick(self.local_now)
        if spent:
            self._work_for(self._computer.clock.true_duration(spent))
        else:
            self._after_work()
