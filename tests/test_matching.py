"""Matchers: who fits whom, as pure functions of who waits."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import interactive_gym as ig
from interactive_gym.matching import FIFO, Candidate, Group, Latency, Matcher, Queue, Reunion, companies_of


def person(name: str, waited_s: float = 0, rtt: float | None = None, met: str = "", **attributes: Any) -> Candidate:
    """``met`` are the partners of the latest game."""
    return Candidate(name, waited_s, rtt, tuple(met), tuple(met), attributes)


def queue(*people: Candidate, group: int = 2, apart: str = "") -> Queue:
    """``apart``: pairs of names, as in "ab cd"."""
    kept: dict[str, set[str]] = {}
    for one, other in map(list, apart.split()):
        kept.setdefault(one, set()).add(other)
        kept.setdefault(other, set()).add(one)
    return Queue(people, group, kept)


def named(groups: list[Group]) -> list[str]:
    return ["".join(one.participant_id for one in group.members) for group in groups]


def strangers(names: str) -> list[Candidate]:
    return [person(name) for name in names]


def test_a_queue_is_a_sequence_that_knows_who_may_meet() -> None:
    three = queue(*strangers("abc"), apart="ac")
    assert (len(three), three[0].participant_id, [one.participant_id for one in three]) == (3, "a", list("abc"))
    assert three.may_meet(three[0], three[1]) and not three.may_meet(*three)
    assert not three.only(three[::2]).may_meet(three[2], three[0])


def test_first_come_first_served() -> None:
    assert named(FIFO().decide(queue(*strangers("abcde")), 0)) == ["ab", "cd"]
    assert named(FIFO().decide(queue(*strangers("abcd"), apart="ab"), 0)) == ["ac", "bd"]
    assert named(FIFO().decide(queue(*strangers("abcd"), group=3, apart="ab bc"), 0)) == ["acd"]


def test_near_ones_meet_and_far_ones_wait() -> None:
    people = [person("a", rtt=200), person("b", rtt=190), person("c", rtt=20), person("d", rtt=30), person("e", rtt=90)]
    assert named(Latency(max_server_rtt=100).decide(queue(*people), 0)) == ["cd"]
    assert named(Latency(max_server_rtt=225).decide(queue(*people), 0)) == ["ac", "bd"]
    assert named(Latency().decide(queue(*people), 0)) == ["ab", "cd"]


def test_who_is_not_measured_yet_is_taken_for_near() -> None:
    assert named(Latency(max_server_rtt=50).decide(queue(person("a"), person("b", rtt=40)), 0)) == ["ab"]


def test_who_has_waited_for_long_takes_anybody() -> None:
    people = [person("a", 29, rtt=300), person("b", 5, rtt=300)]
    matcher = Latency(max_server_rtt=100, relax_after=30)
    assert matcher.decide(queue(*people), 0) == []
    assert named(matcher.decide(queue(person("a", 30, rtt=300), people[1]), 0)) == ["ab"]


def test_the_same_partners_again() -> None:
    old = [person("a", 3, met="c"), person("b", 2), person("c", 1, met="a"), person("d", 0)]
    groups = Reunion(wait=60).decide(queue(*old), 0)
    assert [(name, group.reason) for name, group in zip(named(groups), groups, strict=True)] == [
        ("ac", "reunion"),
        ("bd", "first_come"),
    ]


def test_who_waits_for_an_old_partner_in_vain_takes_somebody_else() -> None:
    people = [person("a", 59, met="x"), person("b", 1)]
    matcher = Reunion(wait=60, fallback=Latency(max_server_rtt=100, max_p2p_rtt=150, relax_after=20))
    assert matcher.decide(queue(*people), 0) == []
    assert named(matcher.decide(queue(person("a", 60, met="x"), people[1]), 0)) == ["ab"]
    assert (matcher.max_p2p_rtt, matcher.relax_after) == (150, 20)


def test_reunion_is_mutual() -> None:
    """The partner of one has played with somebody else since."""
    people = [person("a", 0, met="b"), person("b", 0, met="c")]
    assert Reunion(wait=60).decide(queue(*people), 0) == []
    assert [len(company) for company in companies_of(people)] == [1, 1]


@pytest.mark.parametrize("value", [0, -1, "3", True, float("nan"), float("inf"), [1]])
@pytest.mark.parametrize("parameter", ["max_server_rtt", "max_p2p_rtt", "relax_after"])
def test_bad_limits_are_refused_by_name(parameter: str, value: Any) -> None:
    with pytest.raises(ig.ConfigError) as caught:
        Latency(**{parameter: value})
    assert (caught.value.method, caught.value.parameter) == ("Latency", parameter)


def test_bad_reunions_are_refused_by_name() -> None:
    for wait in (None, 0, "1"):
        with pytest.raises(ig.ConfigError, match=r"\.Reunion\(wait\)"):
            Reunion(wait)  # type: ignore[arg-type]
    with pytest.raises(ig.ConfigError, match=r"\.Reunion\(fallback\)"):
        Reunion(1, FIFO)  # type: ignore[arg-type]


PEOPLE = st.lists(
    st.tuples(st.floats(0, 100), st.none() | st.floats(0, 400), st.integers(0, 3)), max_size=14
)  # fmt: skip


@given(PEOPLE, st.integers(1, 4), st.sets(st.frozensets(st.integers(0, 13), min_size=2, max_size=2), max_size=20))
@pytest.mark.parametrize(
    "matcher",
    [FIFO(), Latency(200, relax_after=50), Latency(), Reunion(30), Reunion(30, Latency(150))],
    ids=repr,
)
def test_every_matcher_keeps_the_rules(
    matcher: Matcher, found: list[tuple[float, float | None, int]], size: int, kept: set[frozenset[int]]
) -> None:
    people = []
    for number, (waited, rtt, company) in enumerate(found):
        met = tuple(str(n) for n, other in enumerate(found) if company and other[2] == company and n != number)
        people.append(Candidate(str(number), waited, rtt, met, met))
    apart: dict[str, set[str]] = {}
    for one, other in kept:
        apart.setdefault(str(one), set()).add(str(other))
        apart.setdefault(str(other), set()).add(str(one))
    waiting = Queue(tuple(people), size, apart)
    groups = matcher.decide(waiting, 0)
    seated = [one.participant_id for group in groups for one in group.members]
    assert len(seated) == len(set(seated))
    assert all(len(group.members) == size and waiting.may_meet(*group.members) for group in groups)
    assert all(group.reason for group in groups)


def eighths(least: int, most: int) -> st.SearchStrategy[float]:
    """Numbers whose sums and differences are exact: a limit that is missed by a rounding is none."""
    return st.integers(8 * least, 8 * most).map(lambda count: count / 8)


@given(st.lists(eighths(0, 400), min_size=2, max_size=12), eighths(50, 500))
def test_nobody_is_left_waiting_beside_somebody_near(rtts: list[float], limit: float) -> None:
    people = [person(str(number), rtt=rtt) for number, rtt in enumerate(rtts)]
    groups = Latency(limit).decide(queue(*people), 0)
    way = {one.participant_id: one.server_rtt_ms or 0 for one in people}
    seated = {one.participant_id for group in groups for one in group.members}
    for one, other in combinations(sorted(way.keys() - seated), 2):
        assert way[one] + way[other] > limit
    for group in groups:
        assert sum(way[one.participant_id] for one in group.members) <= limit


@given(
    ways=st.lists(st.none() | st.integers(0, 30), max_size=12),
    size=st.integers(2, 4),
    limit=st.integers(1, 60),
    pairs=st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20),
)
def test_whoever_is_first_is_joined_by_the_first_who_fit(
    ways: list[int | None], size: int, limit: int, pairs: set[tuple[int, int]]
) -> None:
    names = "abcdefghijkl"
    apart = " ".join(names[one] + names[other] for one, other in pairs if one != other)
    waiting = queue(*(person(name, rtt=way) for name, way in zip(names, ways, strict=False)), group=size, apart=apart)
    left, expected = list(waiting), []
    while left:
        group, others = [left[0]], left[1:]
        for one in others:
            near = all((one.server_rtt_ms or 0) + (each.server_rtt_ms or 0) <= limit for each in group)
            if len(group) < size and near and waiting.may_meet(*group, one):
                group.append(one)
        seated = group if len(group) == size else []
        left = [one for one in others if one not in seated]
        expected += ["".join(one.participant_id for one in seated)] if seated else []
    assert named(Latency(max_server_rtt=limit).decide(waiting, 0)) == expected
