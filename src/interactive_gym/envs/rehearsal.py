"""An episode of random play, as participants would play it: same world, same seeds, a digest of every frame."""

from __future__ import annotations

import random
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, cast

from interactive_gym.envs.adapter import Adapter, adapt
from interactive_gym.envs.codec import ActionCodec, codec_for
from interactive_gym.envs.determinism import VirtualWorld, episode_seed
from interactive_gym.envs.reference import resolve
from interactive_gym.errors import EnvError
from interactive_gym.records import NotCanonical, digest, encode

HUMAN = "human"
LONGEST_HOLD = 8  # frames; people hold keys, and an env that changes its mind every frame gets nowhere

Actions = Mapping[str, object]


class Rehearsal:
    """One episode. Making it makes and resets a fresh environment.

    Attributes:
        frame: The last one that was played; -1 after the reset.
        over: Whether the episode has ended, by the env or by ``max_steps``.
        digests: Of all that reset and each step gave, from frame -1 on.
        step_s: How long each step took, in seconds.
        unrecordable: What the env gave that cannot be recorded: where, and why.
        shared_generators: Which of Python's and numpy's global generators were drawn from.

    Raises:
        EnvError: The environment cannot be imported, made or reset.
    """

    def __init__(self, game: Mapping[str, Any], world: VirtualWorld, seed: int, number: int) -> None:
        self.frame = -1
        self.over = False
        self.step_s: list[float] = []
        self.unrecordable: dict[str, str] = {}
        self.shared_generators: set[str] = set()
        self._game, self._world, self._seed, self._number = game, world, seed, number
        self._rng = random.Random(f"{seed}/{number}")
        self._held: dict[str, tuple[object, int]] = {}
        with world.frame(seed, number, -1, game["fps"]):
            self.adapter = make(game)
            self.codecs = {agent: codec_for(self.adapter.action_space(agent)) for agent in self.adapter.agents}
            reset = self.adapter.reset(episode_seed(seed, game["scene_id"], number))
        self.digests = [self._digest(reset._asdict())]

    @property
    def env(self) -> Any:
        """The environment that is being played."""
        return self.adapter.env

    def actions(self) -> Actions:
        """Choose for everybody: humans what their keys can say, others anything. Actions are held for some frames."""
        return {agent: self._action(agent) for agent in self.adapter.agents}

    def step(self, actions: Actions) -> str:
        """Play one frame and return its digest.

        Raises:
            EnvError: The environment failed.
        """
        natives = {agent: self.codecs[agent].native(action) for agent, action in actions.items()}
        with self._world.frame(self._seed, self._number, self.frame + 1, self._game["fps"]):
            before = _global_generators()
            started = self._world.stopwatch()
            step = self.adapter.step(natives)
            self.step_s.append(self._world.stopwatch() - started)
            after = _global_generators()
        self.shared_generators |= {name for name in before if before[name] != after[name]}
        self.frame += 1
        limit = self._game["max_steps"]
        self.over = self.adapter.over(step) or (limit is not None and self.frame + 1 >= limit)
        self.digests.append(self._digest(step._asdict()))
        return self.digests[-1]

    def play(self, frames: int) -> list[Actions]:
        """Play at most ``frames`` more; return the actions that were played."""
        played: list[Actions] = []
        while len(played) < frames and not self.over:
            played.append(self.actions())
            self.step(played[-1])
        return played

    def rewind(self, frame: int) -> None:
        """Go on from after ``frame``, whose state the env has been given back."""
        self.frame = frame
        self.over = False
        del self.digests[frame + 2 :]

    def _action(self, agent: str) -> object:
        action, left = self._held.get(agent, (None, 0))
        if left == 0:
            action, left = self._choose(agent), self._rng.randint(1, LONGEST_HOLD)
        self._held[agent] = action, left - 1
        return action

    def _choose(self, agent: str) -> object:
        codec = self.codecs[agent]
        bound = possible_actions(self._game, codec) if self._game["policies"].get(agent) == HUMAN else []
        return self._rng.choice(bound) if bound else codec.plain(codec.sample(self._rng))

    def _digest(self, given: Mapping[str, object]) -> str:
        return digest(b"".join(self._encoded(name, value) for name, value in given.items()))

    def _encoded(self, name: str, value: object) -> bytes:
        try:
            return encode(value)
        except NotCanonical as error:
            self.unrecordable.setdefault(f"{name}{error.path}", error.reason)
            return b""


def make(game: Mapping[str, Any]) -> Adapter:
    """Make the game's environment.

    Raises:
        EnvError: It cannot be imported, its factory raised, or it is none that we know.
    """
    factory = cast(Callable[..., Any], resolve(game["environment"]))
    try:
        env = factory(**game["options"])
    except Exception as error:
        problem = f"{game['environment']} raised {type(error).__name__}: {error}"
        raise EnvError(problem, stage="make", detail=traceback.format_exc()) from error
    return adapt(env)


def possible_actions(game: Mapping[str, Any], codec: ActionCodec) -> list[object]:
    """The actions that keys can say, and the default; those that are none are left out."""
    possible = []
    for action in [*(binding["action"] for binding in game["bindings"]), game["default_action"]]:
        try:
            possible.append(codec.plain(codec.native(action)))
        except ValueError:
            continue
    return possible


def _global_generators() -> dict[str, object]:
    numpy_random = sys.modules.get("numpy.random")
    states: dict[str, object] = {"random": random.getstate()}
    if numpy_random is not None:
        state = numpy_random.get_state(legacy=False)
        states["numpy.random"] = state["state"]["key"].tobytes(), state["state"]["pos"], state["has_gauss"]
    return states
