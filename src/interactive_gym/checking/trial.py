"""Trying out a game in fresh interpreters: this Python, and the participants'."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interactive_gym.errors import InteractiveGymError
from interactive_gym.packaging.node import Node, NodeError

_PROGRAM = Path(__file__).parent / "programs" / "try_game.py"
_TIMEOUT_S = 300
SECOND = 1  # the number of the second episode

Json = dict[str, Any]
Interpreter = Callable[[Json], Json]


class ProcessFailed(InteractiveGymError):
    """An interpreter ended without an answer."""


@dataclass(frozen=True)
class Trial:
    """What one kind of interpreter says of a game.

    Attributes:
        examined: See ``selfcheck.examine``.
        second_alone: Digests of the second episode in an interpreter that has played no other; empty if it did not run.
        play_error: The error packet of a worker's play in Pyodide, if it came to one.
    """

    examined: Json
    second_alone: list[str]
    play_error: Json | None

    @property
    def failure(self) -> Json | None:
        """``stage``, ``problem`` and ``detail`` of what stopped the examination; None if nothing did."""
        failure: Json | None = self.examined["failure"]
        return failure

    def digests(self, episode: int) -> list[str]:
        """One digest for each frame of an examined episode, from the reset on."""
        return list(self.examined["episodes"][episode]["digests"])


@dataclass(frozen=True)
class Trials:
    """Both kinds."""

    here: Trial
    in_pyodide: Trial


def try_out(game: Json, folder: Path, node: Node) -> Trials:
    """Try out ``game`` here and in Pyodide under Node, side by side.

    Args:
        game: The fields of ``protocol_game.Game``.
        folder: That of the experiment's file.
        node: With the experiment's archive.
    """

    def here(job: Json) -> Json:
        return _run_here(job, folder)

    def in_pyodide(job: Json) -> Json:
        return _run_in_pyodide(job, node)

    with ThreadPoolExecutor(2) as pool:
        return Trials(*pool.map(lambda interpreter: _tried(game, interpreter), (here, in_pyodide)))


def _tried(game: Json, interpreter: Interpreter) -> Trial:
    try:
        examined = interpreter({"game": game, "alone": None})
        if examined["failure"] is not None:
            return Trial(examined, [], None)
        alone = interpreter({"game": game, "alone": SECOND})
        return Trial(examined, alone["digests"], alone["play_error"])
    except ProcessFailed as error:
        failure = {"stage": "process", "problem": str(error), "detail": ""}
        return Trial({"failure": failure, "problems": []}, [], None)


def _run_here(job: Json, folder: Path) -> Json:
    with tempfile.TemporaryDirectory(prefix="interactive-gym-check-") as name:
        job_file, result_file = Path(name, "job.json"), Path(name, "result.json")
        job_file.write_text(json.dumps(job), encoding="utf-8")
        stderr = _run_process([sys.executable, str(_PROGRAM), str(folder), str(job_file), str(result_file)])
        if not result_file.exists():
            raise ProcessFailed(f"Python ended while it tried out the game: {_last_line(stderr)}")
        answer: Json = json.loads(result_file.read_bytes())
        return answer


def _run_process(command: list[str]) -> str:
    """As participants have it where it matters: sets of strings iterate alike in every process."""
    environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ProcessFailed(f"trying out the game did not finish within {_TIMEOUT_S} s") from error
    return done.stderr


def _run_in_pyodide(job: Json, node: Node) -> Json:
    try:
        answer: Json = node.run(_PROGRAM, job)
    except NodeError as error:
        raise ProcessFailed(f"Python in Pyodide ended while it tried out the game: {error.problem}") from error
    return answer


def _last_line(stderr: str) -> str:
    lines = stderr.strip().splitlines()
    return lines[-1] if lines else "it said nothing"
