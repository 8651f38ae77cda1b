"""What the viewer's page is told, and whom it is told to."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import Connection, delete, insert
from typer.testing import CliRunner

from interactive_gym.cli.commands import app as program
from interactive_gym.data import archives, games, pictures, schema
from interactive_gym.data.schema import verifications
from interactive_gym.data.study_folder import opened
from interactive_gym.errors import ConfigError, ServerError
from interactive_gym.packaging import Runtime
from interactive_gym.protocol import Experience, KeyRow, TickRow
from interactive_gym.records import unpack
from interactive_gym.replay.app import Viewer
from interactive_gym.replay.library import experienced
from interactive_gym.replay.serving import watch
from interactive_gym.replay.supply import supplied
from tests.server.running import built
from tests.studies import Study
from tests.verifying.played import Played, written

TAR = b"tar" * 100


def runtime_in(folder: Path) -> Runtime:
    """With an archive that has the name of its content."""
    _, runtime = built(folder)
    archive = folder / "archives" / f"{hashlib.sha256(TAR).hexdigest()}.tar"
    archive.write_bytes(TAR)
    return replace(runtime, archive=archive, pyodide_files=tuple(runtime.pyodide_dir.iterdir()))


@pytest.fixture
def played(study: Study, tmp_path: Path) -> Played:
    """Two sessions, of which the first was played before its Python was kept."""
    experiment = written(study)
    made = Played(tmp_path / "data" / "walks")
    made.play(experiment, "s-early", now=1.0)
    made.write(lambda connection: games.end(connection, "s-early", "over", now=1.5))
    made.serve(runtime_in(tmp_path), now=2.0)
    made.play(experiment, "s-one", now=3.0, episodes=2)
    return made


class Client:
    """A browser on this machine."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def get(self, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._get(path, options))

    async def _get(self, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.get(path, **options)


def page_of(folder: Path) -> Path:
    client, _ = built(folder)
    (client / "replay.html").write_text("<html><title><!--title--></title><!--boot--></html>")
    return client


@pytest.fixture
def viewer(played: Played, tmp_path: Path) -> Iterator[Client]:
    pictures.keep(played.folder, {"abc.png": b"png"})
    with opened(played.folder) as study, supplied(study, None) as supply:
        app = Viewer(study, supply, "s-one", page_of(tmp_path)).app()
        yield Client(app)


def test_sessions_are_listed_with_their_players_and_episodes(viewer: Client) -> None:
    early, one = viewer.get("/api/sessions").json()
    assert (early["id"], early["scene"], len(early["episodes"])) == ("s-early", "walk", 1)
    assert one["players"] == [{"agent": "0", "participant": "p-s-one"}]
    assert [(of["number"], of["end_reason"], of["parity"]) for of in one["episodes"]] == [
        (0, "terminated", None),
        (1, "terminated", None),
    ]


def test_a_session_comes_with_what_it_was_played_with(viewer: Client) -> None:
    session = viewer.get("/api/sessions/s-one").json()
    assert session["game"]["environment"] == "walking:Walk"
    source = session["source"]
    assert source["packages"] == ["numpy"] and source["archive"]["bytes"] == 300
    assert viewer.get(source["archive"]["url"]).content == TAR
    module = viewer.get(f"{source['pyodide']}pyodide.mjs")
    assert module.headers["content-type"].startswith("text/javascript")
    assert viewer.get(f"{source['pyodide']}pyodide.asm.wasm").headers["content-type"] == "application/wasm"


def test_what_verified_a_session_replays_it(viewer: Client, played: Played, tmp_path: Path) -> None:
    usual = viewer.get("/api/sessions/s-one").json()["source"]
    played.serve(replace(runtime_in(tmp_path), packages=("scipy",)), now=9.0)
    assert viewer.get("/api/sessions/s-one").json()["source"] == usual
    with opened(played.folder) as study:
        latest = study.read(lambda connection: archives.runtimes_of(connection, "s-one"))[-1]
    row = {"session_id": "s-one", "episode": 0, "status": "verified", "frames": 40, "fingerprint": "f"}
    row |= {"runtime": latest, "package": "1", "verified_at": 10.0}
    played.write(lambda connection: connection.execute(insert(verifications).values(row)))
    assert viewer.get("/api/sessions/s-one").json()["source"]["packages"] == ["scipy"]


def test_an_episode_comes_as_it_was_recorded(viewer: Client) -> None:
    episode = viewer.get("/api/sessions/s-one/episodes/1").json()
    rows = [row for chunk in episode["chunks"] for row in unpack(base64.b64decode(chunk))]
    assert [row.frame for row in rows] == list(range(-1, episode["frames"]))
    assert episode["end_reason"] == "terminated"
    assert episode["players"]["0"]["frame"] == []


def test_an_episode_that_was_interrupted_comes_as_far_as_its_record_goes(viewer: Client, played: Played) -> None:
    whole = viewer.get("/api/sessions/s-one/episodes/1").json()
    assert len(whole["chunks"]) > 2

    def interrupt(connection: Connection) -> None:
        """The page was gone in the second episode, whose third second came, and not the one before."""
        of_episode = (schema.episodes.c.session_id == "s-one") & (schema.episodes.c.number == 1)
        connection.execute(delete(schema.episodes).where(of_episode))
        second = (
            (schema.chunks.c.session_id == "s-one") & (schema.chunks.c.episode == 1) & (schema.chunks.c.number == 1)
        )
        connection.execute(delete(schema.chunks).where(second))

    played.write(interrupt)
    *_, one = viewer.get("/api/sessions").json()
    frames = unpack(base64.b64decode(whole["chunks"][0]))[-1].frame + 1
    assert one["episodes"][1] == {"number": 1, "frames": frames, "end_reason": None, "parity": None}
    episode = viewer.get("/api/sessions/s-one/episodes/1").json()
    assert (episode["frames"], episode["end_reason"]) == (frames, None)
    assert episode["chunks"] == whole["chunks"][:1]


def test_a_session_whose_first_episode_was_interrupted_is_listed(viewer: Client, played: Played) -> None:
    of_session = schema.episodes.c.session_id == "s-early"
    played.write(lambda connection: connection.execute(delete(schema.episodes).where(of_session)))
    early, _ = viewer.get("/api/sessions").json()
    assert [(of["number"], of["end_reason"]) for of in early["episodes"]] == [(0, None)]
    played.write(lambda c: c.execute(delete(schema.chunks).where(schema.chunks.c.session_id == "s-early")))
    assert [one["id"] for one in viewer.get("/api/sessions").json()] == ["s-one"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/api/sessions/nobody", "There is no session 'nobody'"),
        ("/api/sessions/s-one/episodes/7", "There is no episode 7 of session 's-one' of which anything is recorded"),
        ("/api/sessions/s-early", "was played is not kept with the data"),
    ],
)
def test_what_cannot_be_replayed_says_why(viewer: Client, path: str, problem: str) -> None:
    answer = viewer.get(path)
    assert answer.status_code == 409 and problem in answer.json()["problem"]


