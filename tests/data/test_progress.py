"""When an episode of several players is complete, and how it ended."""

from __future__ import annotations

import pytest

from interactive_gym.data.progress import End, Side, decide, generation_of
from interactive_gym.data.timeline import Start

PLAYS_ON = Side(40, None, None)
OVER, CUT, DIFFERED = End(25, "terminated"), End(12, "interrupted"), End(9, "mismatch")


@pytest.mark.parametrize(
    ("sides", "is_over", "end"),
    [
        ([PLAYS_ON, PLAYS_ON], False, None),
        ([Side(25, "terminated", None), PLAYS_ON], False, OVER),
        ([Side(25, "terminated", OVER), Side(0, None, None)], False, OVER),
        ([Side(25, None, OVER), PLAYS_ON], False, OVER),
        ([Side(24, None, OVER), PLAYS_ON], True, None),
        ([Side(26, None, OVER), PLAYS_ON], True, None),
        ([Side(0, None, End(0, "terminated")), PLAYS_ON], True, None),
        ([Side(12, None, CUT), PLAYS_ON], False, None),
        ([Side(12, None, CUT), PLAYS_ON], True, CUT),
        ([Side(11, None, CUT), PLAYS_ON], True, None),
        ([Side(12, None, CUT), Side(25, "terminated", None)], False, OVER),
        ([Side(12, None, CUT), Side(14, None, End(14, "interrupted"))], False, End(14, "interrupted")),
        ([Side(12, None, CUT), Side(14, None, DIFFERED)], False, DIFFERED),
        ([Side(14, None, DIFFERED), Side(13, None, DIFFERED)], False, DIFFERED),
        ([Side(14, None, DIFFERED), PLAYS_ON], False, None),
        ([Side(14, None, DIFFERED), Side(40, None, None, is_silent=True)], False, DIFFERED),
        ([Side(40, None, None, is_silent=True), PLAYS_ON], False, None),
        ([Side(0, None, End(0, "failed")), Side(0, None, End(0, "failed"))], False, End(0, "failed")),
        ([Side(25, "terminated", DIFFERED), Side(25, "terminated", DIFFERED)], False, DIFFERED),
    ],
)
def test_how_it_ended(sides: list[Side], is_over: bool, end: End | None) -> None:
    assert decide(sides, is_over=is_over) == end
    assert decide(sides[::-1], is_over=is_over) == end


def test_the_generation_whose_records_count() -> None:
    starts = [Start(0, 0, -1), Start(1, 2, -1), Start(2, 2, -1), Start(3, 5, -1)]
    assert [generation_of(starts, episode) for episode in range(7)] == [0, 0, 2, 2, 2, 3, 3]
