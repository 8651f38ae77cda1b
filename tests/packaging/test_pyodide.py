from __future__ import annotations

import hashlib
import io
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from interactive_gym.errors import ConfigError, ServerError
from interactive_gym.packaging.cache import CACHE_VARIABLE, user_cache
from interactive_gym.packaging.pyodide import PACKAGES_VARIABLE, Pyodide, Wheel, bundled

CONTENT = b"the browser build"


@pytest.fixture
def pyodide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pyodide:
    """A distribution whose lock file names three packages, with only ``here`` in it; no network, an empty cache."""
    folder = tmp_path / "pyodide"
    folder.mkdir()
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "here.whl"):
        (folder / name).write_text(name)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    packages = {
        name: {"name": name, "version": "2.0", "file_name": f"{name}.whl", "sha256": sha256, "depends": depends}
        for name, depends in {"here": [], "needed": ["here"], "big-one": ["needed", "here"]}.items()
    }
    (folder / "pyodide-lock.json").write_text(json.dumps({"packages": packages}))
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.delenv(PACKAGES_VARIABLE, raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", offline)
    return Pyodide(folder)


def offline(*args: Any, **options: Any) -> Any:
    raise urllib.error.URLError("no network")


def test_packages_are_found_in_any_spelling_with_all_that_they_need(pyodide: Pyodide) -> None:
    assert [wheel.name for wheel in pyodide.wheels(["Big_One"])] == ["big-one", "here", "needed"]
    assert pyodide.wheel("unknown") is None


def test_nothing_is_copied_where_all_is_here(pyodide: Pyodide, tmp_path: Path) -> None:
    assert pyodide.complete(pyodide.wheels(["here"]), tmp_path) is pyodide


def test_a_wheel_that_cannot_be_had_is_named_with_what_to_do(pyodide: Pyodide, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        pyodide.complete(pyodide.wheels(["needed"]), tmp_path)
    message = str(raised.value)
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    assert all(part in message for part in ("needed 2.0", "needed.whl", sha256, PACKAGES_VARIABLE, "no network"))


def test_a_wheel_is_taken_from_the_given_folder(
    pyodide: Pyodide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PACKAGES_VARIABLE, str(tmp_path))
    (tmp_path / "needed.whl").write_bytes(CONTENT)
    complete = pyodide.complete(pyodide.wheels(["needed"]), tmp_path / "work")
    assert (complete.folder / "needed.whl").read_bytes() == CONTENT
    assert (complete.folder / "pyodide.mjs").exists() and (complete.folder / "here.whl").exists()
    assert complete == pyodide.complete(pyodide.wheels(["needed"]), tmp_path / "work")


def test_a_wheel_with_another_content_is_not_taken(
    pyodide: Pyodide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PACKAGES_VARIABLE, str(tmp_path))
    (tmp_path / "needed.whl").write_bytes(b"something else")
    with pytest.raises(ConfigError, match="no network"):
        pyodide.complete(pyodide.wheels(["needed"]), tmp_path / "work")


def test_a_wheel_is_loaded_once_and_kept(pyodide: Pyodide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def online(url: str, timeout: float) -> io.BytesIO:
        asked.append(url)
        return io.BytesIO(CONTENT)

    monkeypatch.setattr(urllib.request, "urlopen", online)
    for _ in range(2):
        pyodide.complete(pyodide.wheels(["needed"]), tmp_path / "work")
    assert len(asked) == 1 and asked[0].endswith("/v314.0.4/full/needed.whl")


def test_a_loaded_wheel_is_checked(pyodide: Pyodide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: io.BytesIO(b"tampered"))
    with pytest.raises(ConfigError, match="wrong checksum"):
        pyodide.complete(pyodide.wheels(["needed"]), tmp_path / "work")
    assert not list(tmp_path.glob("cache/**/*.whl*"))


def test_the_address_changes_with_the_content(pyodide: Pyodide) -> None:
    before = pyodide.url(pyodide.wheels(["here"]))
    (pyodide.folder / "pyodide.mjs").write_text("changed")
    after = pyodide.url(pyodide.wheels(["here"]))
    assert before != after and before.startswith("/pyodide/314.0.4-") and before.endswith("/")


def test_the_size_is_what_a_browser_loads(pyodide: Pyodide) -> None:
    lock = (pyodide.folder / "pyodide-lock.json").stat().st_size
    names = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "here.whl")
    assert pyodide.size(pyodide.wheels(["here"])) == lock + sum(map(len, names))


def test_an_incomplete_distribution_is_our_fault(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"lacks pyodide\.mjs, .*pip install --force-reinstall"):
        Pyodide(tmp_path)


def test_numpy_is_part_of_the_package() -> None:
    numpy = bundled().wheel("numpy")
    assert isinstance(numpy, Wheel) and bundled().has(numpy)


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert user_cache() == tmp_path
    monkeypatch.delenv(CACHE_VARIABLE)
    assert user_cache().name == "interactive-gym"
