"""Who is asked again, and who is to blame, without any Python under Node."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select
from typer.testing import CliRunner

from interactive_gym.cli.commands import app
from interactive_gym.data import archives
from interactive_gym.data.claim import claimed
from interactive_gym.data.schema import served
from interactive_gym.data.store import MIGRATIONS, Store
from interactive_gym.data.verifications import Outcome
from interactive_gym.errors import ConfigError, ServerError
from interactive_gym.packaging import Runtime
from interactive_gym.verifying import verify
from interactive_gym.verifying.batch import Batch, Task
from tests.studies import Study
from tests.verifying.played import Played, written

Answers = Callable[[Batch, Task], dict[str, Any] | None]


@dataclass
class Pythons:
    """What was played by which: batches of (runtime, session, whether alone)."""

    started: list[list[tuple[str, str, bool]]]
    answers: Answers


def good(batch: Batch, task: Task) -> dict[str, Any]:
    return {"frames": task.recorded.episode.frames, "row": None, "failure": None}


def bad(batch: Batch, task: Task) -> dict[str, Any]:
    return {"frames": 3, "row": None, "failure": {"stage": "step", "problem": "it broke", "detail": ""}}


@pytest.fixture
def pythons(monkeypatch: pytest.MonkeyPatch) -> Pythons:
    """Batches answer at once; where there is no answer, their Python has ended."""
    made = Pythons([], good)

    def run(self: Batch) -> None:
        made.started.append([(task.runtime, task.recorded.session_id, task.is_alone) for task in self.tasks])
        for position, task in enumerate(self.tasks):
            answer = made.answers(self, task)
            if answer is None:
                self.problem = "it ran out of memory"
                return
            self._file(position, "answer").write_text(json.dumps(answer))

    monkeypatch.setattr(Batch, "run", run)
    return made


def runtime(folder: Path, name: str) -> Runtime:
    folder.mkdir(exist_ok=True)
    (folder / "pyodide.mjs").write_text("export {}")
    archive = folder / f"{hashlib.sha256(name.encode()).hexdigest()}.tar"
    archive.write_text(name)
    files = (folder / "pyodide.mjs",)
    return Runtime(folder, "/pyodide/314.0.4-abcd1234/", 12, (), archive, f"/archives/{archive.name}", 300, files)


@pytest.fixture
def played(study: Study, tmp_path: Path) -> Played:
    made = Played(tmp_path / "data" / "walks")
    experiment = written(study)
    made.folder.mkdir(parents=True)
    made.serve(runtime(tmp_path / "built", "old"), now=1.0)
    made.play(experiment, "s-1", now=2.0)
    made.play(experiment, "s-2", now=3.0)
    made.serve(runtime(tmp_path / "built", "new"), now=4.0)
    made.play(experiment, "s-3", now=5.0)
    return made


def names(played: Played) -> list[str]:
    """The runtimes, in the order in which they were served."""
    read = select(served.c.runtime).order_by(served.c.number)
    return list(played.write(lambda connection: connection.execute(read).scalars().all()))


def statuses(played: Played, **options: Any) -> list[str]:
    return [of.outcome.status for of in verify(played.folder, **options) if of.outcome]


def test_an_archive_plays_its_own_sessions_together(played: Played, pythons: Pythons) -> None:
    old, new = names(played)
    assert statuses(played) == ["verified"] * 3
    assert sorted(pythons.started) == sorted([[(old, "s-1", False), (old, "s-2", False)], [(new, "s-3", False)]])


def test_what_is_known_is_not_played_again_unless_asked(played: Played, pythons: Pythons) -> None:
    assert statuses(played) == statuses(played) == ["verified"] * 3
    assert len(pythons.started) == 2
    statuses(played, again=True)
    assert len(pythons.started) == 4
    played.change("s-2", 5, rewards={"0": 9.0})
    statuses(played)
    assert pythons.started[4:] == [[(names(played)[0], "s-2", False)]]


def test_what_came_out_otherwise_is_tried_alone_and_with_other_archives(played: Played, pythons: Pythons) -> None:
    old, new = names(played)
    pythons.answers = bad
    found = verify(played.folder)
    tried = [batch for batch in pythons.started if batch[0][1] == "s-3"]
    assert tried == [[(new, "s-3", False)], [(new, "s-3", True)], [(old, "s-3", True)]]
    assert found[2].outcome == Outcome("failed", 3, 3, found="step: it broke", runtime=new), "that of the first attempt"


def test_a_page_may_have_had_an_earlier_archive(played: Played, pythons: Pythons) -> None:
    old, _ = names(played)
    pythons.answers = lambda batch, task: (good if task.runtime == old else bad)(batch, task)
    found = verify(played.folder)
    assert [of.outcome.runtime for of in found if of.outcome and of.outcome.status == "verified"] == [old] * 3


def test_of_a_python_that_ends_the_others_are_played_all_the_same(played: Played, pythons: Pythons) -> None:
    pythons.answers = lambda batch, task: None if task.recorded.session_id == "s-1" else good(batch, task)
    found = verify(played.folder)
    assert [of.outcome.status for of in found if of.outcome] == ["failed", "verified", "verified"]
    assert found[0].outcome and found[0].outcome.found == "Python ended: it ran out of memory"


def test_without_an_archive_it_is_not_known(played: Played, pythons: Pythons) -> None:
    (played.folder / archives.FOLDER / f"{names(played)[0]}.json").unlink()
    found = verify(played.folder)
    assert [of.outcome.status for of in found if of.outcome] == ["unknown", "unknown", "verified"]
    played.write(lambda connection: connection.exec_driver_sql("delete from served") and None)
    found = verify(played.folder)
    assert {of.outcome.status for of in found if of.outcome} == {"unknown"}
    assert found[0].outcome and "older version" in str(found[0].outcome.found)


def test_what_was_found_is_stored_at_once(played: Played, pythons: Pythons) -> None:
    def stop(batch: Batch, task: Task) -> dict[str, Any]:
        if len(pythons.started) == 2:
            raise KeyboardInterrupt
        return good(batch, task)

    pythons.answers = stop
    with pytest.raises(KeyboardInterrupt):
        verify(played.folder)
    pythons.answers = good
    before = len(pythons.started)
    assert statuses(played) == ["verified"] * 3
    assert [{*batch} for batch in pythons.started[before:]] == [{*pythons.started[1]}]


def test_an_answer_says_where_it_differs(played: Played, monkeypatch: pytest.MonkeyPatch, pythons: Pythons) -> None:
    pythons.answers = lambda batch, task: {"frames": 4, "row": None, "failure": None}
    found = verify(played.folder)[0].outcome
    assert found and (found.status, found.frame, found.column) == ("differs", 4, "frame")


def test_no_study_and_no_node_are_said(tmp_path: Path, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no study"):
        verify(tmp_path / "nowhere")

    def lacking() -> str:
        raise ServerError("Node was not found")

    monkeypatch.setattr("interactive_gym.verifying.study.find_node", lacking)
    with pytest.raises(ServerError, match="Node"):
        verify(played.folder)


def test_the_command_says_it_in_a_table(played: Played, pythons: Pythons) -> None:
    pythons.answers = lambda batch, task: bad(batch, task) if task.recorded.session_id == "s-2" else good(batch, task)
    result = CliRunner().invoke(app, ["verify", str(played.folder), "--jobs", "2"])
    assert result.exit_code == 1
    assert "failed: step: it broke" in result.stdout and "1 failed, 2 verified; " in result.stdout
    pythons.answers = good
    again = CliRunner().invoke(app, ["verify", str(played.folder), "--again"])
    assert (again.exit_code, "3 verified; " in again.stdout) == (0, True)
    known = CliRunner().invoke(app, ["verify", str(played.folder)])
    assert (known.exit_code, known.stdout.count("(known)")) == (0, 3)
    assert CliRunner().invoke(app, ["verify", str(played.folder / "nowhere")]).exit_code == 2


def test_a_study_without_episodes_has_nothing_that_differs(tmp_path: Path) -> None:
    Store(tmp_path / "study.db").close()
    result = CliRunner().invoke(app, ["verify", str(tmp_path)])
    assert (result.exit_code, "no complete episodes" in result.stdout) == (0, True)


def test_a_store_of_an_older_version_is_left_alone_while_its_server_runs(tmp_path: Path) -> None:
    old = create_engine(f"sqlite:///{tmp_path / 'study.db'}")
    with old.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
    old.dispose()
    with claimed(tmp_path), pytest.raises(ServerError, match="older version"):
        verify(tmp_path)
    assert verify(tmp_path) == []
    with claimed(tmp_path):
        assert verify(tmp_path) == [], "it is up to date now"
