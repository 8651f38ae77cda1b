"""Frames in which players did not look, were away, and in which a policy played for them."""

from __future__ import annotations

from interactive_gym.data.attendance import ATTENDANCE, Attendance
from interactive_gym.records import Row

ROWS = [
    Row(-1),
    Row(0, source={"red": "human", "blue": "human"}, is_focused={"red": True, "blue": True}),
    Row(1, source={"red": "default", "blue": "human"}, is_focused={"red": False, "blue": True}, present={"red": False}),
    Row(2, source={"red": "bot", "blue": "human"}, is_focused={"red": False, "blue": False}),
    Row(3, source={"red": "bot", "blue": "human"}, is_focused={"red": False, "blue": True}, present={"blue": True}),
]


def test_frames_are_counted_as_they_pass() -> None:
    there = Attendance()
    for _ in range(2):  # a table is written in two passes
        assert list(there.counted(ROWS)) == ROWS
    assert there.of("red") == {"unfocused_frames": 3, "absent_frames": 1, "bot_frames": 2}
    assert there.of("blue") == {"unfocused_frames": 1, "absent_frames": 0, "bot_frames": 0}
    assert tuple(there.of("red")) == ATTENDANCE


def test_an_episode_without_frames_has_none() -> None:
    there = Attendance()
    assert list(there.counted([])) == []
    assert there.of("red") == {"unfocused_frames": 0, "absent_frames": 0, "bot_frames": 0}
