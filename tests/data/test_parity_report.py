"""Of a study in which some players' records differ, or do not come to the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from interactive_gym.cli.commands import app
from interactive_gym.data.parity_report import Compared, report
from interactive_gym.data.store import Store
from interactive_gym.data.study_folder import opened
from tests.data.generated import Generated


def told(folder: Path, *options: str) -> Any:
    return CliRunner().invoke(app, ["parity", str(folder), *options])


@pytest.fixture(scope="session")
def compared(generated: Generated) -> list[Compared]:
    with opened(generated.folder) as study:
        return study.read(lambda connection: list(report(connection)))


def test_each_complete_episode_is_told_of(generated: Generated, compared: list[Compared]) -> None:
    several = {(one.session_id, one.episode): one.status for one in compared if one.status != "alone"}
    assert several == generated.truth.parity
    assert {(one.session_id, one.episode) for one in compared} == generated.truth.rows.keys()
    assert all(one.values == {} for one in compared if one.status != "mismatch")
    assert {*generated.truth.parity.values()} == {"identical", "mismatch", "incomplete"}


def test_a_difference_is_told_with_what_each_recorded(generated: Generated, compared: list[Compared]) -> None:
    found = [one for one in compared if one.status == "mismatch"]
    assert found
    for one in found:
        (row,) = (row for row in generated.truth.rows[one.session_id, one.episode] if row.frame == 15)
        right = row.rewards["cook"]
        assert (one.frame, one.column) == (15, "rewards.cook")
        assert one.values == {"chef": str(right), "cook": str(1.0 - right)}


def test_what_is_not_there_is_said(compared: list[Compared]) -> None:
    found = next(one for one in compared if one.status == "incomplete" and one.scene_id == "kitchen")
    assert found.players["cook"] < found.frames == found.players["chef"]


def test_what_the_server_has_not_compared_yet_is_compared(own_copy: Generated, compared: list[Compared]) -> None:
    store = Store(own_copy.folder / "study.db")
    store.submit(lambda connection: connection.exec_driver_sql("delete from parity") and None).result()
    store.close()
    with opened(own_copy.folder) as study:
        assert study.read(lambda connection: list(report(connection))) == compared


def test_the_command_tells_all_of_it(generated: Generated, compared: list[Compared]) -> None:
    result = told(generated.folder, "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == 1, "as there is a mismatch"
    assert [Compared(**one) for one in said["episodes"]] == compared
    assert said["summary"]["episodes"] == len(compared)
    assert said["summary"]["mismatch"] == sum(one.status == "mismatch" for one in compared)
    text = told(generated.folder).stdout
    assert "frame 15, rewards.cook (chef: " in text and f"{said['summary']['alone']} alone" in text


def test_without_a_mismatch_all_is_well(tmp_path: Path) -> None:
    Store(tmp_path / "study.db").close()
    result = told(tmp_path)
    assert (result.exit_code, "no complete episodes" in result.stdout) == (0, True)
    assert told(tmp_path / "nowhere").exit_code == 2
