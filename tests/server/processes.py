"""The server of these tests as a process of its own, to be killed without warning."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import text

from interactive_gym.data.database import of_existing
from tests.server.running import DEADLINE_S

ROOT = Path(__file__).parents[2]
STUDY = "tests.server.running:experiment"


class Process:
    """``tests.server.served`` on one folder and one port, with what the function ``study`` ("module:name") makes."""

    def __init__(self, folder: Path, study: str = STUDY) -> None:
        self.folder = folder
        self.study = study
        self.port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.server.served", str(self.folder), str(self.port), self.study]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        said = self.process.stdout.readline()
        assert said.startswith("Participants join at http://127.0.0.1:"), said
        self.port = int(said.rpartition(":")[2].strip().rstrip("/"))

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        code = self.process.wait(DEADLINE_S)
        assert self.process.stdout
        self.process.stdout.close()
        return code

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data" / "study"

    def stored(self, query: str) -> list[tuple[Any, ...]]:
        """Read from the database as somebody would who finds the disk of a dead server."""
        return self._execute(query, writes=False)

    def alter(self, statement: str) -> None:
        """Changes what is stored."""
        self._execute(statement, writes=True)

    def _execute(self, statement: str, *, writes: bool) -> list[tuple[Any, ...]]:
        engine = of_existing(self.data).engine(writes=writes)
        try:
            with engine.begin() as connection:
                result = connection.execute(text(statement))
                return [tuple(row) for row in result] if result.returns_rows else []
        finally:
            engine.dispose()
