"""What it costs to keep what is played, and to hand it out.

    python -m benchmarks.data [--games 100] [--seconds 20] [--episodes 10000] [--frames 60]

"ingest": so many games of two at 30 fps upload a second of rows and of experience once a second, as pages do, but as
fast as they are taken: JSON is decoded, chunks are unpacked and checked, and stored with one commit for all that waits.
All of it is in this process, on one core, without a network; "games_on_one_core" is how many such games a core keeps up
with, by the wall clock and by processor time. A row is a frame as one player has recorded it; of a game each is stored
twice, once for each player, and compared.

"csv_append": the same rows, which are there as Python values already, are appended with ``csv`` to a file for each
player, opened and closed once a second: without a check, and without waiting for the disk; "synced" does wait for it.

"load_before" is the load of the machine when this began: with more than nothing, times by the wall clock say little.

"bytes_per_row": of the database, of its chunks alone, and of the CSV files.

"export": ``interactive-gym export --format csv`` of so many episodes, with its peak of memory. The episodes are all
alike, so that making them takes no time.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from benchmarks.common import write_result
from interactive_gym.data import games, matches, people
from interactive_gym.data.games import Episode, Session
from interactive_gym.data.matches import Member
from interactive_gym.data.people import Participant
from interactive_gym.data.schema import chunks
from interactive_gym.data.store import Store
from interactive_gym.data.timeline import Start
from interactive_gym.protocol import Chunk, Experience, TickRow, Upload
from interactive_gym.records import Row, columns, pack
from interactive_gym.server import ingest
from interactive_gym.server.seen import Seen

FPS = 30
AGENTS = ("left", "right")
POLICIES = dict.fromkeys(AGENTS, "human")
GAME = {
    "scene_id": "game",
    "fps": FPS,
    "episodes": 1,
    "max_steps": None,
    "policies": POLICIES,
    "multiplayer": {"group": 2},
}
IN_FLIGHT = 200  # uploads that wait for the disk together, as those of many pages do

Figures = dict[str, Any]


def rows_of(first: int, frames: int, game: int = 0) -> list[Row]:
    """Some frames; with the reset before the first of all. No two games are alike."""
    reset = [Row(-1, infos={agent: {"game": game} for agent in AGENTS})] if first == 0 else []
    return reset + [_row(frame, game) for frame in range(first, first + frames)]


def _row(frame: int, game: int) -> Row:
    at = {"x": frame % 97 / 10 + game, "y": frame % 89 / 7, "carries": ("nothing", "onion", "soup")[frame % 3]}
    return Row(
        frame,
        actions={agent: (frame * 7 + n) % 6 for n, agent in enumerate(AGENTS)},
        rewards={agent: float(frame % 50 == 0) for agent in AGENTS},
        terminated=dict.fromkeys(AGENTS, False),
        truncated=dict.fromkeys(AGENTS, False),
        infos={agent: {**at, "score": frame // 50} for agent in AGENTS},
        source=dict.fromkeys(AGENTS, "human"),
        is_focused=dict.fromkeys(AGENTS, True),
        present=dict.fromkeys(AGENTS, True),
    )


def uploads(games: int, second: int) -> Iterator[tuple[str, bytes]]:
    """What the pages of all games send in this second: participant and JSON."""
    ticks = [TickRow(second * FPS + n, 33.3 * n, 0.4, 1.2, 33.3 * n + 9.5, 2, 0, 0.0) for n in range(FPS)]
    for game in range(games):
        where = f"s-{game}"
        packed = pack(rows_of(second * FPS, FPS, game))
        data = b64encode(packed.data).decode()
        chunk = Chunk(where, 0, 0, second, packed.first, packed.count, packed.digest, data)
        body = msgspec.json.encode(Upload([chunk, Experience(where, 0, 0, second, ticks, [])]))
        for agent in AGENTS:
            yield f"p-{game}-{agent}", body


def measure_ingest(folder: Path, games: int, seconds: int) -> Figures:
    store = Store(folder / "study.db")
    store.submit(lambda connection: _seat(connection, games)).result()
    seen = Seen()
    bodies = [list(uploads(games, second)) for second in range(seconds)]
    cpu, began = time.process_time(), time.perf_counter()
    waiting: list[Future[Any]] = []
    for second, sent in enumerate(bodies):
        for who, body in sent:
            waiting.append(_take(store, seen, who, body, 1e9 + second))
            if len(waiting) >= IN_FLIGHT:
                assert not waiting.pop(0).result().refused
    for future in waiting:
        assert not future.result().refused
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    stored = store.read_now(_stored)
    store.close()
    rows, size = stored["rows"], (folder / "study.db").stat().st_size
    assert rows == 2 * games * (seconds * FPS + 1)
    return {
        "rows": rows,
        "rows_per_second": round(rows / wall),
        "rows_per_cpu_second": round(rows / cpu),
        "games_on_one_core": {"wall": round(games * seconds / wall), "cpu": round(games * seconds / cpu)},
        "bytes_per_row": {"database": round(size / rows, 1), "chunks": round(stored["bytes"] / rows, 1)},
    }


def _seat(connection: Connection, games: int) -> None:
    for game in range(games):
        members = [Member(agent, peer, f"p-{game}-{agent}", "tab") for peer, agent in enumerate(AGENTS)]
        for member in members:
            _join(connection, member.participant_id)
        matches.add(connection, f"s-{game}", "game", 7, GAME, members, now=1e9)
        matches.set_state(connection, f"s-{game}", matches.PLAYING, now=1e9)


def _join(connection: Connection, id: str) -> None:
    people.add_participant(connection, Participant(id, None, "playing", "game", None), query={}, now=1e9)


def _take(store: Store, seen: Seen, who: str, body: bytes, now: float) -> Future[ingest.Stored]:
    items = ingest.decode(msgspec.json.decode(body, type=Upload), seen).items
    assert items is not None
    return store.submit(lambda connection: ingest.store(connection, who, items, now))


def _stored(connection: Connection) -> dict[str, int]:
    query = select(func.sum(chunks.c.rows), func.sum(func.length(chunks.c.data)))
    rows, size = connection.execute(query).one()
    return {"rows": rows, "bytes": size}


def measure_csv(folder: Path, games: int, seconds: int, *, synced: bool) -> Figures:
    folder.mkdir()
    lines = [[[*columns(row, FPS).values()] for row in rows_of(second * FPS, FPS)] for second in range(seconds)]
    began, count = time.perf_counter(), 0
    for second in lines:
        for player in range(2 * games):
            with (folder / f"{player}.csv").open("a", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(second)
                if synced:
                    file.flush()
                    os.fsync(file.fileno())
            count += len(second)
    wall = time.perf_counter() - began
    size = sum(path.stat().st_size for path in folder.iterdir())
    return {"rows_per_second": round(count / wall), "bytes_per_row": round(size / count, 1)}


def measure_export(folder: Path, episodes: int, frames: int) -> Figures:
    folder.mkdir()
    store = Store(folder / "study.db")
    seconds = [pack(rows_of(first, min(FPS, frames - first))) for first in range(0, frames, FPS)]
    for first in range(0, episodes, 500):
        batch = range(first, min(first + 500, episodes))
        store.submit(partial(_add_episodes, numbers=batch, seconds=seconds, frames=frames)).result()
    store.close()
    command = [sys.executable, "-m", "interactive_gym.cli", "export", str(folder)]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    size = sum(path.stat().st_size for path in (folder / "export").rglob("*") if path.is_file())
    return {
        "episodes": episodes,
        "frames": episodes * frames,
        "seconds": round(wall, 1),
        "frames_per_second": round(episodes * frames / wall),
        "times_real_time": round(episodes * frames / FPS / wall),
        "written_mb": round(size / 1e6),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
    }


def _add_episodes(connection: Connection, numbers: Sequence[int], seconds: Sequence[Any], frames: int) -> None:
    game = {**GAME, "multiplayer": None}
    for number in numbers:
        _join(connection, f"p-{number}")
        session = Session(f"s-{number}", "game", number, game, "left", f"p-{number}", None)
        games.add_session(connection, session, now=1e9 + number)
        games.add_start(connection, session, Start(0, 0, -1), tab="tab", now=1e9 + number)
        for second, one in enumerate(seconds):
            key = {"episode": 0, "generation": 0, "number": second, "digest": one.digest, "first": one.first}
            row = {**key, "rows": one.count, "ending": None, "data": one.data, "received_at": 1e9}
            games.add_chunk(connection, session, row)
        games.complete(connection, session.id, Episode(0, frames, "truncated"), now=1e9 + number)
        games.end(connection, session.id, "completed", now=1e9 + number)


def main() -> None:
    options = argparse.ArgumentParser()
    for name, default in (("games", 100), ("seconds", 20), ("episodes", 10_000), ("frames", 60)):
        options.add_argument(f"--{name}", type=int, default=default)
    given = options.parse_args()
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        os.sched_setaffinity(0, {max(cores)})
        figures: Figures = {
            "games": given.games,
            "seconds": given.seconds,
            "load_before": round(os.getloadavg()[0], 1),
            "ingest": measure_ingest(place, given.games, given.seconds),
            "csv_append": measure_csv(place / "csv", given.games, given.seconds, synced=False),
            "csv_append_synced": measure_csv(place / "synced", given.games, given.seconds, synced=True),
        }
        append = figures["csv_append"]["rows_per_second"]
        figures["ingest"]["of_csv_append"] = round(figures["ingest"]["rows_per_second"] / append, 3)
        os.sched_setaffinity(0, cores)
        figures["export"] = measure_export(place / "export", given.episodes, given.frames)
    write_result("data", figures)


if __name__ == "__main__":
    main()
