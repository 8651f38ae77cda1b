"""The sync test finds what a host does not put back, says where, and finds nothing where nothing is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from interactive_gym.netcode.requests import Advance, Begin, Commit, Input, Load, Request, Save
from interactive_gym.netcode.testing.synctest import Difference, SyncTest


class Counter:
    """A host that adds up what is pressed, and watches the order of what it is asked for."""

    def __init__(self, length: int = 1000) -> None:
        self.length = length
        self.episodes = 0
        self.committed: list[int] = []

    def fulfil(self, request: Request) -> Mapping[str, Any]:
        match request:
            case Begin(episode):
                assert episode == self.episodes
                self.episodes += 1
                self.total = self.frame = 0
                self.saved: dict[int, Any] = {}
                self.results: dict[int, bytes] = {}
            case Save(frame):
                assert frame == self.frame
                self.saved[frame] = self.save()
                return {"digest": b"%d" % self.total}
            case Load(frame):
                self.frame = frame
                self.load(self.saved[frame])
            case Advance(frame, inputs):
                assert frame == self.frame
                self.frame += 1
                return self.step(inputs)
            case Commit(first, inputs, keep):
                assert keep == first + len(inputs) <= self.frame
                self.committed += range(first, keep)
                self.saved = {frame: state for frame, state in self.saved.items() if frame >= keep}
        return {}

    def step(self, inputs: tuple[Input, ...]) -> Mapping[str, Any]:
        self.total += sum(one.action[0] for one in inputs)
        self.results[self.frame - 1] = b"%d" % (self.total % 10)
        return {"terminal": self.frame >= self.length}

    def save(self) -> Any:
        return self.total

    def load(self, state: Any) -> None:
        self.total = state

    def result(self, frame: int) -> bytes:
        return self.results[frame]


def one_and_the_frame(episode: int, frame: int) -> tuple[Input, ...]:
    return Input(b"\1"), Input(bytes([frame % 5]))


def test_a_host_that_goes_back_well() -> None:
    host = Counter()
    test = SyncTest(host, one_and_the_frame, seed=1, window=6)
    assert test.run(100) is None
    assert test.frames == 100 and 200 < test.replayed < 600
    assert host.committed == list(range(94)), "what no rollback reaches is final"


def test_it_goes_back_to_every_depth() -> None:
    depths = set()

    class Watched(Counter):
        def load(self, state: Any) -> None:
            depths.add(newest - self.frame + 1)
            super().load(state)

        def step(self, inputs: tuple[Input, ...]) -> Mapping[str, Any]:
            nonlocal newest
            newest = max(newest, self.frame - 1)
            return super().step(inputs)

    newest = 0
    assert SyncTest(Watched(), one_and_the_frame, window=5).run(60) is None
    assert depths == {1, 2, 3, 4, 5}


def test_short_episodes_follow_one_another() -> None:
    host = Counter(length=7)
    assert SyncTest(host, one_and_the_frame).run(30) is None
    assert host.episodes == 5


class Forgets(Counter):
    def load(self, state: Any) -> None: ...


class ForgetsTheEnd(Counter):
    """Its clock goes on."""

    clock = 0

    def step(self, inputs: tuple[Input, ...]) -> Mapping[str, Any]:
        self.clock += 1
        return {**super().step(inputs), "terminal": self.clock >= 5}


class FailsTheSecondTime(Counter):
    def step(self, inputs: tuple[Input, ...]) -> Mapping[str, Any]:
        again = self.frame - 1 == 9 and 9 in self.results
        return {**super().step(inputs), "failed": again}


class ChangesWhatIsNotSeen(Counter):
    def load(self, state: Any) -> None:
        self.total = state + 10


@pytest.mark.parametrize(
    ("host", "frame", "what"),
    [
        (Forgets, 0, "result"),
        (ForgetsTheEnd, None, "end"),
        (FailsTheSecondTime, 9, "end"),
        (ChangesWhatIsNotSeen, 0, "state"),
    ],
)
def test_what_is_wrong_is_found_with_its_place(host: Callable[[], Counter], frame: int | None, what: str) -> None:
    found = SyncTest(host(), one_and_the_frame).run(100)
    assert isinstance(found, Difference)
    assert found.what == what and found.episode == 0
    assert frame is None or found.frame == frame
    assert found.loaded <= found.frame < found.loaded + found.depth


def test_an_episode_that_fails_ends() -> None:
    class Fails(Counter):
        def step(self, inputs: tuple[Input, ...]) -> Mapping[str, Any]:
            return {**super().step(inputs), "failed": self.frame == 4}

    host = Fails()
    assert SyncTest(host, one_and_the_frame).run(20) is None
    assert host.episodes == 5 and 4 not in host.saved
