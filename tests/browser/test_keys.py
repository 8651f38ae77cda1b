from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.browser.keys import Keys

LEFT, UP, LEFT_UP, SPRINT = 0, 1, 2, 3
COMBINATIONS = [{"Left"}, {"Up"}, {"Left", "Up"}, {"Shift", "Left", "Up"}]


def held():
    return Keys(COMBINATIONS, "pressed_keys")


def single():
    return Keys(COMBINATIONS, "single_keystroke")


def test_nothing_is_chosen_without_a_key():
    assert held().choose([], []) is None
    assert single().choose([], []) is None


def test_a_held_key_acts_in_every_frame():
    keys = held()
    assert [keys.choose(["Left"], ["Left"]), *[keys.choose(["Left"], []) for _ in range(3)]] == [LEFT] * 4
    assert keys.choose([], []) is None


def test_a_tap_between_two_frames_is_not_lost():
    keys = held()
    assert keys.choose([], ["Left"]) == LEFT
    assert keys.choose([], []) is None


def test_the_combination_with_most_keys_wins():
    assert held().choose(["Left", "Up"], ["Left", "Up"]) == LEFT_UP
    assert held().choose(["Shift", "Left", "Up"], []) == SPRINT


def test_a_combination_may_be_part_held_and_part_tapped():
    keys = held()
    keys.choose(["Left"], ["Left"])
    assert keys.choose(["Left"], ["Up"]) == LEFT_UP
    assert keys.choose(["Left"], []) == LEFT


def test_of_equals_the_one_completed_last_wins():
    keys = Keys([{"a"}, {"b"}], "pressed_keys")
    assert keys.choose(["a"], ["a"]) == 0
    assert keys.choose(["a", "b"], ["b"]) == 1
    assert keys.choose(["a", "b"], []) == 1
    assert keys.choose(["a", "b"], ["a"]) == 0  # released and pressed again
    assert keys.choose(["b"], []) == 1


def test_other_keys_do_not_matter():
    assert held().choose(["x", "Left"], ["x"]) == LEFT


def test_a_keystroke_acts_once_however_long_it_is_held():
    keys = single()
    assert [keys.choose(["Left"], ["Left"]), keys.choose(["Left"], []), keys.choose(["Left"], [])] == [LEFT, None, None]


def test_of_several_keystrokes_the_latest_wins():
    assert single().choose([], ["Left", "Up"]) == LEFT_UP  # together they are a combination
    keys = Keys([{"a"}, {"b"}], "single_keystroke")
    assert keys.choose([], ["a", "b"]) == 1
    assert keys.choose([], []) is None


def test_a_keystroke_completes_a_combination_with_held_keys():
    keys = single()
    assert keys.choose(["Shift"], ["Shift"]) is None
    assert keys.choose(["Shift", "Left"], ["Left"]) == LEFT
    assert keys.choose(["Shift", "Left", "Up"], ["Up"]) == SPRINT


def test_a_keystroke_that_is_bound_to_nothing_does_not_undo_another():
    assert single().choose([], ["Left", "x"]) == LEFT


NAMES = st.sampled_from(["Left", "Up", "Shift", "x"])


@given(st.lists(st.tuples(st.lists(NAMES, unique=True), st.lists(NAMES)), max_size=20))
def test_a_choice_is_always_of_active_keys_and_the_largest(frames):
    keys = held()
    for down, pressed in frames:
        active = set(down) | set(pressed)
        fitting = [i for i, combination in enumerate(COMBINATIONS) if combination <= active]
        chosen = keys.choose(down, pressed)
        assert (chosen is None) == (not fitting)
        if chosen is not None:
            assert chosen in fitting
            assert len(COMBINATIONS[chosen]) == max(len(COMBINATIONS[i]) for i in fitting)
