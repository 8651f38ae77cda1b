"""What a rollback costs with an environment: replaying k frames against k bare steps, the saves made, and the load.

Runs in CPython and in Pyodide.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from interactive_gym.browser import stand_ins
from interactive_gym.envs.adapter import adapt
from interactive_gym.envs.codec import codec_for
from interactive_gym.envs.determinism import VirtualWorld, episode_seed
from interactive_gym.game.host import Host
from interactive_gym.game.setup import Setup, load_setup
from interactive_gym.netcode import HUMAN, Advance, Begin, Commit, Input, Load, Save

SEED = 7

Inputs = tuple[Input, ...]


def main(job: Mapping[str, Any]) -> dict[str, Any]:
    """``job``: {"game": protocol.Game, "depths": [int], "rounds": int}. Returns milliseconds and ratios by depth."""
    if sys.platform == "emscripten":
        stand_ins.install()
    with VirtualWorld().installed() as world:
        setup = load_setup(job["game"])
        return {str(depth): _measured(setup, world, depth, job["rounds"]) for depth in job["depths"]}


def _measured(setup: Setup, world: VirtualWorld, depth: int, rounds: int) -> dict[str, list[float]]:
    host = Host(setup, world, SEED)
    step_bare = _bare(setup)
    random = Random(depth)
    found: dict[str, list[float]] = {"replay_ms": [], "bare_ms": [], "saves_ms": [], "load_ms": [], "ratio": []}
    frame = episode = -1
    while len(found["ratio"]) < rounds:
        if frame < 0:
            frame, episode = 0, episode + 1
            host.fulfil(Begin(episode))
        inputs = [_inputs(host, random) for _ in range(depth)]
        if not _play(host, frame, inputs):  # the episode ended: on with the next one
            frame = -1
            continue
        replay, saves, load = _replay(host, frame, inputs)
        bare = sum(_timed(lambda given=given: step_bare(given)) for given in inputs)  # type: ignore[misc]
        for name, value in zip(found, (replay, bare, saves, load, replay / (bare + saves + load)), strict=True):
            found[name].append(value)
        host.fulfil(Commit(frame, tuple(inputs), frame + depth))
        frame += depth
    return found


def _play(host: Host, frame: int, inputs: list[Inputs]) -> bool:
    """Play these frames for the first time; false if the episode ended with one of them."""
    for position, given in enumerate(inputs):
        host.fulfil(Save(frame + position, False))
        if host.fulfil(Advance(frame + position, given, True)).get("terminal"):
            return False
    return True


def _replay(host: Host, frame: int, inputs: list[Inputs]) -> tuple[float, float, float]:
    """All of it; of that the saves; and a load alone."""
    load = statistics.median(_timed(lambda: host.fulfil(Load(frame))) for _ in range(3))
    saves = 0.0
    began = time.perf_counter()
    host.fulfil(Load(frame))
    for position, given in enumerate(inputs):
        if position:
            saves += _timed(lambda: host.fulfil(Save(frame + position, False)))  # noqa: B023
        host.fulfil(Advance(frame + position, given, False))
    return (time.perf_counter() - began) * 1000, saves, load


def _timed(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def _inputs(host: Host, random: Random) -> Inputs:
    codecs = host.actions.codecs
    return tuple(Input(codec.encode(codec.sample(random)), HUMAN) for codec in codecs)


def _bare(setup: Setup) -> Callable[[Inputs], object]:
    """The environment alone, as the researcher's own loop steps it."""
    env = setup.make(**setup.options)
    adapter = adapt(env)
    codecs = {agent: codec_for(adapter.action_space(agent)) for agent in setup.agents}
    natives = {agent: adapter.native(agent) for agent in setup.agents}
    env.reset(seed=episode_seed(SEED, setup.scene_id, 0))

    def step(inputs: Inputs) -> None:
        actions = {
            natives[agent]: codecs[agent].decode(given.action)
            for agent, given in zip(setup.agents, inputs, strict=True)
        }
        _, _, terminated, truncated, _ = env.step(actions)
        if any(terminated.values()) or any(truncated.values()):
            env.reset(seed=episode_seed(SEED, setup.scene_id, 0))

    return step
