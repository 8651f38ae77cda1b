"""Runs in Pyodide: recorded episodes, played again and compared, in turn with the bare environment."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from interactive_gym.browser.runtime import prepare

RUNTIME = prepare()  # before numpy and the environment are imported, as in a browser

from interactive_gym.browser.episode import Episode  # noqa: E402
from interactive_gym.browser.verification import Verifier  # noqa: E402
from interactive_gym.envs.adapter import adapt  # noqa: E402
from interactive_gym.envs.determinism import episode_seed  # noqa: E402
from interactive_gym.game.recorder import Finished, Recorder  # noqa: E402
from interactive_gym.records import unpack  # noqa: E402

SEED = 7


def main(job: dict[str, Any]) -> dict[str, Any]:
    """``job``: {"game": protocol.Game, "steps": int, "rounds": int, "episodes": int}.

    Returns ms of CPU time per frame, by way and round, and ``episodes`` of the session of :data:`SEED`, as stored.
    """
    game, steps = job["game"], job["steps"]
    verifier = Verifier(RUNTIME)
    spec = RUNTIME.imported(json.dumps(game))
    episodes = [_recorded(spec, number, steps) for number in range(job["episodes"])]
    found: dict[str, Any] = {"bare": [], "verified": []}
    for round_number in range(job["rounds"] + 1):
        number = round_number % len(episodes)
        asked = {"game": game, "seed": SEED, "episode": number, "frames": episodes[number][1]}
        costs = _bare(spec, episodes[number], number), _verified(verifier, asked, episodes[number][0])
        if round_number > 0:  # the first one warms up
            for way, cost in zip(("bare", "verified"), costs, strict=True):
                found[way].append(cost)
    found["episodes"] = [_stored(*episode) for episode in episodes]
    return found


def _cpu_s() -> float:
    """Of this process: what else runs on the machine does not count."""
    from js import process  # type: ignore[import-not-found]

    used = process.cpuUsage()
    return float(used.user + used.system) / 1e6


def _recorded(spec: Any, number: int, steps: int) -> tuple[list[Finished], int]:
    episode = Episode(spec, RUNTIME.world, SEED, number)
    recorder = Recorder(spec.fps)
    finished = recorder.add(episode.row, last=False)
    while episode.over is None and episode.frame + 1 < steps:
        action = spec.bindings[(episode.frame + 1) // 7 % len(spec.bindings)][1]
        finished += recorder.add(episode.play(episode.human_action(action), "human", True), last=False)
    return [*finished, *recorder.finish()], episode.frame + 1


def _stored(finished: list[Finished], frames: int) -> dict[str, Any]:
    chunks = [
        {
            "number": one.index,
            "digest": one.packed.digest,
            "first": one.packed.first,
            "rows": one.packed.count,
            "ending": "truncated" if one is finished[-1] else None,
            "data": b64encode(one.packed.data).decode(),
        }
        for one in finished
    ]
    return {"seed": SEED, "frames": frames, "chunks": chunks}


def _verified(verifier: Verifier, job: dict[str, Any], finished: list[Finished]) -> float:
    """Making and resetting the environment counts for both ways."""
    chunks = [one.packed.data for one in finished]
    began = _cpu_s()
    answer = verifier.answer(job, chunks)
    cost = float((_cpu_s() - began) / job["frames"] * 1000)
    if answer != {"frames": job["frames"], "row": None, "failure": None}:
        raise RuntimeError(str(answer)[:2_000])  # what differs is found early, and costs nothing
    return cost


def _bare(spec: Any, episode: tuple[list[Finished], int], number: int) -> float:
    """What the researcher's own loop costs with the same actions: the environment and nothing else."""
    rows = [row for one in episode[0] for row in unpack(one.packed.data) if row.frame >= 0]
    began = _cpu_s()
    env = spec.make(**spec.options)
    adapter = adapt(env)
    env.reset(seed=episode_seed(SEED, spec.scene_id, number))
    if not hasattr(env, "possible_agents"):  # Gymnasium: one agent, and its action as it is
        actions = [next(iter(row.actions.values())) for row in rows]
    else:
        actions = [{adapter.native(agent): action for agent, action in row.actions.items()} for row in rows]
    for action in actions:
        env.step(action)
    return (_cpu_s() - began) / len(rows) * 1000
