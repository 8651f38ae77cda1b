"""What a session does with time and with messages: the tick, and who handles what."""

from __future__ import annotations

import math

from interactive_gym.netcode.changes import Changes
from interactive_gym.netcode.config import Restart
from interactive_gym.netcode.cuts import Cuts
from interactive_gym.netcode.ending import Ending
from interactive_gym.netcode.events import Rejected, RolledBack
from interactive_gym.netcode.inputs import FOREVER
from interactive_gym.netcode.leaving import Leaving
from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.local import LocalInputs
from interactive_gym.netcode.manners import objection
from interactive_gym.netcode.messages import CutGranted, History, Message, Return
from interactive_gym.netcode.pausing import Pausing
from interactive_gym.netcode.requests import Begin
from interactive_gym.netcode.returning import Returning
from interactive_gym.netcode.shared import SERVER, Handlers, Shared
from interactive_gym.netcode.start import Starting
from interactive_gym.netcode.timeline import Requests
from interactive_gym.netcode.watch import Watch

MOST_EARLY = 200  # messages of the next episode that wait until this peer is there


class Engine:
    """The parts of a session, put together.

    What was expected wrongly is played again in the idle time before the next tick, for a replay within the tick
    postpones the new frame by all that it takes, and often the tick after it: GGPO corrects in ``ggpo_idle``, too, but
    wholly and at once. Here it begins as late as it can, so that one replay corrects whatever comes before the tick
    (with many peers something comes all the time), and at most once per tick. It stops when the tick is near, and what
    is left is done there. Nothing of this can be seen from outside: only ticks commit, send, and play new frames.

    Attributes:
        inputs: The next ones of the players that are carried here.
        datagrams: That wait to be sent.
        is_ready: Whether the participant may play the prepared episode.
        has_replayed: Whether the time before the next tick was used already for playing frames again.
        stalls: How often the game waited for inputs, and ``stalled`` for how many ticks.
    """

    def __init__(self, shared: Shared) -> None:
        self.datagrams: list[tuple[int, bytes]] = []
        self.is_ready = False
        self.has_replayed = False
        self.sent_at = shared.now
        self.stalls = self.stalled = 0
        self.starting = Starting(shared)
        self._shared = shared
        self._pausing = Pausing(shared, self.starting)
        self._changes = Changes(shared, self._pausing)
        self.inputs = LocalInputs(shared, self._changes)
        self._cuts = Cuts(shared, self._changes.known, self._changes.adopt, self._changes.drop)
        self._ending = Ending(shared, self._cuts)
        self._returning = Returning(shared, self._cuts, self._changes, self._pausing, self._begin_epoch)
        self._parts = (self.starting, self._pausing, self._changes, self._cuts, self._ending)
        self._handlers: Handlers = {}
        for part in (*self._parts, self._returning):
            self._handlers.update(part.handlers)
        self._early: list[tuple[int, Message]] = []
        self._is_prepared = False
        self._is_stalled = False
        self._leaving = Leaving(shared, self._cuts, self._pausing, self._ending)
        self._watch = Watch(shared, self._cuts, self._pausing, self._ending)
        self.heard = self._watch.hear  # when anything came from a peer

    def come_back(self) -> None:
        """This process takes over in mid-game."""
        self._shared.phase = Phase.AWAY
        self._returning.begin_fresh()

    def restart(self, restart: Restart) -> None:
        """Begin after inputs that everybody has."""
        self._shared.gone |= restart.gone
        self._shared.present -= restart.gone
        self._begin_epoch(restart.epoch % 256, restart.episode)
        timeline = self._shared.timeline
        for queue, inputs in zip(timeline.queues, restart.inputs, strict=True):
            queue.rewrite(0, inputs, queue.owner)
        timeline.final = len(restart.inputs[0]) - 1

    # --- messages

    def handle(self, peer: int, message: Message) -> None:
        """Act on a control message, unless it is of another episode."""
        shared = self._shared
        if shared.phase is Phase.ENDED and not isinstance(message, Return):
            return
        if (wrong := objection(shared.config, shared.me, peer, message)) is not None:
            shared.emit(Rejected(peer, f"{type(message).__name__} {wrong}"))
            return
        epoch = getattr(message, "epoch", None)
        if epoch is None or epoch == shared.epoch or isinstance(message, Return | History):
            self._handlers[type(message)](peer, message)
        elif 0 < (epoch - shared.epoch) % 256 < 128:
            if len(self._early) < MOST_EARLY:
                self._early.append((peer, message))
            self.moved_on(peer, epoch)
        elif isinstance(message, CutGranted) and message.is_gone:
            self._cuts.apply(message.peer, 0, is_gone=True)

    def moved_on(self, peer: int, epoch: int) -> None:
        """``peer`` is in this epoch; if it is the next one, everybody has said that the present one has ended."""
        if epoch == (self._shared.epoch + 1) % 256 and peer in self._shared.present:
            self._ending.moved_on()

    def meet_again(self, peer: int) -> None:
        """Another process speaks for ``peer`` now; a player's knows nothing of the game."""
        if peer == SERVER:
            self._cuts.ask_again()
            self._changes.tell_server()
            return
        self.starting.meet_again(peer)
        self._cuts.want(peer, "reloaded")

    def _begin_epoch(self, epoch: int, episode: int) -> None:
        shared = self._shared
        shared.new_epoch(epoch, episode)
        for part in self._parts:
            part.new_epoch()
        self.inputs.forget()
        self.is_ready = self._is_prepared = self.has_replayed = False
        early, self._early = self._early, []
        for peer, message in early:
            self.handle(peer, message)

    # --- the tick

    def work(self) -> Requests:
        """Everything that is due now."""
        shared = self._shared
        if shared.phase is Phase.ENDED:
            return
        self._watch.advance()
        self._cuts.advance()
        self.starting.advance(self._cuts.is_settling)
        self._pausing.advance(self._cuts.is_settling or self._changes.is_busy)
        self._changes.advance(self._cuts.is_settling)
        self._returning.advance()
        self._leaving.advance(self.confirmed())
        if shared.phase is Phase.PREPARING or (shared.phase is Phase.AWAY and self._returning.knows_epoch):
            yield from self._prepare()
        ticks = shared.ticker.due(shared.now)
        if ticks:
            self.has_replayed = False
            yield from self._play(ticks)
        elif shared.now >= self.replay_at():
            self.has_replayed = True
            yield from self._roll_back(shared.ticker.deadline() - shared.now)
        if ticks or shared.now - self.sent_at >= 1.5 * shared.ticker.interval:
            self._compose()

    def replay_at(self) -> float:
        """When frames are to be played again ahead of the next tick; infinity if they are not."""
        shared = self._shared
        if shared.phase is not Phase.PLAYING or self.has_replayed:
            return math.inf
        seconds = shared.window.replay_time(shared.timeline.to_replay)
        return shared.ticker.deadline() - seconds if seconds > 0 else math.inf

    def may_play(self) -> bool:
        """Whether the next tick plays a new frame, as far as it can be known."""
        shared = self._shared
        return self._runs() and shared.window.may_advance(shared.timeline.head, shared.timeline.confirmed)

    def confirmed(self) -> int:
        """What this peer tells the others to have: nothing from a frame on that may still change."""
        shared = self._shared
        timeline = shared.timeline
        limit = timeline.final if shared.phase is Phase.AWAY else timeline.confirmed
        return min(limit, self._changes.barrier - 1, self._changes.commit_barrier, self._ending.stop)

    def _runs(self) -> bool:
        """Whether the game goes on here, if only the others' inputs are not too far behind."""
        timeline = self._shared.timeline
        return (
            self._shared.phase is Phase.PLAYING
            and not timeline.is_at_end
            and not self._ending.is_stopped
            and self._ending.stop == FOREVER
            and self._changes.joins_at <= timeline.head < self._changes.barrier
            and not self._pausing.is_holding
        )

    def _prepare(self) -> Requests:
        """A fresh environment, and what is known of the episode already."""
        shared = self._shared
        if not self._is_prepared:
            self._is_prepared = True
            yield Begin(shared.episode)
        if shared.phase is Phase.PREPARING:
            yield from self._catch_up(shared.timeline.final + 1)
            yield from shared.timeline.commit(shared.timeline.final)
            if self.is_ready and shared.timeline.head > shared.timeline.final:
                self.starting.ready()

    def _play(self, ticks: int) -> Requests:
        shared = self._shared
        timeline = shared.timeline
        if shared.phase is Phase.PLAYING:
            # What this peer took over may have gaps, and frames that were played on other expectations.
            self.inputs.fill_gaps()
        yield from self._roll_back()
        for _ in range(ticks):
            shared.ticker.interval = shared.sync.interval
            due = shared.ticker.take()
            if self._runs():
                yield from self._live_tick(due)
        self.inputs.forget()
        is_behind = shared.phase is Phase.AWAY or timeline.head < self._changes.joins_at
        if shared.phase is Phase.PLAYING and self._ending.stop < FOREVER:
            yield from self._catch_up(self._ending.stop + 1)
        elif shared.phase is Phase.PLAYING and self._pausing.is_holding:
            yield from self._catch_up(self._changes.needs + 1)
        elif is_behind and self._is_prepared:
            yield from self._catch_up(self._returning.target())
        if shared.phase in (Phase.PLAYING, Phase.AWAY):
            yield from timeline.commit(self._commit_limit())
        self._ending.compare()
        is_over_for_all = self._ending.advance()
        if shared.phase is Phase.ENDING:
            # Whoever has said that the episode ended must not let anybody in: others may have left it already.
            self._changes.drop()
        if is_over_for_all:
            self._begin_epoch((shared.epoch + 1) % 256, shared.episode + 1)

    def _roll_back(self, seconds: float = math.inf) -> Requests:
        timeline, replays = self._shared.timeline, self._shared.replays
        before = replays.frames
        yield from timeline.roll_back(seconds)
        count = replays.frames - before
        if count:
            self._shared.emit(RolledBack(timeline.place - count, count))

    def _live_tick(self, due: float) -> Requests:
        shared = self._shared
        timeline = shared.timeline
        shared.sync.tick(timeline.head, due)
        if not shared.window.may_advance(timeline.head, timeline.confirmed):
            self.stalls += not self._is_stalled
            self.stalled += 1
            self._is_stalled = True
            return
        self._is_stalled = False
        self.inputs.take()
        yield from timeline.play(is_live=True)

    def _catch_up(self, target: int) -> Requests:
        """Play frames that others have played, as many as one tick can take."""
        shared = self._shared
        for _ in range(shared.window.slice):
            if shared.timeline.head >= target or shared.timeline.over is not None:
                return
            yield from shared.timeline.play(is_live=False)

    def _commit_limit(self) -> int:
        shared = self._shared
        if shared.phase is Phase.AWAY:
            return shared.timeline.final
        if (last := self._ending.last_for_all()) is not None:
            return last
        if self._cuts.is_settling:
            return -1
        others = (shared.links[peer].confirmed for peer in shared.others)
        return min([self.confirmed(), self._changes.commit_limit(), *others])

    def _compose(self) -> None:
        """One datagram for everybody who is to have one."""
        shared = self._shared
        self.sent_at = shared.now
        if shared.phase is Phase.AWAY:
            receivers = list(shared.links)
        else:
            receivers = [peer for peer in shared.links if peer in shared.present or self._returning.is_served(peer)]
        digest, confirmed, turn = self._ending.digest_to_send(), self.confirmed(), shared.turns[shared.me]
        for peer in receivers:
            lag = shared.sync.lag(peer)
            data = shared.links[peer].compose(
                shared.me, shared.epoch, turn, shared.timeline, confirmed, lag, digest, shared.now
            )
            self.datagrams.append((peer, data))
