from __future__ import annotations

import gzip
import random
from pathlib import Path

import brotli
import pytest

from build_support import directories


def _fingerprint(root: Path, *others: str) -> str:
    return directories.fingerprint((path for path in root.rglob("*") if path.is_file()), root, *others)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    root = tmp_path / "sources"
    (root / "deep").mkdir(parents=True)
    (root / "a.ts").write_text("a")
    (root / "deep" / "b.ts").write_text("b")
    return root


def test_fingerprint_depends_on_names_contents_and_extras_only(sources: Path, tmp_path: Path) -> None:
    before = _fingerprint(sources)
    assert directories.fingerprint([sources / "deep" / "b.ts", sources / "a.ts"], sources) == before
    moved = sources.rename(tmp_path / "elsewhere")
    assert _fingerprint(moved) == before
    assert _fingerprint(moved, "extra") != before
    (moved / "a.ts").rename(moved / "c.ts")
    assert _fingerprint(moved) != before


def test_fingerprint_keeps_names_and_contents_apart(sources: Path) -> None:
    before = _fingerprint(sources)
    (sources / "a.ts").write_text("b")
    (sources / "deep" / "b.ts").write_text("a")
    assert _fingerprint(sources) != before


def test_a_rebuilt_directory_replaces_the_old_one_and_is_current(tmp_path: Path) -> None:
    built = tmp_path / "package" / "built"
    for inputs in ("one", "two"):
        with directories.rebuilt(built, inputs, tmp_path / "scratch") as fresh:
            (fresh / f"{inputs}.js").touch()
        assert directories.is_current(built, inputs)
    assert not directories.is_current(built, "one")
    assert sorted(path.name for path in built.iterdir()) == [directories.STAMP, "two.js"]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_failed_rebuild_leaves_the_old_directory(tmp_path: Path) -> None:
    built = tmp_path / "built"
    with directories.rebuilt(built, "good", tmp_path / "scratch") as fresh:
        (fresh / "good.js").touch()
    with pytest.raises(RuntimeError), directories.rebuilt(built, "bad", tmp_path / "scratch"):
        raise RuntimeError
    assert directories.is_current(built, "good")
    assert (built / "good.js").exists()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_directory_that_was_emptied_is_not_current(tmp_path: Path) -> None:
    assert not directories.is_current(tmp_path, "")


def test_precompress_writes_copies_that_unpack_to_the_file_and_only_where_they_pay(tmp_path: Path) -> None:
    text = b"let it be compressed\n" * 1000
    noise = random.Random(0).randbytes(20_000)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "text.js").write_bytes(text)
    (tmp_path / "noise.whl").write_bytes(noise)
    directories.precompress(tmp_path)
    assert gzip.decompress((tmp_path / "deep" / "text.js.gz").read_bytes()) == text
    assert brotli.decompress((tmp_path / "deep" / "text.js.br").read_bytes()) == text
    assert [path.name for path in tmp_path.glob("noise*")] == ["noise.whl"]


def test_precompress_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    results = []
    for folder in (tmp_path / "first", tmp_path / "second"):
        folder.mkdir()
        (folder / "text.js").write_bytes(b"abc" * 1000)
        directories.precompress(folder)
        results.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert results[0] == results[1]


def test_precompress_reports_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: bytes, quality: int) -> bytes:
        raise OSError("disk full")

    (tmp_path / "text.js").write_bytes(b"abc" * 1000)
    monkeypatch.setattr(brotli, "compress", refuse)
    with pytest.raises(OSError, match="disk full"):
        directories.precompress(tmp_path)
