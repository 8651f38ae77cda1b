"""How fast this machine plays a game, measured before anybody waits for it."""

from __future__ import annotations

from random import Random
from statistics import median

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.host import Host
from interactive_gym.game.probe import Probe
from interactive_gym.game.setup import Setup
from interactive_gym.netcode.config import DIGEST_EVERY
from interactive_gym.netcode.requests import Advance, Begin, Commit, Input, Request, Save

WARM = 5  # frames that are not counted: what is done for the first time takes longer
LEAST, MOST = 5, 60  # frames that are
ENOUGH_S = 0.3  # seconds for that, once there are enough


def frame_cost(setup: Setup, world: VirtualWorld, session_seed: int, probed: Probe, *, is_kept: bool) -> float | None:
    """What a frame takes here, in seconds: the median of some that are played with random actions, and thrown away.

    Args:
        is_kept: With keeping the state before each, as games of several people do; where that takes longer than a step,
            they do it more seldom, so that it takes about as long.

    Returns:
        None if the environment cannot be measured; the game will say why.
    """
    trial = _Trial(setup, world, session_seed, probed)
    try:
        return trial.run(is_kept)
    except Exception:  # in the game it will raise again, where it is reported
        return None
    finally:
        trial.host.close()


class _Trial:
    """A game that nobody sees."""

    def __init__(self, setup: Setup, world: VirtualWorld, session_seed: int, probed: Probe) -> None:
        self.host = Host(setup, world, session_seed, probed=probed)
        self._stopwatch = world.stopwatch
        self._rng = Random(0)

    def run(self, is_kept: bool) -> float | None:
        steps: list[float] = []
        saves: list[float] = []
        ends = self._stopwatch() + ENOUGH_S
        self._do(Begin(0))
        while len(steps) < WARM + LEAST or (len(steps) < WARM + MOST and self._stopwatch() < ends):
            frame, inputs = self.host.episode.frame + 1, self._inputs()
            if is_kept:
                saves.append(self._do(Save(frame, frame % DIGEST_EVERY == 0)))
            steps.append(self._do(Advance(frame, inputs, is_live=True)))
            if self.host.failure is not None:
                return None
            over = self.host.episode.over is not None
            self._do(Begin(0) if over else Commit(frame, (inputs,), keep=frame + 1))
        step, save = _typical(steps), _typical(saves)
        return step + min(step, save)

    def _do(self, request: Request) -> float:
        return self.host.fulfil(request)["cost"]

    def _inputs(self) -> tuple[Input, ...]:
        return tuple(Input(codec.encode(codec.sample(self._rng))) for codec in self.host.actions.codecs)


def _typical(costs: list[float]) -> float:
    return median(costs[WARM:]) if costs else 0.0
