"""Published environments, unchanged, that tests try what we do with environments on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
from cogrid.envs import registry
from slime_volleyball.slimevolley_env import SlimeVolleyEnv

GYMNASIUM = ["MountainCar-v0", "CartPole-v1", "Pendulum-v1", "Acrobot-v1", "FrozenLake-v1", "Taxi-v4", "Blackjack-v1"]


def overcooked() -> Any:
    """cogrid's, for two agents."""
    return registry.make("Overcooked-CrampedRoom-V0")


PUBLISHED: dict[str, Callable[[], Any]] = {
    **{name: lambda name=name: gymnasium.make(name) for name in GYMNASIUM},
    "Overcooked": overcooked,
    "slime volleyball": SlimeVolleyEnv,
}
