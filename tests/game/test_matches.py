"""Whole matches with environments behind them, in virtual time, judged by the oracle as the toy games are.

Every peer has a host of its own; results are the records as bytes, so equal rows are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import pytest
from slime_volleyball.slimevolley_env import SlimeVolleyEnv

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.host import Host
from interactive_gym.game.setup import Setup
from interactive_gym.netcode import Advance, Begin, Input, Load, Save
from interactive_gym.netcode.testing import (
    Burst,
    Conditions,
    Fault,
    Freeze,
    Links,
    Reload,
    Report,
    Scenario,
    both_ways,
    config_of,
    run_match,
)
from tests.envs.published import overcooked

from . import games
from .games import SEED, setup_of

CHASE = ("cat", "mouse")

LINKS = Links(Conditions(delay=0.15, jitter=0.03, loss=0.05, reordering=0.02, duplication=0.01))


class State(NamedTuple):
    """A state as :class:`Played` keeps it: in its host, under the frame it is before."""

    frame: int


class Played:
    """A host as the game of a virtual match. The match's actions are translated into actions of the environment."""

    def __init__(self, setup: Setup, world: VirtualWorld) -> None:
        self._host = Host(setup, world, SEED)
        self._players = range(len(setup.agents))
        self._frame = 0
        self._known: dict[tuple[int, bytes], bytes] = {}

    def begin(self, episode: int) -> None:
        """A fresh environment."""
        self._host.fulfil(Begin(episode))
        self._frame = 0

    def save(self) -> State:
        """Keep the state in the host."""
        self._host.fulfil(Save(self._frame, hashed=False))
        return State(self._frame)

    def load(self, state: Any) -> None:
        """Put it back."""
        self._host.fulfil(Load(state.frame))
        self._frame = state.frame

    def step(self, inputs: tuple[Input, ...]) -> tuple[bool, Any]:
        """One step; what the host would record of it, and the scores."""
        translated = tuple(Input(self._action(player, inputs[player].action)) for player in self._players)
        answer = self._host.fulfil(Advance(self._frame, translated, is_live=True))
        if answer.get("failed"):
            raise RuntimeError(str(self._host.failure))
        self._frame += 1
        scores = tuple(sorted(self._host.episode.standing.scores.items()))
        return bool(answer.get("terminal")), (self._host.result(self._frame - 1), scores)

    def digest(self) -> bytes:
        """The host's."""
        return self._host.fulfil(Save(self._frame, hashed=True))["digest"]

    def _action(self, player: int, action: bytes) -> bytes:
        if (player, action) not in self._known:
            codec = self._host.actions.codecs[player]
            self._known[player, action] = codec.encode(codec.sample(Random(f"{player} {action.hex()}")))
        return self._known[player, action]


@pytest.fixture
def world() -> Iterator[VirtualWorld]:
    with VirtualWorld().installed() as world:
        yield world


def short_overcooked() -> Any:
    """Its last step says that nobody is left in the game, and may have to be taken back."""
    env = overcooked()
    env.max_steps = 90
    return env


GAMES: dict[str, tuple[Any, tuple[str, ...], dict[str, Any]]] = {
    "Overcooked": (overcooked, ("0", "1"), {"max_steps": 90}),
    "Overcooked, to its own end": (short_overcooked, ("0", "1"), {}),
    "slime volleyball": (SlimeVolleyEnv, ("agent_left", "agent_right"), {"max_steps": 200}),
    "unseeded": (games.Duel, CHASE, {"max_steps": 150}),
    "states recorded": (games.Early, CHASE, {"max_steps": 60, "record_states": True}),
    "numpy results, sparse infos": (games.NumpyResults, CHASE, {"max_steps": 150}),
    "an agent is done early": (games.Early, CHASE, {"max_steps": 60}),
    "every codec, five peers": (games.Numbered, ("0", "1", "2", "3", "4"), {"max_steps": 120}),
}


def played(world: VirtualWorld, name: str, faults: tuple[Fault, ...] = (), **changes: Any) -> Report:
    make, agents, limits = GAMES[name]
    setup = setup_of(make, agents, fps=30, **limits)
    config = config_of(len(agents), 30, input_delay=1, **changes)
    scenario = Scenario(config, seed=3, game=lambda peer: Played(setup, world), links=LINKS, faults=faults)
    report = run_match(scenario)
    assert not report.problems, report
    return report


@pytest.mark.parametrize("name", GAMES)
def test_all_peers_record_what_a_game_without_predictions_gives(world: VirtualWorld, name: str) -> None:
    report = played(world, name, episodes=2)
    assert report.rollbacks > 10
    lengths = {episode: {len(record.rows) for _, record in report.records(episode)} for episode in (0, 1)}
    assert all(len(found) == 1 and found.pop() > 5 for found in lengths.values()), lengths


@pytest.mark.parametrize("name", ["Overcooked", "slime volleyball", "every codec, five peers"])
def test_bursts_freezes_and_reloads_change_no_record(world: VirtualWorld, name: str) -> None:
    faults = (Burst(3.0, 0.5, both_ways(0, 1)), Freeze(3.8, 0.3, 0), Reload(4.5, 1.5, 1))
    report = played(world, name, faults)  # the oracle asks for rollbacks, too
    assert {peer.boot for peer in report.processes} == {1, 2}
