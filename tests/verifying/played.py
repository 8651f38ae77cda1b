"""A study of which somebody has played a game, without a server and a browser."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from interactive_gym.data import archives, games, people
from interactive_gym.data.games import Session
from interactive_gym.data.people import Participant
from interactive_gym.data.schema import chunks
from interactive_gym.data.store import Store
from interactive_gym.data.timeline import BEFORE_RESET, Start
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.experiment import Experiment
from interactive_gym.game.episode import Episode
from interactive_gym.game.recorder import Recorder
from interactive_gym.game.setup import load_setup
from interactive_gym.packaging import Runtime
from interactive_gym.packaging.plan import gym_scenes
from interactive_gym.records import Row, pack, unpack
from interactive_gym.server.lifecycle import State
from tests.studies import Study

ENVIRONMENT = """
import os
import random
import time

STEP = 1


class Discrete:
    n = 2
    start = 0

    def contains(self, action):
        return action in (0, 1)

    def sample(self):
        return 1


class Walk:
    action_space = observation_space = Discrete()

    def __init__(self, length=40):
        self.length = length

    def reset(self, *, seed=None, options=None):
        self.place, self.luck = 0, random.Random(seed)
        return self.place, {"began": time.time()}

    def step(self, action):
        self.place += STEP * action
        drawn = {"luck": self.luck.random(), "global": random.random(), "bytes": os.urandom(4), "at": time.time()}
        return self.place, float(action), self.place >= self.length, False, drawn


def draw(env, surface):
    surface.circle(x=env.place, y=10, r=5)
"""
EXPERIMENT = """
import interactive_gym as ig
from {module} import Walk, draw

experiment = ig.Experiment("walks").scenes(
    ig.StartScene("welcome"),
    ig.GymScene("walk")
    .environment(Walk)
    .rendering(draw=draw, fps=10)
    .gameplay(actions={{"ArrowRight": 1}}, default_action=0, episodes=3, record_observations=True),
    ig.EndScene("thanks"),
)
"""


def written(study: Study, environment: str = ENVIRONMENT, module: str = "walking") -> Experiment:
    study.write(f"{module}.py", environment)
    return study.load_text(EXPERIMENT.format(module=module))


@dataclass(frozen=True)
class Played:
    """The folder of a study."""

    folder: Path

    def serve(self, runtime: Runtime, now: float) -> None:
        """What a start of the server leaves."""
        name = archives.keep(self.folder, runtime)
        assert name is not None
        self.write(lambda connection: archives.note_served(connection, name, now=now))

    def play(self, experiment: Experiment, session_id: str, now: float, episodes: int = 1) -> None:
        """Somebody plays some episodes alone, with actions that their session decides."""
        (scene,) = gym_scenes(experiment)
        game: dict[str, Any] = dict(scene.game())
        seed = int.from_bytes(session_id.encode(), "big") % 2**31
        agent = scene.humans[0]
        side = Session(session_id, scene.id, seed, game, agent, f"p-{session_id}", None)

        def begin(connection: Connection) -> None:
            who = Participant(side.participant_id, None, State.PLAYING, scene.id, None)
            people.add_participant(connection, who, query={}, now=now)
            games.add_session(connection, side, now=now)
            games.add_start(connection, side, Start(0, 0, BEFORE_RESET), tab="t", now=now)

        self.write(begin)
        for number in range(episodes):
            self._episode(side, number, now)

    def _episode(self, side: Session, number: int, now: float) -> None:
        rng = random.Random(side.seed + number)
        setup = load_setup(side.game)
        recorder = Recorder(setup.fps)
        with VirtualWorld().installed() as world:
            episode = Episode(setup, world, side.seed, number)
            finished = recorder.add(episode.row, last=False)
            while episode.over is None:
                agent = side.player
                row = episode.step({agent: rng.randrange(2)}, {agent: "human"}, {agent: True}, {})
                finished += recorder.add(row, last=episode.over is not None)
        over, frames = episode.over, episode.frame + 1

        def store(connection: Connection) -> None:
            for one in finished:
                packed = one.packed
                row = {"episode": number, "generation": 0, "number": one.index, "digest": packed.digest}
                row |= {"first": packed.first, "rows": packed.count, "data": packed.data, "received_at": now}
                games.add_chunk(connection, side, row | {"ending": over if one is finished[-1] else None})
            games.complete(connection, side.id, games.Episode(number, frames, over), now=now)

        self.write(store)

    def change(self, session_id: str, frame: int, **fields: Any) -> None:
        """What is recorded of this frame of the first episode becomes something else."""

        def write(connection: Connection) -> None:
            (side,) = games.sides(connection, session_id)
            piece = next(piece for piece in games.line(connection, side, 0) if piece.first <= frame < piece.next_frame)
            (data,) = games.data_of(connection, [piece])
            rows = [_changed(row, frame, fields) for row in unpack(data)]
            packed = pack(rows)
            values = {"digest": packed.digest, "data": packed.data}
            connection.execute(update(chunks).where(chunks.c.id == piece.id).values(values))

        self.write(write)

    def write(self, query: Any) -> Any:
        self.folder.mkdir(parents=True, exist_ok=True)
        store = Store(self.folder / "study.db")
        try:
            return store.submit(query).result()
        finally:
            store.close()


def _changed(row: Row, frame: int, fields: dict[str, Any]) -> Row:
    return replace(row, **fields) if row.frame == frame else row
