"""The control channel over paths that lose, double, delay and reorder, between processes that come and go."""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from interactive_gym.netcode.control import ControlChannel
from interactive_gym.netcode.messages import Hello, Message

TICK = 1 / 20
RTT = 0.1


@dataclass
class Process:
    """One end of the channel, that of a peer, in one of its lives.

    A message tells the process that sent it, how many processes that one had seen before this one, and its number.
    """

    boot: int
    queued: int = 0
    got: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.channel = ControlChannel(self.boot)
        self.say()

    def say(self) -> None:
        life = f"{self.boot}/{self.channel.restarts}"
        self.channel.send(Hello(self.queued, {"life": life}, False))
        self.queued += 1

    def hear(self, data: bytes, now: float) -> None:
        restarts = self.channel.restarts
        messages = self.channel.receive(data, now)
        if self.channel.restarts != restarts:
            self.queued = 0
            self.say()
        self.got += messages

    def got_numbers(self) -> dict[str, list[int]]:
        numbers: dict[str, list[int]] = {}
        for message in self.got:
            numbers.setdefault(message.fields["life"], []).append(message.version)
        return numbers


@dataclass
class World:
    """Two peers, and between them two paths, one fast and one slow; what is sent takes either."""

    seed: int
    loss: float
    slowest: float
    restarts: float = 0.0
    now: float = 0.0
    counts: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.under_way: list[tuple[float, int, int, bytes]] = []
        self.order = count()
        self.processes = [Process(1), Process(1)]
        self.past: list[tuple[int, Process]] = []

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.tick()
            for peer in (0, 1):
                if self.random.random() < 0.2:
                    self.processes[peer].say()
                if self.random.random() < self.restarts * TICK:
                    self.past.append((peer, self.processes[peer]))
                    self.processes[peer] = Process(self.processes[peer].boot + 1)

    def run_until_idle(self) -> None:
        end = self.now + 60
        while self.under_way or not all(process.channel.is_idle for process in self.processes):
            assert self.now < end, "it does not come to rest"
            self.tick()

    def tick(self) -> None:
        self.now += TICK
        while self.under_way and self.under_way[0][0] <= self.now:
            _, order, to, data = heapq.heappop(self.under_way)
            self.counts["overtaken"] += any(other[1] < order and other[2] == to for other in self.under_way)
            self.processes[to].hear(data, self.now)
        for peer in (0, 1):
            for data in self.processes[peer].channel.to_send(self.now, RTT):
                self.carry(1 - peer, data)

    def carry(self, to: int, data: bytes) -> None:
        self.counts["sent"] += 1
        if self.random.random() < self.loss:
            self.counts["lost"] += 1
            return
        copies = 2 if self.random.random() < self.loss else 1
        self.counts["doubled"] += copies - 1
        for _ in range(copies):
            delay = self.random.choice([RTT / 2, self.random.uniform(0, self.slowest)])
            heapq.heappush(self.under_way, (self.now + delay, next(self.order), to, data))

    def check_order(self) -> None:
        """Each process has heard each other one's messages from the first on, without gap or double."""
        for process in [*self.processes, *(process for _, process in self.past)]:
            for numbers in process.got_numbers().values():
                assert numbers == list(range(len(numbers)))
            boots = [life.split("/")[0] for life in process.got_numbers()]
            assert len(set(boots)) == len(boots), "messages for another process were delivered"

    def check_completeness(self) -> None:
        """The last processes have all that was said to them."""
        for process, other in (self.processes, self.processes[::-1]):
            life = f"{other.boot}/{other.channel.restarts}"
            assert len(process.got_numbers()[life]) == other.queued
            assert process.channel.peer_boot == other.boot


worlds = st.builds(World, st.integers(0, 2**32), st.floats(0, 0.7), st.floats(0, 4))
worlds_with_restarts = st.builds(World, st.integers(0, 2**32), st.floats(0, 0.7), st.floats(0, 4), st.floats(0.1, 1.0))


@settings(deadline=None, max_examples=40)
@given(worlds)
def test_everything_arrives_once_and_in_order(world: World) -> None:
    world.run(8)
    world.check_order()
    world.loss = 0.0
    world.run_until_idle()
    world.check_order()
    world.check_completeness()
    assert [process.channel.restarts for process in world.processes] == [0, 0]


@settings(deadline=None, max_examples=60)
@given(worlds_with_restarts)
def test_processes_that_come_and_go_hear_only_what_is_meant_for_them(world: World) -> None:
    world.run(8)
    world.restarts = 0.0
    world.loss = 0.0
    world.run(1)
    world.run_until_idle()
    world.check_order()
    world.check_completeness()


def test_the_network_of_these_tests_is_a_bad_one() -> None:
    world = World(seed=1, loss=0.3, slowest=3.0, restarts=0.5)
    world.run(20)
    assert world.counts["lost"] > 100
    assert world.counts["doubled"] > 100
    assert world.counts["overtaken"] > 100
    assert len(world.past) > 5
    assert sum(process.channel.restarts for process in [*world.processes, *(old for _, old in world.past)]) > 5
