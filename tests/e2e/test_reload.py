"""Reloads and second tabs: a participant goes on where they were, and nothing is drawn or stored twice."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.harness import STUDIES, Participant, Server
from tests.e2e.steps import answer_questions, end_episodes


def test_a_reload_on_each_page_continues_there(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "counting.py", COUNTING_STEPS="100000")
    ada = participant(f"{served.url}/?debug=latency")
    ada.sees("start")
    ada.page.reload()
    ada.press_primary()
    ada.sees("static")
    ada.page.reload()
    answer_questions(ada)
    ada.sees("gym")
    ada.page.reload()
    ada.start_game()

    ada.until_played(0, 25)
    ada.until_stored(0, 0)
    ada.page.reload()  # in the middle of an episode: what the server has of it is replayed, and play goes on
    played_before = len(ada.frames)
    ada.start_game()
    ada.until(lambda: ada.frames[played_before:], "the first frame after the reload")
    episode, frame = ada.frames[played_before]
    assert episode == 0 < frame and frame % 20 == 0, "goes on at the last stored chunk"
    end_episodes(ada)
    ada.sees("completion_code")
    code = ada.page.inner_text("[data-code]")
    ada.page.reload()
    ada.sees("completion_code")
    assert ada.page.inner_text("[data-code]") == code

    assert len(served.table("participants.csv")) == 1
    served.settled(2)
    for number in (0, 1):
        rows = served.episode("count", number)
        assert [int(row["frame"]) for row in rows] == list(range(-1, len(rows) - 1))
        assert int(rows[-1]["infos.0.count"]) == len(rows) - 1


def test_a_second_tab_is_told_so_and_may_take_over(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "counting.py")
    first = participant(f"{served.url}/somebody")
    first.sees("start")
    second = participant(f"{served.url}/somebody", context=first.page.context)
    second.sees("second_tab")
    second.press_primary()
    second.sees("start")
    first.sees("moved")
    assert len(served.table("participants.csv")) == 1
