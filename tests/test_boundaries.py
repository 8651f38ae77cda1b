"""What Pyodide is sent, and what importing the package costs. Who imports whom of ours: `make boundaries`."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "interactive_gym"
SENT = (
    "__init__.py", "callbacks.py", "errors.py", "experiment.py", "hooks.py", "matching.py", "browser", "envs",
    "game", "netcode", "policies", "records", "rendering", "scenes",
)  # fmt: skip
OPTIONAL = {"numpy", "gymnasium", "pettingzoo"}
# The modules that Pyodide itself provides.
IN_THE_WORKER = {"js", "pyodide", "pyodide_js"}


def _sent_files() -> list[Path]:
    found = [PACKAGE / name for name in SENT]
    return [file for path in found for file in ([path] if path.is_file() else sorted(path.rglob("*.py")))]


def _foreign_imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("file", _sent_files(), ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_what_is_sent_to_pyodide_needs_the_standard_library_alone(file: Path) -> None:
    allowed = {*sys.stdlib_module_names, *OPTIONAL, "interactive_gym"}
    if "browser" in file.parts:
        allowed |= IN_THE_WORKER
    allowed = allowed if "records" not in file.parts else {*sys.stdlib_module_names, "numpy", "interactive_gym"}
    assert set(_foreign_imports(file)) - allowed == set()


def _modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return set(json.loads(shown))


def test_importing_the_package_imports_neither_the_server_nor_a_package_of_others() -> None:
    new = _modules_after("import interactive_gym") - _modules_after("")
    foreign = {name for name in new if name.partition(".")[0] not in {*sys.stdlib_module_names, "interactive_gym"}}
    assert foreign == set()
    ours = {name.split(".")[1] for name in new if name.startswith("interactive_gym.")}
    assert ours.isdisjoint({"server", "data", "cli", "packaging", "checking", "protocol", "browser"})
