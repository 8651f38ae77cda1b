"""From a game of several people to the netcode session that plays it: who carries whom, and how patient it is.

Imports neither an environment nor anything that needs one: the server makes its referee from the same config.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from interactive_gym.netcode.config import Config
from interactive_gym.policies.roster import HUMAN_NAME

PREDICTION: Mapping[str, Literal["repeat", "default"]] = {
    "pressed_keys": "repeat",  # who holds a key goes on holding it
    "single_keystroke": "default",  # one press acts once
}
LOST = {"on_disconnect": "pause", "reconnection_timeout_s": 5.0, "return_timeout_s": 30.0, "on_leave": "end"}
"""Where a game does not say it: one that was stored before there was a choice, and is played on."""

SERVER_PATIENCE = 15.0
"""Seconds for a decision of the server, besides those that it waits for a reload, and at least: it may start anew.

Whose own line is dead has not heard of the decision either: nobody gives up before they could not return any more.
"""

SETTLE_PATIENCE = 5.0
"""Seconds for agreeing on a cut, besides those after which somebody is cut as well who falls silent meanwhile."""


def human_peers(game: Mapping[str, Any]) -> tuple[int, ...]:
    """The peers of a game: the positions of the humans' agents in its ``policies``, the lowest first."""
    return tuple(position for position, player in enumerate(game["policies"].values()) if player == HUMAN_NAME)


def referee_config(game: Mapping[str, Any]) -> Config:
    """What a referee has to know of a game (the fields of ``protocol_game.Game``). What actions are it does not say."""
    return session_config(game, [b"\0"] * len(game["policies"]), lambda player, action: True, {})


def session_config(
    game: Mapping[str, Any],
    default_actions: Sequence[bytes],
    is_action: Callable[[int, bytes], bool],
    fingerprint: Mapping[str, str],
) -> Config:
    """The session of a game (the fields of ``protocol_game.Game``, with ``multiplayer``); the same for all its members.

    Humans carry themselves, and the lowest of them carries the bots.

    Args:
        default_actions: Of each player; as the other two, see :class:`~interactive_gym.netcode.Config`.
    """
    rules = {**LOST, **game["multiplayer"]}
    silence = rules["reconnection_timeout_s"]
    patience = max(SERVER_PATIENCE, rules["return_timeout_s"])
    peers = human_peers(game)
    players = range(len(game["policies"]))
    return Config(
        fps=game["fps"],
        carriers=tuple(player if player in peers else peers[0] for player in players),
        default_actions=tuple(default_actions),
        input_delay=rules["input_delay"],
        prediction=PREDICTION[game["input_mode"]],
        episodes=game["episodes"],
        bots=frozenset(players) - frozenset(peers),
        substituted=frozenset(peers) if rules["on_leave"] == "bot" else frozenset(),
        on_disconnect=rules["on_disconnect"],
        on_leave=rules["on_leave"],
        pause_timeout=silence,
        settle_timeout=2 * silence + patience + SETTLE_PATIENCE,
        server_timeout=silence + patience,
        return_timeout=rules["return_timeout_s"],
        is_action=is_action,
        fingerprint=fingerprint,
    )
