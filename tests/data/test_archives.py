from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert

from interactive_gym.data import archives
from interactive_gym.data.schema import sessions
from interactive_gym.data.store import Store
from interactive_gym.errors import ServerError
from interactive_gym.packaging import Runtime


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "study.db")
    yield opened
    opened.close()


def runtime(folder: Path, content: bytes = b"files") -> Runtime:
    pyodide = folder / "pyodide"
    pyodide.mkdir(parents=True, exist_ok=True)
    for name in ("pyodide.mjs", "numpy.whl", "not-loaded.whl"):
        (pyodide / name).write_text(name)
    archive = folder / f"{hashlib.sha256(content).hexdigest()}.tar"
    archive.write_bytes(content)
    files = (pyodide / "pyodide.mjs", pyodide / "numpy.whl")
    url = f"/archives/{archive.name}"
    return Runtime(pyodide, "/pyodide/314.0.4-abcd1234/", 12, ("numpy",), archive, url, 300, files)


def test_what_pages_load_is_kept_with_the_study(tmp_path: Path) -> None:
    given = runtime(tmp_path / "built")
    name = archives.keep(tmp_path / "study", given)
    assert name is not None and archives.keep(tmp_path / "study", given) == name
    found = archives.kept(tmp_path / "study", name)
    assert found.packages == ("numpy",)
    assert found.pyodide_dir == tmp_path / "study" / "archives" / "pyodide-314.0.4-abcd1234"
    assert sorted(path.name for path in found.pyodide_dir.iterdir()) == ["numpy.whl", "pyodide.mjs"]
    assert gzip.decompress(found.archive.read_bytes()) == b"files"
    assert found.unpack(tmp_path).read_bytes() == b"files"


def test_another_archive_is_another_runtime(tmp_path: Path) -> None:
    names = [archives.keep(tmp_path / "study", runtime(tmp_path / "built", data)) for data in (b"old", b"new")]
    assert len({*names}) == 2


def test_a_study_without_games_keeps_nothing(tmp_path: Path) -> None:
    assert archives.keep(tmp_path, Runtime(tmp_path, "/pyodide/1-a/", 0, (), None, None, 0)) is None
    assert not (tmp_path / "archives").exists()


def test_an_archive_that_was_changed_is_not_used(tmp_path: Path) -> None:
    name = archives.keep(tmp_path, runtime(tmp_path / "built"))
    found = archives.kept(tmp_path, str(name))
    found.archive.write_bytes(gzip.compress(b"other files"))
    with pytest.raises(ServerError, match="damaged"):
        found.unpack(tmp_path)
    found.archive.write_bytes(b"no gzip")
    with pytest.raises(ServerError, match="cannot be read"):
        found.unpack(tmp_path)
    found.archive.unlink()
    with pytest.raises(ServerError, match="is missing"):
        archives.kept(tmp_path, str(name))


def test_a_session_was_played_with_what_was_given_when_it_began(store: Store) -> None:
    def served(name: str, now: float) -> None:
        store.submit(lambda connection: archives.note_served(connection, name, now=now)).result()

    def session(name: str, began: float, ended: float | None) -> None:
        row = {"id": name, "scene_id": "game", "seed": 1, "game": {}, "state": "playing"}
        values = row | {"created_at": began, "ended_at": ended}
        store.submit(lambda connection: connection.execute(insert(sessions).values(values)) and None).result()

    def of(name: str) -> list[str]:
        return store.read_now(lambda connection: archives.runtimes_of(connection, name))

    session("before", 5, 8)
    for name, now in [("a", 10), ("a", 20), ("b", 30), ("c", 40), ("a", 50)]:
        served(name, now)
    session("first", 15, 25)
    session("over a restart", 35, 45)
    session("still open", 45, None)
    assert of("before") == []
    assert of("first") == ["a"]
    assert of("over a restart") == ["b", "c", "a"]
    assert of("still open") == ["c", "a", "b"]
