"""Which states are kept: enough to play again whatever may prove wrong, and no more than is worth it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.netcode.history import History
from interactive_gym.netcode.pacing import COSTS, Window

DIGEST_EVERY = 10


def a_history(step: float = 1.0, save: float = 1.0) -> History:
    """With what a step and a save take, in milliseconds."""
    window = Window(fps=30, largest=8)
    for _ in range(COSTS):
        window.add_cost(step=step / 1000, save=save / 1000)
    return History(window, DIGEST_EVERY)


def kept(history: History, frames: int, final: int = -1) -> list[int]:
    """The frames whose state is kept when an episode is played from frame 0 on, without a rollback."""
    found = []
    for frame in range(frames):
        if history.wants(frame, frame <= final):
            history.add(frame)
            found.append(frame)
    return found


def test_every_state_is_kept_where_keeping_costs_no_more_than_stepping() -> None:
    assert kept(a_history(), 25) == list(range(25))
    assert kept(History(Window(30, 8), DIGEST_EVERY), 25) == list(range(25))  # nothing was measured yet


def test_states_are_kept_sparsely_where_keeping_costs_more() -> None:
    assert kept(a_history(save=4.0), 25) == [0, 4, 8, 10, 12, 16, 20, 24]
    assert kept(a_history(save=100.0), 45) == [0, 10, 20, 30, 40]  # never more seldom than they are hashed


def test_states_that_are_hashed_are_always_kept() -> None:
    assert {0, 10, 20, 30} <= set(kept(a_history(save=7.0), 31))
    assert [frame for frame in range(40) if a_history().is_hashed(frame)] == [0, 10, 20, 30]


def test_of_frames_that_are_final_only_those_are_kept_that_are_hashed_and_the_first() -> None:
    assert kept(a_history(), 14, final=11) == [0, 10, 12, 13]
    history = a_history()
    assert history.wants(3, is_final=True)  # else there was none to go back to
    assert not (history.add(3) or history.wants(4, is_final=True))


def test_a_state_is_not_kept_twice() -> None:
    history = a_history()
    kept(history, 6)
    assert history.rewind(5) == 5
    assert not history.wants(5, is_final=False)
    assert history.wants(6, is_final=False)


def test_a_replay_starts_from_the_newest_state_before_it_and_those_after_are_kept_anew() -> None:
    history = a_history(save=4.0)
    kept(history, 20)
    assert history.rewind(9) == 8
    assert history.wants(10, is_final=False)
    assert history.wants(12, is_final=False)
    assert history.rewind(19) == 8  # nothing was added since


def test_what_is_not_needed_any_more_is_told_and_dropped() -> None:
    history = a_history(save=4.0)
    kept(history, 20)  # 0, 4, 8, 10, 12, 16
    assert history.forget(3) == 0
    assert history.forget(4) == 4
    assert history.forget(11) == 10
    assert history.rewind(11) == 10
    assert history.forget(100) == 10  # the newest one stays, however old


@given(
    save=st.floats(0.1, 40.0),
    walk=st.lists(st.tuples(st.sampled_from(["play", "go back", "commit"]), st.integers(1, 8)), max_size=60),
)
def test_there_is_always_a_state_to_replay_what_is_not_committed(save: float, walk: list[tuple[str, int]]) -> None:
    history = a_history(save=save)
    head, committed, states = 0, -1, set[int]()

    def play(until: int) -> None:
        nonlocal head
        while head < until:
            if history.wants(head, is_final=False):
                history.add(head)
                states.add(head)
            head += 1

    play(1)
    for what, frames in walk:
        if what == "play":
            play(head + frames)
        elif what == "commit":
            committed = min(committed + frames, head - 1)
            keep = history.forget(committed + 1)
            states = {state for state in states if state >= keep}
        elif committed < head - 1:
            wrong, end = max(committed + 1, head - frames), head
            head = history.rewind(wrong)
            assert head in states, "the host has dropped it"
            assert head <= wrong
            states = {state for state in states if state <= head}
            play(end)
