"""What has to be known of a game before it begins, from an environment that is made for this and thrown away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any, TypeVar

from interactive_gym.envs.adapter import Adapter
from interactive_gym.envs.anatomy import Attribute
from interactive_gym.envs.codec import ActionCodec
from interactive_gym.envs.determinism import VirtualWorld, episode_seed
from interactive_gym.envs.state_digest import changed_by
from interactive_gym.game.episode import codecs_of, make
from interactive_gym.game.setup import Setup

LOOKS = 4  # what drawing keeps in an environment, it usually puts there the first time

Look = Callable[[Any], object]
"""Does to an environment whatever drawing does to it."""


@dataclass(frozen=True)
class Probe:
    """What was found.

    Attributes:
        codecs: The actions of each agent.
        spaces: The same as text, equal where they are.
        no_state: Attributes that drawing changes, so that they differ between those who see different frames.
    """

    codecs: Mapping[str, ActionCodec]
    spaces: str
    no_state: frozenset[Attribute]


Some = TypeVar("Some", bound=Setup)


def probed(setup: Some, world: VirtualWorld, session_seed: int, look: Look | None) -> Some:
    """``setup``, with what is no part of its environment's state, if its record tells of states.

    Raises:
        EnvError: See :func:`probe`.
    """
    if not setup.tells_states:
        return setup
    return replace(setup, no_state=probe(setup, world, session_seed, look).no_state)


def probe(setup: Setup, world: VirtualWorld, session_seed: int, look: Look | None) -> Probe:
    """Make an environment and look at it; all who play the same game find the same.

    Raises:
        EnvError: It cannot be made or reset, or does not fit the config.
    """
    with world.frame(session_seed, 0, -1, setup.fps):
        adapter = make(setup)
        codecs = codecs_of(adapter, setup.agents)
        spaces = ", ".join(f"{agent}: {adapter.action_space(agent)}" for agent in setup.agents)
        adapter.reset(episode_seed(session_seed, setup.scene_id, 0))
    prober = _Prober(setup, world, session_seed, adapter, codecs)
    no_state = frozenset() if look is None else prober.changed_by(look)
    adapter.close()
    return Probe(codecs, spaces, no_state)


@dataclass
class _Prober:
    setup: Setup
    world: VirtualWorld
    seed: int
    adapter: Adapter
    codecs: Mapping[str, ActionCodec]

    def changed_by(self, look: Look) -> frozenset[Attribute]:
        """What ``look`` changes in the first few frames."""
        found: set[Attribute] = set()
        rng = Random(0)
        for frame in range(LOOKS):
            try:
                with self.world.drawing(self.seed, 0, frame - 1):
                    found |= changed_by(self.adapter.env, look)
                if self._step(frame, rng):
                    break
            except Exception:  # in the game it will raise again, where it is reported
                break
        return frozenset(found)

    def _step(self, frame: int, rng: Random) -> bool:
        actions = {agent: codec.sample(rng) for agent, codec in self.codecs.items()}
        with self.world.frame(self.seed, 0, frame, self.setup.fps):
            return self.adapter.over(self.adapter.step(actions))
