"""Runs in Pyodide: plays MountainCar as the worker would import it."""

from __future__ import annotations

from typing import Any


def main(steps: int) -> list[float]:
    from interactive_gym.browser.runtime import prepare

    prepare()
    import gymnasium

    env: Any = gymnasium.make("MountainCar-v0")
    env.reset(seed=7)
    for _ in range(steps):
        observation, *_ = env.step(2)
    return [float(value) for value in observation]
