"""The waiting room of one scene: who is matched with whom, and who has waited too long. No clock, store or network.

First come, first served: the order is that of first enlisting, so that whoever comes back from a match that came to
nothing, or from a short loss of the connection, has the old place. People who could not connect meet each other again
only if nobody else is there, and then less and less often: what was in the way may be gone after a while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from interactive_gym.protocol import Multiplayer, Room

KEPT_S = 60  # who is away for longer begins to wait anew
RETRY_S = 5  # before two try a third time to connect; doubled from then on

Pair = frozenset[str]


@dataclass(frozen=True)
class Waiting:
    participant_id: str
    since: float  # seconds of a clock that only goes forward: when they enlisted first


@dataclass(frozen=True)
class Refused:
    """Two who could not connect, ``times`` in a row, at ``last`` for the last time."""

    times: int
    last: float

    @property
    def again_at(self) -> float:
        return float(self.last + RETRY_S * (2 ** (self.times - 1) - 1))


@dataclass(frozen=True)
class Group:
    """These play together; the one who has waited longest comes first."""

    members: tuple[str, ...]
    chosen_from: tuple[str, ...]


@dataclass(frozen=True)
class GiveUp:
    """This one has waited for as long as anybody has to."""

    participant_id: str
    waited_s: float


Decision = Group | GiveUp


def decide(
    waiting: Sequence[Waiting], now: float, rules: Multiplayer, refused: Mapping[Pair, Refused]
) -> list[Decision]:
    """What is to happen now, in this order. Whoever can be matched is not sent away, however long it took."""
    queue = sorted(waiting, key=lambda one: one.since)
    decisions: list[Decision] = []
    while group := _group([one.participant_id for one in queue], now, rules.group, refused):
        decisions.append(group)
        queue = [one for one in queue if one.participant_id not in group.members]
    late = (one for one in queue if now - one.since >= rules.wait_s)
    return decisions + [GiveUp(one.participant_id, now - one.since) for one in late]


def _group(queue: Sequence[str], now: float, size: int, refused: Mapping[Pair, Refused]) -> Group | None:
    """The first group among people who have not refused each other; else among those who may try again."""

    def strangers(pair: Pair) -> bool:
        return pair not in refused

    def patient(pair: Pair) -> bool:
        return strangers(pair) or refused[pair].again_at <= now

    members = _first(queue, size, strangers) or _first(queue, size, patient)
    return Group(members, tuple(queue)) if members else None


def _first(queue: Sequence[str], size: int, may_meet: Callable[[Pair], bool]) -> tuple[str, ...] | None:
    """The first in the queue who finds enough others, each the first who may meet all that were taken before."""
    for position in range(len(queue) - size + 1):
        chosen = [queue[position]]
        for other in queue[position + 1 :]:
            if len(chosen) < size and all(may_meet(Pair((other, one))) for one in chosen):
                chosen.append(other)
        if len(chosen) == size:
            return tuple(chosen)
    return None


@dataclass
class Pool:
    """Everybody of one scene from enlisting until they play, or go. Those who have been matched keep their place."""

    rules: Multiplayer
    _since: dict[str, float] = field(default_factory=dict)  # of all whose place is kept
    _present: set[str] = field(default_factory=set)  # of these, who may be matched now
    _left: dict[str, float] = field(default_factory=dict)  # whose connection is gone, and when that was
    _refused: dict[Pair, Refused] = field(default_factory=dict)

    def enter(self, participant_id: str, now: float) -> None:
        """They can be matched from now on; said again, nothing changes."""
        if now - self._left.pop(participant_id, now) > KEPT_S:
            self.forget(participant_id)
        self._since.setdefault(participant_id, now)
        self._present.add(participant_id)

    def leave(self, participant_id: str, now: float) -> None:
        """Their connection is gone. The place is kept for a while."""
        for gone in [one for one, left in self._left.items() if now - left > KEPT_S]:
            self.forget(gone)
        if participant_id in self._since:
            self._present.discard(participant_id)
            self._left[participant_id] = now

    def forget(self, participant_id: str) -> None:
        """They play, or do not wait any more for another reason."""
        self._since.pop(participant_id, None)
        self._left.pop(participant_id, None)
        self._present.discard(participant_id)
        self._refused = {pair: refused for pair, refused in self._refused.items() if participant_id not in pair}

    def refuse(self, members: Iterable[str], unable: Iterable[str], now: float) -> None:
        """Of these members of a group, the ``unable`` ones could not connect with the others."""
        known = [one for one in members if one in self._since]
        for pair in map(Pair, combinations(known, 2)):
            if pair & set(unable):
                before = self._refused.get(pair)
                self._refused[pair] = Refused(before.times + 1 if before else 1, now)

    def decide(self, now: float) -> list[Decision]:
        """See the function. Nothing changes here until it is done: see ``take`` and ``forget``."""
        return decide(self._queue(), now, self.rules, self._refused)

    def take(self, members: Iterable[str]) -> None:
        """They have partners."""
        self._present -= set(members)

    def next_deadline(self, now: float) -> float | None:
        """When there may be something to decide though nobody has come."""
        late = [one.since + self.rules.wait_s for one in self._queue()]
        again = [refused.again_at for pair, refused in self._refused.items() if pair <= self._present]
        return min([*late, *(at for at in again if at > now)], default=None)

    def waiting(self) -> list[str]:
        return [one.participant_id for one in self._queue()]

    def room(self, participant_id: str, now: float) -> Room:
        """What somebody who waits here sees, or who is about to."""
        waited = max(0.0, now - self._since.get(participant_id, now))
        left = max(0.0, self.rules.wait_s - waited)
        return Room(len(self._present), self.rules.group, round(waited, 1), round(left, 1))

    def _queue(self) -> list[Waiting]:
        return [Waiting(one, since) for one, since in self._since.items() if one in self._present]
