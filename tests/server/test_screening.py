"""What the rules of the screening say of whom."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import interactive_gym as ig
from interactive_gym.protocol import Measured
from interactive_gym.scenes.screening import RULES, Screening
from interactive_gym.server.screening import ACCEPTED, Finding, answered, decide, message

LAPTOP = Measured("Chrome", "141.0.1", "Windows", "desktop", True, False, (1920, 1080), ["en"])
FAST = [20.0] * 5


def rules(**given: Any) -> Screening:
    entry = ig.Experiment("study").screening(**given).entry
    assert entry
    return entry


def found(entry: Screening, pings: list[float] = FAST, **measured: Any) -> str | None:
    finding = decide(entry, msgspec.structs.replace(LAPTOP, **measured), pings, is_final=False)
    return finding and finding.rule


def test_without_rules_everybody_is_accepted_once_measured() -> None:
    assert found(rules()) == ACCEPTED
    assert found(rules(), FAST[:4]) is None
    assert decide(rules(), LAPTOP, [], is_final=True) == Finding(ACCEPTED)


@pytest.mark.parametrize(
    ("given", "measured", "rule"),
    [
        ({"devices": ["desktop"]}, {}, ACCEPTED),
        ({"devices": ["desktop"]}, {"device": "mobile"}, "devices"),
        ({"devices": ["tablet", "mobile"]}, {}, "devices"),
        ({"browsers": ["chrome"]}, {}, ACCEPTED),
        ({"browsers": ["Firefox", "Safari"]}, {}, "browsers"),
        ({"browsers": {"Chrome": 141}}, {}, ACCEPTED),
        ({"browsers": {"Chrome": 142}}, {}, "browsers"),
        ({"browsers": {"Chrome": 9}}, {"browser_version": "10"}, ACCEPTED),
        ({"blocklist": ["Chrome"]}, {}, "blocklist"),
        ({"blocklist": ["Edge"], "browsers": ["Chrome"]}, {}, ACCEPTED),
        ({"blocklist": ["Chrome"], "browsers": ["Chrome"]}, {}, "blocklist"),
        ({"webrtc": True}, {}, ACCEPTED),
        ({"webrtc": True}, {"webrtc": False}, "webrtc"),
        ({"webrtc": False}, {"webrtc": False}, ACCEPTED),
    ],
)
def test_rules_of_browsers(given: dict[str, Any], measured: dict[str, Any], rule: str) -> None:
    assert found(rules(**given), **measured) == rule


def test_whoever_is_out_by_the_browser_is_told_before_pings_are_measured() -> None:
    assert found(rules(devices=["desktop"], max_ping=50), [], device="mobile") == "devices"


@pytest.mark.parametrize(
    ("given", "measured"),
    [
        ({"devices": ["desktop"]}, {"device": "unknown"}),
        ({"browsers": ["Chrome"]}, {"browser": ""}),
        ({"blocklist": ["Chrome"]}, {"browser": ""}),
        ({"browsers": {"Chrome": 100}}, {"browser_version": "beta"}),
        ({"browsers": {"Chrome": 100}}, {"browser_version": "²"}),
    ],
)
def test_what_cannot_be_told_passes_unless_it_is_to_fail(given: dict[str, Any], measured: dict[str, Any]) -> None:
    (rule,) = given
    finding = decide(rules(**given), msgspec.structs.replace(LAPTOP, **measured), FAST, is_final=True)
    assert finding == Finding(ACCEPTED, f"{rule}: cannot be told")
    assert found(rules(**given, fail_closed=True), **measured) == rule


def test_the_median_of_the_latest_pings_counts() -> None:
    entry = rules(max_ping=100, min_ping_samples=3)
    assert found(entry, [500, 20, 30]) == ACCEPTED
    assert found(entry, [500, 500, 500, 20, 30]) == ACCEPTED
    assert found(entry, [500, 500, 20]) is None, "the line may still prove to be quick enough"
    assert decide(entry, LAPTOP, [500, 500, 20], is_final=True) == Finding("max_ping", "500 ms")


def test_silence_is_no_way_around_the_limit() -> None:
    finding = decide(rules(max_ping=100), LAPTOP, [20.0] * 4, is_final=True)
    assert finding == Finding("max_ping", "4 of 5 pings were answered in time")


@pytest.mark.parametrize(
    ("answer", "finding"),
    [
        (None, Finding(ACCEPTED)),
        (True, Finding(ACCEPTED)),
        (False, Finding("callback")),
        ("Come back tomorrow.", Finding("callback", "Come back tomorrow.", "Come back tomorrow.")),
    ],
)
def test_answers_of_callbacks(answer: object, finding: Finding) -> None:
    assert answered(answer) == finding


@pytest.mark.parametrize("answer", [0, 1, [], {"accepted": True}, b"no"])
def test_an_answer_that_means_nothing_is_an_error(answer: object) -> None:
    with pytest.raises(TypeError, match="returned"):
        answered(answer)


def test_every_rule_has_a_text_and_may_have_the_researchers() -> None:
    entry = rules(devices=["desktop"], browsers={"Firefox": 120, "Chrome": 150}, blocklist=["Safari"])
    for rule in RULES:
        assert message(entry, Finding(rule), LAPTOP).startswith("<p>")
        own = rules(messages={rule: "<b>No.</b>"})
        assert message(own, Finding(rule), LAPTOP) == "<b>No.</b>"
    assert "desktop or laptop" in message(entry, Finding("devices"), LAPTOP)
    assert "Firefox 120, Chrome 150 or newer" in message(entry, Finding("browsers"), LAPTOP)


def test_what_a_browser_says_of_itself_is_no_html() -> None:
    hostile = msgspec.structs.replace(LAPTOP, browser="<script>x</script>")
    for finding in (Finding("blocklist"), Finding("browsers"), Finding("callback", "", "<i>")):
        assert "<script>" not in message(rules(), finding, hostile) and "<i>" not in message(rules(), finding, hostile)
