"""Who plays with whom: the matchers of waiting rooms, and what a matcher of your own is given.

    class BySkill(ig.Matcher):
        def decide(self, waiting, now):
            ranked = sorted(waiting, key=lambda one: one.attributes.get("skill", 0))
            pairs = zip(ranked[::2], ranked[1::2])
            return [ig.Group(pair, "skill") for pair in pairs if waiting.may_meet(*pair)]

    scene.waitroom(matcher=BySkill())

A matcher only says who fits. Timeouts, smaller groups, whether everybody is there and whether their browsers reach each
other are looked after whatever it says.
"""

from __future__ import annotations

import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, combinations
from numbers import Real
from typing import overload

from interactive_gym.errors import ConfigError

MAX_REASON = 200
"""Characters of a group's reason; the rest is cut off."""

_TAKEN = math.inf  # the way of somebody who is in a group already
_FARTHEST = sys.float_info.max  # all others are nearer than that

Attribute = bool | int | float | str | None


@dataclass(frozen=True)
class Candidate:
    """Somebody who waits.

    Attributes:
        participant_id: Theirs.
        waited_s: Seconds since they began to.
        server_rtt_ms: How long a message takes to the server and back; None while that is not known.
        partners: All with whom they have played in this study before, the latest last.
        latest_partners: Those of their latest game of several people.
        attributes: What is known of them by name, see ``Experiment.attributes``.
    """

    participant_id: str
    waited_s: float = 0.0
    server_rtt_ms: float | None = None
    partners: tuple[str, ...] = ()
    latest_partners: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict, hash=False)


class Group:
    """These play together; the first of them plays the first human agent.

    Args:
        members: As many as the queue says.
        reason: Why these, for the log of matches; the name of the matcher if not given.
    """

    def __init__(self, members: Iterable[Candidate], reason: str = "") -> None:
        self.members = tuple(members)
        self.reason = str(reason)[:MAX_REASON]

    def __repr__(self) -> str:
        return f"Group({[getattr(one, 'participant_id', one) for one in self.members]}, {self.reason!r})"


@dataclass(frozen=True)
class Queue(Sequence[Candidate]):
    """The people who wait for one game, in the order in which they came, and what a group of them has to be.

    Attributes:
        people: All of them.
        group: How many play together.
        apart: Participant -> those with whom they must not be seated now: their browsers have just not reached each
            other, or only slowly; or they have met, where the scene wants new partners.
    """

    people: tuple[Candidate, ...]
    group: int
    apart: Mapping[str, Collection[str]] = field(default_factory=dict, hash=False)

    def may_meet(self, *people: Candidate) -> bool:
        """Whether all of these may be in one group."""
        return not any(b.participant_id in self.apart.get(a.participant_id, ()) for a, b in combinations(people, 2))

    def only(self, people: Iterable[Candidate]) -> Queue:
        """The queue with these alone, for another matcher."""
        return Queue(tuple(people), self.group, self.apart)

    def __len__(self) -> int:
        return len(self.people)

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Candidate, ...]: ...
    def __getitem__(self, index: int | slice) -> Candidate | tuple[Candidate, ...]:
        return self.people[index]

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.people)


class Matcher(ABC):
    """Base of all matchers. One object serves one waiting room, and is asked by one thread at a time.

    Attributes:
        max_p2p_rtt: Milliseconds that a message between two members of a group may take, there and back. It is measured
            by their browsers once they are connected, before the game begins; a group in which it takes longer is
            dissolved, and who was too far apart is kept apart. None: as long as it likes.
        relax_after: Seconds; for whoever has waited for as long, ``max_p2p_rtt`` does not count any more.
    """

    max_p2p_rtt: float | None = None
    relax_after: float | None = None

    @abstractmethod
    def decide(self, waiting: Queue, now: float) -> list[Group]:
        """The groups that are to play now.

        Called whenever somebody has come or gone, and once a second while there are enough people. It must not take
        longer than a second: it is stopped waiting for, and the next groups are first come, first served.

        Args:
            waiting: Everybody who can be matched at this moment.
            now: Seconds of a clock that only goes forward.

        Returns:
            Groups of ``waiting.group`` of these people, nobody in two of them, nobody with somebody whom they may not
            meet. An answer that is not so counts as a failure.
        """


