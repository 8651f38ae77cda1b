"""Who carries whom."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from interactive_gym.game.matchconfig import human_peers, referee_config, session_config
from interactive_gym.netcode import Config, Referee


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
    assert config.awaits
    assert (config.silence_timeout, config.return_timeout) == (5.0, 30.0)
    assert not config.substituted


def lost(**rules: Any) -> Config:
    """How a game of two is played with these rules of ``multiplayer``."""
    return referee_config(game("human", "human", multiplayer={"input_delay": 2, **rules}))


@pytest.mark.parametrize("timeout", [1.0, 5.0, 300.0])
def test_nothing_is_given_up_before_a_paused_game_is_decided_about(timeout: float) -> None:
    config = lost(reconnection_timeout_s=timeout)
    assert config.silence_timeout == timeout
    assert config.server_timeout > timeout  # which the server may wait for a page that reloads
    assert config.settle_timeout > timeout + config.server_timeout  # somebody may fall silent meanwhile


@pytest.mark.parametrize("timeout", [1.0, 30.0, 3600.0])
def test_nobody_whose_line_is_dead_gives_up_while_they_may_return(timeout: float) -> None:
    assert lost(on_disconnect="continue", return_timeout_s=timeout).server_timeout > timeout


@pytest.mark.parametrize("on_disconnect", ["pause", "continue"])
@pytest.mark.parametrize("on_leave", ["end", "smaller", "bot"])
def test_what_follows_when_somebody_is_lost_is_as_the_game_says(on_disconnect: str, on_leave: str) -> None:
    config = lost(on_disconnect=on_disconnect, on_leave=on_leave, return_timeout_s=77.0)
    assert (config.on_disconnect, config.on_leave, config.return_timeout) == (on_disconnect, on_leave, 77.0)
    assert config.substituted == (frozenset({0, 1}) if on_leave == "bot" else frozenset())


def test_a_server_makes_its_referee_without_any_environment() -> None:
    Referee(referee_config(game("human", "human")))
    program = (
        "import sys; import interactive_gym.game.matchconfig; "
        "print([name for name in ('numpy', 'gymnasium', 'interactive_gym.game.host') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
