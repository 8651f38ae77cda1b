"""Matches joined by a bad wire, in virtual time, and a server that decides who is out."""

from __future__ import annotations

import heapq
import itertools
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import unpack_from
from typing import Any

from interactive_gym.browser.match import Match
from interactive_gym.browser.runtime import Runtime
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.matchconfig import human_peers, referee_config
from interactive_gym.netcode import SERVER, Referee
from interactive_gym.records import Row, unpack

from .rooms import KEYS

STEP = 0.002  # seconds
RELOAD = 5.0  # seconds that a page may take to connect again
SEED = 7
DATAGRAM = 0


def match_of(game_json: str, peer: int, **changes: Any) -> str:
    """``protocol.Match`` of the participant who is ``peer``."""
    game = json.loads(game_json)
    plain = {
        "session_id": "s", "seed": SEED, "peer": peer, "agent": list(game["policies"])[peer],
        "peers": list(human_peers(game)), "boot": 1, "generation": 0, "returning": False, "archive": "a.tar",
        "is_mesh": True, "may_relay": True, "ice_servers": [], "force_relay": False, "validate_s": 30, "game_text": "",
    }  # fmt: skip
    return json.dumps(plain | changes)


@dataclass
class Page:
    """What a page gets of one match, and a participant who presses something else every few frames."""

    match: Match
    peer: int
    seed: int = 0
    wakes_at: float = 0.0
    packets: list[dict[str, Any]] = field(default_factory=list)
    chunks: list[tuple[int, dict[str, Any], bytes]] = field(default_factory=list)
    error: dict[str, Any] | None = None
    is_open: bool = True
    has_ended: bool = False

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.peer} {self.seed}")
        self.held: list[str] = []

    def wake(self, now: float) -> None:
        """Call the match, and take what it answers."""
        if self.rng.random() < 0.2:
            self.held = [self.rng.choice(KEYS)] if self.rng.random() < 0.8 else []
        pressed = {"down": self.held, "pressed": self.held, "focused": self.rng.random() < 0.9}
        packet = json.loads(self.match.advance(now, json.dumps(pressed)))
        if "error" in packet:
            self.error, self.is_open = packet["error"], False
            return
        self.packets.append(packet)
        self.wakes_at = packet["next"]
        for position, head in enumerate(packet["chunks"]):
            self.chunks.append((head["episode"], head, self.match.chunk(position)))
        if self.of(packet, "prepared"):
            self.match.ready(now)
        self.has_ended = self.has_ended or bool(self.of(packet, "ended"))

    @staticmethod
    def of(packet: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        """The events of this type in a packet."""
        return [event for event in packet["events"] if event["type"] == kind]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Those of all packets."""
        return [event for packet in self.packets for event in self.of(packet, kind)]

    @property
    def is_over(self) -> bool:
        return not self.is_open or self.has_ended

    def rows(self, episode: int) -> list[Row]:
        """What was recorded of an episode, the later of two generations."""
        found: dict[int, bytes] = {head["index"]: data for number, head, data in self.chunks if number == episode}
        return [row for index in sorted(found) for row in unpack(found[index])]


class Wire:
    """Pages and their server.

    Args:
        delay: Seconds one way.
        loss: Of datagrams.
    """

    def __init__(self, world: VirtualWorld, game_json: str, delay: float = 0.12, loss: float = 0.05) -> None:
        self.now = 100.0
        self.delay, self.loss = delay, loss
        self.game_json = game_json
        self.runtime = Runtime(world)
        self.referee = Referee(referee_config(json.loads(game_json)))
        self.pages: dict[int, Page] = {}
        self.broken: set[frozenset[int]] = set()
        self._asked: dict[int, float] = {}
        self._rng = random.Random(0)
        self._order = itertools.count()
        self._under_way: list[tuple[float, int, int, int, int, bytes]] = []

    def join(self, peer: int, chunks: Sequence[bytes] = (), **changes: Any) -> Page:
        """Open a page for ``peer``, perhaps in the place of another one, and let it meet the others."""
        match = self.runtime.open_match(self.game_json, match_of(self.game_json, peer, **changes), chunks)
        match.meet(self.now)
        self.pages[peer] = page = Page(match, peer, changes.get("boot", 1), self.now)
        return page

    def join_all(self) -> list[Page]:
        """All humans."""
        return [self.join(peer) for peer in human_peers(json.loads(self.game_json))]

    def leave_after(self, page: Page, frame: int) -> None:
        """It goes, and says so, when it shows a later frame."""
        self.run(20, until=lambda: bool(page.packets) and page.packets[-1]["frame"] > frame)
        page.match.leave(self.now)
        self.send(page)

    def drop(self) -> None:
        """What is under way is lost."""
        self._under_way.clear()

    def run(self, seconds: float, until: Any = None) -> None:
        """Let time pass until everybody has ended, or ``until()``."""
        end = self.now + seconds
        is_over = until or (lambda: all(page.is_over for page in self.pages.values()))
        while not is_over():
            assert self.now < end, f"not over after {seconds} s: {[page.packets[-1:] for page in self.pages.values()]}"
            self.step()

    def step(self) -> None:
        """Let what is due happen, and time go on."""
        while self._under_way and self._under_way[0][0] <= self.now:
            _, _, source, target, tag, data = heapq.heappop(self._under_way)
            self._arrive(source, target, tag, data)
        for page in [*self.pages.values()]:
            if page.is_open and self.now >= page.wakes_at:
                page.wake(self.now)
            self.send(page)
        self.referee.advance(self.now)
        self._answer()
        for peer, data in self.referee.control_to_send():
            self._carry(SERVER, peer, 1, data)
        self.now += STEP

    def _answer(self) -> None:
        """What the referee wants to know: a page that has just been closed may be loaded anew."""
        self._asked |= dict.fromkeys(self.referee.questions(), self.now + RELOAD)
        for peer, until in list(self._asked.items()):
            is_there = not self.pages[peer].is_over and frozenset((peer, SERVER)) not in self.broken
            if is_there or self.now >= until:
                self.referee.answer(peer, is_there, self.now)
                del self._asked[peer]

    def send(self, page: Page) -> None:
        """Carry what a match has to send."""
        blob, at = page.match.outgoing(), 0
        while at < len(blob):
            peer, tag, size = unpack_from(">BBH", blob, at)
            self._carry(page.peer, peer, tag, blob[at + 4 : at + 4 + size])
            at += 4 + size
        assert at == len(blob)

    def _carry(self, source: int, target: int, tag: int, data: bytes) -> None:
        if frozenset((source, target)) in self.broken or (tag == DATAGRAM and self._rng.random() < self.loss):
            return
        arrival = self.now + self.delay * self._rng.uniform(0.8, 1.2)
        heapq.heappush(self._under_way, (arrival, next(self._order), source, target, tag, data))

    def _arrive(self, source: int, target: int, tag: int, data: bytes) -> None:
        if target == SERVER:
            self.referee.receive_control(source, data, self.now)
        elif target in self.pages and self.pages[target].is_open:
            page = self.pages[target]
            if tag == DATAGRAM:
                wanted = page.match.receive(source, data, self.now)
                page.wakes_at = page.wakes_at if wanted is None else min(page.wakes_at, wanted)
            else:
                page.match.receive_control(source, data, self.now)