@dataclass(frozen=True)
class FIFO(Matcher):
    """First come, first served."""

    def decide(self, waiting: Queue, now: float) -> list[Group]:
        return _first_come(waiting, "first_come")


@dataclass(frozen=True)
class Latency(Matcher):
    """First come, first served, among people who are not too far from each other.

    Args:
        max_server_rtt: Milliseconds. Two people are only matched if their ways to the server and back take at most as
            long together, which is how long it takes from one to the other and back through the server. Known at
            once, so that nobody is asked to connect in vain. Whose way is not known is taken for near.
        max_p2p_rtt: Milliseconds from one to the other and back, as their browsers then measure it.
        relax_after: Seconds; whoever has waited for as long takes anybody.

    Raises:
        ConfigError: A value is not a positive number.
    """

    max_server_rtt: float | None = None
    max_p2p_rtt: float | None = None
    relax_after: float | None = None

    def __post_init__(self) -> None:
        for parameter in ("max_server_rtt", "max_p2p_rtt", "relax_after"):
            if (value := getattr(self, parameter)) is not None:
                _check_positive("Latency", parameter, value)

    def decide(self, waiting: Queue, now: float) -> list[Group]:
        limit = self.max_server_rtt
        if limit is None:
            return _first_come(waiting, "first_come")
        return _first_come(waiting, "near_enough", [self._way(one) for one in waiting], limit)

    def _way(self, one: Candidate) -> float:
        if self.relax_after is not None and one.waited_s >= self.relax_after:
            return -math.inf
        return one.server_rtt_ms or 0.0


@dataclass(frozen=True)
class Reunion(Matcher):
    """The same partners again: those who played their latest game of several people together.

    Args:
        wait: Seconds that somebody waits for them. After that, and for whoever has not played with anybody yet,
            ``fallback`` decides.
        fallback: Another matcher; ``FIFO()`` if not given.

    Raises:
        ConfigError: A value is not as above.
    """

    wait: float
    fallback: Matcher = FIFO()

    def __post_init__(self) -> None:
        _check_positive("Reunion", "wait", self.wait)
        if not isinstance(self.fallback, Matcher):
            raise ConfigError("must be a matcher, such as ig.FIFO()", method="Reunion", parameter="fallback")
        for name in ("max_p2p_rtt", "relax_after"):  # they hold for whoever is matched
            object.__setattr__(self, name, getattr(self.fallback, name))

    def decide(self, waiting: Queue, now: float) -> list[Group]:
        reunited = self._reunited(waiting)
        seated = {one.participant_id for group in reunited for one in group.members}
        rest = [one for one in waiting if one.participant_id not in seated]
        free = [one for one in rest if not one.latest_partners or one.waited_s >= self.wait]
        return reunited + self.fallback.decide(waiting.only(free), now)

    def _reunited(self, waiting: Queue) -> list[Group]:
        met = [people for people in companies_of(waiting) if len(people) >= waiting.group and people[0].latest_partners]
        return [group for people in met for group in _first_come(waiting.only(people), "reunion")]


def companies_of(waiting: Iterable[Candidate]) -> list[list[Candidate]]:
    """Those who played their latest game together, each company in the order of the queue; who is new, alone."""
    companies: dict[frozenset[str], list[Candidate]] = {}
    for one in waiting:
        companies.setdefault(frozenset((one.participant_id, *one.latest_partners)), []).append(one)
    return list(companies.values())


