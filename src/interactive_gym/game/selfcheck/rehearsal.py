"""An episode of random play, as participants would play it: same world, same seeds, a digest of every frame."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from interactive_gym.envs.adapter import Adapter
from interactive_gym.envs.codec import ActionCodec
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.episode import Episode, Saved
from interactive_gym.game.selfcheck.choices import Actions, Choices
from interactive_gym.game.setup import load_setup
from interactive_gym.records import PLAYED, NotCanonical, Row, digest, encode

# Numpy's plain integers have other sizes in Pyodide than in CPython, and hashes of states tell.
_COMPARED = tuple(name for name in PLAYED if name != "state_hash")


class Rehearsal:
    """One episode. Making it makes and resets a fresh environment.

    Attributes:
        digests: Of all that reset and each step gave, from frame -1 on.
        step_s: How long each step took, in seconds.
        unrecordable: What the env gave that cannot be recorded: where, and why.
        shared_generators: Which of Python's and numpy's global generators were drawn from.

    Raises:
        EnvError: The environment cannot be imported, made or reset.
    """

    def __init__(self, game: Mapping[str, Any], world: VirtualWorld, seed: int, number: int) -> None:
        self.step_s: list[float] = []
        self.unrecordable: dict[str, str] = {}
        self.shared_generators: set[str] = set()
        self._world, self._seed = world, seed
        self._setup = replace(load_setup(game), record_observations=True)
        self._episode = Episode(self._setup, world, seed, number)
        self._choices = Choices(game, self._episode.codecs, f"{seed}/{number}")
        self._chosen: list[Actions] = []
        self.digests = [self._digest(self._episode.row)]

    @property
    def adapter(self) -> Adapter:
        """Of the environment that is being played."""
        return self._episode.adapter

    @property
    def codecs(self) -> Mapping[str, ActionCodec]:
        """Of all agents."""
        return self._episode.codecs

    @property
    def env(self) -> Any:
        """The environment that is being played."""
        return self._episode.env

    @property
    def left_out(self) -> Mapping[str, str]:
        """What is not recorded of the environment's states, and why."""
        return self._episode.states.left_out

    @property
    def frames(self) -> int:
        """How many have been played."""
        return self._episode.frame + 1

    @property
    def over(self) -> str | None:
        """None while it goes on, then ``"terminated"``, ``"truncated"`` or ``"max_steps"``."""
        return self._episode.over

    def save(self) -> Saved:
        """Where it stands.

        Raises:
            EnvError: Something in the environment cannot be saved.
        """
        return self._episode.save()

    def load(self, saved: Saved) -> None:
        """Go back there; the same is chosen again from there on.

        Raises:
            EnvError: The environment cannot be put back.
        """
        self._episode.load(saved)
        del self.digests[self.frames + 1 :]

    def play(self, frames: int) -> None:
        """Play at most ``frames`` more.

        Raises:
            EnvError: The environment failed.
        """
        while frames > 0 and self.over is None:
            self._step()
            frames -= 1

    def _step(self) -> None:
        episode = self._episode
        if len(self._chosen) == self.frames:
            self._chosen.append(self._choices.next())
        chosen = self._chosen[self.frames]
        with self._world.frame(self._seed, episode.number, episode.frame + 1, self._setup.fps):
            before = _global_generators()  # as the step will find them
        row = episode.step({agent: chosen[agent] for agent in episode.acting}, {}, {}, {})
        after = _global_generators()
        self.step_s.append(episode.step_s)
        self.shared_generators |= {name for name in before if before[name] != after[name]}
        self.digests.append(self._digest(row))

    def _digest(self, row: Row) -> str:
        return digest(b"".join(self._encoded(name, getattr(row, name)) for name in _COMPARED))

    def _encoded(self, name: str, value: object) -> bytes:
        try:
            return encode(value)
        except NotCanonical as error:
            self.unrecordable.setdefault(f"{name}{error.path}", error.reason)
            return b""


def _global_generators() -> dict[str, object]:
    numpy_random = sys.modules.get("numpy.random")
    states: dict[str, object] = {"random": random.getstate()}
    if numpy_random is not None:
        state = numpy_random.get_state(legacy=False)
        states["numpy.random"] = state["state"]["key"].tobytes(), state["state"]["pos"], state["has_gauss"]
    return states
