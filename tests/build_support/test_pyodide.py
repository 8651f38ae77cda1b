from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from build_support import pyodide
from build_support.errors import BuildError
from build_support.pyodide import LockedFile, Source, obtain

GOOD = b"the wheel"
FILE = LockedFile("numpy.whl", hashlib.sha256(GOOD).hexdigest(), "314.0.4")


def _gives(data: bytes) -> Source:
    return Source("a source", lambda file: data)


def _unreachable(file: LockedFile) -> bytes:
    raise OSError("no route")


def _never(file: LockedFile) -> bytes:
    raise AssertionError("was asked though an earlier source had the file")


def test_the_first_source_with_the_right_file_wins(tmp_path: Path) -> None:
    sources = [Source("away", _unreachable), _gives(b"another file"), _gives(GOOD), Source("last", _never)]
    assert obtain(FILE, sources, tmp_path) == GOOD


def test_what_was_found_once_is_kept(tmp_path: Path) -> None:
    obtain(FILE, [_gives(GOOD)], tmp_path)
    assert obtain(FILE, [Source("last", _never)], tmp_path) == GOOD
    assert [path.name for path in (tmp_path / "pyodide" / "314.0.4").iterdir()] == ["numpy.whl"]


def test_a_damaged_cache_is_not_believed(tmp_path: Path) -> None:
    obtain(FILE, [_gives(GOOD)], tmp_path)
    kept = tmp_path / "pyodide" / "314.0.4" / "numpy.whl"
    kept.write_bytes(b"damaged")
    assert obtain(FILE, [_gives(GOOD)], tmp_path) == GOOD
    assert kept.read_bytes() == GOOD


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert obtain(FILE, [_gives(GOOD)], tmp_path / "file") == GOOD


def test_the_error_says_what_every_source_answered_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        obtain(FILE, [Source("the web", _unreachable), Source("a mirror", lambda file: b"other")], tmp_path)
    text = str(caught.value)
    assert "the web: OSError: no route" in text
    assert "a mirror: its copy is another file" in text
    assert f"set {pyodide.DIRECTORY_VARIABLE}" in text
    assert FILE.sha256 in text


def test_a_directory_that_the_user_names_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE.name).write_bytes(GOOD)
    monkeypatch.setenv(pyodide.DIRECTORY_VARIABLE, str(tmp_path))
    assert pyodide.default_sources()[0].read(FILE) == GOOD
    monkeypatch.delenv(pyodide.DIRECTORY_VARIABLE)
    assert len(pyodide.default_sources()) == 2


def test_the_cache_is_where_the_user_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.delenv(pyodide.CACHE_VARIABLE, raising=False)
    assert pyodide.user_cache() == tmp_path / "xdg" / "interactive-gym"
    monkeypatch.setenv(pyodide.CACHE_VARIABLE, str(tmp_path / "own"))
    assert pyodide.user_cache() == tmp_path / "own"


@pytest.fixture
def core(tmp_path: Path) -> Path:
    """An npm package as small as can be."""
    core = tmp_path / "core"
    core.mkdir()
    for name in (*pyodide.CORE, "pyodide.d.ts"):
        (core / name).write_bytes(b"core " * 100)
    numpy = {"file_name": FILE.name, "sha256": FILE.sha256}
    (core / "package.json").write_text(json.dumps({"version": "314.0.4"}))
    (core / "pyodide-lock.json").write_text(json.dumps({"packages": {"numpy": numpy}}))
    return core


def test_what_is_needed_at_run_time_is_put_in_place_once(
    core: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / FILE.name).write_bytes(GOOD)
    monkeypatch.setenv(pyodide.DIRECTORY_VARIABLE, str(tmp_path / "given"))
    monkeypatch.setenv(pyodide.CACHE_VARIABLE, str(tmp_path / "cache"))
    said: list[str] = []
    for _ in range(2):
        pyodide.build_pyodide(core, tmp_path / "built", tmp_path / "scratch", said.append)
    assert len(said) == 1
    names = {path.name for path in (tmp_path / "built").iterdir()}
    assert names >= {*pyodide.CORE, FILE.name, "pyodide.asm.wasm.br", "pyodide.asm.wasm.gz"}
    assert "pyodide.d.ts" not in names