def _first_come(waiting: Queue, reason: str, ways: Sequence[float] | None = None, limit: float = 0.0) -> list[Group]:
    """Whoever has waited longest is joined by the first who may meet all before; and again, with those who are left.

    Args:
        ways: Of each of ``waiting``; those of any two in a group are at most ``limit`` together.
    """
    if ways is None and not waiting.apart:
        ends = range(waiting.group, len(waiting) + 1, waiting.group)
        return [Group(waiting.people[end - waiting.group : end], reason) for end in ends]
    free = _Line(len(waiting)) if ways is None else _Near(ways)
    groups: list[Group] = []
    for first in range(len(waiting)):
        places = _joined(waiting, first, free, limit) if free.has(first) else []
        if len(places) == waiting.group:
            groups.append(Group([waiting.people[place] for place in places], reason))
            for place in places:
                free.take(place)
    return groups


def _joined(waiting: Queue, first: int, free: _Line | _Near, limit: float) -> list[int]:
    """The places of ``first`` and of those who come along; too few where not enough do."""
    people, apart, size = waiting.people, waiting.apart, waiting.group
    places, bound, place = [first], limit - free.way(first), first
    forbidden: Collection[str] = apart.get(people[first].participant_id, ())
    while len(places) < size and (place := free.following(place, bound)):
        if people[place].participant_id in forbidden:
            continue
        places.append(place)
        if len(places) < size:
            bound = min(bound, limit - free.way(place))
            forbidden = {*forbidden, *apart.get(people[place].participant_id, ())}
    return places


class _Line:
    """Who is left of a queue in which it does not matter how far people are from each other.

    A circle of places, linked both ways; the one behind the last is nobody's.
    """

    def __init__(self, length: int) -> None:
        self._nobody = length
        self._after = [*range(1, length + 1), 0]
        self._before = [length, *range(length)]
        self._taken: set[int] = set()

    def has(self, place: int) -> bool:
        return place not in self._taken

    def way(self, place: int) -> float:
        return 0.0

    def take(self, place: int) -> None:
        """They have a group."""
        before, after = self._before[place], self._after[place]
        self._after[before], self._before[after] = after, before
        self._taken.add(place)

    def following(self, place: int, bound: float) -> int:
        """The first place after this one, which is free, that is free; 0 if there is none."""
        after = self._after[place]
        return after if after != self._nobody else 0


class _Near:
    """Who is left of a queue. Finds the next one who is near enough without a look at everybody in between.

    A tree over the places, the root at 1 and the children of n at 2n and 2n + 1: each node has the shortest way below.
    """

    def __init__(self, ways: Sequence[float]) -> None:
        self._first_leaf = size = 1 << len(ways).bit_length()  # one leaf at least is behind the last place
        level = [*ways] + [_TAKEN] * (size - len(ways))
        levels = [level]
        while len(level) > 1:
            level = [*map(min, level[::2], level[1::2])]
            levels.append(level)
        self._shortest = [_TAKEN, *chain.from_iterable(reversed(levels))]

    def has(self, place: int) -> bool:
        return self.way(place) < _TAKEN

    def way(self, place: int) -> float:
        return self._shortest[self._first_leaf + place]

    def take(self, place: int) -> None:
        """They have a group."""
        shortest, node, below = self._shortest, self._first_leaf + place, _TAKEN
        shortest[node] = below
        while node > 1:
            beside, node = shortest[node ^ 1], node // 2
            below = min(below, beside)
            if shortest[node] == below:
                break
            shortest[node] = below

    def following(self, place: int, bound: float) -> int:
        """The first place after this one that is free, and whose way is at most ``bound``; 0 if there is none."""
        shortest, node, bound = self._shortest, self._first_leaf + place + 1, min(bound, _FARTHEST)
        while shortest[node] > bound:
            while node % 2:  # nothing at the right of it has the same parent
                node //= 2
            if not node:
                return 0
            node += 1
        while node < self._first_leaf:
            node = 2 * node if shortest[2 * node] <= bound else 2 * node + 1
        return node - self._first_leaf


def _check_positive(owner: str, parameter: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < math.inf:
        raise ConfigError(f"must be a positive number, not {value!r}", method=owner, parameter=parameter)
