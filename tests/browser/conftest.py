"""A game in progress, driven as the worker's shell drives it."""

import json
from collections.abc import Iterator

import pytest

from interactive_gym.browser import spec
from interactive_gym.browser.play import Play
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.records import unpack

from .games import game


class Driver:
    """Collects what the page would get of one :class:`Play`."""

    def __init__(self, world, seed, **changes):
        self.play = Play(spec.load(game(**changes)), world, seed)
        self.chunks = []
        self.packet = None

    def begin(self, episode=0, chunks=()):
        self.chunks = []
        return self.take(self.play.begin(episode, [data for _, data in chunks]))

    def tick(self, *down, pressed=(), focused=True):
        return self.take(self.play.tick(json.dumps({"down": list(down), "pressed": list(pressed), "focused": focused})))

    def take(self, packet_json):
        self.packet = json.loads(packet_json)
        for position, head in enumerate(self.packet.get("chunks", [])):
            self.chunks.append((head, self.play.chunk(position)))
        return self.packet

    def run(self, keys=lambda frame: ["ArrowRight"], frames=1000):
        """Ticks until the episode is over, or for so many frames."""
        for _ in range(frames):
            if self.packet.get("over") or "error" in self.packet:
                break
            self.tick(*keys(self.packet["frame"] + 1))
        return self.packet

    @property
    def rows(self):
        return [row for head, data in self.chunks for row in unpack(data, digest=head["digest"])]


@pytest.fixture
def world() -> Iterator[VirtualWorld]:
    """Time and luck as the browser's worker has them."""
    with VirtualWorld().installed() as world:
        yield world


@pytest.fixture
def drive():
    """``drive(**changes of the game)``; plays begin in the same virtual world."""
    with VirtualWorld().installed() as world:
        yield lambda seed=7, **changes: Driver(world, seed, **changes)
