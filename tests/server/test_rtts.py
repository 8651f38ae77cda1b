"""Round trips: only the answer to the probe that was sent last is one."""

from __future__ import annotations

import pytest

from interactive_gym.server.rtts import FRESH_S, LOST_S, Rtts


def test_a_round_trip_is_the_time_between_question_and_answer() -> None:
    rtts = Rtts()
    number = rtts.ask("ann", 10.0)
    assert rtts.answer("ann", number, 10.25) == pytest.approx(250)
    assert rtts.median_ms("ann", 11.0) == pytest.approx(250)


def test_unasked_wrong_repeated_and_late_answers_count_for_nothing() -> None:
    rtts = Rtts()
    assert rtts.answer("ann", 0, 1.0) is None
    first = rtts.ask("ann", 1.0)
    assert rtts.answer("ann", first + 1, 1.1) is None
    assert rtts.answer("bob", first, 1.1) is None
    second = rtts.ask("ann", 2.0)
    assert rtts.answer("ann", first, 2.1) is None
    assert rtts.answer("ann", second, 2.2) is not None
    assert rtts.answer("ann", second, 2.3) is None
    assert len(rtts.samples("ann", 0.0)) == 1


def test_what_is_old_says_nothing_of_now() -> None:
    rtts = Rtts()
    for at, ms in ((0.0, 900), (FRESH_S, 10), (FRESH_S + 1, 20), (FRESH_S + 2, 30)):
        rtts.answer("ann", rtts.ask("ann", at), at + ms / 1000)
    assert rtts.median_ms("ann", FRESH_S + 3) == pytest.approx(20)
    assert rtts.median_ms("ann", 10 * FRESH_S) is None
    assert rtts.median_ms("bob", 0.0) is None


def test_every_answer_counts_at_once_and_for_as_long_as_it_is_fresh() -> None:
    rtts = Rtts()
    for at, ms, median in ((0.0, 100, 100), (10.0, 300, 200), (20.0, 500, 300)):
        rtts.answer("ann", rtts.ask("ann", at), at + ms / 1000)
        assert rtts.median_ms("ann", at + 1) == rtts.median_ms("ann", at + 2) == pytest.approx(median)
    assert [rtts.median_ms("ann", FRESH_S + at) for at in (0.0, 5.0, 15.0)] == pytest.approx([300, 400, 500])
    assert rtts.median_ms("ann", FRESH_S + 25.0) is None
    rtts.forget("ann")
    assert rtts.median_ms("ann", FRESH_S + 25.0) is None


def test_how_long_a_probe_waits_is_known() -> None:
    rtts = Rtts()
    assert rtts.unanswered_s("ann", 5.0) == 0
    number = rtts.ask("ann", 5.0)
    assert rtts.unanswered_s("ann", 7.5) == 2.5
    rtts.answer("ann", number, 8.0)
    assert rtts.unanswered_s("ann", 9.0) == 0


def test_those_who_are_gone_are_forgotten() -> None:
    rtts = Rtts()
    number = rtts.ask("ann", 1.0)
    rtts.forget("ann")
    assert rtts.answer("ann", number, 1.1) is None


def test_a_probe_that_was_never_answered_is_a_look_at_the_line_too() -> None:
    rtts = Rtts()
    rtts.ask("ann", 0.0)
    rtts.ask("ann", LOST_S)
    number = rtts.ask("ann", LOST_S + 1)
    rtts.answer("ann", number, LOST_S + 1.2)
    assert [sample.ms for sample in rtts.looks("ann", 0.0)] == pytest.approx([LOST_S * 1000, 200])
    assert [sample.ms for sample in rtts.samples("ann", 0.0)] == pytest.approx([200])
    assert rtts.looks("bob", 0.0) == []


def test_who_has_answered_is_known_though_they_be_gone() -> None:
    rtts = Rtts()
    number = rtts.ask("ann", 10.0)
    assert rtts.heard_since(0.0) == set(), "asked, and not yet heard"
    rtts.answer("ann", number + 1, 10.1)
    assert rtts.heard_since(0.0) == set(), "it was no answer"
    rtts.answer("ann", number, 10.1)
    rtts.forget("ann")
    assert (rtts.heard_since(10.0), rtts.heard_since(10.2)) == ({"ann"}, set())
