"""Waiting: for somebody who is not heard, or was cut, or does not see the game; and going on at a common moment.

Whoever has a reason waits at its own frame, and the others cannot get far without its inputs: no frame has to be agreed
on for that. Who does not hear somebody tells all, as not everybody may notice. When the lowest present peer knows of no
reason any more it names the moment at which all go on. Whoever waits without a reason asks it for that.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from interactive_gym.netcode.events import Held, Unheld, Why
from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.messages import Hold, Resume, Wish
from interactive_gym.netcode.shared import SERVER, Handlers, Shared
from interactive_gym.netcode.start import HEAD_START, Starting

REPEAT = 0.5  # seconds, besides a round trip, between questions whether the game may go on


class _Reason(NamedTuple):
    why: Why
    peers: tuple[int, ...]


class Pausing:
    """One peer's part in it."""

    def __init__(self, shared: Shared, starting: Starting) -> None:
        self._shared = shared
        self._starting = starting
        self._wish = Wish(0, "resume", ())
        self._absent_since: dict[int, float] = {}
        self.new_epoch()
        self.handlers: Handlers = {Wish: self._on_wish, Hold: self._on_hold, Resume: self._on_resume}

    def new_epoch(self) -> None:
        """Nobody waits yet."""
        self._is_held = False
        self._shown: _Reason | None = None
        self._said: tuple[int, ...] = ()
        self._said_at = -math.inf
        self._told: dict[int, tuple[int, ...]] = {}  # whom others do not hear
        self._told_at = 0.0
        self._asked_at = -math.inf
        self._reason_at = -math.inf

    @property
    def is_holding(self) -> bool:
        """Whether no frame is to be played, but those that somebody who was cut has played as well."""
        shared = self._shared
        if not self._is_held:
            return False
        return bool(self._unheard()) or shared.timeline.head > shared.awaited_after()

    @property
    def is_excused(self) -> bool:
        """Whether there is a reason why nobody gets on."""
        return self._is_held or self._reason() is not None

    @property
    def is_silent(self) -> bool:
        """Whether somebody who is present is not heard by somebody else."""
        return bool(self._unheard())

    def waited_for(self, peer: int) -> float:
        """For how many seconds this peer waits for ``peer`` to come back."""
        return self._shared.now - self._absent_since.get(peer, self._shared.now)

    def welcome(self, peer: int) -> None:
        """``peer``, perhaps this one, is back."""
        shared = self._shared
        self._told.pop(peer, None)
        if peer == shared.me:
            self._told.clear()  # of before: whoever hears somebody again does not tell those who are cut
            self._is_held |= shared.config.awaits
            self._reason_at = shared.now
        elif self._wish.number:
            shared.send(peer, self._wish)

    def advance(self, is_busy: bool) -> None:
        """Wait, or go on, unless something is to be agreed on first."""
        shared = self._shared
        self._absent_since = {peer: self._absent_since.get(peer, shared.now) for peer in shared.awaited}
        if shared.phase is not Phase.PLAYING:
            return
        self._tell()
        reason = self._reason()
        if reason is not None:
            self._hold(reason)
            self._reason_at = shared.now
        elif self._is_held and not is_busy:
            self._ask_to_resume()

    def _is_due(self, since: float) -> bool:
        return self._shared.now - since > REPEAT + self._shared.longest_round_trip()

    def _reason(self) -> _Reason | None:
        unheard = self._unheard()
        if unheard:
            return _Reason("silence", tuple(sorted(unheard)))
        if self._shared.awaited:
            return _Reason("absence", tuple(sorted(self._shared.awaited)))
        return _Reason("hidden", self._wish.peers) if self._wish.change == "pause" else None

    def _unheard(self) -> set[int]:
        """Who is not heard, here or elsewhere; if that is this peer alone, who says so."""
        shared = self._shared
        told = {peer: silent for peer, silent in self._told.items() if shared.present.intersection(silent)}
        tellers = told.keys() & shared.present
        unheard = {peer for teller in tellers for peer in told[teller]} & shared.present
        return {*self._silent(), *((unheard - {shared.me}) or tellers)}

    def _silent(self) -> tuple[int, ...]:
        """Whom this peer does not hear."""
        shared = self._shared
        if shared.config.on_disconnect == "continue":
            return ()
        return tuple(peer for peer in shared.others if shared.links[peer].is_interrupted)

    def _tell(self) -> None:
        """When it changes, and again and again: those who have come back may not have been told."""
        silent = self._silent()
        if silent != self._said or (silent and self._is_due(self._said_at)):
            self._said, self._said_at = silent, self._shared.now
            self._shared.broadcast(Hold(self._shared.epoch, silent))

    def _hold(self, reason: _Reason) -> None:
        self._is_held = True
        if reason != self._shown:
            self._shown = reason
            self._shared.emit(Held(self._shared.timeline.head, *reason, self._until(reason)))

    def _until(self, reason: _Reason) -> float | None:
        """When it is decided what follows, as far as this peer can know."""
        shared = self._shared
        if reason.why == "hidden":
            return None
        if reason.why == "absence":
            return min(self._absent_since.values(), default=shared.now) + shared.config.return_timeout
        heard = [shared.links[peer].heard_at for peer in self._silent()]
        return min(heard, default=self._told_at) + shared.config.silence_timeout

    def _ask_to_resume(self) -> None:
        shared = self._shared
        if not self._is_due(self._asked_at):
            return
        if shared.coordinator != shared.me:
            if self._is_due(self._reason_at):  # as a rule it goes on without being asked
                self._asked_at = shared.now
                shared.send(shared.coordinator, Hold(shared.epoch, ()))
            return
        self._asked_at = shared.now
        at = shared.now + shared.longest_round_trip() + HEAD_START
        shared.broadcast(Resume(shared.epoch, at))
        self._resume(at)

    def _on_wish(self, peer: int, message: Wish) -> None:
        known = self._wish.number
        if message.number > known or (peer == SERVER and 0 < message.number < known):  # somebody made that up
            self._wish = message
            if peer == SERVER:
                self._shared.broadcast(message)

    def _on_hold(self, peer: int, message: Hold) -> None:
        shared = self._shared
        if peer not in shared.present:
            return
        self._told[peer], self._told_at = message.silent, shared.now
        is_asked = not message.silent and shared.coordinator == shared.me and shared.phase is Phase.PLAYING
        if is_asked and self._reason() is None and self._is_due(self._asked_at):
            self._is_held = True  # nobody has to know who did not hear that the game goes on: all begin anew

    def _on_resume(self, peer: int, message: Resume) -> None:
        if peer in self._shared.present and self._shared.phase is Phase.PLAYING:
            self._told.clear()  # it comes in its own order; who still does not hear somebody says so again
            self._resume(self._starting.local(peer, message.at))

    def _resume(self, at: float) -> None:
        shared = self._shared
        if self._reason() is not None:
            return
        self._is_held, self._shown = False, None
        shared.sync.clear()
        shared.ticker.start(at)
        shared.emit(Unheld(at))
