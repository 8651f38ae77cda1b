"""Rules that keep peers abreast: ours, and those that GGPO and GGRS publish.

Written from what the published sources do, at these places:

- GGPO (https://github.com/pond3r/ggpo): ``timesync.cpp`` and ``timesync.h`` (means over 40 frames, half of their
  difference, at least 3 and at most 9 frames), ``backends/p2p.cpp`` (the largest over all peers, at most every 240
  frames), ``network/udp_proto.cpp`` (the advantage: newest input received + round trip * 60 / 1000 - own frame, told
  once a second; idle input is not asked for). Its example game sleeps for as many frames.
- GGRS (https://github.com/gschup/ggrs): ``src/time_sync.rs`` (means over 30 frames, half of their difference cut to
  whole frames), ``src/sessions/p2p_session.rs`` (the largest over all peers, at least 3 frames, at most every 60
  frames), ``src/network/protocol.rs`` (half of the round trip, told every 200 ms),
  ``examples/ex_game/ex_game_p2p.rs`` (instead of waiting: ticks 10 % longer while ahead by a frame or more).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from benchmarks.timesync_model import INPUT_DELAY, Inputs
from interactive_gym.netcode.timesync import TimeSync


class Nothing:
    """No rule: only the barrier keeps peers together."""

    def __init__(self, fps: float, others: Sequence[int]) -> None:
        self.interval = 1 / fps

    def receive(self, sender: int, message: Any, position: float, now: float) -> Sequence[Any]:
        return ()

    def tick(self, frame: int, due: float) -> bool:
        return True

    def messages(self, peer: int, frame: int, now: float) -> Iterable[Any]:
        return (Inputs(frame),)


class Ours:
    """The session's own class."""

    def __init__(self, fps: float, others: Sequence[int], sync: type[TimeSync] = TimeSync) -> None:
        self.sync = sync(fps)

    @property
    def interval(self) -> float:
        return self.sync.interval

    def receive(self, sender: int, message: Any, position: float, now: float) -> Sequence[Any]:
        self.sync.observe(sender, position - message.frame, message.lag)
        return ()

    def tick(self, frame: int, due: float) -> bool:
        self.sync.tick(frame, due)
        return True

    def messages(self, peer: int, frame: int, now: float) -> Iterable[Any]:
        return (Inputs(frame, round(self.sync.lag(peer) * 256) / 256),)


class Report(NamedTuple):
    """A quality report: the sender's advantage over the receiver in whole frames, and when it was sent."""

    advantage: int
    sent: float


class Reply(NamedTuple):
    """The answer to a report."""

    sent: float


class _Endpoint:
    """What GGPO and GGRS know about one other peer."""

    def __init__(self, length: int) -> None:
        self.newest = -1
        self.round_trip_ms = 0
        self.local = self.remote = 0
        self.locals, self.remotes = [0] * length, [0] * length
        self.reported = 0.0

    def lead(self) -> float:
        """Half of what the two means differ: frames that this peer is ahead."""
        return (sum(self.remotes) - sum(self.locals)) / len(self.locals) / 2


class _Advantages(ABC):
    """What GGPO's and GGRS's rules have in common."""

    LENGTH: int
    REPORT_EVERY: float
    PING: float

    def __init__(self, fps: float, others: Sequence[int]) -> None:
        self.fps = fps
        self.interval = 1 / fps
        self.endpoints = {peer: _Endpoint(self.LENGTH) for peer in others}
        self.next_wait = 0
        self.to_skip = 0

    def receive(self, sender: int, message: Any, position: float, now: float) -> Sequence[Any]:
        endpoint = self.endpoints[sender]
        if isinstance(message, Inputs):
            endpoint.newest = max(endpoint.newest, message.frame - 1 + INPUT_DELAY)
        elif isinstance(message, Report):
            endpoint.remote = message.advantage
            return (Reply(message.sent),)
        else:
            endpoint.round_trip_ms = int(1000 * (now - message.sent))
        return ()

    def tick(self, frame: int, due: float) -> bool:
        for endpoint in self.endpoints.values():
            way = int(endpoint.round_trip_ms * self.PING) * int(self.fps) // 1000
            endpoint.local = endpoint.newest + way - frame
        if self.to_skip:
            self.to_skip -= 1
            return False
        for endpoint in self.endpoints.values():
            endpoint.locals[frame % self.LENGTH] = endpoint.local
            endpoint.remotes[frame % self.LENGTH] = endpoint.remote
        self.decide(frame)
        return True

    @abstractmethod
    def decide(self, frame: int) -> None:
        """What the rule does about it."""

    def messages(self, peer: int, frame: int, now: float) -> Iterable[Any]:
        endpoint = self.endpoints[peer]
        yield Inputs(frame)
        if now - endpoint.reported > self.REPORT_EVERY:
            endpoint.reported = now
            yield Report(endpoint.local, now)


class Ggpo(_Advantages):
    """Wait 3 to 9 frames at once, at most every 240."""

    LENGTH, REPORT_EVERY, PING = 40, 1.0, 1.0

    def decide(self, frame: int) -> None:
        ahead = max(int(endpoint.lead() + 0.5) for endpoint in self.endpoints.values())
        if ahead >= 3 and frame > self.next_wait:
            self.to_skip = min(ahead, 9)
            self.next_wait = frame + 240


class Ggrs(_Advantages):
    """Wait 3 frames or more at once, at most every 60."""

    LENGTH, REPORT_EVERY, PING = 30, 0.2, 0.5

    def ahead(self) -> int:
        """Of the peer that is furthest behind, in whole frames."""
        return max(int(endpoint.lead()) for endpoint in self.endpoints.values())

    def decide(self, frame: int) -> None:
        ahead = self.ahead()
        if ahead >= 3 and frame > self.next_wait:
            self.to_skip = ahead
            self.next_wait = frame + 60


class GgrsSlower(Ggrs):
    """Ticks 10 % longer while ahead by a frame or more."""

    def decide(self, frame: int) -> None:
        self.interval = (1.1 if self.ahead() > 0 else 1.0) / self.fps


PUBLISHED = {"ggpo": Ggpo, "ggrs_wait": Ggrs, "ggrs_slower": GgrsSlower}
