"""Waiting on purpose: by a wish of the server, or because a link broke; and going on at a common moment."""

from __future__ import annotations

import math

from interactive_gym.netcode.events import Held, Unheld
from interactive_gym.netcode.inputs import FOREVER
from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.messages import Resume, Wish
from interactive_gym.netcode.shared import SERVER, Handlers, Shared
from interactive_gym.netcode.start import HEAD_START, Starting

REPEAT = 0.5  # seconds between wishes that nobody has granted


class Pausing:
    """One peer's part in it.

    Attributes:
        barrier: The frame before which an agreed pause begins; FOREVER if there is none.
        is_wished: Whether somebody wants a pause that is not agreed yet.
    """

    def __init__(self, shared: Shared, starting: Starting) -> None:
        self._shared = shared
        self._starting = starting
        self._asked_at = -math.inf
        self._holds_here = False
        self.new_epoch()
        self.handlers: Handlers = {Wish: self._on_wish, Resume: self._on_resume}

    def new_epoch(self) -> None:
        """Frames are counted anew."""
        self.barrier = FOREVER
        self.is_wished = False
        self._is_resume_wished = False

    @property
    def is_holding(self) -> bool:
        """Whether the game waits until somebody says that it goes on."""
        return self._holds_here or self._shared.timeline.head >= self.barrier

    def hold(self) -> None:
        """Wait where this peer is until all links are well, and then for a common new start."""
        if not self._holds_here and self._shared.phase is Phase.PLAYING:
            self._holds_here = True
            self._shared.emit(Held(self._shared.timeline.head))

    def pause(self, frame: int) -> None:
        """All peers agreed to wait before ``frame``."""
        self.is_wished = False
        self.barrier = frame
        self._shared.emit(Held(frame))

    def advance(self, are_links_well: bool) -> None:
        """Go on if there is no reason to wait any more."""
        is_healed = self._holds_here and are_links_well and self.barrier == FOREVER
        if is_healed or (self._is_resume_wished and self._shared.timeline.head >= self.barrier):
            self._ask_to_resume()

    def _ask_to_resume(self) -> None:
        shared = self._shared
        if shared.now - self._asked_at < REPEAT:
            return
        self._asked_at = shared.now
        if shared.coordinator != shared.me:
            shared.send(shared.coordinator, Wish(shared.epoch, "resume"))
            return
        at = shared.now + shared.longest_round_trip() + HEAD_START
        shared.broadcast(Resume(shared.epoch, at))
        self._resume(at)

    def _on_wish(self, peer: int, message: Wish) -> None:
        shared = self._shared
        if peer != SERVER and peer not in shared.present:
            return
        if peer == SERVER:
            self.is_wished = message.change == "pause"
            self._is_resume_wished = message.change == "resume"
        elif message.change == "resume" and shared.coordinator == shared.me and shared.phase is Phase.PLAYING:
            self._ask_to_resume()  # whoever asks will ask again, so this is not to be remembered

    def _on_resume(self, peer: int, message: Resume) -> None:
        if peer in self._shared.present:
            self._resume(self._starting.local(peer, message.at))

    def _resume(self, at: float) -> None:
        shared = self._shared
        self._is_resume_wished = self._holds_here = False
        self.barrier = FOREVER
        shared.sync.clear()
        shared.ticker.start(at)
        shared.emit(Unheld(at))
