"""Finding the line of an experiment's file that a finding is about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')


def line_of(path: Path, scene: str, method: str) -> int | None:
    """The line where ``method`` is called on the scene with the id ``scene``; that of the scene if it is not called.

    None if the scene is not written out in this file, such as when a loop makes it.
    """
    calls = [node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.Call)]
    found = [(call, root) for call in calls if (root := _scene_call(call, scene)) is not None]
    lines = [_line_of_name(call) for call, _ in found if _method(call) == method]
    return max(lines) if lines else min((root.lineno for _, root in found), default=None)


def line_in_traceback(traceback: str, sources: Mapping[str, Path]) -> str | None:
    """``file:line`` of the innermost frame that is in one of the researcher's files; None if there is none.

    Args:
        traceback: As Python in a browser prints it.
        sources: Path in the archive -> the researcher's file.
    """
    for frame in reversed(list(_FRAME.finditer(traceback))):
        source = sources.get(frame["file"].rpartition("site-packages/")[2])
        if source is not None:
            return f"{source}:{frame['line']}"
    return None


def _scene_call(call: ast.Call, scene: str) -> ast.Call | None:
    """The call ``GymScene("id")`` at the left end of a chain of methods."""
    root = list(_chain(call))[-1]
    first = root.args[0] if root.args else None
    return root if isinstance(first, ast.Constant) and first.value == scene else None


def _chain(call: ast.Call) -> Iterator[ast.Call]:
    yield call
    while isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        call = call.func.value
        yield call


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _line_of_name(call: ast.Call) -> int:
    """The line with the method's name; the call itself begins where its chain does."""
    return call.func.end_lineno or call.lineno
