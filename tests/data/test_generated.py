"""The generated study is one: what the other tests rest on is what it says of itself."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from sqlalchemy import select

from interactive_gym.data import games, schema
from interactive_gym.data.episode_files import frames
from interactive_gym.data.study_folder import opened
from interactive_gym.records import encode_fields
from interactive_gym.server.lifecycle import Outcome
from tests.data.generated import Generated, generate


def everything(folder: Path) -> dict[str, list[tuple]]:
    with opened(folder) as study:
        return {
            table.name: study.read(lambda c, t=table: [tuple(row) for row in c.execute(select(t))])
            for table in schema.metadata.sorted_tables
        }


def test_every_way_to_end_occurs(generated: Generated) -> None:
    stored = Counter(row[5] for row in everything(generated.folder)["participants"])
    assert stored == generated.truth.outcomes
    assert set(stored) == {None, *Outcome}


def test_its_episodes_are_read_as_they_were_played(generated: Generated) -> None:
    with opened(generated.folder) as study:

        def read(connection):
            for session in generated.truth.sessions:
                sides = games.sides(connection, session)
                for episode in games.completed(connection, session):
                    found[session, episode.number] = [encode_fields(row) for row in frames(connection, sides, episode)]

        found: dict = {}
        study.read(read)
    assert found == {key: [encode_fields(row) for row in rows] for key, rows in generated.truth.rows.items()}


def test_there_is_something_of_everything(generated: Generated) -> None:
    tables = everything(generated.folder)
    other = {"verifications", "served", "restarts", "told"}  # no part of it
    assert {name for name, rows in tables.items() if not rows} - other == set()
    judged = {(row[0], row[1]): row[2] for row in tables["parity"]}
    assert judged == generated.truth.parity
    assert set(judged.values()) == {"identical", "mismatch", "incomplete"}
    assert max(generated.truth.generations.values()) == 2
    assert generated.truth.unfinished
    assert {len(players) for players in generated.truth.sessions.values()} == {1, 2, 3}


def test_the_seed_makes_it(tmp_path: Path) -> None:
    def made(name: str, seed: int) -> dict[str, list[tuple]]:
        return everything(generate(tmp_path / name, 8, seed=seed, files=False).folder)

    first = made("one", 1)
    assert first == made("same", 1)
    assert first != made("other", 2)
