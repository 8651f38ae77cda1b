"""The files of a study, as a researcher finds them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interactive_gym.data.episode_files import _wide
from interactive_gym.data.flat import cell, moment, replacing, write_table
from interactive_gym.data.provenance import configurations, note_start, repository
from interactive_gym.envs.determinism import episode_seed
from interactive_gym.records import Row
from tests.server.conftest import arrive as arrive
from tests.server.conftest import serve as serve
from tests.server.rows import event, experience, whole_episode
from tests.server.running import Participant, Running, experiment, until


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


async def played(server: Running, one: Participant) -> str:
    """Two episodes, and all that goes with them; the server has stopped."""
    session = await one.to_game()
    await one.resume(session)
    await one.upload(*whole_episode(session, 25), experience(session, 0), event(session_id=session))
    await one.upload(*whole_episode(session, 12, episode=1))
    await one.advance("game")
    server.stop()
    return session


async def test_what_a_study_leaves_behind(serve: Callable[..., Running], arrive: Callable[..., Participant]) -> None:
    server = serve(experiment(episodes=2, seed=7))
    one = arrive(server, subject="ann")
    session = await played(server, one)
    folder = server.data
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    names = ("participants", "assignments", "sessions", "episodes", "players", "links", "responses", "completion_codes")
    tables = {f"{name}.csv" for name in names}
    episodes = {f"game/{session}/ep{k}{kind}.csv" for k in (0, 1) for kind in ("", ".0.experience")}
    scenes = {f"scenes/{scene}.json" for scene in ("welcome", "questions", "game", "thanks")}
    rest = {"platform_ids.csv", "events.jsonl", "provenance.json", "study.db"}
    rest |= {"server.lock", "server.log", "secret.key", "console.jsonl", "matches.jsonl", "globals.json"}
    rest |= {"attributes.csv", "screenings.csv", "visits.csv", "codebook.csv"}
    (start,) = json.loads((folder / "provenance.json").read_text())["starts"]
    rest.add(f"configurations/{start['scenes']}.json")
    archives = {name for name in found if name.startswith("archives/")}
    assert len(archives) == 2, "what participants were given, and what it needs"
    assert found - archives == tables | episodes | scenes | rest
    assert all(row["schema_version"] == "6" for path in folder.rglob("*.csv") for row in table(path))


async def test_the_frames_of_an_episode(serve: Callable[..., Running], arrive: Callable[..., Participant]) -> None:
    server = serve(experiment(episodes=2))
    session = await played(server, arrive(server))
    rows = table(server.data / "game" / session / "ep0.csv")
    assert list(rows[0]) == [
        *("frame", "t_ms", "actions.0", "rewards.0", "terminated.0", "truncated.0"),
        *("infos.0.fresh", "infos.0.x", "source.0", "is_focused.0", "schema_version"),
    ]
    assert [row["frame"] for row in rows] == [str(frame) for frame in range(-1, 25)]
    assert (rows[0]["infos.0.fresh"], rows[0]["actions.0"], rows[0]["infos.0.x"]) == ("true", "", "")
    assert (rows[4]["t_ms"], rows[4]["actions.0"], rows[4]["infos.0.x"]) == ("300.0", "0", "0.3")
    assert [row["terminated.0"] for row in rows[-2:]] == ["false", "true"]


async def test_the_tables(serve: Callable[..., Running], arrive: Callable[..., Participant]) -> None:
    server = serve(experiment(episodes=2, seed=7))
    one = arrive(server, subject="ann")
    session = await played(server, one)
    (who,) = table(server.data / "participants.csv")
    assert (who["participant_id"], who["outcome"], who["transport"]) == (one.id, "completed", "websocket")
    assert "ann" not in (server.data / "participants.csv").read_text()
    assert table(server.data / "platform_ids.csv")[0]["subject_id"] == "ann"
    (game,) = table(server.data / "sessions.csv")
    assert (game["session_id"], game["player"], game["participant_id"]) == (session, "0", one.id)
    assert (game["episodes_completed"], game["generations"], game["end_reason"]) == ("2", "1", "completed")
    first, second = table(server.data / "episodes.csv")
    assert [first["seed"], second["seed"]] == [str(episode_seed(7, "game", k)) for k in (0, 1)]
    assert first["seed"] != second["seed"]
    assert (first["frames"], first["end_reason"], second["frames"]) == ("25", "terminated", "12")
    assert (first["keys"], first["event_to_painted_ms_median"], first["fps_held"]) == ("1", "20.0", "10.0")
    assert (second["keys"], second["fps_held"]) == ("0", "")


async def test_the_events(serve: Callable[..., Running], arrive: Callable[..., Participant]) -> None:
    server = serve(experiment(episodes=2))
    one = arrive(server)
    session = await played(server, one)
    lines = [json.loads(line) for line in (server.data / "events.jsonl").read_text().splitlines()]
    (lost,) = [line for line in lines if line["name"] == "focus_lost"]
    assert (lost["participant_id"], lost["session_id"]) == (one.id, session)
    assert (lost["severity"], lost["reason"], lost["schema_version"]) == ("info", "blur", 6)
    assert lost["client_at"] == "2023-11-14T22:13:20.000+00:00"


async def test_the_experience_of_a_player(serve: Callable[..., Running], arrive: Callable[..., Participant]) -> None:
    server = serve(experiment(episodes=2))
    session = await played(server, arrive(server))
    rows = table(server.data / "game" / session / "ep0.0.experience.csv")
    ticks, keys = ([row for row in rows if row["row"] == kind] for kind in ("tick", "key"))
    assert (len(ticks), ticks[1]["frame"], ticks[1]["due_ms"], ticks[1]["key"]) == (10, "1", "100.0", "")
    assert (keys[0]["key"], keys[0]["executed_ms"], keys[0]["due_ms"]) == ("ArrowLeft", "9.0", "")


async def test_what_comes_after_the_end_is_written_too(
    serve: Callable[..., Running], arrive: Callable[..., Participant]
) -> None:
    server = serve()
    one = arrive(server)
    session = await one.to_game()
    await one.resume(session)
    await one.upload(*whole_episode(session, 25))
    path = server.data / "game" / session / "ep0.0.experience.csv"
    await until(path.exists, "the episode's files")
    await one.upload(experience(session, 0))
    await until(lambda: len(table(path)) == 11, "the late experience")


async def test_a_file_that_cannot_be_written_stops_nobody(
    serve: Callable[..., Running], arrive: Callable[..., Participant]
) -> None:
    server = serve()
    one = arrive(server)
    session = await one.to_game()
    (server.data / "game").write_text("a file where a folder should be")
    await one.resume(session)
    await one.upload(*whole_episode(session, 25))
    assert (await one.advance("game"))["kind"] == "end"
    await until(lambda: "files_not_written" in (server.data / "server.log").read_text(), "the complaint")
    (server.data / "game").unlink()
    server.stop()
    assert len(table(serve().data / "game" / session / "ep0.csv")) == 26


def test_infos_with_ever_new_keys_do_not_make_millions_of_columns() -> None:
    def few() -> Iterator[Row]:
        return (Row(frame, infos={"0": {f"key {frame}": frame}}) for frame in range(3))

    def many() -> Iterator[Row]:
        return (Row(frame, infos={"0": {f"{frame}.{n}": n for n in range(900)}}) for frame in range(20))

    header, lines = _wide(few, 10)
    assert list(header) == ["frame", "t_ms", "infos.0.key 0", "infos.0.key 1", "infos.0.key 2"]
    assert [*lines][1] == [1, 100.0, None, 1, None]
    header, lines = _wide(many, 10)
    assert len(header) == 14
    assert [*lines][1][6] == {"0": {f"1.{n}": n for n in range(900)}}


def test_text_stays_as_it_is_and_in_its_cell(tmp_path: Path) -> None:
    texts = ["=1+1", 'say "hi"', "a,b;c", "two\nlines", "\r", " padded ", "\u2028", "é😀", "\t", "-1", "@x", "'"]
    write_table(tmp_path / "t.csv", (("text",), ([text] for text in texts)))
    assert [row["text"] for row in table(tmp_path / "t.csv")] == texts


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (True, "true"), (False, "false"), (0, 0), (1.5, 1.5), (["é"], '["é"]'), ("x", "x")],
)
def test_cells(value: object, shown: object) -> None:
    assert cell(value) == shown
    assert type(cell(value)) is type(shown)


def test_moments_are_utc() -> None:
    assert moment(1.5) == "1970-01-01T00:00:01.500+00:00"
    assert moment(None) is None


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file.txt"
    with replacing(path) as file:
        file.write("old")
    with pytest.raises(RuntimeError), replacing(path) as file:
        file.write("half of the n")
        raise RuntimeError("the disk is full")
    assert path.read_text() == "old"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_of_the_experiment(tmp_path: Path) -> None:
    file, other = tmp_path / "study.py", tmp_path / "helpers.py"
    file.write_text("experiment = 1")
    assert repository(file) is None
    git(tmp_path, "init", "-q")
    assert repository(file) is None  # there is no commit yet
    other.write_text("x = 1")
    git(tmp_path, "add", "helpers.py")
    git(tmp_path, "commit", "-qm", "Begin")
    assert repository(file) == {"commit": git(tmp_path, "rev-parse", "HEAD"), "dirty": True}  # it is not tracked
    git(tmp_path, "add", "study.py")
    git(tmp_path, "commit", "-qm", "Add the study")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "study.db").write_text("not tracked, and no part of the experiment")
    assert repository(file) == {"commit": git(tmp_path, "rev-parse", "HEAD"), "dirty": False}
    other.write_text("x = 2")
    assert repository(file) == {"commit": git(tmp_path, "rev-parse", "HEAD"), "dirty": True}


def test_another_configuration_is_another_start(tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    for now, seed in enumerate([1, 1, 2]):
        note_start(path, experiment_id="study", archive=None, now=float(now), scenes=[{"id": "game", "seed": seed}])
    first, second = json.loads(path.read_text())["starts"]
    kept = configurations(tmp_path)
    assert kept.keys() == {first["scenes"], second["scenes"]}
    assert [kept[start["scenes"]] for start in (first, second)] == [[{"id": "game", "seed": seed}] for seed in (1, 2)]


async def test_the_codebook_of_the_study(serve: Callable[..., Running]) -> None:
    rows = {(row["table"], row["scene_id"], row["column"]): row for row in table(serve().data / "codebook.csv")}
    assert rows["participants.csv", "", "done_at"]["type"] == "time"
    assert rows["ep<k>.csv", "", "t_ms"]["unit"] == "ms"
    assert rows["responses.csv", "questions", "age"]["type"] == "text"


async def test_the_file_of_the_experiment_is_found(serve: Callable[..., Running]) -> None:
    made = experiment()
    sys.modules[__name__].__dict__["made"] = made
    try:
        (start,) = json.loads((serve(made).data / "provenance.json").read_text())["starts"]
    finally:
        del sys.modules[__name__].__dict__["made"]
    assert start["git"] == repository(Path(__file__))
    assert start["git"] is None or len(start["git"]["commit"]) == 40


def test_provenance_notes_each_start_that_differs(tmp_path: Path) -> None:
    path = tmp_path / "provenance.json"
    for now, archive in enumerate(["/a.tar", "/a.tar", "/b.tar"]):
        note_start(path, experiment_id="study", archive=archive, now=float(now))
    content = json.loads(path.read_text())
    assert (content["schema_version"], content["experiment_id"]) == (6, "study")
    assert [start["archive"] for start in content["starts"]] == ["/a.tar", "/b.tar"]
    assert content["starts"][0]["packages"]["msgspec"]
