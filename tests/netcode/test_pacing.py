"""Ticks, the window of predicted frames, and the input delay that a link asks for."""

from __future__ import annotations

import math

import pytest

from interactive_gym.netcode.pacing import Ticker, Window, wished_delay

FPS = 10.0  # an interval is 0.1 s


def take_all(ticker: Ticker, now: float) -> int:
    """Do what is due."""
    due = ticker.due(now)
    for _ in range(due):
        ticker.take()
    return due


def started(at: float = 0.0) -> Ticker:
    ticker = Ticker(FPS)
    ticker.start(at)
    return ticker


class TestTicker:
    def test_has_nothing_to_do_before_it_is_started(self) -> None:
        ticker = Ticker(FPS)
        assert (ticker.due(1e9), ticker.deadline(), ticker.phase(1e9)) == (0, math.inf, 0.0)

    def test_ticks_first_at_its_start_and_then_in_every_interval(self) -> None:
        ticker = started(5.0)
        assert [take_all(ticker, now) for now in (4.99, 5.0, 5.05, 5.099, 5.11, 5.21)] == [0, 1, 0, 0, 1, 1]

    def test_is_not_moved_by_being_late(self) -> None:
        ticker = started()
        take_all(ticker, 0.09)
        assert ticker.deadline() == pytest.approx(0.1)

    def test_says_when_the_tick_that_is_taken_was_due(self) -> None:
        ticker = started(5.0)
        ticker.due(5.25)
        assert [ticker.take(), ticker.take()] == [5.0, pytest.approx(5.1)]

    @pytest.mark.parametrize(
        ("late", "due", "dropped"),
        [(0.05, 1, 0), (0.15, 2, 0), (0.35, 4, 0), (0.45, 4, 1), (0.55, 4, 2), (60.05, 4, 597)],
    )
    def test_catches_up_with_four_ticks_and_drops_the_rest(self, late: float, due: int, dropped: int) -> None:
        ticker = started(5.0)
        assert (take_all(ticker, 5.0 + late), ticker.dropped) == (due, dropped)
        assert take_all(ticker, 5.0 + late) == 0

    def test_keeps_its_beat_when_it_drops(self) -> None:
        ticker = started(5.0)
        take_all(ticker, 6.05)
        assert ticker.deadline() == pytest.approx(6.1)

    def test_drops_only_once_however_often_it_is_asked(self) -> None:
        ticker = started()
        assert [ticker.due(1.05), ticker.due(1.05), ticker.dropped] == [4, 4, 7]

    def test_takes_a_new_interval_from_the_next_tick_on(self) -> None:
        ticker = started()
        ticker.interval = 0.2
        assert ticker.deadline() == 0.0
        ticker.take()
        assert ticker.deadline() == pytest.approx(0.2)

    def test_starts_again_and_stops(self) -> None:
        ticker = started()
        ticker.start(7.0)
        assert ticker.due(6.9) == 0
        assert ticker.due(7.0) == 1
        ticker.stop()
        assert ticker.due(99.0) == 0

    @pytest.mark.parametrize(("now", "phase"), [(0.0, 0.0), (0.025, 0.25), (0.075, 0.75), (0.1, 1.0), (3.0, 1.0)])
    def test_tells_the_part_of_the_tick_that_is_over(self, now: float, phase: float) -> None:
        ticker = started()
        ticker.take()
        assert ticker.phase(now) == pytest.approx(phase)


def measured(fps: float, step: float, save: float, largest: int = 8) -> Window:
    window = Window(fps, largest)
    for _ in range(60):
        window.add_cost(step=step)
        window.add_cost(save=save)
    return window


class TestWindow:
    @pytest.mark.parametrize(
        ("fps", "step_ms", "save_ms", "size"),
        [
            (60, 1.0, 0.5, 8),
            (60, 4.0, 0.4, 7),
            (60, 4.0, 1.0, 6),
            (60, 10.0, 0.0, 3),
            (60, 100.0, 100.0, 2),
            (30, 4.0, 1.0, 8),
            (30, 10.0, 1.0, 6),
            (10, 20.0, 10.0, 6),
            (60, 0.0, 0.0, 8),
        ],
    )
    def test_is_what_can_be_played_again_in_two_ticks(
        self, fps: float, step_ms: float, save_ms: float, size: int
    ) -> None:
        assert measured(fps, step_ms / 1000, save_ms / 1000).size == size

    def test_is_the_largest_until_enough_is_measured(self) -> None:
        window = Window(60, 6)
        for _ in range(10):
            window.add_cost(step=1.0)
        assert window.size == 6

    def test_is_not_impressed_by_single_slow_steps(self) -> None:
        window = Window(60, 8)
        for i in range(120):
            window.add_cost(step=0.5 if i % 3 == 0 else 0.005)
        assert window.size == 6

    def test_follows_when_the_costs_change(self) -> None:
        window = measured(60, 0.0004, 0.0004)
        assert window.size == 8
        for _ in range(120):
            window.add_cost(step=0.007, save=0.001)
        assert window.size == 4

    @pytest.mark.parametrize("size", [2, 4, 7, 8])
    def test_allows_as_many_predicted_frames_as_its_size(self, size: int) -> None:
        window = Window(60, size)
        assert [window.may_advance(100 + size, 100), window.may_advance(101 + size, 100)] == [True, False]

    @pytest.mark.parametrize(("size", "headroom"), [(2, 0), (6, 0), (7, 2), (8, 2)])
    def test_is_resumed_only_with_headroom_if_it_is_large(self, size: int, headroom: int) -> None:
        window = Window(60, size)
        head = 101 + size
        assert not window.may_advance(head, 100)
        allowed = [window.may_advance(head, confirmed) for confirmed in range(101, 101 + headroom)]
        assert not any(allowed)
        assert window.may_advance(head, 101 + headroom)

    def test_needs_no_headroom_while_it_runs(self) -> None:
        window = Window(60, 8)
        assert all(window.may_advance(head, head - 8) for head in range(100, 120))

    def test_needs_headroom_again_after_the_next_stop(self) -> None:
        window = Window(60, 8)
        course = [(109, 100), (109, 103), (111, 103), (112, 103), (112, 104), (112, 106)]
        assert [window.may_advance(*at) for at in course] == [False, True, True, False, False, True]


@pytest.mark.parametrize(
    ("one_way", "window", "delay"),
    [(0.0, 8, 1), (6.0, 8, 1), (7.0, 8, 1), (7.2, 8, 2), (9.0, 8, 3), (9.1, 8, 4), (3.0, 2, 3), (50.0, 8, 6)],
)
def test_the_delay_covers_what_the_window_does_not_between_its_limits(one_way: float, window: int, delay: int) -> None:
    assert wished_delay(one_way, window, smallest=1, largest=6) == delay
