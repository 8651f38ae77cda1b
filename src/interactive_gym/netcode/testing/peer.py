"""One process of one participant: a session, a toy game as its host, and who plays on it."""

from __future__ import annotations

import math
from random import Random
from typing import NamedTuple

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.events import Ended, EpisodeEnded, Event, Started
from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.requests import Advance, Begin, Input, Save
from interactive_gym.netcode.session import Session
from interactive_gym.netcode.testing.computer import Computer
from interactive_gym.netcode.testing.host import Host
from interactive_gym.netcode.testing.players import Human, bot_input


class Seen(NamedTuple):
    """An event, with the moment (true seconds) and the place (episode, last committed frame) when it was seen."""

    at: float
    episode: int
    committed: int
    event: Event


class Peer:
    """A process that plays.

    Attributes:
        number: The peer's number.
        boot: Which of its processes this is, from 1.
        events: All that the session reported.
        progressed_at: When (true seconds) a frame was committed last, or an episode began or ended.
    """

    def __init__(self, config: Config, boot: int, session: Session, host: Host, computer: Computer, seed: int) -> None:
        self.number, self.boot = computer.number, boot
        self.session, self.host = session, host
        self.events: list[Seen] = []
        self.progressed_at = 0.0
        self._computer = computer
        self._ready_at = math.inf
        self._chance = Random(f"{seed} costs {self.number} {boot}")
        hold = computer.longest_hold
        self._humans = {player: Human(f"{seed} {player} {boot}", hold) for player in config.humans_of(self.number)}

    @property
    def name(self) -> str:
        """For people."""
        return f"peer {self.number}" if self.boot == 1 else f"peer {self.number} (process {self.boot})"

    @property
    def ended(self) -> Ended | None:
        """How the session ended here, if it did."""
        return next((seen.event for seen in self.events if isinstance(seen.event, Ended)), None)

    @property
    def is_through(self) -> bool:
        """Whether the session is over here."""
        return self.session.phase is Phase.ENDED

    def next_deadline(self) -> float:
        """When :meth:`tick` is due, in this peer's own time."""
        return min(self.session.next_deadline(), self._ready_at)

    def receive(self, source: int, data: bytes, is_control: bool, now: float) -> None:
        """Hand over what arrived."""
        receive = self.session.receive_control if is_control else self.session.receive
        receive(source, data, now)
        self.read_events(now)

    def tick(self, now: float) -> float:
        """Do what is due, a tick or a replay before it; returns the seconds of this peer's own time that it took."""
        if now >= self._ready_at:
            self._ready_at = math.inf
            self.session.ready(now)
        for player in self.session.wanted_inputs(now):
            self.session.add_input(player, *self._choose(player))
        spent = self._fulfil_requests(now)
        self.read_events(now)
        return spent

    def read_events(self, now: float) -> None:
        """Take the events that the session has for its host."""
        at = self._computer.clock.when(now)
        episode = self.host.record.episode if self.host.records else -1
        while (event := self.session.next_event()) is not None:
            self.events.append(Seen(at, episode, self.host.committed, event))
            self._note(event, at)

    def _note(self, event: Event, at: float) -> None:
        match event:
            case Started():
                self.progressed_at = at
            case EpisodeEnded():
                self.host.end(event)
                self.progressed_at = at

    def _fulfil_requests(self, now: float) -> float:
        spent = 0.0
        committed = self.host.committed
        self.host.begin_tick()
        for request in self.session.advance(now):
            answer = self.host.fulfil(request)
            cost = self._cost_of(request)
            spent += cost
            if isinstance(request, Begin):
                self._ready_at = now + self._computer.ready_after
            self.session.done(terminal=answer.terminal, failed=answer.failed, cost=cost, digest=answer.digest)
        self.host.end_tick()
        if self.host.committed != committed:
            self.progressed_at = self._computer.clock.when(now)
        return spent

    def _cost_of(self, request: object) -> float:
        computer = self._computer
        usual = {Advance: computer.step_cost, Save: computer.save_cost}.get(type(request), 0.0)
        return usual * (1 + computer.unevenness * self._chance.uniform(-1, 1)) if computer.unevenness else usual

    def _choose(self, player: int) -> Input:
        frame = self.session.head + self.session.input_delay
        if player not in self._humans:
            return bot_input(player, self.host.record.rows, frame)
        given = self._humans[player].act()
        self.host.record.given[frame, player].append(given)
        return given
