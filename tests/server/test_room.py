"""Who is matched with whom: as a function, and as a waiting room in which time passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.matching import Candidate, Latency, Matcher, Queue, Reunion
from interactive_gym.matching import Group as Proposal
from interactive_gym.server.room import (
    KEPT_S,
    RETRY_S,
    BadAnswer,
    GiveUp,
    Group,
    Pair,
    Pool,
    Profile,
    Refused,
    Rules,
    Waiting,
    decide,
)


@dataclass(frozen=True)
class Chosen:
    """What a ``Group`` is compared with."""

    members: tuple[str, ...]
    chosen_from: tuple[str, ...]
    reason: str = "first_come"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Group) and vars(self) == {name: getattr(other, name) for name in vars(self)}


def rules(group: int = 2, wait_s: float = 100, **more: Any) -> Rules:
    return Rules(group, wait_s, **more)


def queue(names: str) -> list[Waiting]:
    return [Waiting(name, since) for since, name in enumerate(names)]


def groups(names: str, size: int = 2, **refused: Refused) -> list[str]:
    pairs = {Pair(pair): one for pair, one in refused.items()}
    decisions = decide(queue(names), 50, rules(size), pairs)
    return ["".join(one.members) for one in decisions if isinstance(one, Group)]


@pytest.mark.parametrize(
    ("names", "size", "expected"),
    [
        ("", 2, []),
        ("a", 2, []),
        ("ab", 2, ["ab"]),
        ("abc", 2, ["ab"]),
        ("abcdef", 2, ["ab", "cd", "ef"]),
        ("abcdef", 3, ["abc", "def"]),
        ("abcde", 4, ["abcd"]),
    ],
)
def test_first_come_first_served(names: str, size: int, expected: list[str]) -> None:
    assert groups(names, size) == expected
    backwards = decide(queue(names)[::-1], 50, rules(size), {})
    assert ["".join(one.members) for one in backwards if isinstance(one, Group)] == expected


def test_a_group_says_from_whom_it_was_chosen() -> None:
    first, second = decide(queue("abcde"), 50, rules(), {})
    assert (first, second) == (Chosen(("a", "b"), tuple("abcde")), Chosen(("c", "d"), tuple("cde")))


def test_who_could_not_connect_meets_somebody_else_first() -> None:
    assert groups("abc", ab=Refused(1, 49)) == ["ac"]
    assert groups("abcd", ab=Refused(1, 49)) == ["ac", "bd"]
    assert groups("abcd", 3, ab=Refused(1, 49)) == ["acd"]
    assert groups("abc", ab=Refused(3, 49), ac=Refused(3, 49)) == ["bc"], "the first does not hold up the others"


def test_two_alone_try_again_at_once_and_then_less_and_less_often() -> None:
    assert groups("ab", ab=Refused(1, 50)) == ["ab"]
    assert groups("ab", ab=Refused(2, 50)) == []
    assert groups("ab", ab=Refused(2, 50 - RETRY_S)) == ["ab"]
    assert groups("ab", ab=Refused(3, 50 - RETRY_S)) == []
    assert groups("ab", ab=Refused(3, 50 - 3 * RETRY_S)) == ["ab"]


def test_who_has_waited_long_enough_is_let_go_unless_there_is_a_partner() -> None:
    assert decide(queue("a"), 99.9, rules(), {}) == []
    assert decide(queue("a"), 100, rules(), {}) == [GiveUp("a", 100)]
    assert decide(queue("ab"), 200, rules(), {}) == [Chosen(("a", "b"), ("a", "b"))]
    assert decide(queue("abc"), 200, rules(), {}) == [Chosen(("a", "b"), tuple("abc")), GiveUp("c", 198)]


@given(
    st.lists(st.floats(0, 100), max_size=12),
    st.integers(2, 5),
    st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20),
)
def test_nobody_is_matched_twice_nor_left_over(since: list[float], size: int, refused: set[tuple[int, int]]) -> None:
    waiting = [Waiting(str(number), at) for number, at in enumerate(since)]
    never = {Pair((str(a), str(b))): Refused(9, 100) for a, b in refused if a != b}
    made = [one.members for one in decide(waiting, 100, rules(size, 1_000), never) if isinstance(one, Group)]
    members = [member for group in made for member in group]
    assert len(members) == len(set(members))
    assert all(len(group) == size for group in made)
    assert not any(pair <= set(group) for pair in never for group in made)
    if not never:
        assert len(since) - len(members) < size


def test_honest_numbers() -> None:
    pool = Pool(rules(group=3))
    pool.enter("a", 10)
    pool.enter("b", 20)
    room = pool.room("a", 25.04)
    assert (room.waiting, room.group, room.waited_s, room.left_s) == (2, 3, 15, 85)
    assert pool.room("b", 500).left_s == 0
    pool.leave("b", 30)
    assert pool.room("a", 30).waiting == 1


def test_enlisting_again_changes_nothing() -> None:
    pool = Pool(rules())
    pool.enter("a", 0)
    pool.enter("a", 50)
    assert pool.room("a", 60).waited_s == 60
    assert pool.decide(60) == []


def test_who_is_back_soon_has_the_old_place_and_later_a_new_one() -> None:
    pool = Pool(rules(group=3))
    for name, at in (("a", 0), ("b", 1), ("c", 2)):
        pool.enter(name, at)
        if name == "a":
            pool.leave("a", 0.5)
    assert pool.decide(3) == [], "who is away is not matched"
    pool.enter("a", KEPT_S)
    assert pool.decide(KEPT_S) == [Chosen(("a", "b", "c"), ("a", "b", "c"))]
    pool.leave("a", KEPT_S)
    pool.enter("a", 2 * KEPT_S + 1)
    assert pool.room("a", 2 * KEPT_S + 1).waited_s == 0


def test_who_comes_back_from_a_match_is_at_the_head() -> None:
    pool = Pool(rules())
    for at, name in enumerate("abc"):
        pool.enter(name, at)
    assert pool.decide(5) == pool.decide(5) == [Chosen(("a", "b"), tuple("abc"))], "deciding changes nothing"
    pool.take("ab")
    assert pool.waiting() == ["c"]
    pool.leave("b", 6)
    pool.enter("a", 6)
    assert pool.decide(6) == [Chosen(("a", "c"), ("a", "c"))]


def test_only_pairs_with_somebody_who_was_not_connected_are_remembered() -> None:
    pool = Pool(rules(group=3))
    for at, name in enumerate("abc"):
        pool.enter(name, at)
    pool.take("abc")
    pool.refuse("abc", "c", 5)
    for name in "abc":
        pool.enter(name, 5)
    pool.enter("d", 6)
    assert pool.decide(6) == [Chosen(("a", "b", "d"), tuple("abcd"))]


def test_it_knows_when_there_is_something_to_decide() -> None:
    pool = Pool(rules())
    assert pool.next_deadline(0) is None
    pool.enter("a", 0)
    pool.enter("b", 1)
    pool.take("ab")
    assert pool.next_deadline(1) is None
    for _ in range(2):
        pool.refuse("ab", "ab", 10)
    pool.enter("a", 10)
    pool.enter("b", 10)
    assert pool.decide(10) == []
    assert pool.next_deadline(10) == 10 + RETRY_S
    assert pool.decide(10 + RETRY_S) == [Chosen(("a", "b"), ("a", "b"))]
    pool.leave("a", 20)
    assert pool.next_deadline(20) == 101
    assert pool.decide(101) == [GiveUp("b", 100)]
    pool.forget("b")
    assert pool.next_deadline(101) is None


def test_who_plays_is_forgotten() -> None:
    pool = Pool(rules())
    pool.enter("a", 0)
    pool.refuse("ab", "ab", 0)
    pool.forget("a")
    pool.enter("a", 90)
    assert pool.room("a", 90).waited_s == 0


def people(*since: float, **more: Any) -> list[Waiting]:
    return [Waiting("abcdefgh"[number], at, **more) for number, at in enumerate(since)]


def decided(waiting: list[Waiting], now: float, rules: Rules, far: set[Pair] | None = None) -> list[str]:
    """Groups by their members, and who gives up with a "-"."""
    made = decide(waiting, now, rules, {}, far or set())
    return ["".join(one.members) if isinstance(one, Group) else f"-{one.participant_id}" for one in made]


def test_a_smaller_group_begins_once_somebody_has_waited_long_enough() -> None:
    three = rules(group=4, min_group=2, smaller_after_s=30)
    assert decided(people(0, 20), 29, three) == []
    assert decided(people(0, 20), 30, three) == ["ab"]
    assert decided(people(0, 1, 2, 29, 29), 30, three) == ["abcd"], "a whole group comes first"
    assert decided(people(0, 1, 2), 30, three) == ["abc"], "and then the largest"
    assert decided(people(0), 99, three) == []
    assert decided(people(0), 100, three) == ["-a"]


def test_what_comes_at_the_timeout() -> None:
    assert decided(people(0, 1), 100, rules(group=3)) == ["-a"]
    assert decided(people(0, 1), 100, rules(group=3, on_timeout="smaller")) == ["ab"]
    assert decided(people(0), 100, rules(group=3, on_timeout="smaller")) == ["-a"]
    assert decided(people(0, 1), 100, rules(group=3, on_timeout="bot")) == ["a"]
    assert decided(people(0, 1), 120, rules(group=3, on_timeout="extend", extend_s=30)) == []
    assert decided(people(0, 1), 130, rules(group=3, on_timeout="extend", extend_s=30)) == ["-a"]
    (alone,) = decide(people(0), 100, rules(on_timeout="bot"), {})
    assert isinstance(alone, Group) and alone.reason == "alone"


def test_partners_new_and_same() -> None:
    met = Profile(("b",), ("b",)), Profile(("a",), ("a",)), Profile()
    waiting = [Waiting(name, at, profile) for at, (name, profile) in enumerate(zip("abc", met, strict=True))]
    assert decided(waiting, 50, rules()) == ["ab"]
    assert decided(waiting[::2], 50, rules(partners="same")) == []
    assert decided(waiting, 50, rules(partners="same")) == ["ab"]
    assert decided(waiting, 150, rules(partners="same", on_timeout="bot")) == ["ab", "c"]


def test_who_was_too_far_apart_stays_so_until_one_has_waited_long_enough() -> None:
    far = {Pair("ab")}
    patient = rules(matcher=Latency(max_p2p_rtt=100, relax_after=60))
    assert decided(people(0, 1), 59, patient, far) == []
    assert decided(people(0, 1, 2), 59, patient, far) == ["ac"]
    assert decided(people(0, 1), 60, patient, far) == ["ab"]
    assert decided(people(0, 1), 99, rules(matcher=Latency(max_p2p_rtt=100)), far) == []


def test_too_far_is_what_was_measured_so_or_not_at_all() -> None:
    pool = Pool(rules(group=3, matcher=Latency(max_p2p_rtt=100, relax_after=60)))
    for name, at in (("a", 0), ("b", 50), ("c", 50)):
        pool.enter(name, at)
    rtts = {Pair("ab"): 100.0, Pair("ac"): 101.0}
    assert pool.too_far("abc", rtts, 59) == {Pair("ac"): 101.0, Pair("bc"): None}
    assert pool.too_far("abc", rtts, 60) == {Pair("bc"): None}, "who has waited so long takes anybody"
    assert Pool(rules(group=3)).too_far("abc", rtts, 59) == {}
    pool.keep_apart(pool.too_far("abc", rtts, 59))
    assert pool.moment(59).far == {Pair("ac"), Pair("bc")}
    pool.forget("c")
    assert pool.moment(59).far == set()


class Says(Matcher):
    """Whatever it was told to."""

    def __init__(self, says: Any) -> None:
        self.says = says

    def decide(self, waiting: Queue, now: float) -> Any:
        return self.says(waiting)


STRANGER = Candidate("x")


@pytest.mark.parametrize(
    "says",
    [
        lambda waiting: None,
        lambda waiting: (Proposal(waiting[:2]),),
        lambda waiting: [waiting[:2]],
        lambda waiting: [Proposal(waiting[:1])],
        lambda waiting: [Proposal(waiting[:3])],
        lambda waiting: [Proposal([waiting[0], STRANGER])],
        lambda waiting: [Proposal([waiting[0], waiting[0]])],
        lambda waiting: [Proposal(waiting[:2]), Proposal(waiting[1:3])],
        lambda waiting: [Proposal(["a", "b"])],
        lambda waiting: [Proposal(waiting[:3:2])],
    ],
)
def test_a_matcher_that_says_what_cannot_be(says: Any) -> None:
    with pytest.raises(BadAnswer):
        decide(people(0, 1, 2), 5, rules(matcher=Says(says)), {Pair("ac"): Refused(9, 5)})


def test_a_group_is_logged_with_its_reason_and_those_of_whom_it_was_chosen() -> None:
    matcher = Says(lambda waiting: [Proposal(waiting[1:3], "r" * 300)])
    (group,) = decide(people(0, 1, 2), 5, rules(matcher=matcher), {})
    assert isinstance(group, Group)
    assert (group.members, group.chosen_from, len(group.reason)) == (("b", "c"), ("a", "b", "c"), 200)
    assert [(one.participant_id, one.waited_s) for one in group.candidates] == [("a", 5), ("b", 4), ("c", 3)]
    (named,) = decide(people(0, 1), 5, rules(matcher=Says(lambda waiting: [Proposal(waiting)])), {})
    assert isinstance(named, Group) and named.reason == "Says"


def test_a_crowd_does_not_fill_the_log() -> None:
    crowd = [Waiting(str(number), number) for number in range(300)]
    says = Says(lambda waiting: [Proposal([waiting[0], waiting[250]])] if len(waiting) > 298 else [])
    (group,) = decide(crowd, 300, rules(wait_s=1_000, matcher=says), {})
    assert isinstance(group, Group)
    assert group.chosen_from == (*map(str, range(100)), "250")


def test_every_group_is_logged_as_chosen_of_those_who_were_left() -> None:
    crowd = [Waiting(str(number), number) for number in range(210)]
    groups = [one for one in decide(crowd, 300, rules(wait_s=1_000), {}) if isinstance(one, Group)]
    assert len(groups) == 105
    for number, group in enumerate(groups):
        assert group.chosen_from == tuple(map(str, range(2 * number, min(210, 2 * number + 100))))
        assert tuple(one.participant_id for one in group.candidates) == group.chosen_from


def matched(people: list[Waiting], **more: Any) -> list[tuple[str, ...]]:
    """The groups of a room that these people come to."""
    pool = Pool(rules(**more))
    for one in people:
        pool.enter(one.participant_id, one.since, one.profile)
    pool.refuse("ac", "a", 8)
    pool.refuse("ac", "a", 9)
    return [one.members for one in pool.decide(10) if isinstance(one, Group)]


def test_acquaintances_stay_apart_whoever_of_them_knows_of_it() -> None:
    met = [Waiting("a", 0), Waiting("b", 1, Profile(("a", "gone"))), Waiting("c", 2), Waiting("d", 3, Profile(("c",)))]
    assert matched(met, partners="new") == [("a", "d"), ("b", "c")]
    assert matched(met) == [("a", "b"), ("c", "d")]
    assert matched(met[:2], partners="new") == []


def test_who_has_played_meanwhile_knows_more_people_when_they_come_again() -> None:
    pool = Pool(rules(partners="new"))
    pool.enter("a", 0)
    pool.enter("b", 1)
    pool.take("ab")
    moment = pool.moment(2)
    pool.enter("a", 3, Profile(("b", "c")))
    pool.enter("b", 3, Profile(("a",)))
    assert pool.decide(4) == []
    assert moment.acquainted == {}, "what a moment says stays as it was: another thread reads it"
    pool.forget("b")
    pool.enter("c", 5)
    assert pool.decide(6) == [], "of which c knows nothing"
    pool.enter("d", 7)
    assert [one.members for one in pool.decide(8) if isinstance(one, Group)] == [("a", "d")]


def test_the_room_says_what_comes_next() -> None:
    pool = Pool(rules(group=3, on_timeout="extend", extend_s=50, smaller_after_s=30))
    pool.enter("a", 0)
    assert [(pool.room("a", at).left_s, pool.room("a", at).note) for at in (10, 40, 120)] == [
        (20, "the game begins with those who are here, if they are at least 2"),
        (60, "we go on looking for others for a while"),
        (30, ""),
    ]
    assert [pool.next_deadline(at) for at in (0, 30, 100)] == [30, 100, 150]
    for way, note in (("bot", "the game begins without them"), ("survey", "you go on without this game")):
        assert Pool(rules(on_timeout=way)).room("a", 0).note == note


def test_a_matcher_that_looks_at_the_time_is_asked_every_second() -> None:
    pool = Pool(rules(matcher=Reunion(30)))
    pool.enter("a", 0)
    assert pool.next_deadline(5) == 100
    pool.enter("b", 1)
    assert pool.next_deadline(5) == 6


def test_what_is_known_of_somebody_reaches_the_matcher() -> None:
    pool = Pool(rules())
    pool.enter("a", 0, Profile(("z",), ("z",), {"skill": 3}))
    (one,) = pool.moment(7, {"a": 42.0}).waiting
    assert one.candidate(7) == Candidate("a", 7, 42.0, ("z",), ("z",), {"skill": 3})
    pool.enter("a", 8, Profile(attributes={"skill": 4}))
    assert pool.moment(8).waiting[0].profile.attributes == {"skill": 4}
