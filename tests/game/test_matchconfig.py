"""Who carries whom."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from interactive_gym.game.matchconfig import human_peers, referee_config, session_config
from interactive_gym.netcode import Referee


def game(*players: str, **changes: Any) -> dict[str, Any]:
    """What of a game decides about its session."""
    policies = {f"agent {position}": player for position, player in enumerate(players)}
    plain = {"fps": 30, "episodes": 3, "input_mode": "pressed_keys", "multiplayer": {"input_delay": 2}}
    return {"policies": policies, **plain, **changes}


def test_humans_carry_themselves_and_the_lowest_carries_the_bots() -> None:
    config = referee_config(game("bots:flee", "human", "bots:chase", "human"))
    assert config.carriers == (1, 1, 1, 3)
    assert config.bots == {0, 2}
    assert config.peers == human_peers(game("bots:flee", "human", "bots:chase", "human")) == (1, 3)
    assert config.humans_of(1) == (1,)


@pytest.mark.parametrize(("mode", "expected"), [("pressed_keys", "repeat"), ("single_keystroke", "default")])
def test_what_is_expected_of_a_player_follows_from_what_keys_mean(mode: str, expected: str) -> None:
    config = session_config(
        game("human", "human", input_mode=mode, multiplayer={"input_delay": "auto"}),
        [b"\1", b"\2"],
        lambda player, action: len(action) == 1,
        {"archive": "a"},
    )
    assert config.prediction == expected
    assert (config.fps, config.episodes, config.input_delay) == (30, 3, "auto")
    assert config.default_actions == (b"\1", b"\2")
    assert config.fingerprint == {"archive": "a"}
    assert not config.is_action(0, b"")


def test_a_game_that_somebody_does_not_hear_of_waits() -> None:
    config = referee_config(game("human", "human"))
    assert config.on_disconnect == "pause"
    assert config.silence_timeout == config.pause_timeout < config.settle_timeout < config.return_timeout


def test_a_server_makes_its_referee_without_any_environment() -> None:
    Referee(referee_config(game("human", "human")))
    program = (
        "import sys; import interactive_gym.game.matchconfig; "
        "print([name for name in ('numpy', 'gymnasium', 'interactive_gym.game.host') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
