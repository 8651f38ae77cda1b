"""When bots are asked, and what they are said to have seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError
from interactive_gym.game.bots import Bots
from interactive_gym.game.host import Host
from interactive_gym.game.ledger import Seen
from interactive_gym.netcode import BOT, Begin, Input

from . import games
from .games import host_of


@pytest.fixture
def host() -> Iterator[Host]:
    with VirtualWorld().installed() as world:
        host = host_of(world, games.Duel, ("cat", "mouse"), humans=frozenset({"cat"}))
        host.fulfil(Begin(0))
        yield host


class Asked:
    """A policy that remembers what it was asked, and does what it saw."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, observation: Any, agent: Any) -> int:
        self.seen.append((observation, agent))
        return int(observation)


def bots_of(host: Host, policy: Any) -> Bots:
    return Bots({"mouse": policy}, {"cat": 0, "mouse": 1}, host.actions)


def test_a_bot_is_asked_once_for_what_it_saw_and_repeats_itself(host: Host) -> None:
    policy = Asked()
    bots = bots_of(host, policy)
    assert list(bots.players) == [1]
    assert bots.choose(1, 2, host.episode) is None
    bots.see([Seen(-1, {"mouse": 3}), Seen(0, {"mouse": 1})])
    assert bots.choose(1, 4, host.episode) == Input(b"\1", BOT, 4)
    assert bots.choose(1, 5, host.episode) == Input(b"\1", BOT, 5)
    bots.see([Seen(1, {"cat": 2})])
    assert bots.choose(1, 300, host.episode) == Input(b"\1", BOT, 255)
    assert policy.seen == [(1, "mouse")]
    bots.see([Seen(2, {"mouse": np.int64(2)})])
    assert bots.choose(1, 7, host.episode) == Input(b"\2", BOT, 5)


@pytest.mark.parametrize(("answer", "says"), [(9, "returned no action"), ("up", "returned no action")])
def test_what_is_no_action_is_said(host: Host, answer: Any, says: str) -> None:
    bots = bots_of(host, lambda observation, agent: answer)
    bots.see([Seen(-1, {"mouse": 0})])
    with pytest.raises(EnvError, match=says) as caught:
        bots.choose(1, 0, host.episode)
    assert caught.value.stage == "policy"
