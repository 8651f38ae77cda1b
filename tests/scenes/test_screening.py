"""The parameters of the screening: bad ones are refused by name, and good ones are kept."""

from __future__ import annotations

from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.scenes.screening import RULES

BAD: dict[str, list[Any]] = {
    "devices": ["desktop", [], ["phone"], ["Desktop"], [None], 3, {"desktop"}],
    "browsers": ["Chrome", [], {}, ["Chorme"], {"Chrome": -1}, {"Chrome": "110"}, {"Chrome": 110.5}, [1], 3],
    "blocklist": [None, "Safari", ["Netscape"], [3], {"Safari": 1}],
    "max_ping": [0, 60_001, "100", True, float("nan")],
    "min_ping_samples": [0, 51, None, 2.0, True],
    "webrtc": [None, 1, "yes"],
    "callback": [3, "judge", lambda: True, lambda one, two: True],
    "callback_timeout": [0, 61, None, "5"],
    "fail_closed": [None, 1],
    "messages": [None, "no", {"phone": "x"}, {"devices": ""}, {"devices": 3}],
}


@pytest.mark.parametrize("parameter", BAD)
def test_bad_values_are_refused_by_name(parameter: str) -> None:
    for value in BAD[parameter]:
        with pytest.raises(ig.ConfigError) as caught:
            ig.Experiment("study").screening(**{parameter: value})
        assert (caught.value.method, caught.value.parameter) == ("screening", parameter), value


def test_good_values_are_kept_and_later_calls_refine_earlier_ones() -> None:
    experiment = ig.Experiment("study").screening(devices=["desktop"], browsers={"edge": 100}, blocklist=("SAFARI",))
    assert ig.Experiment("study").entry is None
    entry = experiment.screening(max_ping=150, devices=None).entry
    assert entry and (entry.devices, entry.browsers, entry.blocklist) == (None, {"Edge": 100}, ("Safari",))
    assert (entry.max_ping, entry.min_ping_samples) == (150.0, 5)


def test_every_rule_is_a_parameter() -> None:
    entry = ig.Experiment("study").screening().entry
    assert all(hasattr(entry, rule) for rule in RULES)
