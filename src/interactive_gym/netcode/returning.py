"""Coming back: who was cut, or reloaded, asks for what happened, plays it after the others, and is present again.

The absent peer asks again and again, and so sets the pace; the lowest present peer answers with inputs that are final.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from interactive_gym.netcode.changes import Changes
from interactive_gym.netcode.cuts import Cuts
from interactive_gym.netcode.events import Away, Cut
from interactive_gym.netcode.inputs import NOBODY
from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.messages import CutGranted, Goodbye, History, Return, Span
from interactive_gym.netcode.pausing import Pausing
from interactive_gym.netcode.runs import encode_inputs
from interactive_gym.netcode.shared import SERVER, Handlers, Shared

ASK_EVERY = 0.25  # seconds
CHUNK = 600  # frames in one answer: ten seconds and more
CHUNK_BYTES = 40_000  # of inputs; a third more when they are written as text, and 64 kB pass on any way
CLOSE = 0.5  # seconds behind what is final: near enough to come back
RECENT = 1.0  # seconds
CATCHING_UP = 3  # times the return timeout, for those who are answered: playing a long episode again takes its time


class Returning:
    """One peer's part in it: as the one who is away, and as one who is there.

    Args:
        begin: Starts an epoch that others are in.

    Attributes:
        knows_epoch: Whether this process knows which episode is played.
    """

    def __init__(
        self, shared: Shared, cuts: Cuts, changes: Changes, pausing: Pausing, begin: Callable[[int, int], None]
    ) -> None:
        self._shared = shared
        self._cuts, self._changes, self._pausing, self._begin = cuts, changes, pausing, begin
        self._asked_at = -math.inf
        self._away_since: float | None = None
        self._answered_at = 0.0
        self.knows_epoch = True
        self._asking: dict[int, tuple[float, Return]] = {}
        self.handlers: Handlers = {Return: self._on_return, History: self._on_history}

    def is_served(self, peer: int) -> bool:
        """Whether ``peer`` is absent and has asked lately: it gets datagrams, too."""
        asked = self._asking.get(peer)
        return asked is not None and self._shared.now - asked[0] < RECENT

    def begin_fresh(self) -> None:
        """This process has just been started, and knows nothing of what is played."""
        self.knows_epoch = False
        self._shared.emit(Away(is_gone=False))

    def target(self) -> int:
        """Up to which frame, itself not included, somebody who comes back may play now.

        What is final; and to come back in the right moment, what follows that as far as the others are.
        """
        shared = self._shared
        timeline = shared.timeline
        final = timeline.final + 1
        if shared.config.awaits:
            return final  # the others wait there
        guide = shared.links.get(min(shared.others, default=NOBODY))
        estimate = guide.estimate(shared.now, shared.tempo.fps) if guide else None
        theirs = min((queue.last for queue in timeline.queues if queue.owner != shared.me), default=-1)
        if estimate is None and shared.phase is Phase.PLAYING:
            estimate = self._changes.joins_at  # nobody else is left
        if estimate is None or not shared.window.may_advance(timeline.head, max(timeline.final, theirs)):
            return final
        return max(final, min(int(estimate) + 1, timeline.head + 1, self._changes.barrier))

    def advance(self) -> None:
        """Ask, or let back in who has asked."""
        shared = self._shared
        if shared.phase is Phase.AWAY:
            self._ask()
            return
        self._away_since = None
        if shared.coordinator == shared.me and shared.phase is Phase.PLAYING and not self._cuts.is_settling:
            self._let_in()

    def _ask(self) -> None:
        shared = self._shared
        if self._away_since is None:
            self._away_since = self._answered_at = shared.now
        patience = shared.config.return_timeout
        if shared.now - self._answered_at > patience or shared.now - self._away_since > CATCHING_UP * patience:
            shared.end("gone", "nobody let this peer come back")
            return
        if shared.now - self._asked_at >= ASK_EVERY:
            self._asked_at = shared.now
            hears = tuple(p for p, link in shared.links.items() if link.has_been_heard and not link.is_interrupted)
            epoch = shared.epoch if self.knows_epoch else -1
            message = Return(epoch, shared.timeline.final, hears)
            is_served = shared.now - self._answered_at < RECENT  # then the server has patience, too
            for peer in (*shared.links, *([SERVER] if is_served else [])):
                if shared.channels[peer].is_idle:  # else the last question is still on its way
                    shared.send(peer, message)

    def _let_in(self) -> None:
        """One at a time; a change that is under way comes first."""
        shared = self._shared
        for peer, (asked_at, message) in list(self._asking.items()):
            if peer in shared.present or shared.now - asked_at > RECENT:
                self._changes.withdraw(peer)
                del self._asking[peer]
            elif self._may_return(peer, message):
                self._changes.propose(peer)
                return

    def _may_return(self, peer: int, message: Return) -> bool:
        shared = self._shared
        behind = shared.timeline.committed - message.have
        return (
            not self._changes.is_pending
            and not self._pausing.is_silent
            and message.epoch == shared.epoch
            and message.have >= shared.changed - 1
            and behind <= CLOSE * shared.tempo.fps
            and set(message.hears) >= shared.present
        )

    def _on_return(self, peer: int, message: Return) -> None:
        shared = self._shared
        if peer in shared.present:
            if message.epoch != shared.epoch and shared.phase is not Phase.AWAY:  # else it is an old question
                self._cuts.want(peer, "returns")
        elif peer in shared.gone:
            shared.send(peer, CutGranted(shared.epoch, peer, max(1, shared.turns[peer]), is_gone=True))
        elif shared.phase is Phase.ENDED:
            shared.send(peer, Goodbye(shared.epoch))
        elif shared.phase is not Phase.AWAY:
            self._asking[peer] = shared.now, message
            if shared.coordinator == shared.me:
                self._answer(peer, message)

    def _answer(self, peer: int, message: Return) -> None:
        shared = self._shared
        timeline = shared.timeline
        first = message.have + 1 if message.epoch == shared.epoch else 0
        if first > timeline.committed + 1:
            return
        spans = self._spans(first, min(timeline.committed, first + CHUNK - 1))
        turns = tuple(shared.turns[p] for p in shared.config.peers)
        present = tuple(sorted(shared.present))
        shared.send(
            peer,
            History(shared.epoch, shared.episode, shared.input_delay, first, spans, turns, present,
                    timeline.committed, shared.changed, shared.tempo.pace),
        )  # fmt: skip

    def _spans(self, first: int, last: int) -> tuple[Span, ...]:
        """What a message can carry of these frames, at least one."""
        queues = self._shared.timeline.queues
        known = [queue.known(first, last) if last >= first else () for queue in queues]
        while sum(len(encode_inputs(inputs)) for inputs in known) > CHUNK_BYTES:
            known = [inputs[: len(inputs) // 2] for inputs in known]
        return tuple(Span(player, first, inputs) for player, inputs in enumerate(known))

    def _on_history(self, peer: int, message: History) -> None:
        shared = self._shared
        if shared.phase is not Phase.AWAY or not self._fits(peer, message):
            return
        is_newer = 0 < (message.epoch - shared.epoch) % 256 < 128
        if self.knows_epoch and message.epoch != shared.epoch and not (is_newer and message.episode > shared.episode):
            return  # of somebody who has not come so far
        if not self.knows_epoch or is_newer:
            self.knows_epoch = True
            self._begin(message.epoch, message.episode)
        self._answered_at = shared.now
        shared.turns = dict(zip(shared.config.peers, message.turns, strict=True))
        for absent in sorted(shared.present - set(message.present) - {shared.me}):
            shared.emit(Cut(absent, shared.turns[absent], max(-1, message.changed - 1)))
        shared.present = set(message.present)
        shared.changed = message.changed
        shared.thaw()
        shared.input_delay = message.delay
        shared.set_pace(message.pace)
        if message.first != shared.timeline.final + 1:
            return  # the answer to an older question
        self._take(message)

    def _fits(self, peer: int, message: History) -> bool:
        shared = self._shared
        lengths = {len(span.inputs) for span in message.spans}
        return (
            [span.player for span in message.spans] == list(shared.config.players)
            and len(lengths) == 1
            and all(span.first == message.first for span in message.spans)
            and len(message.turns) == len(shared.config.peers)
            and {peer} <= set(message.present) <= set(shared.config.peers) - {shared.me}
            and 0 <= message.episode < shared.config.episodes
        )

    def _take(self, message: History) -> None:
        shared = self._shared
        timeline = shared.timeline
        owners = shared.owners()
        for span in message.spans:
            owner = owners[span.player]
            timeline.queues[span.player].rewrite(span.first, span.inputs, owner if owner != shared.me else NOBODY)
        timeline.final = message.first + len(message.spans[0].inputs) - 1
