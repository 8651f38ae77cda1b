"""Bytecode for the browser's Python, made by that Python under Node and kept by content."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from interactive_gym.packaging.node import Node
from interactive_gym.packaging.pyodide import PYODIDE_VERSION, Pyodide

CACHE_TAG = "cpython-314"
_PROGRAM = Path(__file__).parent / "programs" / "compile_files.py"


class CompileCache:
    """Bytecode by the sha256 of its source, below ``folder``; an empty file: the source is not for this Python."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "bytecode" / f"{PYODIDE_VERSION}-{CACHE_TAG}"

    def compile_all(self, sources: Iterable[bytes], pyodide: Pyodide) -> None:
        """Make sure that all are in the cache: one run of Node for those that are not, none if nothing is new."""
        wanted = {_key(source): source for source in sources}
        absent = {key: source for key, source in wanted.items() if not self._path(key).exists()}
        if not absent:
            return
        with tempfile.TemporaryDirectory(prefix="interactive-gym-compile-") as name:
            folder = Path(name)
            for key, source in absent.items():
                (folder / f"{key}.py").write_bytes(source)
            failed = Node(pyodide.folder, mounts={"/sources": folder}).run(_PROGRAM, "/sources")
            for key in absent:
                self._keep(key, b"" if key in failed else (folder / f"{key}.pyc").read_bytes())

    def bytecode(self, source: bytes) -> bytes | None:
        """The compiled form of ``source``, or None if it does not compile there."""
        return self._path(_key(source)).read_bytes() or None

    def _keep(self, key: str, bytecode: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_bytes(bytecode)
        part.replace(path)  # two starts at once both write the same

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.pyc"


def _key(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()
