"""Whether several recorded the same, and if not, where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from interactive_gym.data.parity import Records, Verdict, difference, differing_column, judge
from interactive_gym.data.timeline import Piece
from interactive_gym.records import Row, pack

FPS = 4
A, B = {"a": 1}, {"a": 2}


def rows(first: int, count: int) -> list[Row]:
    return [Row(frame, actions={"a": frame}) for frame in range(first, first + count)]


class Store:
    """Chunks as pieces, and how often their bytes were asked for."""

    def __init__(self) -> None:
        self.read_ids: list[int] = []
        self._rows: dict[int, Sequence[Row]] = {}

    def piece(self, number: int, content: Sequence[Row], *, ending: bool = False) -> Piece:
        key = len(self._rows)
        self._rows[key] = content
        reason = "terminated" if ending else None
        return Piece(key, 0, 0, number, content[0].frame, len(content), reason, pack(content).digest)

    def line(self, frames: int, odd: int | None = None) -> dict[int, Piece]:
        """A whole episode; frame ``odd`` is another one than usual."""
        found = {}
        content = [Row(-1), *rows(0, frames)]
        content = [replace(row, rewards={"a": 1}) if row.frame == odd else row for row in content]
        for number in range(-(-frames // FPS)):
            part = [row for row in content if max(row.frame, 0) // FPS == number]
            found[part[0].frame] = self.piece(number, part, ending=part[-1].frame == frames - 1)
        return found

    def judge(self, records: Records, frames: int | None) -> Verdict:
        return judge(records, frames, self.read)

    def read(self, piece: Piece) -> Sequence[Row]:
        self.read_ids.append(piece.id)
        return self._rows[piece.id]


def test_equal_digests_are_never_looked_into() -> None:
    store = Store()
    records = {"a": store.line(10), "b": store.line(10)}
    assert store.judge(records, 10) == Verdict("identical", None, None, {"a": 10, "b": 10})
    assert store.judge(records, None).status == "incomplete", "more may follow"
    assert store.read_ids == []


def test_only_the_first_second_that_differs_is_looked_into() -> None:
    store = Store()
    records = {"a": store.line(20), "b": store.line(20, odd=6), "c": store.line(20, odd=9)}
    assert store.judge(records, 20) == Verdict("mismatch", 6, "rewards.a", {"a": 20, "b": 20, "c": 20})
    assert len(store.read_ids) == 2, "two of three were equal"


def test_whoever_lacks_frames_makes_it_incomplete() -> None:
    store = Store()
    short = store.line(10)
    del short[4]
    assert store.judge({"a": store.line(10), "b": short}, 10) == Verdict("incomplete", None, None, {"a": 10, "b": 4})
    assert store.judge({"a": store.line(10), "b": {}}, 10) == Verdict("incomplete", None, None, {"a": 10, "b": 0})


def test_an_episode_without_a_frame_is_identical_where_all_have_its_reset() -> None:
    store = Store()
    reset = {-1: store.piece(0, [Row(-1)])}
    assert store.judge({"a": reset, "b": reset}, 0).status == "identical"
    assert store.judge({"a": reset, "b": {}}, 0).status == "incomplete"


def test_rows_are_compared_as_far_as_two_have_them() -> None:
    whole = rows(0, 4)
    odd = [*rows(0, 3), Row(3, B)]
    assert difference([whole[:2], whole]) is None
    assert difference([whole[:2], whole, odd]) == (3, "actions.a"), "the first has nothing to say of it"
    assert difference([whole, whole]) is None


@pytest.mark.parametrize(
    ("one", "other", "column"),
    [
        ({"actions": A}, {"actions": B}, "actions.a"),
        ({"actions": A}, {"actions": {}}, "actions.a"),
        ({"actions": {}}, {"actions": A, "rewards": A}, "actions.a"),
        ({"rewards": {"a": 0.0}}, {"rewards": {"a": -0.0}}, "rewards.a"),
        ({"rewards": {"a": 1}}, {"rewards": {"a": 1.0}}, "rewards.a"),
        ({"rewards": {"a": 1}}, {"rewards": {"a": True}}, "rewards.a"),
        ({"infos": {"a": {"x": {"y": 1, "z": 2}}}}, {"infos": {"a": {"x": {"y": 1, "z": 3}}}}, "infos.a.x.z"),
        ({"infos": {"a": {"x": [1, 2]}}}, {"infos": {"a": {"x": [1, 3]}}}, "infos.a.x"),
        ({"infos": {"a": {(1, 2): 1}}}, {"infos": {"a": {(1, 2): 2}}}, "infos.a.[1, 2]"),
        ({"observations": None}, {"observations": {"a": 1}}, "observations"),
        ({"observations": {"a": np.zeros(2)}}, {"observations": {"a": np.ones(2)}}, "observations.a"),
        ({"source": {"a": "human"}}, {"source": {"a": "default"}}, "source.a"),
        ({"observed": {"a": 3}}, {"observed": {"a": 4}}, "observed.a"),
        ({"infos": {"a": {"x" * 999: 1}}}, {"infos": {"a": {}}}, "infos.a." + "x" * 192),
    ],
)
def test_the_column_that_differs(one: dict[str, Any], other: dict[str, Any], column: str) -> None:
    assert differing_column(Row(5, **one), Row(5, **other)) == column
    assert differing_column(Row(5, **one), Row(5, **one)) is None


def test_nan_is_equal_to_itself() -> None:
    row = Row(5, rewards={"a": float("nan")})
    assert differing_column(row, Row(5, rewards={"a": -float("nan")})) is None
