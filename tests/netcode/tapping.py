"""Control messages on their way: to lose some, or to let something happen when one is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from interactive_gym.netcode.messages import Message, decode_message
from interactive_gym.netcode.testing import Match, Report, Scenario

HEADER = 13  # bytes of an envelope before its message

Tap = Callable[[Match, int, int, Message], bool]
"""(match, source, target, message) -> whether it gets through; the sender will send it again."""


def run_tapped(scenario: Scenario, tap: Tap, **others: Any) -> Report:
    """Play a match in which ``tap`` sees every control message that is sent."""
    match = Match(scenario, **others)
    send = match.network.send_control

    def send_if(source: int, target: int, data: bytes) -> None:
        if len(data) <= HEADER or tap(match, source, target, decode_message(data[HEADER:])):
            send(source, target, data)

    match.network.send_control = send_if  # type: ignore[method-assign]
    return match.run()
