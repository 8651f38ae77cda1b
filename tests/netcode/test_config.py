"""What a session cannot be told to be, and what follows from what it is told."""

from __future__ import annotations

from typing import Any

import pytest

from interactive_gym.netcode.config import MAX_INPUT_DELAY, MAX_PEERS, Config

IDLE = b"\0"


def config(**changes: Any) -> Config:
    """Two humans on two peers, and a bot with the first of them."""
    usual: dict[str, Any] = {"fps": 30.0, "carriers": (0, 1, 0), "default_actions": (IDLE,) * 3, "bots": frozenset({2})}
    return Config(**usual | changes)


@pytest.mark.parametrize(
    ("problem", "changes"),
    [
        ("carriers: there is no player", {"carriers": (), "default_actions": (), "bots": frozenset()}),
        ("carriers: numbers from 0 to 31", {"carriers": (0, MAX_PEERS, 0)}),
        ("carriers: numbers from 0 to 31", {"carriers": (0, -1, 0)}),
        ("default_actions: one for each player", {"default_actions": (IDLE, IDLE)}),
        ("input_delay: 0 to 30, or 'auto'", {"input_delay": -1}),
        ("input_delay: 0 to 30, or 'auto'", {"input_delay": MAX_INPUT_DELAY + 1}),
        ("fps: must be positive", {"fps": 0}),
        ("fps: must be positive", {"fps": -30.0}),
        ("fps: must be positive", {"fps": float("nan")}),
        ("episodes: at least one", {"episodes": 0}),
        ("bots: not among the players", {"bots": frozenset({3})}),
        ("substituted: not among the human players", {"substituted": frozenset({2})}),
        ("substituted: not among the human players", {"substituted": frozenset({3})}),
        ("digest_every: at least 1", {"digest_every": 0}),
        ("max_window: 2 to 32 frames", {"max_window": 1}),
    ],
)
def test_what_cannot_be_is_refused_and_named(problem: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=problem):
        config(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"carriers": (0, MAX_PEERS - 1, 0)},
        {"carriers": (5, 5, 5)},
        {"input_delay": 0},
        {"input_delay": MAX_INPUT_DELAY},
        {"input_delay": "auto"},
        {"bots": frozenset({0, 1, 2})},
        {"substituted": frozenset({0, 1})},
        {"digest_every": 1},
        {"max_window": 2},
    ],
)
def test_what_is_just_possible_is_taken(changes: dict[str, Any]) -> None:
    assert config(**changes)


def test_who_is_there() -> None:
    made = config(carriers=(7, 3, 7))
    assert list(made.players) == [0, 1, 2]
    assert made.peers == (3, 7)
    assert made.humans_of(7) == (0,)  # player 2 is a bot: it does not leave with its carrier
    assert made.humans_of(3) == (1,)
    assert made.humans_of(4) == ()


def test_silence_is_borne_longer_where_a_broken_link_pauses_the_game() -> None:
    assert config(cut_after=1.5, pause_timeout=6.0).silence_timeout == 1.5
    assert config(cut_after=1.5, pause_timeout=6.0, on_disconnect="pause").silence_timeout == 6.0
