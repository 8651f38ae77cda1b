"""Runs in Pyodide: compiles the mounted sources, so that no browser has to."""

from __future__ import annotations

import py_compile
from pathlib import Path


def main(folder: str) -> list[str]:
    """Compile each ``<name>.py`` in ``folder`` to ``<name>.pyc``; returns the names that this Python cannot compile.

    Unchecked hashes: a browser unpacks with new modification times, and nothing there ever changes a source.
    """
    failed = []
    for source in sorted(Path(folder).glob("*.py")):
        try:
            py_compile.compile(
                str(source),
                cfile=str(source.with_suffix(".pyc")),
                dfile=source.name,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except (py_compile.PyCompileError, ValueError, RecursionError):
            failed.append(source.stem)
    return failed
