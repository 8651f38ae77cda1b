"""What follows in an order of one's own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import interactive_gym as ig
from interactive_gym.server.sequences import following, joined, onward, present

IDS = [f"s{number}" for number in range(6)]
START, END = ig.StartScene("welcome"), ig.EndScene("thanks")


def ids_of(scenes: object) -> list[str]:
    return [scene.id for scene in scenes]  # type: ignore[attr-defined]


@given(st.permutations(IDS), st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(["new", "newer"])))
def test_what_is_gone_is_skipped_and_the_rest_stays_in_order(drawn: list[str], gone: set[str], new: set[str]) -> None:
    catalogue = [START, *(ig.StaticScene(id) for id in [*IDS, *sorted(new)] if id not in gone), END]
    order = present(catalogue, ["welcome", *drawn, "goodbye"])
    assert ids_of(order) == ["welcome", *(id for id in drawn if id not in gone), "thanks"]


@given(st.permutations(IDS))
def test_who_goes_on_sees_each_scene_once_and_comes_to_the_end(drawn: list[str]) -> None:
    catalogue = [START, *map(ig.StaticScene, IDS), END]
    order = present(catalogue, ["welcome", *drawn, "thanks"])
    seen = [order[0]]
    while seen[-1] != END:
        seen.append(following(order, seen[-1]))
    assert ids_of(seen) == ["welcome", *drawn, "thanks"]


def test_without_an_order_of_their_own_the_file_counts() -> None:
    catalogue = [START, ig.StaticScene("a"), END]
    assert present(catalogue, []) is catalogue
    assert following(catalogue, START).id == "a"


def test_whoever_is_in_a_scene_of_nobodys_order_goes_to_the_end() -> None:
    assert following([START, END], ig.StaticScene("a")) is END


@given(st.permutations(IDS), st.sets(st.sampled_from(IDS)), st.integers(0, 5))
def test_whose_scene_is_gone_goes_on_to_the_next_of_their_own(drawn: list[str], gone: set[str], reached: int) -> None:
    catalogue = [START, *(ig.StaticScene(id) for id in IDS if id not in gone | {drawn[reached]}), END]
    left = [id for id in drawn[reached + 1 :] if id not in gone]
    for visited in ([], ["welcome", *drawn[: reached + 1]]):
        assert onward(catalogue, ["welcome", *drawn, "thanks"], visited, drawn[reached]).id == [*left, "thanks"][0]


def test_without_an_order_of_their_own_they_go_on_behind_all_that_they_have_seen() -> None:
    catalogue = [START, *map(ig.StaticScene, "abc"), END]
    visited = {"welcome": ["a"], "b": ["c"], "c": ["thanks"], "nothing": ["welcome"]}
    for last, (expected,) in visited.items():
        seen = ["welcome", "a", "b", "c"]
        been = seen[: seen.index(last) + 1] if last in seen else []
        assert onward(catalogue, [], [*been, "gone"], "gone").id == expected


def test_what_was_visited_comes_first() -> None:
    assert joined(["welcome", "b"], ["welcome", "a", "b", "c"]) == ["welcome", "b", "a", "c"]
    assert joined([], IDS) == IDS
