"""A game of several people in the store, and what their pages would upload: agents "red", "green" and "blue"."""

from __future__ import annotations

import csv
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import msgspec
import structlog
from sqlalchemy import select

from interactive_gym.data import games, matches, people, schema
from interactive_gym.data.files import Files
from interactive_gym.data.matches import Member
from interactive_gym.data.people import Participant
from interactive_gym.data.store import Store
from interactive_gym.protocol import Upload
from interactive_gym.records import Row, pack
from interactive_gym.server import ingest, play
from tests.databases import place_of
from tests.server.rows import FPS

AGENTS = ("red", "green", "blue")
SESSION = "s-1"
STATISTICS = {
    "input_delay": 1,
    "window": 8,
    "rollbacks": 3,
    "replayed": 7,
    "deepest_rollback": 4,
    "stalls": 1,
    "stalled_ticks": 2,
    "dropped_ticks": 0,
    "slowdown": 1.25,
}


def row(frame: int, agents: tuple[str, ...], *, ends: bool = False, x: dict[int, float] | None = None) -> Row:
    """``x``: frame -> what blue's position is there, where it is not the usual one."""
    if frame < 0:
        return Row(-1, infos={agent: {"fresh": True} for agent in agents})
    places = {agent: {"x": frame / 10, "at": {"row": frame}} for agent in agents}
    places["blue"]["x"] = (x or {}).get(frame, frame / 10)
    return Row(
        frame,
        actions={agent: frame % 3 for agent in agents},
        rewards=dict.fromkeys(agents, 1.0),
        terminated=dict.fromkeys(agents, ends),
        truncated=dict.fromkeys(agents, False),
        infos=places,
        source=dict.fromkeys(agents, "human"),
        is_focused=dict.fromkeys(agents, True),
    )


class Group:
    """A store with one session of so many people, and the pages of its members."""

    def __init__(self, folder: Path, players: int = 2, *, episodes: int = 2, max_steps: int | None = None) -> None:
        self.agents = AGENTS[-players:]  # blue is always the last one
        self.folder = folder / "files"
        self.store = Store(place_of(folder / "study.db"))
        self.files = Files(self.store, self.folder, structlog.get_logger())
        game = {"fps": FPS, "episodes": episodes, "max_steps": max_steps, "multiplayer": {"group": players}}
        members = [Member(agent, peer, f"p-{agent}") for peer, agent in enumerate(self.agents)]

        def write(connection: Any) -> None:
            for member in members:
                who = Participant(member.participant_id, None, "playing", "game", None)
                people.add_participant(connection, who, query={}, now=0)
            matches.add(connection, SESSION, "game", 7, game, members, now=95.0)
            matches.set_state(connection, SESSION, "playing", now=96.0)

        self.write(write)

    def write(self, query: Any) -> Any:
        return self.store.submit(query).result(20)

    def upload(self, agent: str, *items: dict[str, Any], now: float = 100.0) -> list[str]:
        """The reasons of what was refused."""
        decoded = ingest.decode(msgspec.convert({"items": list(items)}, Upload)).items
        assert decoded is not None
        stored = self.write(lambda connection: ingest.store(connection, f"p-{agent}", decoded, now))
        if stored.files_due:
            self.files.update()
        return [problem.reason for _, problem in stored.refused]

    def chunk(self, number: int, *, frames: int = FPS, ends: bool = False, **changes: Any) -> dict[str, Any]:
        """Chunk ``number``; ``x`` as of :func:`row`, all else a field of the message."""
        x = changes.pop("x", None)
        first = number * FPS
        last = first + frames - 1
        rows = [row(frame, self.agents, ends=ends and frame == last, x=x) for frame in range(first, last + 1)]
        packed = pack([row(-1, self.agents), *rows] if number == 0 else rows)
        content = {"first": packed.first, "rows": packed.count, "digest": packed.digest}
        key = {"kind": "chunk", "session_id": SESSION, "episode": 0, "generation": 0, "index": number}
        return {**key, **content, "data": b64encode(packed.data).decode(), **changes}

    def end(self, frames: int, reason: str = "terminated", **changes: Any) -> dict[str, Any]:
        key = {"kind": "episode_end", "session_id": SESSION, "episode": 0, "generation": 0}
        return {**key, "frames": frames, "end_reason": reason, "statistics": STATISTICS, **changes}

    def episode(self, frames: int, **changes: Any) -> list[dict[str, Any]]:
        """All chunks of an episode that the environment ends, and what is said of its end."""
        numbers = range(-(-frames // FPS))
        sizes = [min(FPS, frames - number * FPS) for number in numbers]
        chunks = [self.chunk(n, frames=sizes[n], ends=n == numbers[-1], **changes) for n in numbers]
        changes.pop("x", None)
        return [*chunks, self.end(frames, **changes)]

    def links(self, partner: str, *rows: list[Any], **changes: Any) -> dict[str, Any]:
        """``rows``: (second, path, connection, RTT)."""
        seen = [[1.7e12 + 1000 * at, partner, path, end, rtt, 2.0, 0.1, 30, 27] for at, path, end, rtt in rows]
        return {"kind": "links", "session_id": SESSION, "generation": 0, "index": 0, "rows": seen, **changes}

    def again(self, agent: str) -> int:
        """This player's page was reloaded; the number of its generation."""
        return int(self.write(lambda open_: matches.add_generation(open_, SESSION, agent, tab="t", now=97.0)))

    def settle(self, agent: str, *, now: float) -> None:
        """What happens when this player wants to go on."""

        def write(connection: Any) -> None:
            session = games.find(connection, SESSION, f"p-{agent}")
            assert session
            play.settle(connection, session, now)

        self.write(write)

    def over(self) -> None:
        self.write(lambda open_: matches.set_state(open_, SESSION, "ended", now=200.0, reason="partner_left"))
        self.files.update()

    def completed(self) -> list[tuple[int, int, str]]:
        found = self.store.read_now(lambda open_: games.completed(open_, SESSION))
        return [(episode.number, episode.frames, episode.end_reason) for episode in found]

    def written(self) -> Group:
        """All files are up to date."""
        self.files.update()
        self.files._thread.submit(lambda: None).result(20)
        return self

    def parity(self, episode: int = 0) -> tuple[Any, ...] | None:
        """Status, frame, column and frames of each player."""
        columns = [schema.parity.c[name] for name in ("status", "frame", "field", "players")]
        query = select(*columns).where(schema.parity.c.episode == episode)
        found = self.written().store.read_now(lambda open_: open_.execute(query).one_or_none())
        return tuple(found) if found else None

    def events(self, name: str) -> list[dict[str, Any]]:
        self.written()
        lines = [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]
        return [line for line in lines if line["name"] == name]

    def table(self, name: str) -> list[dict[str, str]]:
        self.written()
        with (self.folder / name).open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def close(self) -> None:
        self.files.close()
        self.store.close()
