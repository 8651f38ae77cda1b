"""The wheel is whole: what is installed from it needs nothing of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_one_wheel_serves_all_platforms(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_wheel_carries_what_was_built_and_nothing_of_the_workshop(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {"_client/index.html", "_client/licenses.md", "_pyodide/pyodide.asm.wasm.br", "py.typed"}
    wanted |= {"_examples/mountain_car.py"}
    assert {f"interactive_gym/{name}" for name in wanted} <= names
    assert [name for name in names if "/_pyodide/numpy-" in name and name.endswith(".whl")]
    assert [name for name in names if ".inputs" in name or name.startswith(("tests/", "build_support/"))] == []


def test_what_is_installed_from_the_wheel_runs(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    code = (
        "import interactive_gym; from interactive_gym.cli.examples import examples;"
        "from interactive_gym.packaging.pyodide import bundled;"
        "print(interactive_gym.__file__, bundled().folder, *examples().values(), sep='\\n')"
    )
    clean = {**os.environ, "PYTHONPATH": str(target)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(Path(line).is_relative_to(target) for line in done.stdout.split())
    assert len(done.stdout.split()) > 3
