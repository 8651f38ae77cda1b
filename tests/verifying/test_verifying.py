"""In Pyodide under Node, from the archive that is kept with a study."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from interactive_gym.cli.commands import app
from interactive_gym.data.claim import claimed
from interactive_gym.envs.adapter import SINGLE_AGENT as AGENT
from interactive_gym.packaging import build_runtime
from interactive_gym.packaging.node import Node
from interactive_gym.verifying import verify
from tests.studies import Study
from tests.verifying.played import ENVIRONMENT, Played, written

pytestmark = pytest.mark.pyodide


@pytest.fixture
def played(study: Study, tmp_path: Path) -> Played:
    """Three sessions; what is recorded of the second one is not what happened."""
    made = Played(tmp_path / "data" / "walks")
    experiment = written(study)
    made.folder.mkdir(parents=True)
    made.serve(build_runtime(experiment, tmp_path / "cache"), now=1.0)
    made.play(experiment, "s-one", now=2.0, episodes=2)
    made.play(experiment, "s-two", now=3.0)
    made.play(experiment, "s-three", now=4.0)
    made.change("s-two", 25, rewards={AGENT: 7.0})
    return made


def outcomes(folder: Path, **options: Any) -> list[tuple[str, str, int | None, str | None]]:
    found = verify(folder, **options)
    return [
        (of.session_id, of.outcome.status, of.outcome.frame, of.outcome.column)
        for of in found
        if of.outcome is not None
    ]


def told(*arguments: object) -> tuple[int, Any]:
    result = CliRunner().invoke(app, ["verify", *map(str, arguments), "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_what_came_out_otherwise_is_found_and_kept(played: Played) -> None:
    status, report = told(played.folder)
    one, also, two, three = report["episodes"]
    assert status == 1
    assert [of["status"] for of in (one, also, two, three)] == ["verified", "verified", "differs", "verified"]
    assert (two["frame"], two["column"], two["frames"]) == (25, f"rewards.{AGENT}", 25)
    assert two["expected"] == "7.0" and two["found"] in ("0.0", "1.0")
    assert report["summary"]["played"] == 4
    with (played.folder / "episodes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["verified"] for row in rows] == ["verified", "verified", "differs", "verified"]
    assert (rows[2]["verified_frame"], rows[2]["verified_column"]) == ("25", f"rewards.{AGENT}")

    played.change("s-three", 3, infos={AGENT: {}})
    status, report = told(played.folder)
    assert [of["is_known"] for of in report["episodes"]] == [True, True, True, False]
    assert report["episodes"][3]["column"] == f"infos.{AGENT}.at" and report["episodes"][3]["expected"] == "nothing"


def test_an_old_study_is_played_with_its_own_archive(study: Study, tmp_path: Path) -> None:
    made = Played(tmp_path / "data" / "walks")
    old = written(study)
    made.serve(build_runtime(old, tmp_path / "cache"), now=10.0)
    made.play(old, "s-old", now=11.0)
    made.play(old, "s-with-an-old-page", now=21.0)
    study.forget()
    new = written(study, ENVIRONMENT.replace("STEP = 1", "STEP = 2"))
    made.serve(build_runtime(new, tmp_path / "cache"), now=20.0)
    made.play(new, "s-new", now=22.0)
    states = tmp_path / "states"
    with claimed(made.folder):  # as its server does
        assert {status for _, status, _, _ in outcomes(made.folder, jobs=2, states=states)} == {"verified"}
    assert not (made.folder / "episodes.csv").exists(), "which a server writes, while there is one"
    lines = (states / "walk" / "s-old" / "ep0.states.jsonl").read_text().splitlines()
    reset, first, *_, last = [json.loads(line) for line in lines]
    assert (reset["frame"], first["frame"], last["frame"]) == (-1, 0, len(lines) - 2)
    assert reset["state"] == {"length": 40, "place": 0} and last["state"]["place"] == 40
    assert reset["left_out"] == ["luck"]
    assert len({json.loads(line)["hash"] for line in lines}) == len(lines), "the generator is in them"


def test_entropy_below_python_is_that_of_a_browser(study: Study, tmp_path: Path) -> None:
    runtime = build_runtime(written(study), tmp_path)
    node = Node(runtime.pyodide_dir, runtime.packages, runtime.archive)
    words, bytes_of_a_browser = [0x12345678, 0x9ABCDEF0, 0xDEADBEEF, 1], [244, 17, 204, 94, 22, 60, 111, 246]
    found = node.run(Path(__file__).parent / "programs" / "draw_entropy.py", words)
    assert found["drawn"] == bytes_of_a_browser, "see client/tests/worker/entropy.test.ts"
    assert found["again"] == bytes_of_a_browser
    assert found["after"] != bytes_of_a_browser
