"""Somebody withdraws their data: nothing of it is left, and their partners keep what they played."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from interactive_gym.cli.commands import app
from interactive_gym.data import claim, database, forgetting, games, people, schema
from interactive_gym.data.episode_files import frames
from interactive_gym.data.forgetting import forget, planned
from interactive_gym.data.study_folder import opened
from interactive_gym.errors import ConfigError, ServerError
from interactive_gym.records import encode_fields
from tests import databases
from tests.data.generated import Generated, generate
from tests.databases import postgresql


def somebody(study: Generated, *, agent: str = "chef", plays_tag: bool = True) -> tuple[str, str]:
    """Participant and subject of one who played with others and alone, and answered."""
    truth = study.truth
    for participant, subject in truth.people.items():
        seats = {agent for players in truth.sessions.values() for agent, who in players.items() if who == participant}
        if subject and agent in seats and (not plays_tag or seats & {"red", "green", "blue"}):
            return participant, subject
    raise AssertionError("there is nobody like that")


def bytes_with(folder: Path, *words: str) -> set[str]:
    """The files, by name, in which one of these words is."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and any(word.encode() in path.read_bytes() for word in words):
            found.add(path.relative_to(folder).as_posix())
    return found


def rows(folder: Path, table: Any) -> list[Any]:
    with opened(folder) as study:
        return study.read(lambda connection: connection.execute(select(table)).all())


def log(study: Generated, *lines: dict[str, object]) -> Path:
    path = study.folder / "server.log"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_not_a_byte_of_them_is_left(own_copy: Generated) -> None:
    who, subject = somebody(own_copy)
    mine = {"event": "about", "participant_id": who, "subject": subject}
    others = {"event": "matched", "members": [who, "p-other"], "of": subject}
    path = log(own_copy, mine, others, {"event": "alive"})
    assert {"study.db", "server.log", "platform_ids.csv"} <= bytes_with(own_copy.folder, subject)
    assert len(bytes_with(own_copy.folder, who)) > 8
    done = forget(own_copy.folder, who)
    assert bytes_with(own_copy.folder, who, subject) == set()
    assert (done.exports, done.mentions) == ([], [])
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["event"] for line in kept] == ["matched", "alive"]
    assert kept[0]["of"] == "[forgotten]"
    assert not (own_copy.folder / forgetting.NOTE).exists()


@pytest.mark.parametrize(("subject", "others"), [("e0", "e01"), ("student-1", "student-12")])
def test_a_name_that_is_part_of_other_words_changes_nothing_of_others(
    own_copy: Generated, subject: str, others: str
) -> None:
    who, _ = somebody(own_copy)
    other = next(one for one, name in own_copy.truth.people.items() if name and one != who)
    with database.of_study(own_copy.folder, None).engine(writes=True).begin() as connection:
        for one, name in ((who, subject), (other, others)):
            connection.execute(
                update(schema.participants).where(schema.participants.c.id == one).values(subject_id=name)
            )
    before = {row.digest for row in rows(own_copy.folder, schema.chunks)}
    (own_copy.folder / "pictures").mkdir()
    (own_copy.folder / "pictures" / "cook.png").write_bytes(subject.encode())
    plan = planned(own_copy.folder, who)
    assert plan and (plan.too_short, subject in plan.words) == ((subject, False) if subject == "e0" else (None, True))
    assert forget(own_copy.folder, who).mentions == []
    assert {row.digest for row in rows(own_copy.folder, schema.chunks)} <= before
    assert others in {row.subject_id for row in rows(own_copy.folder, schema.participants)}


def test_what_they_left_alone_is_gone_and_nothing_of_others(own_copy: Generated) -> None:
    who, _ = somebody(own_copy)
    truth = own_copy.truth
    alone = {session for session, seats in truth.sessions.items() if set(seats.values()) == {who}}
    assert len(alone) == 1
    forget(own_copy.folder, who)
    answers = {
        (row.participant_id, row.scene_id, row.name): row.value for row in rows(own_copy.folder, schema.responses)
    }
    assert answers == {key: value for key, value in truth.responses.items() if key[0] != who}
    assert {row.id for row in rows(own_copy.folder, schema.sessions)} == truth.sessions.keys() - alone
    for session in alone:
        assert not [*own_copy.folder.glob(f"*/{session}")]
    for table in (schema.visits, schema.screenings, schema.events):
        assert who not in {row.participant_id for row in rows(own_copy.folder, table)}
    left = {row.participant_id for row in rows(own_copy.folder, schema.screenings)}
    assert left == truth.people.keys() - {who}


def test_partners_keep_what_was_played(own_copy: Generated) -> None:
    who, _ = somebody(own_copy)
    truth = own_copy.truth
    shared = {session for session, seats in truth.sessions.items() if who in seats.values() and len(seats) > 1}
    forget(own_copy.folder, who)
    (stranger,) = {row.id for row in rows(own_copy.folder, schema.participants)} - truth.people.keys()
    with opened(own_copy.folder) as study:

        def check(connection: Any) -> None:
            for session in shared:
                sides = games.sides(connection, session)
                assert {side.player: side.participant_id for side in sides} == {
                    agent: stranger if one == who else one for agent, one in truth.sessions[session].items()
                }
                for episode in games.completed(connection, session):
                    found = [encode_fields(row) for row in frames(connection, sides, episode)]
                    assert found == [encode_fields(row) for row in truth.rows[session, episode.number]]
            stored = people.find(connection, stranger)
            assert stored and (stored.subject_id, stored.code, stored.redirect) == (None, None, None)

        study.read(check)
    (player,) = {agent for session in shared for agent, one in truth.sessions[session].items() if one == who} & {"chef"}
    (kitchen,) = (session for session in shared if "chef" in truth.sessions[session])
    felt = own_copy.folder / "kitchen" / kitchen / f"ep0.{player}.experience.csv"
    assert len(felt.read_text().splitlines()) == 1  # a header
    assert len(felt.with_name("ep0.cook.experience.csv").read_text().splitlines()) > 10
    with (own_copy.folder / "links.csv").open(newline="") as file:
        assert {row["player"] for row in csv.DictReader(file) if row["session_id"] == kitchen} == {"cook"}
    assert all(row.players for row in rows(own_copy.folder, schema.parity))


