"""Whether all peers have the same states, and how an episode ends for all of them at the same frame."""

from __future__ import annotations

from interactive_gym.netcode.cuts import Cuts
from interactive_gym.netcode.events import Ended, Mismatch, Reason
from interactive_gym.netcode.inputs import FOREVER
from interactive_gym.netcode.lifecycle import Cause, Phase
from interactive_gym.netcode.link import short_digest
from interactive_gym.netcode.messages import Differs, EpisodeEnd
from interactive_gym.netcode.shared import Handlers, Shared

DIGEST_SENT = 2  # times


class Ending:
    """One peer's part in it.

    Attributes:
        agreed: The newest frame of which all peers are known to have the same state after it; None if none differed.
        stop: After this frame no more are played, as somebody is gone; FOREVER if nobody is.
        is_deserted: Whether another peer has said that somebody is gone.
    """

    def __init__(self, shared: Shared, cuts: Cuts) -> None:
        self._shared = shared
        self._cuts = cuts
        self.handlers: Handlers = {EpisodeEnd: self._on_end, Differs: self._on_differs}
        self.new_epoch()

    def new_epoch(self) -> None:
        """Nobody has ended it yet."""
        self.agreed: int | None = None
        self._ends: dict[int, EpisodeEnd] = {}
        self._differing: set[int] = set()
        self._everybody_moved_on = False
        self._reason: Reason = "over"
        self._is_stopped = False
        self._told = (-1, 0)
        self.stop = FOREVER
        self.is_deserted = False

    @property
    def is_stopped(self) -> bool:
        """Whether no more frames are to be played, wherever the environment stands."""
        return self._is_stopped

    def stop_after(self, frame: int) -> None:
        """Somebody is gone, so the game ends after ``frame``, or an earlier one if others do not have so much."""
        if self.stop == FOREVER:
            self.stop = frame
            self._ends[self._shared.me] = end = EpisodeEnd(self._shared.epoch, frame, b"", "partner_left")
            self._shared.broadcast(end)

    def last_for_all(self) -> int | None:
        """The last frame of a game that somebody has left; None as long as that is not known."""
        if self.stop == FOREVER or not self._ends.keys() >= self._shared.present:
            return None
        return min(self._ends[peer].last for peer in self._shared.present)

    def digest_to_send(self) -> tuple[int, bytes] | None:
        """The newest frame whose state before it is final and hashed, and its digest."""
        timeline = self._shared.timeline
        every = self._shared.config.digest_every
        frame = (timeline.committed + 1) // every * every
        digest = timeline.digests.get(frame)
        return None if digest is None or timeline.committed < 0 or self._was_told(frame) else (frame, digest)

    def _was_told(self, frame: int) -> bool:
        """A digest goes out with two datagrams only: it is a fifth of their size, and the next one is not far."""
        if frame != self._told[0]:
            self._told = frame, 0
        self._told = frame, self._told[1] + 1
        return self._told[1] > DIGEST_SENT

    def compare(self) -> None:
        """Look whether the others' states are ours."""
        shared = self._shared
        for peer in shared.others:
            link = shared.links[peer]
            if link.digest is None or link.digest[0] > shared.timeline.committed + 1:
                continue
            frame, theirs = link.digest
            link.digest = None
            mine = shared.timeline.digests.get(frame)
            if mine is not None:
                self._judge(peer, frame, short_digest(mine) == theirs)

    def advance(self) -> bool:
        """End the episode if its last frame is final, and leave it if it is so for everybody.

        Returns:
            Whether another one follows.
        """
        shared = self._shared
        timeline = shared.timeline
        if self._ends and not timeline.has_failed:
            self._cut_who_failed_alone()
        if shared.phase is Phase.PLAYING and (timeline.is_complete or self._is_stopped):
            self._finish()
        last = self.last_for_all()
        if shared.phase is Phase.PLAYING and last is not None and timeline.committed >= last:
            self._reason = "partner_left"
            shared.enter(Cause.FINISHED)
        if shared.phase is Phase.ENDING and (self._everybody_moved_on or self._ends.keys() >= shared.present):
            for peer in shared.others:
                self._check_end(peer)
            shared.end_episode(self._reason, self.agreed)
            is_last = shared.episode + 1 >= shared.config.episodes
            if is_last or self._reason in ("failed", "partner_left"):
                shared.enter(Cause.OVER)
                shared.emit(Ended(self._reason))
            elif shared.config.on_leave == "end" and shared.gone - {shared.me}:
                shared.enter(Cause.OVER)
                shared.emit(Ended("partner_left"))
            else:
                shared.enter(Cause.NEXT)
                return True
        return False

    @property
    def reason(self) -> Reason:
        """Why the episode ended."""
        return self._reason

    def moved_on(self) -> None:
        """A peer is in the next epoch, so it knows that everybody has finished this one."""
        self._everybody_moved_on = True

    def missing(self) -> list[int]:
        """Who has not said that the episode has ended."""
        return [peer for peer in self._shared.others if peer not in self._ends]

    def _finish(self) -> None:
        shared = self._shared
        timeline = shared.timeline
        if timeline.is_complete and self._reason == "over" and timeline.has_failed:
            self._reason = "failed"
        last = timeline.last_with_results
        digest = timeline.digests.get(last + 1, b"") if self._reason == "over" else b""
        end = EpisodeEnd(shared.epoch, last, digest, self._reason)
        self._ends[shared.me] = end
        shared.enter(Cause.FINISHED)
        shared.broadcast(end)

    def _judge(self, peer: int, frame: int, is_equal: bool) -> None:
        shared = self._shared
        link = shared.links[peer]
        if is_equal:
            link.agreed = max(link.agreed, frame)
        elif peer not in self._differing:
            self._differing.add(peer)
            agreed = link.agreed - 1
            shared.emit(Mismatch(peer, frame, agreed))
            shared.broadcast(Differs(shared.epoch, frame, agreed))
            self._stop(agreed)

    def _stop(self, agreed: int) -> None:
        self.agreed = agreed if self.agreed is None else min(agreed, self.agreed)
        if self._shared.config.on_mismatch == "end" and self._shared.phase is Phase.PLAYING:
            self._is_stopped = True
            self._reason = "mismatch"

    def _on_differs(self, peer: int, message: Differs) -> None:
        if peer in self._shared.present:
            self._stop(message.agreed)

    def _on_end(self, peer: int, message: EpisodeEnd) -> None:
        shared = self._shared
        self._ends[peer] = message
        if peer not in shared.present:
            return  # who comes back may be heard before its return is
        if message.reason == "mismatch":
            self._stop(message.last if self.agreed is None else self.agreed)
            return
        self.is_deserted |= message.reason == "partner_left"
        # Its last frame is final there, so it has all inputs up to it.
        shared.links[peer].confirmed = max(shared.links[peer].confirmed, message.last)

    def _cut_who_failed_alone(self) -> None:
        """The frame in which its environment raised may become final here only after it has said so."""
        for peer, end in self._ends.items():
            if end.reason == "failed" and self._shared.timeline.committed > end.last:
                self._cuts.want(peer, "failed")

    def _check_end(self, peer: int) -> None:
        mine, theirs = self._ends[self._shared.me], self._ends.get(peer)
        if theirs is not None and mine.digest and theirs.digest:
            is_equal = (mine.last, mine.digest) == (theirs.last, theirs.digest)
            self._judge(peer, mine.last + 1, is_equal)
