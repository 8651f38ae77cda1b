"""Who is out: granted by the server, and after a frame on which all who remain agree.

A grant freezes the inputs of everybody who was cut. Each remaining peer tells the others what it holds of them; as
nobody adds to it any more, the largest frame that anyone holds is the same for all. This is the flush of virtually
synchronous group communication (Birman and Joseph, 1987). A further cut meanwhile begins it anew: whoever had come to
the end tells the result as what it holds.
"""

from __future__ import annotations

from collections.abc import Callable

from interactive_gym.netcode.events import Away, Cut
from interactive_gym.netcode.inputs import NOBODY
from interactive_gym.netcode.lifecycle import Cause, Phase
from interactive_gym.netcode.messages import CutGranted, Flush, Forgive, Goodbye, Settle, Span, WantCut
from interactive_gym.netcode.shared import SERVER, Handlers, Shared

SILENT = "silent"
"""The one reason for a cut that goes away by itself."""


class Cuts:
    """One peer's part in it.

    Args:
        settled: Returns the changes that are valid in this epoch, and the number of the last stamp.
        adopt: Takes the same from another peer, before a cut is settled.
        drop: Forgets the stamp that has not become valid.
    """

    def __init__(
        self,
        shared: Shared,
        settled: Callable[[], tuple[tuple[Settle, ...], int]],
        adopt: Callable[[tuple[Settle, ...], int], None],
        drop: Callable[[], None],
    ) -> None:
        self._shared = shared
        self._settled, self._adopt, self._drop = settled, adopt, drop
        self.new_epoch()
        self.handlers: Handlers = {CutGranted: self._on_granted, Flush: self._on_flush, Goodbye: self._on_goodbye}

    @property
    def is_settling(self) -> bool:
        """Whether a cut is granted whose frame is not known yet."""
        return self._since is not None

    def new_epoch(self) -> None:
        """What was wanted before counts no more."""
        self._wanted: dict[int, tuple[float, str]] = {}
        self._told: set[tuple[int, int]] = set()
        self._reports: dict[int, Flush] = {}
        self._strays: dict[int, Flush] = {}  # of peers who are absent, as far as is known here
        self._since: float | None = None

    def oversleep(self, seconds: float) -> None:
        """This peer did not hear anything for so long: it has not waited for anybody."""
        self._since = None if self._since is None else self._since + seconds
        self._wanted = {peer: (since + seconds, reason) for peer, (since, reason) in self._wanted.items()}

    def want(self, peer: int, reason: str) -> None:
        """Ask the server to cut ``peer``; what follows is decided there."""
        shared = self._shared
        if peer in shared.present and peer not in self._wanted and shared.phase not in (Phase.ENDED, Phase.AWAY):
            self._ask_for(peer, reason)

    def _ask_for(self, peer: int, reason: str) -> None:
        shared = self._shared
        self._wanted[peer] = shared.now, reason
        turn = shared.turns[peer] + 1
        shared.send(SERVER, WantCut(shared.epoch, peer, turn, shared.turns[shared.me], reason))

    def ask_again(self) -> None:
        """Another process of the server does not know what this peer wants."""
        for peer, (_, reason) in list(self._wanted.items()):
            self._ask_for(peer, reason)

    def forgive(self, peer: int) -> None:
        """``peer`` is heard again; if it was only silent, this peer does not insist."""
        shared = self._shared
        if self._wanted.get(peer, (0.0, ""))[1] == SILENT:
            del self._wanted[peer]
            shared.send(SERVER, Forgive(shared.epoch, peer, shared.turns[peer] + 1))

    def advance(self) -> None:
        """Give up what takes too long."""
        shared = self._shared
        waited = max((shared.now - since for since, _ in self._wanted.values()), default=0.0)
        if waited > shared.config.server_timeout:
            shared.end("server_unreachable", f"nobody decided about {sorted(self._wanted)} for {waited:.1f} s")
        elif self._since is not None and shared.now - self._since > shared.config.settle_timeout:
            missing = sorted(set(shared.others) - self._reports.keys())
            shared.end("unsettled", f"peers {missing} did not say what they have of those who were cut")

    def _on_goodbye(self, peer: int, message: Goodbye) -> None:
        shared = self._shared
        if peer == SERVER:
            return
        self.want(peer, "left")
        if shared.phase is Phase.AWAY:
            shared.present.discard(peer)
            if not shared.others:
                shared.end("gone", "the others have left")

    def _on_granted(self, peer: int, message: CutGranted) -> None:
        if message.peer in self._shared.turns:
            self.apply(message.peer, message.turn, message.is_gone)

    def apply(self, peer: int, turn: int, is_gone: bool) -> None:
        """The server cut ``peer``, as its cut number ``turn`` of this epoch."""
        shared = self._shared
        if is_gone:
            shared.gone.add(peer)
        if turn <= shared.turns[peer]:
            if is_gone and peer == shared.me:
                shared.end("gone")
            return
        if peer == shared.me:
            self._leave(is_gone)
        elif shared.phase is not Phase.AWAY:  # else it comes with the history, and with the frame
            shared.turns[peer] = turn
            shared.present.discard(peer)
            shared.sync.forget(peer)
            shared.links[peer].forget_acks()
            self._wanted.pop(peer, None)
            self._begin_flush()

    def _leave(self, is_gone: bool) -> None:
        """It is this peer that is out."""
        shared = self._shared
        self.new_epoch()
        self._drop()
        shared.thaw()
        shared.timeline.final = max(shared.timeline.final, shared.timeline.committed)
        if is_gone or shared.timeline.has_failed:
            was_away = shared.phase is Phase.AWAY
            shared.end("failed" if shared.timeline.has_failed else "gone" if was_away else "excluded")
            return
        if shared.phase is not Phase.AWAY:
            shared.enter(Cause.CUT)
            shared.emit(Away(is_gone=False))

    def _begin_flush(self) -> None:
        shared = self._shared
        self._drop()
        self._reports.clear()
        self._since = shared.now
        self._freeze()
        shared.broadcast(self._report())
        self._settle_if_complete()

    def _freeze(self) -> None:
        for player in self._affected():
            self._shared.timeline.queues[player].is_frozen = True

    def _report(self) -> Flush:
        held = tuple(self._span(player) for player in self._affected())
        return Flush(self._shared.epoch, self._view(), held, *self._settled())

    def _view(self) -> tuple[int, ...]:
        return tuple(self._shared.turns[peer] for peer in self._shared.config.peers)

    def _affected(self) -> list[int]:
        """Players who may change hands, or did: all but the humans of those who were never away in this epoch."""
        shared = self._shared
        steady = [peer for peer in shared.present if not shared.turns[peer]]
        safe = {player for peer in steady for player in shared.config.humans_of(peer)}
        return [player for player in shared.config.players if player not in safe]

    def _span(self, player: int) -> Span:
        """What somebody may not have: everybody has all up to what it says to have confirmed."""
        shared = self._shared
        queue = shared.timeline.queues[player]
        last = queue.last_sent
        everywhere = min((shared.links[peer].confirmed for peer in shared.others), default=last)
        first = min(max(0, everywhere + 1), last + 1)
        return Span(player, first, queue.known(first, last))

    def _on_flush(self, peer: int, message: Flush) -> None:
        shared = self._shared
        if len(message.turns) != len(shared.turns) or len(message.held) > len(shared.config.players):
            return
        if peer not in shared.present:
            self._strays[peer] = message
            self._look_at_strays()
            return
        before = set(shared.present)
        self._adopt(message.settled, message.stamped)
        for cut, turn in zip(shared.config.peers, message.turns, strict=True):
            if turn > shared.turns[cut]:
                self.apply(cut, turn, is_gone=False)
        if self.is_settling and shared.present - before:
            self._include(shared.present - before)
        if message.turns == self._view() and peer in shared.present:
            self._reports[peer] = message
            self._settle_if_complete()

    def _include(self, returned: set[int]) -> None:
        """Others know that these are present again, who were told nothing yet of what is held here."""
        self._freeze()
        for peer in returned - {self._shared.me}:
            self._shared.send(peer, self._report())
            if peer in self._strays:
                self._on_flush(peer, self._strays.pop(peer))

    def _look_at_strays(self) -> None:
        """Who takes itself to be present, as only somebody told it who is cut by now, has to come back once more."""
        is_able = not self.is_settling and self._shared.phase is not Phase.AWAY
        mine = self._view()
        for peer, message in list(self._strays.items()) if is_able else ():
            if message.turns == mine:
                self._ask_for(peer, "stray")
            if not any(theirs > known for theirs, known in zip(message.turns, mine, strict=True)):
                del self._strays[peer]

    def _settle_if_complete(self) -> None:
        shared = self._shared
        if self._since is None or shared.phase is Phase.AWAY or not self._reports.keys() >= set(shared.others):
            return
        self._since = None
        owners = shared.owners()
        lasts: dict[int, int] = {}
        for player in self._affected():
            last = self._agree(player)
            if last is None:
                return
            lasts[player] = last
        changed = max(shared.changed, *(last + 1 for last in lasts.values()))
        shared.changed = self._stop_together(lasts) + 1 if shared.config.awaits else changed
        for player, last in lasts.items():
            shared.hand_over(player, last + 1, owners[player])
        self._tell()
        self._look_at_strays()

    def _stop_together(self, lasts: dict[int, int]) -> int:
        """Without any of the absent nobody goes on: what others of them did after its last frame was not played."""
        absent = [p for p, carrier in enumerate(self._shared.config.carriers) if carrier not in self._shared.present]
        last = min((lasts[player] for player in absent), default=-1)
        lasts.update(dict.fromkeys(absent, last))
        return last

    def _agree(self, player: int) -> int | None:
        """The last frame that anybody holds, after taking what is missing here."""
        queue = self._shared.timeline.queues[player]
        spans = [span for report in self._reports.values() for span in report.held if span.player == player]
        last = max([queue.last_sent, *(span.first + len(span.inputs) - 1 for span in spans)])
        queue.is_frozen = False
        for span in spans:
            if queue.owner == NOBODY:
                break  # settled before, with nothing missing
            for frame, given in enumerate(span.inputs, span.first):
                queue.add(frame, given)
        if queue.owner != NOBODY and queue.last_sent < last:
            self._shared.end("unsettled", f"inputs of player {player} up to frame {last} did not come with the cut")
            return None
        return last

    def _tell(self) -> None:
        shared = self._shared
        for peer, turn in shared.turns.items():
            if turn and peer not in shared.present and (peer, turn) not in self._told:
                self._told.add((peer, turn))
                last = max((shared.timeline.queues[p].last_sent for p in shared.config.humans_of(peer)), default=-1)
                shared.emit(Cut(peer, turn, last))
