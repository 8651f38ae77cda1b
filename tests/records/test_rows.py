import json
import math

import numpy as np
from hypothesis import given

from interactive_gym.records import Row, columns, decode, encode, plain

from .strategies import VALUES


def row(**fields):
    return Row(3, **fields)


def test_columns_are_in_the_order_of_the_data_format():
    line = columns(
        row(
            present={"0": True},
            observed={"1": 2},
            is_focused={"0": True},
            source={"0": "human"},
            observations={"0": 7},
            infos={"0": {"soups": 2}},
            truncated={"0": False},
            terminated={"0": True},
            rewards={"0": 1.5},
            actions={"0": 4},
        ),
        fps=30,
    )
    assert line == {
        "frame": 3,
        "t_ms": 100.0,
        "actions.0": 4,
        "rewards.0": 1.5,
        "terminated.0": True,
        "truncated.0": False,
        "infos.0.soups": 2,
        "observations.0": 7,
        "source.0": "human",
        "is_focused.0": True,
        "observed.1": 2,
        "present.0": True,
    }
    assert list(line)[:4] == ["frame", "t_ms", "actions.0", "rewards.0"]
    assert list(line)[-3:] == ["is_focused.0", "observed.1", "present.0"]


def test_the_state_of_the_game_is_nobodys():
    state = {"place": np.array([1, 2]), "bag": {}, "chef": {"holds": None}, "score": 2}
    line = columns(row(rewards={"state": 1.0}, state=state, state_hash="0" * 32, source={"0": "human"}), 10)
    assert line == {
        "frame": 3,
        "t_ms": 300.0,
        "rewards.state": 1.0,
        "state.place": "[1,2]",
        "state.bag": "{}",
        "state.chef.holds": None,
        "state.score": 2,
        "state_hash": "0" * 32,
        "source.0": "human",
    }


def test_nested_infos_are_dotted_and_arrays_are_json():
    deep = {"x": {"y": np.float32(0.5)}, "none": {}}
    line = columns(row(infos={"a": {"pos": np.array([1, 2]), "deep": deep, 1: [None]}}), 10)
    assert line["infos.a.pos"] == "[1,2]"
    assert line["infos.a.deep.x.y"] == 0.5
    assert line["infos.a.deep.none"] == "{}"
    assert line["infos.a.1"] == "[null]"


def test_the_reset_has_no_actions():
    reset = Row(-1, infos={"0": {}}, observations={"0": 1})
    assert columns(reset, 10) == {"frame": -1, "t_ms": -100.0, "observations.0": 1}


def test_keys_that_look_alike_do_not_overwrite_each_other():
    line = columns(row(infos={"0": {"a.b": 1, "a": {"b": 2}, 1: 3, "1": 4}}), 10)
    assert sorted(value for key, value in line.items() if key.startswith("infos")) == [1, 2, 3, 4]


def test_many_keys_that_look_alike_take_no_time_to_speak_of():
    """Counting from 1 for each of them would be over a thousand million steps."""
    alike = {tuple(map(chr, (0xD800 + n // 2048, 0xD800 + n % 2048))): n for n in range(50_000)}
    line = columns(row(infos={"0": alike}), 10)
    assert sorted(json.loads(line["infos.0"]).values()) == list(range(50_000))


def test_an_agent_whose_name_is_no_text_can_be_written():
    line = columns(row(actions={chr(0xD800): 1, chr(0xD801): 2}), 10)
    assert [(name.encode("utf-8"), line[name]) for name in line if "actions" in name] == [
        (b"actions.?", 1),
        (b"actions.?#2", 2),
    ]


def test_a_dict_too_wide_for_columns_is_one_cell():
    line = columns(row(infos={"0": {str(n): n for n in range(2000)}}), 10)
    assert json.loads(line["infos.0"])["1999"] == 1999


def test_plain_values():
    assert plain({(1, 2): b"\xff", "x": {2}}) == {"[1, 2]": "ff", "x": [2]}
    assert [plain(x) for x in (math.nan, math.inf, np.float32("-inf"))] == ["NaN", "Infinity", "-Infinity"]
    assert plain(np.array([[1 + 2j]])) == [[[1.0, 2.0]]]
    assert plain(10**5000).startswith("0x")


@given(VALUES)
def test_every_recorded_value_can_be_written_as_json_and_csv(value):
    recorded = decode(encode(value))
    json.dumps(plain(recorded), allow_nan=False).encode()
    for cell in columns(row(infos={"0": recorded, "1": {"x": recorded}}), 30).values():
        assert cell is None or type(cell) in (bool, int, float, str)
        str(cell).encode("utf-8")