def test_somebody_who_only_arrived_leaves_nothing(own_copy: Generated) -> None:
    (nobody, *_) = own_copy.truth.people
    forget(own_copy.folder, nobody)
    assert {row.id for row in rows(own_copy.folder, schema.participants)} == own_copy.truth.people.keys() - {nobody}


def test_it_is_told_before_and_nothing_changes(own_copy: Generated) -> None:
    who, subject = somebody(own_copy)
    before = {path: path.read_bytes() for path in own_copy.folder.rglob("*") if path.is_file()}
    plan = planned(own_copy.folder, subject)
    assert plan and (plan.participant_id, len(plan.alone)) == (who, 1)
    assert subject in plan.words and "study-1" not in plan.words  # the others have that too
    assert plan.counts["responses"] == sum(key[0] == who for key in own_copy.truth.responses)
    told = CliRunner().invoke(app, ["forget", str(own_copy.folder), subject, "--dry-run"])
    assert told.exit_code == 0 and who in told.output
    assert len(plan.shared) == 2 and all(f"{game.scene_id} {game.session_id}" in told.output for game in plan.shared)
    asked = CliRunner().invoke(app, ["forget", str(own_copy.folder), subject], input="n\n")
    assert asked.exit_code == 1
    assert {path: path.read_bytes() for path in before} == before


def test_the_command_names_what_is_left(own_copy: Generated) -> None:
    who, subject = somebody(own_copy)
    (own_copy.folder / "export" / "csv").mkdir(parents=True)
    (own_copy.folder / "notes.txt").write_text(f"called {subject} on Monday")
    done = CliRunner().invoke(app, ["forget", str(own_copy.folder), subject, "--yes"])
    assert done.exit_code == 0
    assert "export was exported before" in done.output and "notes.txt names them" in done.output
    again = CliRunner().invoke(app, ["forget", str(own_copy.folder), who, "--yes"])
    assert again.exit_code == 2 and "There is no participant" in again.output


def test_not_while_a_server_runs(own_copy: Generated) -> None:
    who, _ = somebody(own_copy)
    with claim.claimed(own_copy.folder), pytest.raises(ServerError, match="Stop that first"):
        forget(own_copy.folder, who)
    assert planned(own_copy.folder, who)
    with pytest.raises(ConfigError, match="There is no study"):
        forget(own_copy.folder / "elsewhere", who)


KILLED = """
import os, sys
from pathlib import Path
from interactive_gym.data import forgetting
forgetting._rewrite = lambda *_: os._exit(9)
forgetting.forget(Path(sys.argv[1]), sys.argv[2])
"""


def test_killed_in_between_it_goes_on(own_copy: Generated) -> None:
    who, subject = somebody(own_copy)
    killed = subprocess.run([sys.executable, "-c", KILLED, own_copy.folder, who])
    assert killed.returncode == 9
    assert subject in (own_copy.folder / "platform_ids.csv").read_text()
    assert planned(own_copy.folder, subject) is None
    forget(own_copy.folder, subject)
    assert bytes_with(own_copy.folder, who, subject) == set()


def test_names_that_json_escapes_are_found(own_copy: Generated) -> None:
    who, subject = somebody(own_copy)
    other = 'Zoë "the subject"'
    with opened(own_copy.folder):
        pass
    store = forgetting.Store(own_copy.folder / "study.db")
    own = schema.participants.update().where(schema.participants.c.id == who).values(subject_id=other)
    store.submit(lambda connection: connection.execute(own)).result()
    noted = schema.study_values.insert().values(name="last", value={other: [other]}, changed_at=1.0)
    store.submit(lambda connection: connection.execute(noted)).result()
    store.close()
    log(own_copy, {"event": "x", "of": other})
    forget(own_copy.folder, other)
    forms = forgetting.in_json(other)
    assert len(forms) == 3 and bytes_with(own_copy.folder, *forms, subject) == set()
    assert json.loads((own_copy.folder / "globals.json").read_text())["last"] == {"[forgotten]": ["[forgotten]"]}


def test_in_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = postgresql()
    monkeypatch.setenv(database.VARIABLE, os.environ[databases.VARIABLE])
    study = generate(tmp_path / "study", 12, place=place)
    who, subject = somebody(study, plays_tag=False)
    assert planned(study.folder, subject)
    forget(study.folder, subject)
    with pytest.raises(ConfigError, match="There is no participant"):
        planned(study.folder, who)
    assert bytes_with(study.folder, who, subject) == set()
    left = {row.id for row in rows(study.folder, schema.participants)}
    assert who not in left and left > study.truth.people.keys() - {who}
