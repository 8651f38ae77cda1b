"""A session without prediction, in one page: it waits for all inputs. Network and oracle are tried on it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.events import Ended, EpisodeEnded, Event, Started
from interactive_gym.netcode.lifecycle import Phase
from interactive_gym.netcode.requests import Advance, Begin, Commit, Input, Request, Save
from interactive_gym.netcode.shared import SERVER

_RESENT = 64


class LockstepSession:
    """Has the methods of a session. Nothing may go wrong but loss, delay, duplication and order."""

    def __init__(self, config: Config, peer: int, boot: int, now: float, **how: object) -> None:
        self.config, self.peer = config, peer
        self.episode, self.frame = 0, -1
        self.tick_at = now
        self.is_over = self.is_terminal = False
        self.ready_peers: set[tuple[int, int]] = set()
        self.inputs: dict[tuple[int, int, int], Input] = {}  # by (episode, frame, player)
        self.events: list[Event] = []
        self.outbox: list[tuple[int, bytes]] = []

    def receive(self, peer: int, data: bytes, now: float) -> None:
        heard = json.loads(data)
        self.ready_peers |= {(peer, episode) for episode in range(heard["ready"])}
        for episode, frame, player, action, flags, age in heard["inputs"]:
            self.inputs[episode, frame, player] = Input(bytes.fromhex(action), flags, age)

    def receive_control(self, peer: int, data: bytes, now: float) -> None:
        assert peer == SERVER, "no peer sends control messages here; that nobody hides is nothing to act on"

    def ready(self, now: float) -> None:
        self.ready_peers |= {(self.peer, episode) for episode in range(self.episode + 1)}

    def wanted_inputs(self, now: float) -> list[int]:
        own = [player for player in self.config.players if self.config.carriers[player] == self.peer]
        is_missing = (self.episode, self.frame + self.config.input_delay, own[0]) not in self.inputs
        return own if now >= self.tick_at and self._can_advance() and is_missing else []

    def add_input(self, player: int, action: bytes, flags: int, age: int) -> None:
        self.inputs[self.episode, self.frame + self.config.input_delay, player] = Input(action, flags, age)

    def advance(self, now: float) -> Iterator[Request]:
        if now < self.tick_at:
            return
        self.tick_at += 1 / self.config.fps
        if self.frame < 0 and not self.is_over:
            yield Begin(self.episode)
            self._fill_the_delay()
            self.frame = 0
            self.events.append(Started(self.episode, now, self.config.input_delay))
        elif self._can_advance() and (inputs := self._inputs_of(self.frame)):
            yield Save(self.frame, self.frame % 10 == 0)
            yield Advance(self.frame, inputs, True)
            yield Commit(self.frame, (inputs,), self.frame)
            self._after_step()
        self._send()

    def done(self, terminal: bool = False, failed: bool = False, cost: float = 0.0, digest: bytes = b"") -> None:
        self.is_terminal |= terminal

    def datagrams_to_send(self) -> list[tuple[int, bytes]]:
        sent, self.outbox = self.outbox, []
        return sent

    def control_to_send(self) -> list[tuple[int, bytes]]:
        return []

    def next_event(self) -> Event | None:
        return self.events.pop(0) if self.events else None

    def next_deadline(self) -> float:
        return self.tick_at

    @property
    def input_delay(self) -> int:
        return self.config.input_delay

    @property
    def head(self) -> int:
        return self.frame

    @property
    def phase(self) -> Phase:
        return Phase.ENDED if self.is_over else Phase.PLAYING

    @property
    def is_idle(self) -> bool:
        return self.is_over

    def leave(self, now: float) -> None:
        self.is_over = True

    def _can_advance(self) -> bool:
        everybody = {(peer, self.episode) for peer in self.config.peers}
        return not self.is_over and self.frame >= 0 and everybody <= self.ready_peers

    def _inputs_of(self, frame: int) -> tuple[Input, ...] | None:
        keys = [(self.episode, frame, player) for player in self.config.players]
        return tuple(self.inputs[key] for key in keys) if all(key in self.inputs for key in keys) else None

    def _fill_the_delay(self) -> None:
        for frame in range(self.config.input_delay):
            for player in self.config.players:
                self.inputs[self.episode, frame, player] = Input(self.config.default_actions[player])

    def _after_step(self) -> None:
        self.frame += 1
        if not self.is_terminal:
            return
        self.events.append(EpisodeEnded(self.episode, self.frame - 1, self.frame - 1, "over"))
        self.episode, self.frame, self.is_terminal = self.episode + 1, -1, False
        if self.episode == self.config.episodes:
            self.is_over = True
            self.events.append(Ended("over"))

    def _send(self) -> None:
        ready = max((episode + 1 for peer, episode in self.ready_peers if peer == self.peer), default=0)
        own = [key for key in self.inputs if self.config.carriers[key[2]] == self.peer]
        recent = [(*key, self.inputs[key].action.hex(), *self.inputs[key][1:]) for key in sorted(own)[-_RESENT:]]
        data = json.dumps({"ready": ready, "inputs": recent}).encode()
        self.outbox += [(peer, data) for peer in self.config.peers if peer != self.peer]
