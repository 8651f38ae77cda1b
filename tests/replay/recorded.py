"""A study with games that were really played, alone and by two on a bad line, with what its players experienced."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, insert

from interactive_gym.data import games, people, pictures
from interactive_gym.data.games import Session
from interactive_gym.data.people import Participant
from interactive_gym.data.schema import members
from interactive_gym.data.timeline import BEFORE_RESET, Start
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.experiment import Experiment
from interactive_gym.packaging import build_runtime
from interactive_gym.packaging.plan import gym_scenes
from interactive_gym.protocol import Experience, TickRow
from interactive_gym.server.lifecycle import State
from tests.browser.wire import SEED, Page, Wire
from tests.studies import Study
from tests.verifying.played import Played

ALONE, TOGETHER = "s-alone", "s-together"
ENVIRONMENT = """
import os


class Discrete:
    n = 4
    start = 0

    def contains(self, action):
        return action in (0, 1, 2, 3)

    def sample(self):
        return 1


class Chase:
    '''Everybody is pushed around, by more than what is seeded; red is oneself.'''

    def __init__(self, size=2, length=60):
        self.possible_agents = list(range(size))
        self.length = length

    def action_space(self, agent):
        return Discrete()

    def reset(self, seed=None, options=None):
        self.agents = [*self.possible_agents]
        self.t = 0
        self.at = {agent: [100 + 400 * agent, 200] for agent in self.agents}
        return dict.fromkeys(self.agents, 0), {agent: {} for agent in self.agents}

    def step(self, actions):
        self.t += 1
        for agent, action in actions.items():
            self.at[agent][0] += 20 * (action == 2) - 20 * (action == 1)
            self.at[agent][1] += 20 * (action == 3) + os.urandom(1)[0] % 3 - 1
        infos = {agent: {"<b>where</b>": [*self.at[agent]]} for agent in self.agents}
        over = dict.fromkeys(self.agents, self.t >= self.length)
        return dict.fromkeys(self.agents, self.t), dict(self.at_x()), over, dict.fromkeys(self.agents, False), infos

    def at_x(self):
        return {agent: float(x) for agent, (x, y) in self.at.items()}


def draw(env, surface, agent):
    surface.rect(0, 380, 600, 20, "#88aa88")
    surface.image("apple", 300, 350, w=40)
    for other, (x, y) in env.at.items():
        surface.circle(x % 600, y % 400, 20, "#dd2222" if other == agent else "#2222dd", id=str(other))


def hud(env, agent):
    return f"{agent} at step {env.t}"
"""
EXPERIMENT = """
import interactive_gym as ig
from chase import Chase, draw, hud

ACTIONS = {"a": 1, "b": 2, "c": 3}


def game(name, players):
    return (
        ig.GymScene(name)
        .environment(Chase, options={"size": len(players)})
        .rendering(draw=draw, hud=hud, fps=20)
        .assets(images={"apple": "apple.png"})
        .policies(players)
        .gameplay(actions=ACTIONS, default_action=0, episodes=2)
    )


experiment = ig.Experiment("chases").scenes(
    ig.StartScene("welcome"),
    game("alone", {0: ig.Human}),
    game("together", {0: ig.Human, 1: ig.Human}),
    ig.EndScene("thanks"),
)
"""


def record(study: Study, data: Path, apple: bytes) -> Played:
    """The folder of a study with a session of one player and a session of two."""
    study.write("chase.py", ENVIRONMENT)
    (study.folder / "apple.png").write_bytes(apple)
    experiment = study.load_text(EXPERIMENT)
    played = Played(data / experiment.id)
    played.folder.mkdir(parents=True)
    played.serve(build_runtime(experiment, data / ".cache"), now=1.0)
    pictures.keep(played.folder, {file.file: file.data for scene in gym_scenes(experiment) for file in scene.pictures})
    played.play(experiment_of(experiment, "alone"), ALONE, now=2.0)
    _play_together(played, experiment, now=3.0)
    return played


def experiment_of(experiment: Experiment, scene: str) -> Any:
    """With this game alone."""
    (wanted,) = [one for one in gym_scenes(experiment) if one.id == scene]
    return type("One", (), {"sequence": (wanted,)})()


def _play_together(played: Played, experiment: Experiment, now: float) -> None:
    (scene,) = [one for one in gym_scenes(experiment) if one.id == "together"]
    game: dict[str, Any] = dict(scene.game())
    with VirtualWorld().installed() as world:
        wire = Wire(world, json.dumps(game))
        pages = wire.join_all()
        wire.run(60)
    assert [page.error for page in pages] == [None, None]

    def store(connection: Connection) -> None:
        for page, agent in zip(pages, scene.humans, strict=True):
            side = Session(TOGETHER, scene.id, SEED, game, agent, f"p-{agent}", None, page.peer)
            who = Participant(side.participant_id, None, State.PLAYING, scene.id, None)
            people.add_participant(connection, who, query={}, now=now)
            if page.peer == 0:
                games.add_session(connection, side, now=now)
            else:
                member = {"session_id": side.id, "player": agent, "participant_id": side.participant_id}
                connection.execute(insert(members).values(member | {"peer": page.peer}))
            games.add_start(connection, side, Start(0, 0, BEFORE_RESET), tab="t", now=now)
            _store(connection, side, page, now)
        for event in pages[0].events("episode_ended"):
            end = games.Episode(event["episode"], event["end"]["frames"], event["end"]["end_reason"])
            games.complete(connection, TOGETHER, end, now=now)

    played.write(store)


def _store(connection: Connection, side: Session, page: Page, now: float) -> None:
    lasts = {end["episode"]: end["end"]["frames"] for end in page.events("episode_ended")}
    for number, head, data in page.chunks:
        row = {"episode": number, "generation": 0, "number": head["index"], "digest": head["digest"]}
        row |= {"first": head["first"], "rows": head["rows"], "data": data, "received_at": now}
        is_last = head["first"] + head["rows"] == lasts[number]
        games.add_chunk(connection, side, row | {"ending": "terminated" if is_last else None})
    ticks = [packet for packet in page.packets if packet["ticked"]]
    seconds = groupby(ticks, lambda packet: (packet["episode"], packet["frame"] // side.fps))
    for (episode, index), packets in seconds:
        rows = [
            TickRow(one["frame"], 0.0, 0.0, one["step_ms"], None, one["predicted"], one["rollback"], one["rollback_ms"])
            for one in packets
        ]
        felt = Experience(side.id, episode, 0, index, rows, [])
        key = {"episode": episode, "generation": 0, "number": index, "received_at": now}
        games.add_experience(connection, side, key | {"data": msgspec.json.encode(felt)})
