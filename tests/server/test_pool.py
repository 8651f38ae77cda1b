"""A waiting room in virtual time: people come, go, come back and cannot connect, and nobody is lost."""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interactive_gym.matching import FIFO, Group, Latency, Matcher, Queue, Reunion
from interactive_gym.server.room import GiveUp, Pair, Pool, Profile, Rules
from interactive_gym.server.room import Group as Seats

CONNECTING_S = 3.0


class Oldest(Matcher):
    """A researcher's: the one who has waited longest, with whoever has come last."""

    def decide(self, waiting: Queue, now: float) -> list[Group]:
        chosen = [waiting[0], *waiting[len(waiting) - waiting.group + 1 :]]
        return [Group(chosen, "oldest")] if waiting.may_meet(*chosen) else []


@dataclass
class World:
    """People with a nature of their own, and what becomes of them."""

    rules: Rules
    seed: int
    people: int
    pool: Pool = field(init=False)
    now: float = 0.0
    where: dict[str, str] = field(default_factory=dict)  # "waiting", "called", "gone", "playing" or "left"
    came: dict[str, float] = field(default_factory=dict)
    groups: list[tuple[tuple[str, ...], float]] = field(default_factory=list)  # that have played
    tried: dict[Pair, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.pool = Pool(self.rules)
        self.names = [f"p{number}" for number in range(self.people)]
        self.rtt = {name: self.random.choice([15.0, 60.0, 180.0]) for name in self.names}
        companies = [self.names[start : start + 2] for start in range(0, self.people, 2)]
        self.met = {name: tuple(one for one in c if one != name) for c in companies for name in c}
        self.order = itertools.count()
        self.agenda: list[tuple[float, int, Any]] = []
        for name in self.names:
            self.at(self.random.uniform(0, 200), self.come, name)

    def at(self, moment: float, what: Any, *about: Any) -> None:
        heapq.heappush(self.agenda, (moment, next(self.order), (what, about)))

    def run(self) -> None:
        for _ in range(200 * self.people):
            deadline = self.pool.next_deadline(self.now)
            following = self.agenda[0][0] if self.agenda else None
            moments = [moment for moment in (deadline, following) if moment is not None]
            if not moments:
                return
            self.now = max(self.now + 1e-6, min(moments))  # sums of times are rounded, and clocks go on
            while self.agenda and self.agenda[0][0] <= self.now:
                _, _, (what, about) = heapq.heappop(self.agenda)
                what(*about)
            self.decide()
        raise AssertionError(f"it does not end: {self.where}")

    def come(self, name: str) -> None:
        if self.where.get(name) in ("left", "playing"):
            return
        met = self.met[name] if self.random.random() < 0.7 else ()
        self.came.setdefault(name, self.now)
        self.where[name] = "waiting"
        self.pool.enter(name, self.now, Profile(met, met))
        if self.random.random() < 0.2:
            self.at(self.now + self.random.uniform(0, 30), self.go, name)

    def go(self, name: str) -> None:
        if self.where[name] == "waiting":
            self.where[name] = "gone"
            self.pool.leave(name, self.now)
            if self.random.random() < 0.6:
                self.at(self.now + self.random.uniform(0, 90), self.come, name)

    def decide(self) -> None:
        for decision in self.pool.moment(self.now, self.rtt).decide():
            if isinstance(decision, GiveUp):
                self.give_up(decision)
            else:
                self.call(decision)

    def give_up(self, decision: GiveUp) -> None:
        assert self.where[decision.participant_id] == "waiting"
        assert decision.waited_s >= self.rules.patience_s
        self.where[decision.participant_id] = "left"
        self.pool.forget(decision.participant_id)

    def call(self, group: Seats) -> None:
        assert all(self.where[one] == "waiting" for one in group.members), "nobody is in two places, nor absent"
        assert set(group.members) <= set(group.chosen_from)
        self.check_size(group)
        self.check_partners(group)
        self.pool.take(group.members)
        for one in group.members:
            self.where[one] = "called"
        self.at(self.now + CONNECTING_S, self.meet, group)

    def check_size(self, group: Seats) -> None:
        waited = max(one.waited_s for one in group.candidates if one.participant_id in group.members)
        if len(group.members) < self.rules.group:
            after = self.rules.smaller_after_s
            at_timeout = waited >= self.rules.patience_s
            assert at_timeout or (after is not None and waited >= after and len(group.members) >= self.rules.min_group)

    def check_partners(self, group: Seats) -> None:
        known = {one.participant_id: one for one in group.candidates}
        for one, other in itertools.combinations(group.members, 2):
            if self.rules.partners == "new":
                assert other not in known[one].partners
            if self.rules.partners == "same":
                assert other in known[one].latest_partners

    def meet(self, group: Seats) -> None:
        """What happens while they connect."""
        chance = self.random.random()
        if chance < 0.15:
            return self.vanish(group, self.random.choice(group.members))
        pairs = [Pair(pair) for pair in itertools.combinations(group.members, 2)]
        rtts = {pair: sum(self.rtt[one] for one in pair) for pair in pairs}
        far = self.pool.too_far(group.members, rtts, self.now)
        if far:
            self.pool.keep_apart(far)
            return self.back(group.members)
        if chance < 0.4 and pairs:
            self.pool.refuse(group.members, [self.random.choice(group.members)], self.now)
            return self.back(group.members)
        self.groups.append((group.members, self.now))
        for one in group.members:
            self.where[one] = "playing"
            self.pool.forget(one)

    def vanish(self, group: Seats, gone: str) -> None:
        self.where[gone] = "gone"
        self.pool.leave(gone, self.now)
        self.back([one for one in group.members if one != gone])

    def back(self, members: Any) -> None:
        for one in members:
            self.where[one] = "waiting"
            self.pool.enter(one, self.now)


WAYS = ["leave", "extend", "bot", "smaller", "survey"]
MATCHERS = [FIFO(), Latency(150, 200, relax_after=40), Latency(max_p2p_rtt=100), Reunion(20), Oldest()]


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    people=st.integers(1, 60),
    group=st.integers(2, 4),
    way=st.sampled_from(WAYS),
    partners=st.sampled_from(["any", "new", "same"]),
    smaller=st.none() | st.integers(5, 50),
    least=st.integers(1, 3),
)
@pytest.mark.parametrize("matcher", MATCHERS, ids=lambda matcher: type(matcher).__name__)
def test_nobody_is_lost(
    matcher: Matcher, seed: int, people: int, group: int, way: str, partners: str, smaller: int | None, least: int
) -> None:
    rules = Rules(
        group, 60, matcher, partners, min(least, group - 1), smaller, way, extend_s=15 if way == "extend" else 0
    )
    world = World(rules, seed, people)
    world.run()
    assert set(world.where.values()) <= {"playing", "left", "gone"}, "nobody waits for ever"
    played = [one for members, _ in world.groups for one in members]
    assert len(played) == len(set(played))
    assert {one for one, place in world.where.items() if place == "playing"} == set(played)
    assert set(world.where) == set(world.names)
