"""What must hold for the files of the repository as such."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONSTRAINTS = sorted((ROOT / "constraints").glob("*.txt"))
# The hosts that packages are downloaded from. Which registry serves them is the business of who installs.
REGISTRY_HOST = re.compile(r"(pypi|pythonhosted|npmjs|yarnpkg|debian)\.(org|com)\b")


def _files() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file():
            yield name, path.read_bytes().decode("utf-8", errors="replace")


def test_no_file_names_the_host_of_a_registry() -> None:
    assert [name for name, text in _files() if REGISTRY_HOST.search(text)] == []


def test_the_npm_lock_names_versions_and_hashes_but_no_addresses() -> None:
    packages = json.loads((ROOT / "client" / "package-lock.json").read_text())["packages"]
    locked = {name: entry for name, entry in packages.items() if name}
    assert locked
    assert [name for name, entry in locked.items() if "resolved" in entry] == []
    assert [name for name, entry in locked.items() if not entry.get("integrity", "").startswith("sha512-")] == []


def test_npm_packages_are_pinned_exactly() -> None:
    package = json.loads((ROOT / "client" / "package.json").read_text())
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


@pytest.mark.parametrize("path", CONSTRAINTS, ids=lambda path: path.name)
def test_constraints_pin_with_hashes_and_name_no_place(path: Path) -> None:
    text = path.read_text()
    assert _places(text) == []
    requirements = re.findall(r"^[a-z0-9].*(?:\n    --hash=.*)+", text, flags=re.MULTILINE)
    names = re.findall(r"^[a-z0-9].*$", text, flags=re.MULTILINE)
    assert len(requirements) == len(names) > 0
    assert all("==" in name for name in names)


def _places(text: str) -> list[str]:
    """Lines with an address, a path, or an option other than a hash."""
    return [line for line in text.splitlines() if "://" in line or re.match(r"-|\s+--(?!hash=sha256:)", line)]


def test_all_constraints_agree() -> None:
    pin = re.compile(r"^[a-z0-9].*?==\S+.*(?= \\$)", re.MULTILINE)
    pins = {path.name: set(pin.findall(path.read_text())) for path in CONSTRAINTS}
    assert pins["build.txt"] <= pins["dev.txt"]
    assert pins["runtime.txt"] <= pins["dev.txt"]


def test_the_build_requirements_are_those_of_the_constraints() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert sorted(project["build-system"]["requires"]) == sorted(project["dependency-groups"]["build"])
