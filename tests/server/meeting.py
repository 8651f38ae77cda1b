"""Studies of several people, and what their pages do without a page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import interactive_gym as ig
from interactive_gym.data import matches, meetings, people, tables
from tests.server.game import draw, make
from tests.server.rows import FPS
from tests.server.running import DEADLINE_S, Participant, Running

ARCHIVE = "/archives/abc.tar"  # of tests.server.running.built


def gym(scene_id: str, humans: int = 2, *, timeout: float = 60, episodes: int = 1, seed: int | None = None) -> Any:
    players = {"bot": bot} | {f"human-{number}": ig.Human for number in range(humans)}
    scene = (
        ig.GymScene(scene_id)
        .environment(make, seed=seed)
        .rendering(draw=draw, fps=FPS)
        .policies(players)
        .gameplay(actions={"ArrowLeft": 1}, default_action=0, episodes=episodes)
    )
    if humans == 1:
        return scene
    texts = {"human-0": "You are the first.", "human-1": "You are the second."}
    return scene.content(game_text=texts).waitroom(timeout=timeout)


def bot(observation: Any, agent: Any) -> Any: ...


def study(*scenes: Any, name: str = "together", connect_s: float = 30) -> ig.Experiment:
    """Nothing to read before the first game."""
    sequence = (ig.StartScene("welcome"), *(scenes or (gym("game"),)), ig.EndScene("thanks"))
    return ig.Experiment(name).scenes(*sequence).webrtc(timeout=connect_s)


class Player(Participant):
    """A participant who hears what a game of several people is told."""

    def __init__(self, url: str, **who: Any) -> None:
        super().__init__(url, **who)
        self.told: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        for event in ("room", "match", "play", "unmatched"):
            self.told[event] = asyncio.Queue()
            self.socket.on(event, self.told[event].put)

    async def arrive(self) -> Player:
        """Goes to the first game."""
        await self.join()
        await self.connect()
        page = await self.advance("welcome")
        assert (page["kind"], page["session_id"], page["seed"]) == ("gym", None, None)
        return self

    async def hears(self, event: str) -> dict[str, Any]:
        return await asyncio.wait_for(self.told[event].get(), DEADLINE_S)

    async def sees(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.scenes.get(), DEADLINE_S)

    async def room(self, expected: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first one that they are told of which this is true."""
        while not expected(room := await self.hears("room")):
            pass
        return room

    async def enlist(self, scene_id: str = "game", archive: str = ARCHIVE) -> dict[str, Any]:
        return await self.say("enlist", {"scene_id": scene_id, "archive": archive})

    async def validated(self, session_id: str, problem: str | None = None, **rtt_ms: float) -> Any:
        """``rtt_ms``: agent, with "_" for "-", and the round trip to its player."""
        measured = {agent.replace("_", "-"): rtt for agent, rtt in rtt_ms.items()}
        message = {"session_id": session_id, "problem": problem, "rtt_ms": measured}
        return await self.socket.call("validated", message, timeout=DEADLINE_S)

    async def failed(self, reason: str, scene_id: str = "game") -> dict[str, Any]:
        return await self.say("fail", {"scene_id": scene_id, "reason": reason})


async def matched(*players: Player) -> str:
    """The session that they are all told of."""
    (session,) = {(await player.hears("match"))["session_id"] for player in players}
    return str(session)


async def playing(*players: Player, scene_id: str = "game") -> str:
    """They enlist in this order, are matched, connect, and play."""
    for player in players:
        assert (await player.enlist(scene_id))["kind"] == "room"
    session = await matched(*players)
    await connected(session, *players)
    return session


async def connected(session: str, *players: Player) -> None:
    """They all say that they are, and the game begins."""
    for player in players:
        assert await player.validated(session) is None
    for player in players:
        assert await player.hears("play") == {"session_id": session}


def state_of(server: Running, player: Player) -> tuple[str, str | None]:
    """State and outcome, as they are stored."""
    who = server.desk.store.read_now(lambda connection: people.find(connection, player.id))
    return who.state, who.outcome


def session_state(server: Running, session_id: str) -> str:
    return str(server.desk.store.read_now(lambda connection: matches.state_of(connection, session_id)))


def end_reason(server: Running, session_id: str) -> Any:
    header, rows = server.desk.store.read_now(lambda connection: _listed(tables.sessions_table(connection)))
    (reason,) = {row[header.index("end_reason")] for row in rows if row[header.index("session_id")] == session_id}
    return reason


def decisions(server: Running) -> list[Any]:
    """The lines of matches.jsonl, as they would be written now."""
    return list(server.desk.store.read_now(lambda connection: list(meetings.lines(connection))))


def _listed(table: Any) -> Any:
    return list(table[0]), list(table[1])


def events(server: Running, name: str) -> list[Any]:
    lines = server.desk.store.read_now(lambda connection: list(tables.events_lines(connection)))
    return [event for event in lines if event["name"] == name]
