"""What the browser tests stand on: a real server in its own process, and a participant with a keyboard."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import BrowserContext, Page

T = TypeVar("T")
STUDIES = Path(__file__).parent / "studies"
EXAMPLES = Path(__file__).parents[2] / "examples"


def wait_for(
    condition: Callable[[], T | None],
    what: str,
    seconds: float = 30,
    pause: Callable[[], object] = lambda: time.sleep(0.02),
) -> T:
    """The first true value of ``condition``, asked until the deadline; after it AssertionError, naming ``what``."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        pause()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Server:
    """``interactive-gym run STUDY`` in a process of its own; can be killed and started again on the same data."""

    study: Path
    data: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    expects_parity: str = "identical"  # of every episode of several people; a test that cuts somebody off says so here
    process: subprocess.Popen[bytes] | None = None

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
        wait_for(self._healthy, f"the server of {self.study.name}: {self.log.read_text()[-2000:]}", seconds=120)
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
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)

    @property
    def folder(self) -> Path:
        """The one folder of the experiment inside the data root."""
        (folder,) = (path for path in self.data.iterdir() if path.is_dir() and (path / "server.log").exists())
        return folder

    def table(self, name: str) -> list[dict[str, str]]:
        """Rows of a CSV file of the experiment, or none while it is not there."""
        path = self.folder / name
        if not path.exists():
            return []
        with path.open(newline="") as file:
            return list(csv.DictReader(file))

    def settled(self, episodes: int) -> list[dict[str, str]]:
        """The table of episodes, once so many are there and the frames of all their players have been compared."""

        def compared() -> list[dict[str, str]] | None:
            rows = self.table("episodes.csv")
            return rows if len(rows) == episodes and all(row["parity"] != "incomplete" for row in rows) else None

        return wait_for(compared, f"{episodes} compared episodes: {self.table('episodes.csv')}")

    def check_parity(self) -> None:
        """What no test of a game of several people can forget: every side recorded the same.

        Raises:
            AssertionError: Some episode is not as the test said.
        """
        several = {row["session_id"] for row in self.table("sessions.csv") if int(row["peer"] or 0) > 0}
        found = [row for row in self.table("episodes.csv") if row["session_id"] in several]
        wrong = [row for row in found if row["parity"] != self.expects_parity]
        assert not wrong, f"episodes that are not {self.expects_parity}: {wrong}"

    def events(self) -> list[dict[str, Any]]:
        path = self.folder / "events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def episode(self, scene: str, episode: int) -> list[dict[str, str]]:
        """The frames of one episode of the only session of ``scene``, in the order of the file."""
        (path,) = (self.folder / scene).glob(f"*/ep{episode}.csv")
        with path.open(newline="") as file:
            return list(csv.DictReader(file))


class Participant:
    """One browser tab, driven by the keyboard alone."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.page: Page = context.new_page()
        self.frames: list[tuple[int, int]] = []
        self.page.on("console", lambda message: self._heard(message.text))
        self.page.goto(url)

    def _heard(self, text: str) -> None:
        """``?debug=latency`` logs ``frame <episode>/<frame> ...`` once for every frame that was played."""
        if text.startswith("frame "):
            episode, frame = text.split()[1].rstrip(":").split("/")
            self.frames.append((int(episode), int(frame)))

    def sees(self, kind: str, seconds: float = 60) -> None:
        """Waits for the page of that kind: start, static, gym, playing, end, completion_code, outcome."""
        self.page.wait_for_selector(f"body[data-page='{kind}']", timeout=seconds * 1000)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def press_primary(self, seconds: float = 60) -> None:
        """Enter, once the page's main button may be pressed and has the focus that the page gave it."""
        self.page.wait_for_selector("button.primary:enabled:focus", timeout=seconds * 1000)
        self.page.keyboard.press("Enter")

    def start_game(self) -> None:
        """Past the instructions of a game, into it."""
        self.sees("gym")
        self.press_primary()
        self.sees("playing")

    def until(self, condition: Callable[[], T | None], what: str, seconds: float = 30) -> T:
        """Like :func:`wait_for`, while the browser's messages keep coming in."""
        next_frame = "new Promise(requestAnimationFrame)"
        return wait_for(condition, what, seconds, pause=lambda: self.page.evaluate(next_frame))

    def until_played(self, episode: int, frame: int) -> None:
        """Waits until that frame, or a later one, has been painted."""
        self.until(lambda: any(seen >= (episode, frame) for seen in self.frames), f"frame {frame} of episode {episode}")
