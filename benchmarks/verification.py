"""How fast `interactive-gym verify` plays recorded episodes again, against real time and against the bare environment.

    python -m benchmarks.verification

Episodes are recorded and verified in the same Pyodide under Node, in turn with the bare environment, which takes the
same actions; both in CPU time, so that a busy machine says the same. What the command takes as a whole, with starting
Python, is told for one Python at a time, by the clock on the wall: that of a busy machine says little.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from base64 import b64decode
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from benchmarks.common import summary, write_result
from interactive_gym.cli.loading import load_experiment
from interactive_gym.data import archives, games, people
from interactive_gym.data.games import Session
from interactive_gym.data.people import Participant
from interactive_gym.data.store import Store
from interactive_gym.data.timeline import BEFORE_RESET, Start
from interactive_gym.packaging import Runtime, build_runtime
from interactive_gym.packaging.node import Node
from interactive_gym.packaging.plan import gym_scenes
from interactive_gym.server.lifecycle import State
from interactive_gym.verifying import verify

HERE = Path(__file__).parent
STUDIES = {  # and the longest that an episode may take
    "overcooked": (HERE / "studies" / "overcooked_alone.py", 300),
    "slime_volley": (HERE / "studies" / "slime_alone.py", 900),
    "mountain_car": (HERE.parent / "examples" / "mountain_car.py", 190),
}
ROUNDS = 7
EPISODES = 4  # that the command verifies
TARGET = 0.8  # of the speed of the bare environment


def measure(study: Path, steps: int, cache: Path) -> dict[str, Any]:
    experiment = load_experiment(study)
    runtime = build_runtime(experiment, cache)
    game = dict(gym_scenes(experiment)[0].game())
    node = Node(runtime.pyodide_dir, runtime.packages, runtime.archive, timeout_s=1_200)
    job = {"game": game, "steps": steps, "rounds": ROUNDS, "episodes": EPISODES}
    found = node.run(HERE / "programs" / "verification_cost.py", job)
    ratios = [bare / again for bare, again in zip(found["bare"], found["verified"], strict=True)]
    per_frame = statistics.median(found["verified"])
    return {
        "frames_per_episode": max(episode["frames"] for episode in found["episodes"]),
        "cpu_ms_per_frame": {way: summary(found[way], 4) for way in ("bare", "verified")},
        "frames_per_cpu_s": round(1000 / per_frame),
        "times_real_time": round(1000 / per_frame / game["fps"], 1),
        "speed_over_bare": round(statistics.median(ratios), 3),
        "command_by_the_clock": _command(cache / study.stem, game, runtime, found["episodes"]),
    }


def _command(folder: Path, game: dict[str, Any], runtime: Runtime, episodes: list[dict[str, Any]]) -> dict[str, Any]:
    """The whole of `verify`, with one Python."""
    folder.mkdir()
    name = archives.keep(folder, runtime)
    assert name is not None
    store = Store(folder / "study.db")
    store.submit(lambda connection: archives.note_served(connection, name, now=1.0)).result()
    store.submit(lambda connection: _store(connection, game, episodes)).result()
    store.close()
    began = time.perf_counter()
    outcomes = [of.outcome for of in verify(folder)]
    seconds = time.perf_counter() - began
    if [outcome.status for outcome in outcomes if outcome] != ["verified"] * len(episodes):
        raise RuntimeError(str(outcomes))  # what differs is found early, and costs nothing
    frames = sum(outcome.frames for outcome in outcomes if outcome)
    speed = {"frames_per_s": round(frames / seconds), "times_real_time": round(frames / seconds / game["fps"], 1)}
    return {"episodes": len(episodes), "frames": frames, "seconds": round(seconds, 2), **speed}


def _store(connection: Connection, game: dict[str, Any], episodes: list[dict[str, Any]]) -> None:
    human = next(agent for agent, player in game["policies"].items() if player == "human")
    people.add_participant(connection, Participant("p", None, State.PLAYING, "s", None), query={}, now=2.0)
    side = Session("s", game["scene_id"], episodes[0]["seed"], game, human, "p", None)
    games.add_session(connection, side, now=2.0)
    games.add_start(connection, side, Start(0, 0, BEFORE_RESET), tab="t", now=2.0)
    for number, episode in enumerate(episodes):
        for chunk in episode["chunks"]:
            data = {"data": b64decode(chunk["data"]), "episode": number, "generation": 0, "received_at": 2.0}
            row = {name: chunk[name] for name in ("number", "digest", "first", "rows", "ending")}
            games.add_chunk(connection, side, {**row, **data})
        games.complete(connection, side.id, games.Episode(number, episode["frames"], "truncated"), now=2.0)


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        load = [os.getloadavg()[0]]  # what else the machine does slows both ways down, and not evenly
        figures = {name: measure(study, steps, Path(cache)) for name, (study, steps) in STUDIES.items()}
        load.append(os.getloadavg()[0])
    about = {"rounds": ROUNDS, "load_average_before_and_after": load, "target_speed_over_bare": TARGET}
    write_result("verification", {**about, **figures})


if __name__ == "__main__":
    main()
