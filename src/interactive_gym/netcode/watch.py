"""Who is silent, and who holds up the others all the same."""

from __future__ import annotations

from interactive_gym.netcode.cuts import SILENT, Cuts
from interactive_gym.netcode.ending import Ending
from interactive_gym.netcode.events import Interrupted, Resumed
from interactive_gym.netcode.inputs import NOBODY
from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.pausing import Pausing
from interactive_gym.netcode.shared import Shared

SHOWN = 0.5  # seconds of silence before players are told; less may be jitter
FROZEN = 0.25  # seconds without a call: then it was this peer that heard nothing, not the others that were silent


class Watch:
    """Looks at all links in every tick, and at whether the game gets on."""

    def __init__(self, shared: Shared, cuts: Cuts, pausing: Pausing, ending: Ending) -> None:
        self._shared = shared
        self._cuts, self._pausing, self._ending = cuts, pausing, ending
        self._stands_at = (shared.epoch, -2)
        self._stands_since = self._called_at = shared.now
        self._gap = 0.0

    def hear(self, peer: int) -> None:
        """Something came from ``peer``."""
        shared = self._shared
        link = shared.links[peer]
        silence = link.hear(shared.now)
        self._cuts.forgive(peer)
        if link.is_interrupted:
            link.is_interrupted = False
            shared.emit(Resumed(peer, silence))

    def advance(self) -> None:
        """Notice what did not happen."""
        self._notice_own_freeze()
        for peer in self._shared.others:
            self._watch_link(peer)
        self._watch_progress()

    def _notice_own_freeze(self) -> None:
        """What came meanwhile lies unread: nobody is to be cut for it."""
        now = self._shared.now
        gap, self._called_at = now - self._called_at, now
        self._gap = gap
        if gap > FROZEN:
            self._stands_since += gap
            self._cuts.oversleep(gap)
            for link in self._shared.links.values():
                link.heard_at = max(link.heard_at, min(now, link.heard_at + gap))

    def _watch_link(self, peer: int) -> None:
        shared = self._shared
        link = shared.links[peer]
        silence = shared.now - link.heard_at
        if silence > SHOWN and link.has_been_heard and not link.is_interrupted:
            link.is_interrupted = True
            shared.emit(Interrupted(peer))
        longest = shared.config.silence_timeout if link.has_been_heard else shared.config.connect_timeout
        if silence > min(longest, shared.config.silence_timeout) and shared.phase is not Phase.AWAY:
            self._cuts.want(peer, SILENT)

    def _watch_progress(self) -> None:
        """A peer can be heard and hold up the others all the same: its way to a third one may be broken."""
        shared = self._shared
        stands_at = (shared.epoch, shared.timeline.committed)
        waits = shared.phase in (Phase.ENDING, Phase.PLAYING)
        if self._pausing.is_excused:
            self._stands_since += self._gap
        if not waits or self._stands_at != stands_at or self._cuts.is_settling:
            self._stands_at, self._stands_since = stands_at, shared.now
        elif shared.now - self._stands_since > shared.config.stuck_after:
            for peer in self._suspects():
                self._cuts.want(peer, "stuck")

    def _suspects(self) -> list[int]:
        shared = self._shared
        if shared.phase is Phase.ENDING:
            return self._ending.missing()
        queue = min(shared.timeline.queues, key=lambda queue: queue.last)
        if queue.owner not in (shared.me, NOBODY):
            return [queue.owner]
        slowest = min((shared.links[peer].confirmed for peer in shared.others), default=0)
        return [peer for peer in shared.others if shared.links[peer].confirmed == slowest <= shared.timeline.committed]
