"""What is known of a player's inputs, what is expected, and where an expectation was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.netcode.config import Predict
from interactive_gym.netcode.inputs import FOREVER, NOBODY, InputQueue
from interactive_gym.netcode.requests import ABSENT, BOT, FOCUSED, HUMAN, Input

IDLE, A, B, C = b"\0", b"a", b"b", b"c"
OWNER, OTHER = 1, 2


def a_queue(actions: Sequence[bytes] = (), prediction: Literal["repeat", "default"] | Predict = "repeat") -> InputQueue:
    """A queue that knows these actions, from frame 0 on."""
    queue = InputQueue(IDLE, prediction, OWNER)
    for frame, action in enumerate(actions):
        assert queue.add(frame, Input(action))
    return queue


def play(queue: InputQueue, first: int, last: int) -> list[bytes]:
    """The actions that these frames are played with."""
    return [queue.use(frame).action for frame in range(first, last + 1)]


# --- what is expected -------------------------------------------------------------------------------------------------


def second_last(actions: Sequence[bytes]) -> bytes:
    return actions[-2] if len(actions) > 1 else C


@pytest.mark.parametrize(
    ("prediction", "actions", "expected"),
    [
        ("repeat", [], IDLE),
        ("repeat", [A, B], B),
        ("default", [A, B], IDLE),
        (second_last, [], IDLE),
        (second_last, [A], C),
        (second_last, [A, B], A),
    ],
)
def test_what_is_expected(
    prediction: Literal["repeat", "default"] | Predict, actions: list[bytes], expected: bytes
) -> None:
    queue = a_queue(actions, prediction)
    missing = len(actions)
    assert play(queue, 0, missing + 3) == [*actions, *[expected] * 4]


def test_every_missing_frame_follows_from_what_comes_before_the_first_of_them() -> None:
    """Not from what was expected of the frame before it, nor from how far away it is."""
    queue = a_queue([A, B], second_last)
    assert play(queue, 2, 5) == [A, A, A, A]
    queue.add(2, Input(C))
    assert play(queue, 3, 5) == [B, B, B]


def test_a_function_sees_the_newest_thirty_actions() -> None:
    seen: list[Sequence[bytes]] = []

    def watch(actions: Sequence[bytes]) -> bytes:
        seen.append(tuple(actions))
        return IDLE

    queue = a_queue([bytes([frame]) for frame in range(40)], watch)
    queue.expected()
    assert seen[-1] == tuple(bytes([frame]) for frame in range(10, 40))


def test_a_function_is_asked_once_for_the_same_gap() -> None:
    asked = 0

    def count(actions: Sequence[bytes]) -> bytes:
        nonlocal asked
        asked += 1
        return A

    queue = a_queue([A], count)
    play(queue, 1, 8)
    assert asked == 1
    queue.add(1, Input(A))
    play(queue, 2, 8)
    assert asked == 2


def test_what_is_repeated_has_the_flags_of_the_last_known_and_was_seen_where_that_was_seen() -> None:
    queue = a_queue()
    queue.add(0, Input(A, FOCUSED | HUMAN))
    assert queue.expected() == Input(A, FOCUSED | HUMAN)
    for age in (7, 255):
        queue.add(len(queue.of(OWNER, 0, 99)), Input(A, BOT, age))
        assert queue.expected() == Input(A, BOT, min(255, age + 1))


@pytest.mark.parametrize("prediction", ["default", lambda actions: B])
def test_nobody_has_chosen_what_is_expected_and_not_repeated(prediction: Literal["default"] | Predict) -> None:
    queue = a_queue(prediction=prediction)
    queue.add(0, Input(A, FOCUSED | HUMAN, 7))
    expected = IDLE if prediction == "default" else B
    assert queue.expected() == Input(expected, FOCUSED)


# --- where it was wrong -----------------------------------------------------------------------------------------------


def test_nothing_is_wrong_that_was_played_as_it_turns_out() -> None:
    queue = a_queue([A])
    play(queue, 0, 4)
    for frame in (1, 2, 3):
        queue.add(frame, Input(A, HUMAN, 3))
    assert queue.wrong is None


def test_the_earliest_wrong_frame_counts() -> None:
    queue = a_queue([A])
    play(queue, 0, 4)
    for frame, action in ((1, A), (2, B), (3, A), (4, C)):
        queue.add(frame, Input(action))
    assert queue.wrong == 2
    queue.rewind(2)
    assert queue.wrong is None


def test_what_was_not_played_cannot_be_wrong() -> None:
    queue = a_queue([A])
    play(queue, 0, 1)
    queue.add(1, Input(A))
    queue.add(2, Input(B))
    assert queue.wrong is None


def test_what_is_committed_is_not_compared_any_more() -> None:
    queue = a_queue([A, A])
    play(queue, 0, 1)
    queue.forget(0)
    queue.forget(1)
    queue.rewrite(0, [Input(B), Input(B)], OWNER)
    assert queue.wrong is None


# --- what is added ----------------------------------------------------------------------------------------------------


def test_inputs_come_one_after_another() -> None:
    queue = a_queue([A])
    assert not queue.add(2, Input(C))
    assert not queue.add(0, Input(C))
    assert queue.add(1, Input(B))
    assert queue.known(0, 1) == (Input(A), Input(B))
    assert queue.last == queue.last_sent == 1


def test_nothing_is_added_while_it_is_frozen() -> None:
    queue = a_queue([A])
    queue.is_frozen = True
    assert not queue.add(1, Input(B))
    assert queue.last == 0
    queue.is_frozen = False
    assert queue.add(1, Input(B))


Batches = list[tuple[int, int]]


@given(
    actions=st.lists(st.sampled_from([IDLE, A, B]), min_size=1, max_size=30),
    batches=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=20),
    ahead=st.integers(0, 8),
)
def test_in_whatever_order_and_how_often_batches_come_the_queue_is_the_list(
    actions: list[bytes], batches: Batches, ahead: int
) -> None:
    """Played up to ``ahead`` frames beyond what is known, and corrected, it ends as if nothing had been predicted."""
    queue, played = a_queue(), dict[int, bytes]()

    def take(first: int, last: int) -> None:
        for frame, action in list(enumerate(actions))[first:last]:
            queue.add(frame, Input(action))
        start = len(played) if queue.wrong is None else queue.wrong
        queue.rewind(start)
        for frame in range(start, min(len(actions), queue.last + 1 + ahead)):
            played[frame] = queue.use(frame).action

    for first, last in batches:
        take(first, last)
        assert [given.action for given in queue.known(0, queue.last)] == actions[: queue.last + 1]
        for frame in range(min(len(played), queue.last + 1)):
            assert played[frame] == actions[frame]
    take(0, len(actions))
    assert [played[frame] for frame in range(len(actions))] == actions


# --- who sends it -----------------------------------------------------------------------------------------------------


def test_a_player_of_nobody_does_nothing_from_there_on_and_that_is_known() -> None:
    queue = a_queue([A, A, A])
    queue.assign(2, NOBODY)
    assert (queue.last, queue.last_sent) == (FOREVER, 1)
    assert play(queue, 0, 4) == [A, A, IDLE, IDLE, IDLE]
    assert queue.known(1, 3) == (Input(A), Input(IDLE, ABSENT), Input(IDLE, ABSENT))


def test_what_somebody_else_sent_of_later_frames_does_not_count() -> None:
    queue = a_queue([A, A, A, A])
    queue.assign(2, OTHER)
    assert queue.last == 1
    assert queue.add(2, Input(B))
    assert [queue.owner_of(frame) for frame in range(4)] == [OWNER, OWNER, OTHER, OTHER]
    assert queue.owner == OTHER
    assert queue.senders == (OWNER, OTHER)


def test_each_sends_what_is_its_own() -> None:
    queue = a_queue([A, A])
    queue.assign(2, OTHER)
    queue.add(2, Input(B))
    assert queue.of(OWNER, 0, 9) == [Input(A), Input(A)]
    assert queue.of(OWNER, 1, 9) == [Input(A)]
    assert queue.of(OTHER, 0, 9) == []
    assert queue.of(OTHER, 2, 9) == [Input(B)]
    assert a_queue([A, B, C]).of(OWNER, 0, 2) == [Input(A), Input(B)]


def test_a_player_who_comes_back_did_nothing_meanwhile() -> None:
    queue = a_queue([A])
    queue.assign(1, NOBODY)
    queue.assign(4, OWNER)
    assert queue.known(0, 3) == (Input(A), *[Input(IDLE, ABSENT)] * 3)
    assert queue.last == 3
    assert queue.expected() == Input(IDLE), "they are back"
    assert queue.add(4, Input(B))


def test_frames_that_were_played_with_what_nobody_sends_now_are_wrong() -> None:
    queue = a_queue([A, A])
    play(queue, 0, 5)
    queue.assign(3, NOBODY)
    # Frames from 2 on were expected to be A. Frame 2 is not known, but frames from 3 on are idle, and so is the gap.
    assert queue.wrong == 2
    assert play(queue, 2, 5) == [IDLE] * 4


def test_inputs_can_be_written_anew_and_that_may_prove_frames_wrong() -> None:
    queue = a_queue([A, A, A, A])
    play(queue, 0, 3)
    queue.rewrite(1, [Input(A), Input(B)], OWNER)
    assert queue.wrong == 2
    assert queue.known(0, 3) == (Input(A), Input(A), Input(B), Input(A))


def test_what_is_written_anew_for_nobody_is_all_there_is() -> None:
    queue = a_queue([A, A, A, A])
    queue.rewrite(1, [Input(B)], NOBODY)
    assert queue.last == FOREVER
    assert play(queue, 0, 3) == [A, B, IDLE, IDLE]


def test_inputs_are_not_written_with_a_gap_before_them() -> None:
    queue = a_queue([A])
    with pytest.raises(ValueError, match="from frame 3 on do not join those up to 0"):
        queue.rewrite(3, [Input(B)], OWNER)
    assert queue.known(0, 0) == (Input(A),)


def test_what_another_peer_wrote_joins_the_frames_of_nobody() -> None:
    queue = a_queue([A])
    queue.assign(1, NOBODY)
    queue.rewrite(3, [Input(B)], OWNER)
    assert queue.known(0, 3) == (Input(A), Input(IDLE, ABSENT), Input(IDLE, ABSENT), Input(B))
