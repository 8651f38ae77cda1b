"""The matcher of a waiting room is asked so that the event loop does not wait for it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from interactive_gym.matching import FIFO
from interactive_gym.server.choosing import CROWD, decided
from interactive_gym.server.room import Group, Pool, Rules


@pytest.mark.parametrize(("people", "is_away"), [(CROWD, False), (CROWD + 1, True)])
def test_a_crowd_is_decided_about_away_from_the_event_loop(
    monkeypatch: pytest.MonkeyPatch, people: int, is_away: bool
) -> None:
    asked: list[threading.Thread] = []
    decide = FIFO.decide

    def seen(*arguments: object) -> object:
        asked.append(threading.current_thread())
        return decide(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(FIFO, "decide", seen)
    pool = Pool(Rules(2, 60))
    for number in range(people):
        pool.enter(str(number), number)
    decisions = asyncio.run(decided(pool.moment(people)))
    assert [one.members for one in decisions if isinstance(one, Group)][:2] == [("0", "1"), ("2", "3")]
    assert [thread is not threading.main_thread() for thread in asked] == [is_away]