def test_the_page_loads_nothing_from_elsewhere_and_other_sites_get_nothing(viewer: Client) -> None:
    page = viewer.get("/")
    assert '{"experiment_id":"walks","session":"s-one"}' in page.text
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert viewer.get("/api/sessions", headers={"host": "evil.example"}).status_code == 400
    assert viewer.get("/pictures/abc.png").content == b"png"
    for path in (
        "/pictures/..%2Fstudy.db",
        "/pictures/study.db",
        "/runtimes/..%2F../archive.tar",
        "/assets/../study.db",
    ):
        assert viewer.get(path).status_code == 404


def test_the_last_generation_says_what_a_player_experienced() -> None:
    def second(generation: int, *ticks: Any, keys: Any = ()) -> bytes:
        rows = [TickRow(frame, 0.0, 0.5, 1.0, None, predicted, rollback, 2.0) for frame, predicted, rollback in ticks]
        return msgspec.json.encode(Experience("s", 0, generation, 0, rows, list(keys)))

    key = KeyRow(3, "ArrowLeft", 0.0, 0.0, 0.0, None)
    felt = experienced([second(0, (2, 1, 0), (3, 4, 2), keys=[key]), second(1, (3, 0, 1))])
    assert felt["frame"] == [2, 3] and felt["predicted"] == [1, 0] and felt["rollback"] == [0, 1]
    assert felt["late_ms"] == [0.5, 0.5] and felt["keys"] == {3: ["ArrowLeft"]}


def test_the_experiment_of_today_can_be_put_in_its_place(
    played: Played, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interactive_gym.packaging.build_runtime", lambda *_: runtime_in(tmp_path))
    with opened(played.folder) as there, supplied(there, written(study)) as supply:
        assert supply.source("s-early")["packages"] == ["numpy"]
        assert supply.source("s-early") == supply.source("s-one")


def test_pictures_are_kept_once(tmp_path: Path) -> None:
    pictures.keep(tmp_path, {"a.png": b"one"})
    pictures.keep(tmp_path, {"a.png": b"two", "b.png": b"three"})
    assert (tmp_path / "pictures" / "a.png").read_bytes() == b"one"
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["a.png", "b.png"]
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerError, match="cannot be written"):
        pictures.keep(tmp_path / "file", {"a.png": b"one"})


def test_the_command_says_what_is_missing(played: Played, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Nothing is recorded of a session 'nobody'"):
        watch(played.folder, "nobody", open_page=False, client_dir=page_of(tmp_path))
    told = CliRunner().invoke(program, ["replay", str(tmp_path / "nowhere"), "--no-open"])
    assert told.exit_code == 2 and "There is no study in" in told.output
