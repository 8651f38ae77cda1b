"""What is played: of ``protocol_game.Game`` all that decides what happens in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from interactive_gym.envs.anatomy import Attribute
from interactive_gym.envs.reference import resolve
from interactive_gym.policies.roster import HUMAN_NAME


@dataclass(frozen=True)
class Setup:
    """A game without its looks and its keys.

    Attributes:
        make: Called with ``options``, makes the environment.
        agents: Everybody who is played, in the order of the config: player 0, player 1, ...
        humans: Those of them who are played by participants.
        no_state: Attributes of the environment that are no part of its state, as drawing changes them; see
            ``game.probe``. None of them are known before somebody has looked.
    """

    scene_id: str
    make: Callable[..., Any]
    options: Mapping[str, Any]
    agents: tuple[str, ...]
    humans: frozenset[str]
    fps: int
    max_steps: int | None
    record_observations: bool
    record_states: bool
    no_state: frozenset[Attribute]

    @property
    def tells_states(self) -> bool:
        """Whether its record says something of the environment's states."""
        return self.record_states or len(self.humans) > 1


def load_setup(game: Mapping[str, Any]) -> Setup:
    """Import the environment of ``game`` (the fields of ``protocol_game.Game``).

    Raises:
        EnvError: Its module does not import; ``stage`` is ``"import"``.
    """
    policies: Mapping[str, str] = game["policies"]
    return Setup(
        scene_id=game["scene_id"],
        make=cast(Callable[..., Any], resolve(game["environment"])),
        options=game["options"],
        agents=tuple(policies),
        humans=frozenset(agent for agent, player in policies.items() if player == HUMAN_NAME),
        fps=game["fps"],
        max_steps=game["max_steps"],
        record_observations=game["record_observations"],
        record_states=game.get("record_states", False),  # games of earlier versions do not have it
        no_state=frozenset(),
    )
