"""The server's side of a session: it decides who is out, so that two sides of a broken link cannot each cut the other.

referee = Referee(config, grants=stored)           # grants: what an earlier process of the server decided
referee.receive_control(peer, data, now)
referee.advance(now)
for grant in referee.new_grants(): ...             # store them before anything is sent
for peer, data in referee.control_to_send(): ...
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.control import ControlChannel
from interactive_gym.netcode.errors import LinkError, WireError
from interactive_gym.netcode.messages import CutGranted, Goodbye, Message, Ready, Settle, WantCut, Wish
from interactive_gym.netcode.returning import CATCHING_UP

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

    Args:
        config: That of the session.
        boot: Grows with every process of the server.
        grants: Decided before, by an earlier process.

    Attributes:
        playing: Peers whose present processes are in the game, as far as is known; at the beginning all.
    """

    def __init__(self, config: Config, boot: int = 1, grants: Iterable[Grant] = ()) -> None:
        self._config = config
        self._patience = CATCHING_UP * config.return_timeout
        self._channels = {peer: ControlChannel(boot) for peer in config.peers}
        self._turns: dict[tuple[int, int], int] = {}
        self._gone: set[int] = set()
        self._deadlines: dict[int, float] = {}
        self._new: list[Grant] = []
        self.playing = set(config.peers)
        self._epoch = 0
        self._now = 0.0
        for grant in grants:  # some may not have heard of it before that process ended
            self._note(grant)
            self._tell(grant)
            self._deadlines[grant.peer] = math.inf
        for peer in self._gone:
            del self._deadlines[peer]
        self.playing = set(config.peers) - self._gone  # whoever was cut may have come back since

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
        self._deadlines.clear()
        self.playing.clear()

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
        if channel.restarts > restarts and peer in self._gone:
            self._tell_gone(peer)
        for message in messages:
            self._handle(peer, message)

    def advance(self, now: float) -> None:
        """Let time pass: who does not come back in time is gone."""
        self._now = now
        for peer, deadline in list(self._deadlines.items()):
            if math.isinf(deadline):
                self._deadlines[peer] = now + self._patience
            elif now >= deadline:
                self._dismiss(peer, "return_timeout")

    def exclude(self, peer: int, now: float, reason: str = "excluded") -> None:
        """Take ``peer`` out for good, whether it is present or absent."""
        self._now = now
        if peer in self._gone:
            return
        turn = self._turns.get((self._epoch, peer), 0)
        if peer in self._deadlines:
            self._dismiss(peer, reason)
        else:
            self._grant(Grant(self._epoch, peer, turn + 1, True, -1, reason))

    def wish(self, change: str, now: float) -> None:
        """Have the game ``"pause"``, or ``"resume"``."""
        self._now = now
        message = Wish(self._epoch, "pause" if change == "pause" else "resume")
        for peer in self._config.peers:
            self._send(peer, message)

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
        return min(resend, *self._deadlines.values(), math.inf)

    def _handle(self, peer: int, message: Message) -> None:
        if isinstance(message, WantCut):
            self._decide(peer, message)
        elif isinstance(message, Settle) and message.change == "present":
            self._deadlines.pop(message.peer, None)
            if message.peer == peer:  # of others nobody knows whether their processes are the same still
                self.playing.add(peer)
        elif isinstance(message, Ready):
            self.playing |= {peer} - self._gone
            self._see(message)
        elif isinstance(message, Goodbye):
            for other in self._config.peers:
                if other != peer:
                    self._send(other, message)

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
                self._deadlines.pop(peer, None)
                if peer in self._gone:
                    self._grant(Grant(ready.epoch, peer, 1, True, -1, "excluded"))

    def _forget_epochs_to_come(self) -> None:
        """Their numbers come again."""
        self._turns = {key: turn for key, turn in self._turns.items() if (self._epoch - key[0]) % 256 < 128}

    def _decide(self, by: int, want: WantCut) -> None:
        """Only who is still in it, as far as it was told, can have somebody else cut."""
        if want.peer not in self._channels or want.peer == by:
            return
        if by in self._gone or self._turns.get((want.epoch, by), 0) > want.own_turn:
            return
        if want.turn == self._turns.get((want.epoch, want.peer), 0) + 1:
            is_gone = want.peer in self._gone or want.turn >= MOST_TURNS
            self._grant(Grant(want.epoch, want.peer, want.turn, is_gone, by, want.reason))

    def _grant(self, grant: Grant) -> None:
        self._note(grant)
        self._new.append(grant)
        if not grant.is_gone:
            self._deadlines[grant.peer] = self._now + self._patience
        self._tell(grant)

    def _dismiss(self, peer: int, reason: str) -> None:
        """Who is absent already only loses the way back: the game does not change."""
        self._deadlines.pop(peer, None)
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

    def _tell_gone(self, peer: int) -> None:
        turn = self._turns.get((self._epoch, peer), 0)
        self._send(peer, CutGranted(self._epoch, peer, turn, True))

    def _send(self, peer: int, message: Message) -> None:
        with suppress(LinkError):  # it has not acknowledged anything for so long that it will never matter
            self._channels[peer].send(message)
