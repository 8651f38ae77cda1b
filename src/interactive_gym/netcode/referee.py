"""The server's side of a session: it decides who is out, so that two sides of a broken link cannot each cut the other.

referee = Referee(config, grants=stored)           # grants: what an earlier process of the server decided
referee.receive_control(peer, data, now)
referee.advance(now)
for peer in referee.questions(): ...               # find out whether its page is there: referee.answer(peer, ..., now)
for grant in referee.new_grants(): ...             # store them before anything is sent
for peer, data in referee.control_to_send(): ...
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import NamedTuple

from interactive_gym.netcode.absences import Absences
from interactive_gym.netcode.config import Config
from interactive_gym.netcode.control import ControlChannel
from interactive_gym.netcode.errors import LinkError, WireError
from interactive_gym.netcode.messages import (
    CutGranted,
    Forgive,
    Goodbye,
    Message,
    Ready,
    Return,
    Settle,
    WantCut,
)
from interactive_gym.netcode.questions import DOUBTFUL, Questions
from interactive_gym.netcode.wishes import Wishes

GRACE = 10.0
"""Seconds within which a new process of the server is told who hides; then it takes it that nobody does."""

MOST_TURNS = 254  # cuts of a peer in one epoch; they are counted in a byte


class Grant(NamedTuple):
    """``peer`` is out, as its cut number ``turn`` of an epoch, because ``by`` (-1: the server) asked for it."""

    epoch: int
    peer: int
    turn: int
    is_gone: bool
    by: int
    reason: str


class Referee:
    """Grants cuts: of each peer one per turn and epoch, first come, first served.

    Where no frame is played without somebody who was cut (``Config.awaits``), it wants to know before whether their
    page is there: whoever closed it is gone at once. See :meth:`questions`.

    Args:
        config: That of the session.
        boot: Grows with every process of the server.
        grants: Decided before, by an earlier process.

    Attributes:
        playing: Peers whose present processes are in the game, as far as is known; at the beginning all.
        has_begun: Whether anybody has played since the last restart.
    """

    def __init__(self, config: Config, boot: int = 1, grants: Sequence[Grant] = ()) -> None:
        self._config = config
        self._channels = {peer: ControlChannel(boot) for peer in config.peers}
        self._turns: dict[tuple[int, int], int] = {}
        self._gone: set[int] = set()
        self.playing = set(config.peers)
        self.has_begun = True
        self._absences = Absences(config.return_timeout)
        self._questions = Questions()
        self._wishes = Wishes(boot)
        self._wish_by = math.inf
        self._new: list[Grant] = []
        self._epoch = 0
        self._now = 0.0
        for grant in grants:  # some may not have heard of it before that process ended
            self._note(grant)
            self._tell(grant)
        self._absences.restore({grant.peer for grant in grants} - self._gone)
        self.playing = set(config.peers) - self._gone  # whoever was cut may have come back since
        for peer in self._channels:  # those who wait for a decision learn that they have to ask again
            self._send(peer, self._wishes.last)

    @property
    def peers(self) -> frozenset[int]:
        """All of them."""
        return frozenset(self._channels)

    @property
    def return_timeout(self) -> float:
        """Seconds within which somebody who was cut may come back."""
        return self._config.return_timeout

    @property
    def gone(self) -> frozenset[int]:
        """Peers that do not come back."""
        return frozenset(self._gone)

    def may_begin(self, peer: int) -> bool:
        """Whether nobody had ``peer`` cut in the present epoch."""
        return peer not in self._gone and (self._epoch, peer) not in self._turns

    def restart(self, epoch: int) -> None:
        """All processes are lost, and others begin in this epoch: nobody plays yet, and nobody is absent."""
        self._epoch = epoch % 256
        self._forget_epochs_to_come()
        self._absences.clear()
        self.playing.clear()
        self.has_begun = False
        for peer in self._channels:
            self._questions.drop(peer)

    def says(self, peer: int, is_in: bool) -> None:
        """The process that speaks for ``peer`` is in the game, or not."""
        if is_in and peer not in self._gone:
            self.playing.add(peer)
            self.has_begun = True
        else:
            self.playing.discard(peer)

    def receive_control(self, peer: int, data: bytes, now: float) -> None:
        """Take what ``peer`` says. Bytes that are no message are ignored."""
        channel = self._channels.get(peer)
        if channel is None:
            return
        self._now = now
        restarts = channel.restarts
        try:
            messages = channel.receive(data, now)
        except (WireError, LinkError):
            return
        if channel.restarts > restarts:
            self._send(peer, self._wishes.last)
            if peer in self._gone:
                self._tell_gone(peer)
        for message in messages:
            self._handle(peer, message)
        self._renew_wish()

    def advance(self, now: float) -> None:
        """Let time pass: who does not come back in time is gone."""
        self._now = now
        for peer in self._absences.overdue(now):
            self._dismiss(peer, "return_timeout")
        if math.isinf(self._wish_by):
            self._wish_by = now + GRACE
        self._renew_wish(is_new=now >= self._wish_by)

    def questions(self) -> list[int]:
        """Peers about whom the server is to find out whether their page is there; each once, until :meth:`answer`.

        None unless ``Config.awaits``. What is decided about them waits for it.
        """
        return self._questions.take()

    def answer(self, peer: int, is_there: bool, now: float) -> None:
        """The page of ``peer`` is there, or at least on its way: then it may come back. If not, it is gone for good.

        If nobody waits for that any more, nothing happens.
        """
        self._now = now
        waiting = self._questions.answered(peer)
        if waiting is None:
            return
        for by, want in waiting.items():
            if want is not None and self._is_valid(by, want):
                self._grant(Grant(want.epoch, peer, want.turn, not is_there, by, want.reason))
        if not is_there:
            self.exclude(peer, now, "left")
        self._renew_wish()

    def exclude(self, peer: int, now: float, reason: str = "excluded") -> None:
        """Take ``peer`` out for good, whether it is present or absent."""
        self._now = now
        if peer in self._gone:
            return
        turn = self._turns.get((self._epoch, peer), 0)
        if peer in self._absences:
            self._dismiss(peer, reason)
        else:
            self._grant(Grant(self._epoch, peer, turn + 1, True, -1, reason))
        self._renew_wish()

    def wish(self, change: str, now: float, peers: Collection[int] = ()) -> None:
        """Have the game ``"pause"``, or ``"resume"``.

        It is told to whoever comes, in all episodes, until there is another wish. A new process of the server knows of
        none, and the game goes on some seconds after it began unless it is told who hides.

        Args:
            peers: Those because of whom the game is to pause; nobody waits for those of them who are cut.
        """
        self._now = now
        self._wishes.make(change, peers)
        self._renew_wish(is_new=True)

    def new_grants(self) -> list[Grant]:
        """Decisions since the last call, to be stored."""
        new, self._new = self._new, []
        return new

    def control_to_send(self) -> list[tuple[int, bytes]]:
        """(peer, bytes), in this order."""
        return [(peer, data) for peer, channel in self._channels.items() for data in channel.to_send(self._now, None)]

    def next_deadline(self) -> float:
        """When :meth:`advance` and :meth:`control_to_send` are to be called next; infinity if never."""
        resend = min(channel.next_deadline() for channel in self._channels.values())
        wish_by = math.inf if self._wishes.is_made else self._wish_by
        return min(resend, wish_by, self._absences.next_deadline(self._now))

    def _handle(self, peer: int, message: Message) -> None:
        match message:
            case WantCut():
                self._decide(peer, message)
            case Forgive():
                self._questions.forgive(message.peer, peer)
            case Settle(change="present"):
                if message.peer == peer:  # of others nobody knows whether their processes are the same still
                    self.says(peer, is_in=True)
                self._absences.end(message.peer)
                self._questions.drop(message.peer)
            case Return():
                self.says(peer, is_in=False)
                self._absences.see(peer, self._now)
            case Ready():
                self.says(peer, is_in=True)
                self._see(message)
            case Goodbye():
                self._part(peer, message)

    def _part(self, peer: int, message: Goodbye) -> None:
        """Whoever reloads says goodbye as well."""
        for other in self._config.peers:
            if other != peer:
                self._send(other, message)
        if self._config.awaits and peer not in self._gone:
            self._questions.ask(peer, peer, None)

    def _see(self, ready: Ready) -> None:
        """A peer is in this epoch, with all who are present: perhaps only an earlier process heard of their return.

        Who was taken out in an older one, too late for the others to act, is so again.
        """
        if (ready.epoch - self._epoch) % 256 < 128:
            self._epoch = ready.epoch
            self._forget_epochs_to_come()
            for peer in set(ready.present) & self._channels.keys():
                if (ready.epoch, peer) in self._turns:
                    continue
                self._absences.end(peer)
                if peer in self._gone:
                    self._grant(Grant(ready.epoch, peer, 1, True, -1, "excluded"))

    def _forget_epochs_to_come(self) -> None:
        """Their numbers come again."""
        self._turns = {key: turn for key, turn in self._turns.items() if (self._epoch - key[0]) % 256 < 128}

    def _decide(self, by: int, want: WantCut) -> None:
        """Only who is still in it, as far as it was told, can have somebody else cut."""
        if not self._is_valid(by, want):
            return
        is_gone = want.peer in self._gone or want.turn >= MOST_TURNS
        if self._config.awaits and not is_gone and want.reason in DOUBTFUL:
            self._questions.ask(want.peer, by, want)
        else:
            self._grant(Grant(want.epoch, want.peer, want.turn, is_gone, by, want.reason))

    def _is_valid(self, by: int, want: WantCut) -> bool:
        if want.peer not in self._channels or want.peer == by:
            return False
        if by in self._gone or self._turns.get((want.epoch, by), 0) > want.own_turn:
            return False
        return want.turn == self._turns.get((want.epoch, want.peer), 0) + 1

    def _grant(self, grant: Grant) -> None:
        self._note(grant)
        self._new.append(grant)
        if grant.is_gone:
            self._absences.end(grant.peer)
        else:
            self._absences.begin(grant.peer, self._now)
        self._tell(grant)

    def _dismiss(self, peer: int, reason: str) -> None:
        """Who is absent already only loses the way back: the game does not change."""
        self._absences.end(peer)
        turn = self._turns.get((self._epoch, peer), 0)
        grant = Grant(self._epoch, peer, turn, True, -1, reason)
        self._note(grant)
        self._new.append(grant)
        self._tell(grant)

    def _note(self, grant: Grant) -> None:
        if (grant.epoch - self._epoch) % 256 < 128:
            self._epoch = grant.epoch
        key = grant.epoch, grant.peer
        self._turns[key] = max(self._turns.get(key, 0), grant.turn)
        self.playing.discard(grant.peer)
        if grant.is_gone:
            self._gone.add(grant.peer)

    def _tell(self, grant: Grant) -> None:
        for peer in self._channels:
            self._send(peer, CutGranted(grant.epoch, grant.peer, grant.turn, grant.is_gone))

    def _renew_wish(self, is_new: bool = False) -> None:
        if (is_new or self._wishes.is_made) and self._wishes.news({*self._gone, *self._absences}):
            for peer in self._channels:
                self._send(peer, self._wishes.last)

    def _tell_gone(self, peer: int) -> None:
        turn = self._turns.get((self._epoch, peer), 0)
        self._send(peer, CutGranted(self._epoch, peer, turn, True))

    def _send(self, peer: int, message: Message) -> None:
        with suppress(LinkError):  # it has not acknowledged anything for so long that it will never matter
            self._channels[peer].send(message)
