"""A match as plain data: what is played, by whom, on which network, and what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.testing.computer import Computer
from interactive_gym.netcode.testing.faults import Fault
from interactive_gym.netcode.testing.games import IDLE, MakeGame, ToyGame, is_action
from interactive_gym.netcode.testing.links import Links


def config_of(peers: int, fps: float = 30, **others: Any) -> Config:
    """A session of toy games in which each of ``peers`` carries one player; ``others`` are attributes of the config."""
    carriers = others.pop("carriers", tuple(range(peers)))
    return Config(fps, carriers, (IDLE,) * len(carriers), is_action=is_action, **others)


@dataclass(frozen=True)
class Scenario:
    """Everything that decides what happens in a match: two runs of equal scenarios are equal.

    Attributes:
        config: Of the session, for all peers.
        seed: Of the network and of the players' inputs.
        game: Makes the toy game of each peer.
        links: The network at the beginning.
        computers: Those that differ from the ordinary one, by peer.
        faults: What goes wrong, and when.
        until: True seconds after which the match must be over.
        progress_within: True seconds after the last fault within which every peer must get on, again and again.
        lingers: Whether processes go on after their session ended. Otherwise they are gone once it has nothing to say.
        must_roll_back: Whether a run without rollbacks has shown nothing.
        is_broken: Whether the game is, so that states may differ.
    """

    config: Config
    seed: int = 0
    game: MakeGame = field(default_factory=lambda: ToyGame(2))
    links: Links = field(default_factory=Links)
    computers: Mapping[int, Computer] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    until: float = 120.0
    progress_within: float = 8.0
    lingers: bool = True
    must_roll_back: bool = True
    is_broken: bool = False

    @property
    def quiet_from(self) -> float:
        """The true time at which the last fault is over."""
        return max((fault.at + fault.duration for fault in self.faults), default=0.0)

    def computer_of(self, peer: int) -> Computer:
        """The computer of ``peer``."""
        return self.computers.get(peer, Computer(peer))

    def __str__(self) -> str:
        lines = [f"{name}: {getattr(self, name)!r}" for name in ("seed", "game", "links")]
        lines += [f"computer: {computer!r}" for computer in self.computers.values()]
        lines += [f"fault: {fault!r}" for fault in sorted(self.faults, key=lambda fault: fault.at)]
        return "\n".join([f"config: {_described(self.config)}", *lines])


def _described(config: Config) -> str:
    """What is not as it always is."""
    values = {f.name: getattr(config, f.name) for f in fields(Config) if f.name not in ("is_action", "default_actions")}
    usual = {f.name: f.default for f in fields(Config)}
    return ", ".join(f"{name}={value!r}" for name, value in values.items() if value != usual[name])
