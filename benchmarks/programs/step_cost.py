"""Runs in Pyodide: an episode stepped bare, through our adapter and recording, and as the whole tick of a game."""

from __future__ import annotations

import json
import time
from typing import Any

from interactive_gym.browser.runtime import prepare

RUNTIME = prepare()  # before numpy and the environment are imported, as in a browser

from interactive_gym.browser.episode import Episode  # noqa: E402
from interactive_gym.browser.play import Play  # noqa: E402
from interactive_gym.envs.adapter import adapt  # noqa: E402
from interactive_gym.envs.determinism import episode_seed  # noqa: E402
from interactive_gym.game.recorder import Recorder  # noqa: E402

SEED = 7


def main(job: dict[str, Any]) -> dict[str, list[float]]:
    """``job``: {"game": protocol.Game, "steps": int, "rounds": int}. Returns ms per step by way and round."""
    game, steps = job["game"], job["steps"]
    play = RUNTIME.open_game(json.dumps(game), json.dumps({"session_id": "s", "seed": SEED}))
    ways = {"bare": _bare, "recorded": _recorded, "tick": _tick}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for round_number in range(job["rounds"] + 1):
        for name, way in ways.items():
            cost = way(play, steps)
            if round_number > 0:  # the first one warms up
                found[name].append(cost)
    return found


def _timed(step: Any, steps: int) -> float:
    began = time.perf_counter()
    for frame in range(steps):
        step(frame)
    return (time.perf_counter() - began) / steps * 1000


def _bare(play: Play, steps: int) -> float:
    """What the researcher's own loop costs: the environment and nothing else."""
    spec = play._spec
    env = spec.make(**spec.options)
    adapter = adapt(env)
    env.reset(seed=episode_seed(SEED, spec.scene_id, 0))
    choices = [_action(spec, frame) for frame in range(steps)]
    if not hasattr(env, "possible_agents"):  # Gymnasium: one agent, and its action as it is
        return _timed(lambda frame: env.step(choices[frame]), steps)
    rest = {adapter.native(agent): spec.default_action for agent in adapter.agents}
    human = adapter.native(spec.human)
    return _timed(lambda frame: env.step({**rest, human: choices[frame]}), steps)


def _recorded(play: Play, steps: int) -> float:
    """Adapter, codec, virtual entropy and clocks, policies, and the record down to compressed chunks."""
    spec = play._spec
    episode = Episode(spec, play._world, SEED, 0)
    recorder = Recorder(spec.fps)
    recorder.add(episode.row, last=False)
    choices = [episode.human_action(_action(spec, frame)) for frame in range(steps)]
    return _timed(lambda frame: recorder.add(episode.play(choices[frame], "human", True), last=False), steps)


def _tick(play: Play, steps: int) -> float:
    """All that Python does in a frame: the above, keys, draw, HUD and the JSON of the packet."""
    play.begin(0, [])
    keys = [sorted(combination) for combination, _ in play._spec.bindings]
    held = [keys[frame // 7 % len(keys)] for frame in range(steps)]
    inputs = [json.dumps({"down": down, "pressed": [], "focused": True}) for down in held]
    answers: list[str] = []
    cost = _timed(lambda frame: answers.append(play.tick(inputs[frame])), steps)
    if '"error"' in answers[-1]:
        raise RuntimeError(answers[-1])  # a game that has failed costs nothing
    return cost


def _action(spec: Any, frame: int) -> Any:
    return spec.bindings[frame // 7 % len(spec.bindings)][1]
