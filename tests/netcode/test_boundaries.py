"""What the session may import: nothing that has a clock, chance, or a way out. Of ours: `make boundaries`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

NETCODE = Path(__file__).parents[2] / "src" / "interactive_gym" / "netcode"
HARMLESS = {
    "__future__", "base64", "bisect", "collections", "contextlib", "dataclasses", "enum", "functools", "heapq",
    "itertools", "json", "math", "operator", "struct", "types", "typing",
}  # fmt: skip
FOR_TESTING = {"hashlib", "random", "traceback", "zlib"}
OUTSIDE = {"breakpoint", "exec", "eval", "hash", "id", "input", "open", "print"}
"""Builtins that read, write, or differ from process to process."""

FILES = sorted(NETCODE.rglob("*.py"))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute here"
            yield node.module or ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(NETCODE).as_posix())
def test_a_module_of_the_session_imports_only_what_is_harmless(file: Path) -> None:
    allowed = HARMLESS | FOR_TESTING if "testing" in file.parts else HARMLESS
    foreign = {name for name in _imported(ast.parse(file.read_text())) if name.partition(".")[0] not in allowed}
    assert {name for name in foreign if not f"{name}.".startswith("interactive_gym.netcode.")} == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(NETCODE).as_posix())
def test_a_module_of_the_session_neither_reads_nor_writes_nor_depends_on_its_process(file: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & OUTSIDE == set()


def test_only_the_testing_tools_know_the_testing_tools() -> None:
    for file in FILES:
        if "testing" not in file.parts:
            assert not [name for name in _imported(ast.parse(file.read_text())) if ".testing" in name], file
