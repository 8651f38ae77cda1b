"""The referee of one match at work: it hears the members, its grants are stored, and only then is anybody told.

The clock, the store and the lines are here; what is decided is in ``netcode.referee``.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Collection, Sequence

from structlog.typing import FilteringBoundLogger

from interactive_gym.netcode import Grant, Referee
from interactive_gym.server.desk import clock, steady

RETRY_S = 1.0  # after a write that failed; a disk that is full may have room again
_BOOTS_SINCE = 1_577_836_800  # 2020
_BOOTS_PER_S = 8  # 32 bits of them last until 2037, and no server starts twice within one


def rising_boot() -> int:
    """Of a referee: higher than that of any earlier process of the server."""
    return int((clock() - _BOOTS_SINCE) * _BOOTS_PER_S)


class Refereeing:
    """Runs ``referee`` on the event loop until :meth:`close`.

    Args:
        referee: With what was granted before.
        store: Stores grants; they hold when it returns.
        send: Takes (peer, control frame's payload); it may be lost.
        is_there: Finds out whether the page of a peer is there.
        log: Where a store that fails is noted.
    """

    def __init__(
        self,
        referee: Referee,
        store: Callable[[Sequence[Grant]], Awaitable[None]],
        send: Callable[[int, bytes], None],
        is_there: Callable[[int], Awaitable[bool]],
        log: FilteringBoundLogger,
    ) -> None:
        self._referee, self._store, self._send, self._is_there, self._log = referee, store, send, is_there, log
        self._unstored: list[Grant] = []
        self._writing: asyncio.Task[None] | None = None
        self._asking: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_closed = False
        self._advance()

    def receive(self, peer: int, payload: bytes) -> None:
        """A control frame of ``peer`` to the server."""
        self._referee.receive_control(peer, payload, steady())
        self._act()

    def exclude(self, peer: int, reason: str) -> None:
        """Take ``peer`` out for good."""
        self._referee.exclude(peer, steady(), reason)
        self._act()

    def wish(self, change: str, peers: Collection[int]) -> None:
        """Have the game ``"pause"`` because of these peers, or ``"resume"``."""
        self._referee.wish(change, steady(), peers)
        self._act()

    @property
    def return_timeout(self) -> float:
        """Seconds within which somebody may come back."""
        return self._referee.return_timeout

    @property
    def peers(self) -> frozenset[int]:
        """All of them."""
        return self._referee.peers

    @property
    def playing(self) -> frozenset[int]:
        """Peers whose present processes are in the game, as far as is known."""
        return frozenset(self._referee.playing)

    @property
    def gone(self) -> frozenset[int]:
        """Peers that do not come back."""
        return self._referee.gone

    @property
    def has_begun(self) -> bool:
        """Whether anybody has played since the last restart."""
        return self._referee.has_begun

    def may_begin(self, peer: int) -> bool:
        """Whether nobody had ``peer`` cut since the last restart."""
        return self._referee.may_begin(peer)

    def says(self, peer: int, is_in: bool) -> None:
        """The process that speaks for ``peer`` is in the game, or not."""
        self._referee.says(peer, is_in)

    def lost(self, peer: int) -> None:
        """The process that spoke for ``peer`` is no more."""
        self._referee.says(peer, is_in=False)

    def restart(self, epoch: int) -> None:
        """All processes are lost, and others begin."""
        self._referee.restart(epoch)
        self._act()

    def close(self) -> None:
        """No more of it. What has been granted is stored still; nobody is told."""
        self._is_closed = True
        if self._timer:
            self._timer.cancel()

    def _advance(self) -> None:
        self._timer = None
        self._referee.advance(steady())
        self._act()

    def _act(self) -> None:
        self._unstored += self._referee.new_grants()
        if self._is_closed:
            return
        for peer in self._referee.questions():
            task = asyncio.get_running_loop().create_task(self._find_out(peer))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        if self._writing is not None:
            return
        if self._unstored:  # what the referee has to say may be of them, so all of it waits
            self._writing = asyncio.get_running_loop().create_task(self._write())
            return
        for peer, payload in self._referee.control_to_send():
            self._send(peer, payload)
        self._wake_at(self._referee.next_deadline())

    async def _find_out(self, peer: int) -> None:
        is_there = await self._is_there(peer)
        if not self._is_closed:
            self._log.info("asked_whether_there", peer=peer, is_there=is_there)
            self._referee.answer(peer, is_there, steady())
            self._act()

    async def _write(self) -> None:
        while self._unstored:
            grants, self._unstored = self._unstored, []
            try:
                await self._store(grants)
            except Exception as error:
                self._log.error("grants_not_stored", exc_info=error)
                if self._is_closed:
                    return
                self._unstored = grants + self._unstored
                await asyncio.sleep(RETRY_S)
        self._writing = None
        if not self._is_closed:
            self._advance()

    def _wake_at(self, deadline: float) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if deadline < math.inf:
            delay = max(0.0, deadline - steady())
            self._timer = asyncio.get_running_loop().call_later(delay, self._advance)
