"""``interactive-gym dev``: several participants side by side, and a server that follows what is saved."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page

from tests.e2e.harness import PATIENCE_S, STUDIES, Participant, free_port, wait_for


@dataclass
class Dev:
    """``interactive-gym dev`` on a copy of ``short.py``, in a process of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def file(self) -> Path:
        return self.folder / "short.py"

    def said(self) -> str:
        return (self.folder / "console").read_text()

    def until_started(self, times: int) -> None:
        """Waits until the server has been started so often."""
        wait_for(lambda: self._starts() >= times, lambda: f"start {times} in:\n{self.said()}")
        wait_for(self._answers, "an answer")

    def _starts(self) -> int:
        return self.said().count("Participants join at")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def save(self, old: str, new: str) -> None:
        """In one moment: the server must not see a file that is half written."""
        text = self.file.read_text()
        assert old in text
        draft = self.folder.parent / "draft"
        draft.write_text(text.replace(old, new))
        draft.replace(self.file)


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Dev]:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "short.py").write_text((STUDIES / "short.py").read_text())
    port = free_port()
    command = [sys.executable, "-m", "interactive_gym.cli", "dev", "short.py", "--no-open", "--port", str(port)]
    with (folder / "console").open("wb") as out:
        environ = {**os.environ, "COLUMNS": "200"}
        process = subprocess.Popen(
            command, cwd=folder, stdout=out, stderr=out, env=environ, preexec_fn=_listen_to_ctrl_c
        )
    started = Dev(folder, port, process)
    started.until_started(1)
    yield started
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE_S) == 0, started.said()
    assert "Traceback" not in started.said()


def _listen_to_ctrl_c() -> None:
    """What runs in a shell's background ignores it, and hands that on to its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


LISTS = """(shown) => {
    const [, ...lines] = document.querySelectorAll("tr");
    const rows = lines.map((line) => [...line.cells].map((cell) => cell.textContent));
    const listed = rows.map(([, link, , scene, , connected]) => [link, scene, connected]);
    return JSON.stringify(listed) === JSON.stringify(shown) && rows[0][0] !== rows[1][0];
}"""


def join(context: BrowserContext, page: Page, number: int) -> Page:
    """The tab that the link of that participant opens."""
    with context.expect_page() as opened:
        page.click(f"text=Join as participant {number}")
    opened.value.wait_for_selector("body[data-page=start]")
    return opened.value


def test_two_participants_side_by_side(dev: Dev, participant: Callable[..., Participant]) -> None:
    desk = participant(f"{dev.url}/dev").page
    one, two = (join(desk.context, desk, number) for number in (1, 2))
    one.click("button.primary")
    one.wait_for_selector("body[data-page=static]")
    for page, kind in ((one, "static"), (two, "start")):
        page.reload()
        page.wait_for_selector(f"body[data-page={kind}]")
    shown = [["dev-1", "age", "yes"], ["dev-2", "welcome", "yes"]]
    desk.wait_for_function(LISTS, arg=shown)  # it is loaded anew every two seconds
    desk.wait_for_selector("text=Join as participant 3")


def test_the_server_follows_what_is_saved(dev: Dev, participant: Callable[..., Participant]) -> None:
    page = participant(f"{dev.url}/dev-1").page
    page.wait_for_selector("h1 >> text=First version")
    dev.save("First version", "Second version")
    dev.until_started(2)
    page.reload()
    page.wait_for_selector("h1 >> text=Second version")

    dev.save("experiment = ", "experiment ==== ")
    wait_for(lambda: re.findall(r"^error: .*\n", dev.said(), re.M), "the error")
    page.wait_for_selector(".banner:visible")
    (line,) = re.findall(r"^error: .*$", dev.said(), re.M)
    assert re.match(r"error: \S*short\.py:5: invalid syntax", line)

    dev.save("experiment ==== ", "experiment = ")
    dev.until_started(3)
    page.wait_for_selector(".banner", state="hidden")
    page.click("button.primary")
    page.wait_for_selector("body[data-page=static]")
