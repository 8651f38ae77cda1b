"""What the browser tests stand on: a real server in its own process, and a participant with a keyboard."""

from __future__ import annotations

import csv
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import BrowserContext, Page, Request
from sqlalchemy import Connection, NullPool, create_engine

from interactive_gym.data import games, link_rows, meetings, player_tables, tables, verdicts
from interactive_gym.data.files import PRIVATE, PUBLIC
from interactive_gym.data.flat import cell
from interactive_gym.data.verifications import Outcome
from interactive_gym.verifying import verify

T = TypeVar("T")
Rows = list[dict[str, str]]
Lines = list[dict[str, Any]]
STUDIES = Path(__file__).parent / "studies"
EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE_S = 120.0  # what is waited for comes in a second or two; a machine that is busy elsewhere may take its time
LINES: Mapping[str, Callable[[Connection], Iterator[Mapping[str, Any]]]] = {
    "events.jsonl": tables.events_lines,
    "console.jsonl": tables.console_lines,
    "matches.jsonl": meetings.lines,
}


def wait_for(
    condition: Callable[[], T | None],
    what: str | Callable[[], str],
    seconds: float = PATIENCE_S,
    pause: Callable[[], object] = lambda: time.sleep(0.02),
) -> T:
    """The first true value of ``condition``, asked until the deadline; after it AssertionError, naming ``what``.

    Where ``what`` is a function, it is asked then: it can say how things stand.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what if isinstance(what, str) else what()}")
        pause()


_ports = itertools.count(10_000 + os.getpid() % 200 * 100)


def free_port() -> int:
    """Below those that the system gives to whoever connects: it stays free until the server has it, and between two."""
    while True:
        port = next(_ports)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Server:
    """``interactive-gym run STUDY`` in a process of its own; can be killed and started again on the same data.

    What it has recorded is read here alone. While it runs, its files are written one after the other and may be behind:
    then all is read from its store, as it is in one moment. Of a server that was stopped the files are read.
    """

    study: Path
    data: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    expects_parity: str = "identical"  # of every episode of several people; a test that cuts somebody off says so here
    process: subprocess.Popen[bytes] | None = None
    has_stopped: bool = False  # in good order, so that its files say all that it knows

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data / "console.txt"

    def start(self) -> Server:
        self.data.mkdir(parents=True, exist_ok=True)
        environ = {**os.environ, "COLUMNS": "200", **self.environ}
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(self.command(), stdout=out, stderr=out, env=environ)
        self.has_stopped = False
        wait_for(self._healthy, lambda: f"the server of {self.study.name}: {self.log.read_text()[-2000:]}")
        return self

    def command(self) -> list[str]:
        command = [sys.executable, "-m", "interactive_gym.cli", "run", str(self.study)]
        return [*command, "--port", str(self.port), "--data-dir", str(self.data), *self.options]

    def _healthy(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        return self._answers()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def kill(self) -> None:
        """SIGKILL: what was not on the disk is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As a researcher stops it: what it knows is in its files then."""
        if self.process is not None and self.process.poll() is None:
            self._end(signal.SIGTERM)
            self.has_stopped = True

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=PATIENCE_S)

    @property
    def folder(self) -> Path:
        """The one folder of the experiment inside the data root."""
        (folder,) = (path for path in self.data.iterdir() if path.is_dir() and (path / "server.log").exists())
        return folder

    def table(self, name: str) -> Rows:
        """Rows of a CSV file of the experiment."""
        if self.has_stopped:
            return rows_of(self.folder / name)
        table = (PUBLIC | PRIVATE)[name]
        return self._stored(lambda connection: _shown(*table(connection)))

    def lines(self, name: str) -> Lines:
        """Lines of a .jsonl file of the experiment."""
        if self.has_stopped:
            return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]
        return self._stored(lambda connection: [dict(line) for line in LINES[name](connection)])

    def events(self) -> Lines:
        return self.lines("events.jsonl")

    def settled(self, episodes: int) -> Rows:
        """The table of episodes, once so many are there and what came of them has been compared and written."""

        def compared(connection: Connection) -> Rows:
            rows = _shown(*tables.episodes_table(connection))
            is_whole = len(rows) == episodes and all(row["parity"] != "incomplete" for row in rows)
            return rows if is_whole and not _undone(connection) else []

        return wait_for(
            lambda: self._stored(compared), lambda: f"{episodes} compared episodes: {self.table('episodes.csv')}"
        )

    def links(self, count: int) -> Rows:
        """The table of links, once all have said all of so many; that is when they have come to a last page."""

        def reported(connection: Connection) -> Rows:
            rows = _shown(*player_tables.links_table(connection))
            return rows if len(rows) == count and not link_rows.unreported(connection) else []

        return wait_for(lambda: self._stored(reported), lambda: f"{count} links: {self.table('links.csv')}")

    def episode_files(self, pattern: str) -> dict[str, Rows]:
        """Rows of the files of episodes whose names match, by name; of all episodes that have ended until now."""
        if not self.has_stopped:
            wait_for(lambda: not self._stored(_undone), "the files of the episodes")
        found = {str(path.relative_to(self.folder)): rows_of(path) for path in sorted(self.folder.glob(pattern))}
        assert found, f"no file of an episode is called {pattern}"
        return found

    def frames(self, scene: str = "*", episode: int | str = "*") -> dict[str, Rows]:
        """Rows of the frames of episodes, by name of the file."""
        found = self.episode_files(f"{scene}/*/ep{episode}.csv")
        return {name: rows for name, rows in found.items() if not name.endswith(".experience.csv")}

    def episode(self, scene: str, episode: int) -> Rows:
        """The frames of one episode of the only session of ``scene``, in the order of the file."""
        (rows,) = self.frames(scene, episode).values()
        return rows

    def check_parity(self) -> None:
        """What no test of a game of several people can forget: every side recorded the same.

        Raises:
            AssertionError: Some episode is not as the test said.
        """
        several = {row["session_id"] for row in self.table("sessions.csv") if int(row["peer"] or 0) > 0}
        found = [row for row in self.table("episodes.csv") if row["session_id"] in several]
        wrong = [row for row in found if row["parity"] != self.expects_parity]
        assert not wrong, f"episodes that are not {self.expects_parity}: {wrong}"

    def verified(self) -> list[Outcome]:
        """What comes of playing all complete episodes again, under Node."""
        return [of.outcome for of in verify(self.folder) if of.outcome]

    def _stored(self, query: Callable[[Connection], T]) -> T:
        """The answer of the store as it is in this moment; whoever writes is not held up."""
        engine = create_engine(f"sqlite:///{self.folder / 'study.db'}", poolclass=NullPool)
        with engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.isolation_level = None  # it would begin no transaction to read
            connection.exec_driver_sql("BEGIN")
            return query(connection)


def _undone(connection: Connection) -> bool:
    """Whether something has come of an episode that is not compared, or not in its files."""
    return bool(verdicts.due(connection) or games.unwritten(connection))


def _shown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Rows:
    """A table as somebody reads it who opens its file."""
    return [dict(zip(header, map(str, map(cell, row)), strict=True)) for row in rows]


def rows_of(path: Path) -> Rows:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Participant:
    """One browser tab, driven by the keyboard alone."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        context.set_default_timeout(PATIENCE_S * 1000)
        self.frames: list[tuple[int, int]] = []
        self.chunks: set[tuple[int, int]] = set()
        self.page = self.new_tab(context, url)

    def new_tab(self, context: BrowserContext, url: str) -> Page:
        """A tab of the same browser, which is listened to."""
        page = context.new_page()
        page.on("console", lambda message: self._heard(message.text))
        page.on("requestfinished", self._sent)
        page.goto(url)
        return page

    def _heard(self, text: str) -> None:
        """``?debug=latency`` logs ``frame <episode>/<frame> ...`` once for every frame that was played."""
        if text.startswith("frame "):
            episode, frame = text.split()[1].rstrip(":").split("/")
            self.frames.append((int(episode), int(frame)))

    def _sent(self, request: Request) -> None:
        """Which seconds of which episodes the server has taken, of all games of this tab."""
        if request.url.endswith("/api/records"):
            items = (request.post_data_json or {}).get("items", [])
            self.chunks |= {(item["episode"], item["index"]) for item in items if item["kind"] == "chunk"}

    def sees(self, kind: str, seconds: float = PATIENCE_S) -> None:
        """Waits for the page of that kind: start, static, gym, playing, end, completion_code, outcome."""
        self.page.wait_for_selector(f"body[data-page='{kind}']", timeout=seconds * 1000)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def press_primary(self, seconds: float = PATIENCE_S) -> None:
        """Enter, once the page's main button may be pressed and has the focus that the page gave it."""
        self.page.wait_for_selector("button.primary:enabled:focus", timeout=seconds * 1000)
        self.page.keyboard.press("Enter")

    def start_game(self) -> None:
        """Past the instructions of a game, into it."""
        self.sees("gym")
        self.press_primary()
        self.sees("playing")

    def until(self, condition: Callable[[], T | None], what: str, seconds: float = PATIENCE_S) -> T:
        """Like :func:`wait_for`, while the browser's messages keep coming in."""
        next_frame = "new Promise(requestAnimationFrame)"
        return wait_for(condition, what, seconds, pause=lambda: self.page.evaluate(next_frame))

    def until_played(self, episode: int, frame: int) -> None:
        """Waits until that frame, or a later one, has been painted."""
        self.until(lambda: any(seen >= (episode, frame) for seen in self.frames), f"frame {frame} of episode {episode}")

    def until_stored(self, episode: int, second: int) -> None:
        """Waits until the server has that second of the episode."""
        self.until(lambda: (episode, second) in self.chunks, f"second {second} of episode {episode} on the server")
