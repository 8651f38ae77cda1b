"""Data that is lost, damaged or doubled on its way or in its place: it is reported or healed, never silent."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select, update
from structlog.testing import capture_logs
from typer.testing import CliRunner

from interactive_gym.cli.commands import app
from interactive_gym.data import games, load, verifications
from interactive_gym.data.files import Files
from interactive_gym.data.flat import write_table
from interactive_gym.data.forgetting import forget
from interactive_gym.data.schema import chunks, events, parity
from interactive_gym.data.store import Store
from interactive_gym.data.study_folder import opened
from interactive_gym.errors import ServerError
from interactive_gym.protocol import EpisodeEnd
from interactive_gym.records import pack, unpack
from interactive_gym.server import ingest, play
from tests.data.generated import Generated
from tests.data.generated_games import FPS, flipped, upload
from tests.data.generated_games import chunks as chunks_of

PLAYED_ALONE = "practice"


def in_store(folder: Path, query: Callable[[Any], Any]) -> Any:
    store = Store(folder / "study.db")
    try:
        return store.submit(query).result()
    finally:
        store.close()


def alone(study: Generated) -> tuple[str, str]:
    """Session and participant of somebody who played two episodes alone."""
    session = next(one for one, number in study.truth.rows if "0" in study.truth.sessions[one] and number == 1)
    return session, study.truth.sessions[session]["0"]


def told(folder: Path, *command: str) -> str:
    """What a command says on its way out, with the error that it has found."""
    done = subprocess.run(
        [sys.executable, "-m", "interactive_gym.cli", *command], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 2, done
    return done.stderr


# --- on the way ------------------------------------------------------------------------------------------------------


def test_a_reward_that_one_peer_recorded_otherwise_is_named(generated: Generated) -> None:
    unequal = {key for key, status in generated.truth.parity.items() if status == "mismatch"}
    assert unequal
    with opened(generated.folder) as study:
        judged = study.read(lambda connection: connection.execute(select(parity)).all())
        wanted = select(events).where(events.c.name == "parity_mismatch")
        reported = study.read(lambda connection: connection.execute(wanted).all())
    found = {(row.session_id, row.episode): (row.frame, row.field) for row in judged if row.status == "mismatch"}
    assert found == dict.fromkeys(unequal, (15, "rewards.cook"))
    assert {(row.session_id, row.data["frame"], row.data["column"]) for row in reported} == {
        (session, 15, "rewards.cook") for session, _ in unequal
    }


def test_a_lost_chunk_keeps_the_episode_open_until_it_comes(own_copy: Generated) -> None:
    session, who = alone(own_copy)
    rows = own_copy.truth.rows[session, 1]

    def start_again(connection: Any) -> Any:
        for table in (chunks, games.episodes):
            number = table.c.episode if table is chunks else table.c.number
            connection.execute(table.delete().where(table.c.session_id == session, number == 1))
        side = games.find(connection, session, who)
        generation = len(games.starts(connection, side)) - 1
        first, *others = chunks_of(rows, session, 1, generation)
        end = EpisodeEnd(session, 1, generation, rows[-1].frame + 1, "terminated")
        lost = ingest.store(connection, who, ingest.decode(ingest.Upload([*others, end])).items, 2e9)
        late = ingest.store(connection, who, ingest.decode(ingest.Upload([first, end])).items, 2e9)
        return [problem.reason for _, problem in lost.refused], late.refused, play.owned(connection, session, who)

    reasons, late, _ = in_store(own_copy.folder, start_again)
    assert (reasons, late) == (["frames_missing"], [])
    with opened(own_copy.folder) as study:
        assert study.read(lambda connection: games.find_episode(connection, session, 1))
        wanted = select(events.c.reason).where(events.c.name == "items_refused", events.c.participant_id == who)
        assert study.read(lambda connection: connection.execute(wanted).scalars().all()) == ["frames_missing"]


def test_a_duplicated_chunk_counts_once_and_another_of_its_name_is_reported(own_copy: Generated) -> None:
    session, who = alone(own_copy)
    rows = own_copy.truth.rows[session, 0]

    def send(connection: Any) -> Any:
        before = stored(connection)
        upload(connection, who, chunks_of(rows, session, 0), 2e9)
        same = stored(connection)
        upload(connection, who, chunks_of(flipped(rows, 3, "0"), session, 0), 2e9)
        return before, same, stored(connection)

    def stored(connection: Any) -> int:
        return len(connection.execute(select(chunks.c.id).where(chunks.c.session_id == session)).all())

    before, same, after = in_store(own_copy.folder, send)
    assert (same, after) == (before, before + 1)
    with opened(own_copy.folder) as study:
        wanted = select(events.c.reason).where(events.c.name == "chunk_conflict", events.c.session_id == session)
        assert study.read(lambda connection: connection.execute(wanted).scalars().all()) == ["other_digest"]
    frames = load(own_copy.folder).frames("practice", sessions=[session])
    counted = frames[(frames.episode == 0) & (frames.frame >= 0)]
    assert counted.rewards.sum() == sum(row.rewards["0"] for row in rows[1:])


# --- in its place ----------------------------------------------------------------------------------------------------


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def one_bit_off(data: bytes) -> bytes:
    return bytes([*data[:-9], data[-9] ^ 1, *data[-8:]])


def other_reward(data: bytes) -> bytes:
    """A chunk as sound as any, that is not the one that was sent."""
    rows = unpack(data)
    return pack(flipped(rows, rows[-1].frame, "0")).data


def other_compression(data: bytes) -> bytes:
    return zlib.compress(zlib.decompress(data), 1)


@pytest.mark.parametrize("damage", [cut, one_bit_off, other_reward])
def test_a_damaged_chunk_is_named_by_whoever_reads_it(own_copy: Generated, damage: Callable[[bytes], bytes]) -> None:
    session, _ = alone(own_copy)
    id = in_store(own_copy.folder, lambda connection: damaged(connection, session, damage))
    assert f"chunk {id}, of frames -1 to" in told(own_copy.folder, "export", str(own_copy.folder))
    assert not [*own_copy.folder.glob("export/csv")]
    with pytest.raises(ServerError, match=f"chunk {id}.* is not what was sent"):
        load(own_copy.folder).frames(PLAYED_ALONE)
    assert len(load(own_copy.folder).frames("kitchen")) > 0
    in_store(own_copy.folder, lambda connection: games.mark_unwritten(connection, session, 0))
    store = Store(own_copy.folder / "study.db")
    with capture_logs() as logs:
        Files(store, own_copy.folder, structlog.get_logger()).close()
    store.close()
    assert [(line["event"], line["arguments"]) for line in logs if line["log_level"] == "error"] == [
        ("files_not_written", (session, 0))
    ]


def test_another_compression_of_the_same_is_the_same(own_copy: Generated) -> None:
    session, _ = alone(own_copy)
    before = load(own_copy.folder).frames(PLAYED_ALONE)
    in_store(own_copy.folder, lambda connection: damaged(connection, session, other_compression))
    assert load(own_copy.folder).frames(PLAYED_ALONE).equals(before)


def damaged(connection: Any, session: str, damage: Callable[[bytes], bytes]) -> int:
    """The first chunk of a session is damaged; its id."""
    first = select(chunks.c.id, chunks.c.data).where(chunks.c.session_id == session).order_by(chunks.c.id).limit(1)
    row = connection.execute(first).one()
    connection.execute(update(chunks).where(chunks.c.id == row.id).values(data=damage(row.data)))
    return int(row.id)


def test_a_chunk_that_is_gone_from_the_store_is_missed(own_copy: Generated) -> None:
    session, _ = alone(own_copy)
    lost = (chunks.c.session_id == session) & (chunks.c.number == 1) & (chunks.c.episode == 0)
    in_store(own_copy.folder, lambda connection: connection.execute(chunks.delete().where(lost)))
    problem = f"frames of episode 0 of {session}, {FPS} are here in a row"
    assert problem in told(own_copy.folder, "export", str(own_copy.folder))
    with pytest.raises(ServerError, match=problem):
        load(own_copy.folder).frames(PLAYED_ALONE)
    with opened(own_copy.folder) as study:
        found = {of.key: of for of in study.read(verifications.recorded)}
    assert [key for key, of in found.items() if of.is_lost] == [(session, 0)]
    outcome = found[session, 0].outcome
    assert outcome and outcome.status == "failed" and problem in (outcome.found or "")


def test_a_chunk_of_one_peer_that_is_gone_is_replaced_by_the_other_ones(own_copy: Generated) -> None:
    session = next(one for one, seats in own_copy.truth.sessions.items() if "chef" in seats)
    before = load(own_copy.folder).frames("kitchen")
    lost = (chunks.c.session_id == session) & (chunks.c.number == 1) & (chunks.c.player == "chef")
    in_store(own_copy.folder, lambda connection: connection.execute(chunks.delete().where(lost)))
    assert load(own_copy.folder).frames("kitchen").equals(before)


@pytest.mark.parametrize("part", [0.5, 0.95])
def test_a_store_that_is_cut_off_is_refused(own_copy: Generated, part: float) -> None:
    path = own_copy.folder / "study.db"
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * part))
    with pytest.raises(ServerError, match="cannot be"):
        Store(path)
    with pytest.raises(ServerError, match="cannot be read"):
        load(own_copy.folder)
    assert "cannot be read" in told(own_copy.folder, "export", str(own_copy.folder))


def test_pages_of_the_store_that_are_overwritten_are_noticed(own_copy: Generated) -> None:
    path = own_copy.folder / "study.db"
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 4)
        file.write(os.urandom(size // 2))
    with pytest.raises(ServerError):
        study = load(own_copy.folder)
        assert [study.participants, study.events, *map(study.frames, ("practice", "kitchen", "tag"))]


@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_files_that_are_cut_off_are_written_again(own_copy: Generated, damage: str) -> None:
    session, _ = alone(own_copy)
    paths = [own_copy.folder / "sessions.csv", own_copy.folder / PLAYED_ALONE / session / "ep1.csv"]
    before = [path.read_bytes() for path in paths]
    for path in paths:
        path.write_bytes(cut(path.read_bytes()))
        os.utime(path, (2e9, 2e9))
        if damage == "gone":
            path.unlink()
    with capture_logs() as logs:
        store = Store(own_copy.folder / "study.db")
        Files(store, own_copy.folder, structlog.get_logger()).close()
        store.close()
    assert [path.read_bytes() for path in paths] == before
    assert [(line["event"], line["episodes"]) for line in logs] == [("episode_files_changed", 1)]


# --- a full disk -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(place: Path) -> Path:
    """All that is left is taken."""
    path = place / "ballast"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return path


def test_a_full_disk_acknowledges_nothing_and_is_told(own_copy: Generated, small_disk: Path) -> None:
    folder = small_disk / "generated"
    shutil.copytree(own_copy.folder, folder)
    store = Store(folder / "study.db")
    files = Files(store, folder, structlog.get_logger())
    session, who = alone(own_copy)
    more = chunks_of(own_copy.truth.rows[session, 0], session, 0, 0)

    def note(connection: Any) -> None:
        upload(connection, who, more, 2e9)
        for number in range(1000):
            connection.execute(events.insert().values(EVENT | {"detail": f"{number}" * 500}))

    before = (folder / "participants.csv").read_bytes()
    ballast = fill(small_disk)
    with pytest.raises(ServerError, match="Nothing could be stored"):
        store.submit(note).result()
    with capture_logs() as logs:
        files.update()
        files._thread.submit(lambda: None).result()
    assert "files_not_written" in {line["event"] for line in logs}
    assert (folder / "participants.csv").read_bytes() == before
    assert told(folder, "export", str(folder)).strip().startswith("error: [Errno 28]")
    assert not [*folder.glob("export/csv")]
    ballast.unlink()
    store.submit(note).result()
    with capture_logs() as logs:
        files.close()
    store.close()
    assert not [line for line in logs if line["log_level"] == "error"]
    assert CliRunner().invoke(app, ["export", str(folder), "--to", str(own_copy.folder / "out")]).exit_code == 0
    assert own_copy.truth.people.keys() == set(load(folder).participants.participant_id)


EVENT = {"name": "noted", "severity": "info", "reason": "", "at": 2e9, "data": {}}


def test_forgetting_on_a_full_disk_goes_on_when_it_is_not(own_copy: Generated, small_disk: Path) -> None:
    folder = small_disk / "generated"
    shutil.copytree(own_copy.folder, folder)
    who = next(iter(own_copy.truth.people))
    ballast = fill(small_disk)
    with pytest.raises((ServerError, OSError)):
        forget(folder, who)
    ballast.unlink()
    forget(folder, who)
    assert who not in set(load(folder).participants.participant_id)
    assert not [path for path in folder.rglob("*") if path.is_file() and who.encode() in path.read_bytes()]


def test_a_table_that_does_not_fit_leaves_the_one_before(small_disk: Path) -> None:
    path = small_disk / "t.csv"
    write_table(path, (("n",), [[1]]))
    before = path.read_bytes()
    with pytest.raises(OSError, match="No space"):
        write_table(path, (("n",), ([n] for n in range(10_000_000))))
    assert path.read_bytes() == before


# --- a server that is killed while somebody exports ------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from sqlalchemy import insert
from interactive_gym.data.schema import events
from interactive_gym.data.store import Store
store = Store(Path(sys.argv[1]))
event = {"name": "noted", "severity": "info", "reason": "", "at": 2e9, "data": {}}
while True:
    store.submit(lambda connection: [connection.execute(insert(events).values(event)) for _ in range(7)]).result()
    print("stored", flush=True)
"""


def test_an_export_beside_a_server_that_is_killed_is_whole(own_copy: Generated, tmp_path: Path) -> None:
    """Of each of its transactions, an export has all or nothing."""
    command = [sys.executable, "-c", WRITER, own_copy.folder / "study.db"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout and writer.stdout.readline() == "stored\n"
        exporting = [sys.executable, "-m", "interactive_gym.cli", "export", own_copy.folder, "--to", tmp_path / "out"]
        with subprocess.Popen(exporting, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as export:
            for _ in range(20):
                assert writer.stdout.readline() == "stored\n"
            writer.kill()
            assert export.wait() == 0
    lines = next(iter(tmp_path.glob("out/csv/**/events.*"))).read_text().splitlines()
    noted = sum("noted" in line for line in lines)
    assert noted > 0 and noted % 7 == 0
    stored = in_store(own_copy.folder, lambda connection: len(connection.execute(select(events)).all()))
    assert stored % 7 == (stored - noted) % 7 and stored >= noted
