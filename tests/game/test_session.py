"""Real sessions over a bad line, with environments behind them: both sides record the same bytes."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from typing import Any

import pytest

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.host import Host, run
from interactive_gym.netcode.config import Config
from interactive_gym.netcode.events import EpisodeEnded, Event, RolledBack
from interactive_gym.netcode.requests import FOCUSED, HUMAN
from interactive_gym.netcode.session import Session

from . import games
from .games import SEED, setup_of

DELAY, LOSS = 0.12, 0.05  # seconds one way; of the datagrams
EPISODES = 2


class Peer:
    """One participant, who does something else every few frames."""

    def __init__(self, host: Host, number: int, config: Config) -> None:
        self.host = host
        self.session = Session(config, number, 1, 0.0)
        self.events: list[Event] = []
        self.chunks: list[tuple[int, int, str]] = []
        self._rng = random.Random(number)
        self._held = b"\0"

    def tick(self, now: float) -> None:
        """Let what is due happen."""
        for player in self.session.wanted_inputs(now):
            if self._rng.random() < 0.3:
                self._held = bytes([self._rng.randrange(4)])
            self.session.add_input(player, self._held, FOCUSED | HUMAN)
        run(self.session, self.host, now)
        self.session.ready(now)
        while (event := self.session.next_event()) is not None:
            self.events.append(event)
            if isinstance(event, EpisodeEnded):
                self.host.end_episode()
                taken = self.host.take_chunks()
                self.chunks += [(event.episode, chunk.index, chunk.packed.digest) for chunk in taken]

    @property
    def ended(self) -> list[EpisodeEnded]:
        """The ends of episodes, as far as it has come."""
        return [event for event in self.events if isinstance(event, EpisodeEnded)]


def play(peers: list[Peer], seconds: float) -> None:
    """Let time pass until all episodes have ended."""
    rng = random.Random(0)
    under_way: list[tuple[float, int, int, int, bytes, bool]] = []
    now, sent = 0.0, 0
    while now < seconds and not all(len(peer.ended) == EPISODES for peer in peers):
        while under_way and under_way[0][0] <= now:
            _, _, source, target, data, is_control = heapq.heappop(under_way)
            receive = peers[target].session.receive_control if is_control else peers[target].session.receive
            receive(source, data, now)
        for number, peer in enumerate(peers):
            if now >= peer.session.next_deadline():
                peer.tick(now)
            going = [(*each, False) for each in peer.session.datagrams_to_send() if rng.random() > LOSS]
            for target, data, is_control in [*going, *((*each, True) for each in peer.session.control_to_send())]:
                if target < len(peers):  # the server has nothing to say
                    arrival = now + DELAY * rng.uniform(0.8, 1.2)
                    heapq.heappush(under_way, (arrival, sent, number, target, data, is_control))
                    sent += 1
        now += 0.002


@pytest.fixture
def world() -> Iterator[VirtualWorld]:
    with VirtualWorld().installed() as world:
        yield world


def two_peers(world: VirtualWorld, make: Any, **changes: Any) -> list[Peer]:
    hosts = [Host(setup_of(make, ("cat", "mouse"), **changes), world, SEED) for _ in range(2)]
    config = Config(
        fps=10, carriers=(0, 1), default_actions=(b"\0", b"\0"), input_delay=1, episodes=EPISODES,
        is_action=hosts[0].actions.is_action, fingerprint=hosts[0].fingerprint,
    )  # fmt: skip
    return [Peer(host, number, config) for number, host in enumerate(hosts)]


@pytest.mark.parametrize(
    ("make", "changes"),
    [
        (games.Duel, {}),
        (games.NumpyResults, {"record_observations": True}),
        (games.Early, {"max_steps": 33, "record_states": True}),
    ],
)
def test_peers_record_the_same(world: VirtualWorld, make: Any, changes: dict[str, Any]) -> None:
    peers = two_peers(world, make, **changes)
    play(peers, seconds=60)
    assert [event.reason for event in peers[0].ended] == ["over"] * EPISODES
    assert peers[0].ended == peers[1].ended
    assert peers[0].chunks == peers[1].chunks
    assert {episode for episode, _, _ in peers[0].chunks} == {0, 1}
    assert all(sum(isinstance(event, RolledBack) for event in peer.events) > 5 for peer in peers)


def test_a_failure_ends_the_game_for_both_after_the_same_row(world: VirtualWorld) -> None:
    peers = two_peers(world, games.Pit)
    play(peers, seconds=20)
    assert [event.reason for event in peers[0].ended] == ["failed"]
    assert peers[0].ended == peers[1].ended
    assert peers[0].chunks == peers[1].chunks != []
    assert all("the pit is deep" in str(peer.host.failure) for peer in peers)
