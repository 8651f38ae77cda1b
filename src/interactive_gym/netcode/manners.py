"""What nobody may say, whatever the state of the session is: it is refused before anybody acts on it."""

from __future__ import annotations

from collections.abc import Iterable

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.messages import (
    CutGranted,
    EpisodeEnd,
    Flush,
    Forgive,
    Goodbye,
    History,
    Message,
    Ready,
    Span,
    Start,
    WantCut,
    Wish,
)
from interactive_gym.netcode.pacing import LONGEST_AUTO_DELAY
from interactive_gym.netcode.requests import Input


def objection(config: Config, me: int, peer: int, message: Message) -> str | None:
    """Why ``peer`` cannot have meant this ``message`` to ``me``, in a few words; None if it can.

    Peers that ``config`` does not know are the server.
    """
    is_of_server = peer not in config.peers
    if is_of_server and not isinstance(message, CutGranted | Wish | Goodbye):
        return "not from the server"
    if isinstance(message, WantCut | Forgive):
        return "not to a peer"
    if isinstance(message, EpisodeEnd) and message.reason == "partner_left" and config.on_leave != "end":
        return "because of somebody who is gone"
    if isinstance(message, CutGranted):
        if message.peer not in config.peers:
            return "of a peer that nobody knows"
        if not is_of_server and (message.peer != me or not message.is_gone):
            return "not from a peer"  # but to tell one that comes back too late
    if isinstance(message, Ready | Start | History) and not _is_delay(config, message.delay):
        return f"with an input delay of {message.delay}"
    if isinstance(message, Start | History) and not set(message.pace.slow) <= set(config.peers):
        return f"about peers {list(message.pace.slow)}"
    if isinstance(message, Flush | History):
        return _wrong_span(config, message.held if isinstance(message, Flush) else message.spans)
    return None


def wrong_action(config: Config, player: int, inputs: Iterable[Input]) -> str | None:
    """Which of the ``inputs`` is no action of ``player``, in a few words; None if all are."""
    for action in {given.action for given in inputs}:
        if not config.is_action(player, action):
            return f"{action!r} is no action of player {player}"
    return None


def _is_delay(config: Config, delay: int) -> bool:
    return delay <= LONGEST_AUTO_DELAY if config.input_delay == "auto" else delay == config.input_delay


def _wrong_span(config: Config, spans: tuple[Span, ...]) -> str | None:
    players = [span.player for span in spans]
    if len(set(players)) < len(players) or not set(players) <= set(config.players):
        return f"about players {players}"
    return next((wrong for span in spans if (wrong := wrong_action(config, span.player, span.inputs))), None)
