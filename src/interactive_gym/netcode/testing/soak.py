"""Scenarios by chance, for running thousands of them; what a seed stands for changes with this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.returning import CATCHING_UP
from interactive_gym.netcode.testing.computer import Computer
from interactive_gym.netcode.testing.faults import (
    Burst,
    Deploy,
    Directions,
    Down,
    Exclude,
    Fault,
    Freeze,
    Hide,
    Kill,
    Leave,
    Reload,
    all_of,
    both_ways,
)
from interactive_gym.netcode.testing.games import ToyGame
from interactive_gym.netcode.testing.links import SERVER, Conditions, Links
from interactive_gym.netcode.testing.scenario import Scenario, config_of
from interactive_gym.netcode.testing.virtual_time import PeerClock

SERVER_PATIENCE, SETTLE_PATIENCE = 15.0, 5.0  # seconds, as in scenes
_BURSTS = (0.3, 0.5, 1.0, 3.0, 5.0)  # seconds


def random_scenario(seed: int, peers: int | None = None, frames: int = 600) -> Scenario:
    """A scenario that depends on ``seed`` alone: ``peers`` (2 to 8) and a game of up to ``frames`` frames."""
    random = Random(f"scenario {seed}")
    count = peers or random.choice((2, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8))
    config = _any_config(random, count)
    game = ToyGame(len(config.players), frames, random.choice((None, None, frames // 3)), seed)
    length = frames / config.fps
    faults = tuple(
        _any_fault(random, count, 3 + length * config.episodes) for _ in range(random.choice((0, 1, 1, 2, 3, 5)))
    )
    return Scenario(
        config,
        seed,
        game,
        _any_links(random, count),
        _any_computers(random, count, config.fps),
        faults,
        until=length * config.episodes * 2 + 180,
        progress_within=_longest_wait(config),
        lingers=random.random() < 0.5,
        must_roll_back=False,
    )


def _any_config(random: Random, peers: int) -> Config:
    extra = [random.randrange(peers) for _ in range(random.choice((0, 0, 0, 1, 2)))]
    carriers = (*range(peers), *extra)
    bots = frozenset(player for player in range(peers, len(carriers)) if random.random() < 0.7)
    fps = random.choice((10, 30, 30, 60))
    return config_of(
        peers,
        fps,
        carriers=carriers,
        bots=bots,
        substituted=frozenset(player for player in range(peers) if random.random() < 0.2),
        input_delay=random.choice((0, 1, 1, 2, 2, 4, "auto")),
        prediction=random.choice(("repeat", "repeat", "default")),
        episodes=random.choice((1, 1, 2, 3)),
        **_any_policy(Random(f"policy {random.random()}")),
    )


def _any_policy(random: Random) -> dict[str, Any]:
    """For when somebody is lost, with limits that fit together as those of scenes do."""
    silence = random.choice((2.0, 5.0, 12.0))
    return {
        "on_disconnect": random.choice(("continue", "pause", "pause")),
        "on_leave": random.choice(("end", "end", "smaller", "bot")),
        "pause_timeout": silence,
        "server_timeout": silence + SERVER_PATIENCE,
        "settle_timeout": 2 * silence + SERVER_PATIENCE + SETTLE_PATIENCE,
        "return_timeout": random.choice((6.0, 30.0)),
    }


def _longest_wait(config: Config) -> float:
    """Without a frame: for a silence, a decision, and somebody who comes back."""
    waits = CATCHING_UP * config.return_timeout if config.awaits else config.return_timeout
    return 2 * config.silence_timeout + config.server_timeout + waits + 10


def _any_links(random: Random, peers: int) -> Links:
    general = _any_conditions(random)
    ways = [(a, b) for a in range(peers) for b in range(peers) if a != b]
    unequal = random.sample(ways, random.choice((0, 0, 1, len(ways) // 2)))
    server = Conditions(random.uniform(0.005, 0.15), random.uniform(0, 0.03))
    return Links(general, server, {way: _any_conditions(random) for way in unequal})


def _any_conditions(random: Random) -> Conditions:
    return Conditions(
        delay=random.choice((0.005, 0.025, 0.05, 0.1, 0.2)),
        jitter=random.choice((0.0, 0.01, 0.03)),
        loss=random.choice((0.0, 0.01, 0.05, 0.2)),
        duplication=random.choice((0.0, 0.02)),
        reordering=random.choice((0.0, 0.05)),
        rate=random.choice((None, None, None, 64_000.0)),
    )


def _any_computers(random: Random, peers: int, fps: float) -> Mapping[int, Computer]:
    return {peer: _any_computer(random, peer, 1 / fps) for peer in range(peers)}


def _any_computer(random: Random, peer: int, tick: float) -> Computer:
    """Any clock; a slow one takes up to a third of a tick for a step, and some cannot hold the tick."""
    slowness = random.choice((0.0, 0.0, 0.02, 0.1, 0.3))
    computer = Computer(
        peer,
        PeerClock(random.uniform(-300, 300), random.uniform(-0.003, 0.003)),
        step_cost=slowness * tick,
        save_cost=random.choice((0.0, 0.1, 1.0)) * slowness * tick,
        ready_after=random.choice((0.0, 0.2, 1.0)),
    )
    own = Random(f"{computer}")  # lest all seeds stand for something else
    computer = replace(computer, unevenness=own.choice((0.0, 0.3, 0.9)))
    is_too_slow = own.random() < 0.05
    return replace(computer, step_cost=own.choice((0.9, 1.1, 1.3)) * tick) if is_too_slow else computer


def _any_fault(random: Random, peers: int, latest: float) -> Fault:
    at = random.uniform(0, latest)
    peer, other = random.sample(range(peers), 2)
    away = random.choice((1.5, 5.0, 20.0, 40.0))
    return random.choices(
        (
            Burst(at, random.choice(_BURSTS), _any_directions(random, peer, other, peers)),
            Down(at, random.choice((*_BURSTS, away)), peer, random.choice((other, SERVER))),
            Freeze(at, random.choice((0.1, 0.3, 1.0, 5.0, 20.0)), peer),
            Reload(at, random.choice((0.5, 1.0, 3.0, away)), peer, random.random() < 0.7),
            Kill(at, peer, random.random() < 0.7),
            Leave(at, peer),
            Exclude(at, peer),
            Hide(at, random.choice((1.0, 5.0, 20.0)), peer),
            Deploy(at, random.choice((1.0, 8.0))),
        ),
        (8, 3, 4, 4, 1, 1, 1, 2, 1),
    )[0]


def _any_directions(random: Random, peer: int, other: int, peers: int) -> Directions:
    return random.choice((((peer, other),), both_ways(peer, other), all_of(peer, range(peers))))
