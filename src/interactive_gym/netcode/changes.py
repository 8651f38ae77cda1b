"""Changes of the game at a frame that all agree on: a peer comes back.

The lowest present peer stamps a change with a frame to come. Everybody who has not come to that frame acknowledges, and
will not play it before the change has settled; it settles when all have. If somebody was there already, it is stamped
again, further ahead. A cut in between forgets a stamp that nobody knows to have settled.
"""

from __future__ import annotations

from interactive_gym.netcode.events import Returned
from interactive_gym.netcode.inputs import FOREVER
from interactive_gym.netcode.lifecycle import Cause, Phase
from interactive_gym.netcode.messages import Settle, Stamp, Vote
from interactive_gym.netcode.pausing import Pausing
from interactive_gym.netcode.shared import SERVER, Handlers, Shared
from interactive_gym.netcode.stamps import MOST_STAMPS, is_about, may_stamp

LEAST_AHEAD = 4  # frames between the stamp and its frame, besides the time that the votes take
PATIENCE = 2.0  # seconds; then the change is taken back and tried again
ASKING = 0.25  # seconds that it takes besides the messages, as who returns has to ask for what it misses


class Changes:
    """One peer's part in it.

    Attributes:
        joins_at: The frame from which on this peer is present again; -1 if it was never away.
    """

    def __init__(self, shared: Shared, pausing: Pausing) -> None:
        self._shared = shared
        self._pausing = pausing
        self.new_epoch()
        self.handlers: Handlers = {
            Stamp: self._on_stamp,
            Vote: self._on_vote,
            Settle: self._on_settle,
        }

    def new_epoch(self) -> None:
        """Frames are counted anew."""
        self.joins_at = -1
        self._pending: Stamp | None = None
        self._voted: Stamp | None = None  # the last one, pending or dropped
        self._stamped_at = 0.0
        self._votes: set[int] = set()
        self._number = -1
        self._settled: list[Settle] = []
        self._untold: Settle | None = None

    @property
    def is_pending(self) -> bool:
        """Whether a stamp waits for votes."""
        return self._pending is not None

    @property
    def is_busy(self) -> bool:
        """Whether somebody is back who may not know it yet."""
        return self._untold is not None

    @property
    def needs(self) -> int:
        """The last frame that whoever returns has to have, and others before; -1 if nobody does."""
        return -1 if self._pending is None else self._pending.final

    @property
    def barrier(self) -> int:
        """The first frame that may not be played yet."""
        return FOREVER if self._pending is None else self._pending.frame

    @property
    def commit_barrier(self) -> int:
        """Up to which frame this peer may say that it has all inputs, as long as somebody's return waits for votes.

        Who stamps a return stops everybody's commits with this, until the one who returns has all that was committed.
        Otherwise it could be left alone with less than what others have recorded.
        """
        pending = self._pending
        is_mine = pending is not None and self._shared.coordinator == self._shared.me
        return pending.final if pending is not None and is_mine else FOREVER

    def commit_limit(self) -> int:
        """Up to which frame this peer may commit because of a return that may be valid already."""
        pending = self._pending
        if pending is None or pending.peer == self._shared.me:
            return FOREVER
        return max(pending.final, self._shared.links[pending.peer].confirmed)

    def last_of(self, player: int) -> int:
        """The last frame for which the present owner of the player's inputs may send any, as far as is known."""
        pending = self._pending
        if pending is None:
            return FOREVER
        later = self._shared.owners(self._shared.present | {pending.peer})
        is_same = later[player] == self._shared.timeline.queues[player].owner
        return FOREVER if is_same else pending.frame - 1

    def known(self) -> tuple[tuple[Settle, ...], int]:
        """What is valid in this epoch, and the number of the newest stamp."""
        return tuple(self._settled), self._number

    def adopt(self, settled: tuple[Settle, ...], stamped: int) -> None:
        """What another peer knows to be valid; what is older than this peer's own return is past."""
        self._number = max(self._number, min(stamped, MOST_STAMPS))
        for change in settled:
            if self._is_news(change):
                self._apply(change)

    def _is_news(self, change: Settle) -> bool:
        """Only the last stamp that this peer voted for can have become valid behind its back."""
        newest = self._settled[-1].number if self._settled else -1
        is_dropped = self._pending is None and self._shared.phase is not Phase.AWAY
        voted = self._voted if is_dropped else self._pending
        return change.number > newest and voted is not None and is_about(voted, change)

    def tell_server(self) -> None:
        """Another process of the server does not know who is back."""
        for change in self._settled:
            if change.peer in self._shared.present:
                self._shared.send(SERVER, change)

    def drop(self) -> None:
        """Forget the stamp that has not settled: who is present has changed."""
        self._pending = None

    def propose(self, peer: int) -> None:
        """Stamp the return of ``peer``, if this one is to do so and nothing else is under way."""
        shared = self._shared
        if self._pending is None and shared.coordinator == shared.me and shared.phase is Phase.PLAYING:
            self._stamp(peer)

    def withdraw(self, peer: int) -> None:
        """The stamp for the return of ``peer`` is void: it has fallen silent again."""
        pending = self._pending
        if pending is not None and pending.peer == peer and self._shared.coordinator == self._shared.me:
            self._retract()

    def advance(self, is_settling: bool) -> None:
        """Do what is due, as the one who stamps."""
        shared = self._shared
        self._tell_who_returns()
        if is_settling or shared.phase is not Phase.PLAYING or shared.coordinator != shared.me:
            return
        if self._pending is None:
            return
        if shared.now - self._stamped_at > PATIENCE:
            self._retract()
        else:
            self._settle_if_possible()

    def _margin(self) -> int:
        """Frames that pass until all votes are in, who returns has everything, and everybody knows."""
        seconds = 3.5 * self._shared.longest_round_trip() + ASKING
        room = LEAST_AHEAD + self._shared.window.size + self._shared.input_delay
        return room + int(seconds * self._shared.tempo.fps)

    def _frame_for(self, peer: int) -> int:
        """From when ``peer`` can be there: at once, if nobody plays without it."""
        shared = self._shared
        return shared.awaited_after([peer]) + 1 if shared.config.awaits else shared.timeline.head + self._margin()

    def _stamp(self, peer: int) -> None:
        shared = self._shared
        self._number += 1
        turns = tuple(shared.turns[p] for p in shared.config.peers)
        final, present = shared.timeline.confirmed, tuple(sorted(shared.present))
        stamp = Stamp(shared.epoch, self._number, self._frame_for(peer), "present", peer, final, turns, present)
        shared.broadcast(stamp, also=[peer])
        self._pending, self._votes, self._stamped_at = stamp, {shared.me}, shared.now
        self._voted = stamp
        self._settle_if_possible()

    def _retract(self) -> None:
        pending = self._pending
        assert pending is not None
        self._pending = None
        self._number += 1
        void = Stamp(pending.epoch, self._number, -1, "none", pending.peer, -1, pending.turns, pending.present)
        self._shared.broadcast(void, also=[pending.peer])

    def _on_stamp(self, peer: int, message: Stamp) -> None:
        shared = self._shared
        if message.number <= self._number or not may_stamp(shared, peer, message):
            return
        self._number = message.number
        self._pending = None
        if message.change == "none":
            return
        ok = shared.phase in (Phase.PLAYING, Phase.AWAY) and self._is_in_time(message)
        if ok:
            self._pending = self._voted = message
        shared.send(peer, Vote(shared.epoch, message.number, ok))

    def _is_in_time(self, stamp: Stamp) -> bool:
        """Whether nobody can have played the frame without the one who returns, whom this peer may have to wait for."""
        shared = self._shared
        if shared.config.awaits:
            return shared.phase is Phase.AWAY or stamp.frame == shared.awaited_after([stamp.peer]) + 1
        return shared.timeline.head < stamp.frame

    def _on_vote(self, peer: int, message: Vote) -> None:
        pending = self._pending
        if pending is None or message.number != pending.number or self._shared.coordinator != self._shared.me:
            return
        if message.ok:
            self._votes.add(peer)
            self._settle_if_possible()
        else:
            self._retract()

    def _settle_if_possible(self) -> None:
        shared, pending = self._shared, self._pending
        if pending is None or not self._votes >= {*shared.present, pending.peer}:
            return
        if min(shared.timeline.committed, self._confirmed_by(pending.peer)) < pending.final:
            return
        settle = Settle(shared.epoch, pending.number, pending.frame, pending.change, pending.peer)
        shared.broadcast(settle, also=[SERVER])
        self._untold = settle
        self._apply(settle)

    def _tell_who_returns(self) -> None:
        """When all others know: were this peer cut before, they would go on without somebody who counts on them."""
        settled, shared = self._untold, self._shared
        if settled is not None and all(shared.channels[p].is_idle for p in shared.others if p != settled.peer):
            shared.send(settled.peer, settled)
            self._untold = None

    def _confirmed_by(self, peer: int) -> int:
        return self._shared.links[peer].confirmed if peer in self._shared.links else FOREVER

    def _on_settle(self, peer: int, message: Settle) -> None:
        if self._pending is not None and peer == min(self._pending.present) and is_about(self._pending, message):
            self._apply(message)

    def _apply(self, settled: Settle) -> None:
        stamp, self._pending = self._pending or self._voted, None
        assert stamp is not None
        self._settled.append(settled)
        self._number = max(self._number, settled.number)
        self._welcome(stamp)
        if settled.peer == self._shared.me:
            self._shared.send(SERVER, settled)  # whoever stamped it may be gone before it could

    def _welcome(self, stamp: Stamp) -> None:
        shared, peer = self._shared, stamp.peer
        if peer == shared.me:
            self.joins_at = stamp.frame
            shared.present = {*stamp.present, peer}
            shared.enter(Cause.RETURNED)
            shared.thaw()
            shared.sync.clear()
        elif shared.turns[peer] == stamp.turns[shared.config.peers.index(peer)]:  # else it was cut again since
            shared.present.add(peer)
            shared.sync.forget(peer)
        shared.changed = max(shared.changed, stamp.frame)
        # Of others who were cut since, it is not agreed yet where that is.
        for player, owner in enumerate(shared.owners({*stamp.present, peer})):
            is_back = shared.config.awaits and shared.config.carriers[player] == peer
            if is_back or owner != shared.timeline.queues[player].owner:
                shared.hand_over(player, stamp.frame, owner)
        shared.emit(Returned(peer, stamp.frame))
        self._pausing.welcome(peer)
