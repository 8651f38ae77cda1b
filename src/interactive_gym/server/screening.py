"""Whether somebody may take part, by what was found of them; decided here, without clock, store or network."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from interactive_gym.protocol import Measured
from interactive_gym.scenes.screening import Screening

ACCEPTED = "accepted"
UNTOLD = "cannot be told"

_DEVICES = {"desktop": "a desktop or laptop computer", "tablet": "a tablet", "mobile": "a phone"}


@dataclass(frozen=True)
class Finding:
    """``rule`` is :data:`ACCEPTED`, or the parameter of ``Experiment.screening`` that turns them away.

    ``detail`` is what it saw, or which rules could not be applied.
    """

    rule: str
    detail: str = ""
    said: str = ""  # to the participant, as text

    @property
    def is_accepted(self) -> bool:
        return self.rule == ACCEPTED


def decide(rules: Screening, measured: Measured, pings_ms: Sequence[float], *, is_final: bool) -> Finding | None:
    """What the rules say, but for the callback.

    Args:
        pings_ms: As measured so far. Loading Python slows a line down, so that only the latest ones count, and a line
            that is too slow now may still prove to be quick enough.
        is_final: There is no time left to measure more.

    Returns:
        None: more has to be measured.
    """
    untold = []
    for rule, applied in _OF_BROWSERS.items():
        found = applied(rules, measured)
        if found == UNTOLD and not rules.fail_closed:
            untold.append(f"{rule}: {UNTOLD}")
        elif found is not None:
            return Finding(rule, found)
    latest = list(pings_ms)[-rules.min_ping_samples :]
    if not is_final and (len(latest) < rules.min_ping_samples or _too_slow(rules, latest)):
        return None
    return _too_slow(rules, latest) or Finding(ACCEPTED, "; ".join(untold))


def _too_slow(rules: Screening, pings_ms: Sequence[float]) -> Finding | None:
    """Who does not answer in time is too slow, too: to be silent is no way around this rule."""
    if rules.max_ping is None:
        return None
    if len(pings_ms) < rules.min_ping_samples:
        return Finding("max_ping", f"{len(pings_ms)} of {rules.min_ping_samples} pings were answered in time")
    median = statistics.median(pings_ms)
    return Finding("max_ping", f"{median:.0f} ms") if median > rules.max_ping else None


def _devices(rules: Screening, measured: Measured) -> str | None:
    if rules.devices is None or measured.device in rules.devices:
        return None
    return UNTOLD if measured.device == "unknown" else measured.device


def _browsers(rules: Screening, measured: Measured) -> str | None:
    if rules.browsers is None:
        return None
    if not measured.browser:
        return UNTOLD
    oldest = rules.browsers.get(measured.browser)
    if oldest is None:
        return _browser(measured)
    if oldest == 0:
        return None
    major = measured.browser_version.partition(".")[0]
    if not (major.isascii() and major.isdigit()):
        return UNTOLD
    return _browser(measured) if int(major[:9]) < oldest else None


def _blocklist(rules: Screening, measured: Measured) -> str | None:
    if rules.blocklist and not measured.browser:
        return UNTOLD
    return _browser(measured) if measured.browser in rules.blocklist else None


def _webrtc(rules: Screening, measured: Measured) -> str | None:
    return "not available" if rules.webrtc and not measured.webrtc else None


def _browser(measured: Measured) -> str:
    return f"{measured.browser} {measured.browser_version}".strip()


_OF_BROWSERS: Mapping[str, Callable[[Screening, Measured], str | None]] = {
    "devices": _devices,
    "browsers": _browsers,
    "blocklist": _blocklist,
    "webrtc": _webrtc,
}


def answered(answer: object) -> Finding:
    """What the callback's answer means.

    Raises:
        TypeError: Nothing that a callback may answer.
    """
    if answer is None or answer is True:
        return Finding(ACCEPTED)
    if answer is False or isinstance(answer, str):
        return Finding("callback", answer or "", answer or "")
    raise TypeError(f"the callback returned {type(answer).__name__}; it returns None, True, False or a text")


def message(rules: Screening, finding: Finding, measured: Measured) -> str:
    """HTML for the participant whom ``finding`` turns away. What their browser says of itself is text in it."""
    if finding.rule in rules.messages:
        return rules.messages[finding.rule]
    return f"<p>{_said(rules, finding, measured)}</p>"


def _said(rules: Screening, finding: Finding, measured: Measured) -> str:
    match finding.rule:
        case "devices":
            wanted = " or ".join(_DEVICES[device] for device in rules.devices or ())
            have = _DEVICES.get(measured.device, "another device")
            return f"This study needs {wanted}. You seem to use {have}."
        case "browsers":
            wanted = ", ".join(f"{name} {oldest or ''}".strip() for name, oldest in (rules.browsers or {}).items())
            newer = " or newer" if any((rules.browsers or {}).values()) else ""
            return f"This study needs one of these browsers: {wanted}{newer}. You use {_named(measured)}."
        case "blocklist":
            return f"This study does not work in {_named(measured)}."
        case "webrtc":
            return "This study connects browsers with each other (WebRTC). Yours does not, or it is switched off there."
        case "max_ping":
            return "The connection between you and our server is too slow for this study."
        case _:
            return escape(finding.said) or "You cannot take part in this study."


def _named(measured: Measured) -> str:
    return escape(_browser(measured)) or "another one"
