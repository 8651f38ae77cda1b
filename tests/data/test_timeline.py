"""Which chunks are an episode, whoever sent them in whatever order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.data.timeline import (
    BEFORE_RESET,
    Piece,
    Start,
    canonical,
    frames_of,
    next_start,
    resumable,
    superseded,
)

FPS = 4


def piece(number: int, *, generation: int = 0, id: int | None = None, frames: int = FPS, ending: bool = False) -> Piece:
    first, rows = (BEFORE_RESET, frames + 1) if number == 0 else (number * FPS, frames)
    key = 10 * generation + number if id is None else id
    return Piece(key, 0, generation, number, first, rows, "terminated" if ending else None)


def numbers(line: list[Piece]) -> list[tuple[int, int]]:
    return [(one.generation, one.number) for one in line]


def test_chunks_count_as_far_as_they_go_without_a_gap() -> None:
    assert numbers(canonical([piece(0), piece(1), piece(3)], [])) == [(0, 0), (0, 1)]
    assert canonical([piece(1)], []) == []


def test_nothing_follows_the_end() -> None:
    assert numbers(canonical([piece(0), piece(1, ending=True), piece(2)], [])) == [(0, 0), (0, 1)]


def test_of_two_with_one_key_the_first_to_come_counts() -> None:
    first, second = piece(0, id=3), piece(0, id=7)
    assert canonical([second, first], []) == canonical([first, second], []) == [first]


def test_a_second_that_is_not_whole_is_played_again() -> None:
    line = [piece(0), piece(1, frames=2)]
    assert resumable(line, FPS) == line[:1]
    assert resumable([piece(0), piece(1, frames=2, ending=True)], FPS)[-1].ending
    assert resumable([piece(0, frames=2)], FPS) == []
    assert resumable([], FPS) == []


def test_a_generation_supersedes_what_lies_at_its_beginning_or_after() -> None:
    start = Start(1, 0, 8)
    assert [superseded(piece(number), [start]) for number in range(4)] == [False, False, True, True]
    assert not superseded(piece(2, generation=1), [start])
    later = Piece(1, 1, 0, 0, BEFORE_RESET, 5, None)
    assert superseded(later, [start]), "an episode that the earlier one went on to"
    assert not superseded(piece(0), [Start(1, 1, BEFORE_RESET)])


def test_where_the_next_generation_begins() -> None:
    assert next_start([], generation=0, episode=2) == Start(0, 2, BEFORE_RESET)
    assert next_start([piece(0), piece(1)], generation=3, episode=0) == Start(3, 0, 8)
    assert frames_of([piece(0), piece(1, frames=2)]) == 6
    assert frames_of([]) == 0


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=6), st.randoms())
def test_lives_of_a_worker_add_up_to_one_game(lives: list[tuple[int, int]], shuffle: object) -> None:
    """Each life plays some seconds; some of them are lost, and the next life goes on from what has arrived."""
    stored: list[Piece] = []
    starts: list[Start] = []
    for generation, (played, lost) in enumerate(lives):
        line = resumable(canonical(stored, starts), FPS)
        starts.append(next_start(line, generation=generation, episode=0))
        for number in range(len(line), len(line) + played):
            if number != len(line) + lost:
                stored.append(piece(number, generation=generation))
    shuffle.shuffle(stored)  # type: ignore[attr-defined]
    line = canonical(stored, starts)
    assert [one.number for one in line] == list(range(len(line))), "one chunk for each second, from the first on"
    assert [one.generation for one in line] == sorted(one.generation for one in line), "a later life never goes back"
    assert not any(superseded(one, starts) for one in line)
