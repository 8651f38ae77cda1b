"""Who may take part: the parameters of ``Experiment.screening``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from interactive_gym.scenes.checks import flag, number, optional, own_function, shown, text, whole
from interactive_gym.scenes.parameters import Parameters

DEVICES = ("desktop", "tablet", "mobile")
BROWSERS = (
    *("Chrome", "Edge", "Firefox", "Safari", "Opera", "Brave", "Chromium", "Vivaldi", "DuckDuckGo", "Samsung Internet"),
    *("LibreWolf", "Electron", "Epiphany", "Internet Explorer", "Android Browser", "Amazon Silk", "UC Browser"),
    *("QQ Browser", "Yandex Browser", "Sogou Browser", "NAVER Whale Browser", "WeChat", "Puffin", "Maxthon"),
)
"""As pages name them. A name that no page would ever say is a mistake that would turn everybody away, or nobody."""

RULES = ("devices", "browsers", "blocklist", "webrtc", "max_ping", "callback")
"""In the order in which they are applied; each is the name of its parameter."""

Callback: TypeAlias = Callable[[Any], Any]

_BY_NAME = {name.casefold(): name for name in BROWSERS}


def _listed(value: object, what: str) -> list[object]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)) or not value:
        raise ValueError(f"must be a list of {what}, not {shown(value)}")
    return list(value)


def _devices(value: object) -> tuple[str, ...]:
    listed = _listed(value, "devices")
    for device in listed:
        if device not in DEVICES:
            raise ValueError(f"must be of {', '.join(map(repr, DEVICES))}, not {shown(device)}")
    return tuple(str(device) for device in listed)


def browser_name(value: object) -> str:
    known = _BY_NAME.get(value.casefold()) if isinstance(value, str) else None
    if known is None:
        raise ValueError(f"{shown(value)} is no browser that is known here; those are {', '.join(BROWSERS)}")
    return known


def _browsers(value: object) -> dict[str, int]:
    """Browser -> its oldest version that will do; 0 if any does."""
    if isinstance(value, Mapping):
        if not value:
            raise ValueError("is an empty dict; use None to take every browser")
        return {browser_name(name): whole(0, 100_000)(version) for name, version in value.items()}
    return {browser_name(name): 0 for name in _listed(value, "browsers, or a dict of browsers and versions")}


def _blocklist(value: object) -> tuple[str, ...]:
    if value in ([], ()):
        return ()
    return tuple(browser_name(name) for name in _listed(value, "browsers"))


def _messages(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError(f"must be a dict of rules and texts, not {shown(value)}")
    return {_rule(rule): _message(rule, said) for rule, said in value.items()}


def _rule(value: object) -> str:
    if value not in RULES:
        raise ValueError(f"{shown(value)} is no rule; those are {', '.join(RULES)}")
    return str(value)


def _message(rule: object, said: object) -> str:
    try:
        return text(said)
    except ValueError as problem:
        raise ValueError(f"for {rule!r}: {problem}") from problem


@dataclass(frozen=True)
class Screening(Parameters):
    devices: Annotated[tuple[str, ...] | None, optional(_devices)] = None
    browsers: Annotated[Mapping[str, int] | None, optional(_browsers)] = None
    blocklist: Annotated[tuple[str, ...], _blocklist] = ()
    max_ping: Annotated[float | None, optional(number(1, 60_000))] = None
    min_ping_samples: Annotated[int, whole(1, 50)] = 5
    webrtc: Annotated[bool, flag] = False
    callback: Annotated[Callback | None, optional(own_function("context"))] = None
    callback_timeout: Annotated[float, number(0.1, 60)] = 5.0
    fail_closed: Annotated[bool, flag] = False
    messages: Annotated[Mapping[str, str], _messages] = field(default_factory=dict)
