"""Every fault of the table, in two browsers with lines of their own: what both see, and what the data have of it."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.e2e.harness import STUDIES, wait_for
from tests.net.cases import CASES, Case
from tests.net.eyes import Watched
from tests.net.faults import Stage, browser_in
from tests.net.lab import Lab, LabServer
from tests.net.observing import observe, write_down
from tests.net.playing import full

ALBUMS = Path(tempfile.gettempdir()) / "interactive-gym-faults"
OUTBOX_S = 2.0  # pages send what they have once a second; events of the last moment are told, and not judged
TURN, SECRET = ["turn:10.77.0.1:3478?transport=udp"], "of this lab"


@contextmanager
def set_up(case: Case, driver: Playwright, folder: Path) -> Iterator[Stage]:
    """Two people in front of the study's first page."""
    environ = {"LOST_RULES": json.dumps(dict(case.rules)), "LOST_PLAY": json.dumps(dict(case.play))}
    if case.has_turn:
        environ |= {"LOST_TURN": json.dumps(TURN), "LOST_TURN_SECRET": SECRET}
    with opened_stage(driver, folder, environ, case.kinds, case.id) as stage:
        if case.has_turn:
            stage.lab.start_turn(SECRET)
        yield stage


@contextmanager
def opened_stage(
    driver: Playwright, folder: Path, environ: dict[str, str], kinds: Sequence[str], name: str
) -> Iterator[Stage]:
    """A server, and people in front of its first page, one in each home, with these kinds of browsers.

    The study is a copy, which may be edited.
    """
    study = folder / "study"
    study.mkdir()
    for module in ("lost.py", "crowd.py", "patient.py"):
        shutil.copy(STUDIES / module, study / module)
    with ExitStack() as opened:
        lab = opened.enter_context(Lab(len(kinds)))
        server = LabServer(study / "lost.py", folder / "data", environ=environ, namespace=lab.server_namespace)
        opened.callback(lambda: print(server.log.read_text()[-8000:]))
        opened.callback(server.stop)
        server.start()
        found = [
            opened.enter_context(browser_in(lab, driver, folder, *one)) for one in zip(lab.homes, kinds, strict=True)
        ]
        yield Stage(lab, server, [Watched.opened(browser, server.url) for browser in found], ALBUMS / name)


def play(case: Case, stage: Stage) -> list[str]:
    """Let it happen, and see what comes of it: all that is not as it has to be."""
    problems = []
    try:
        stage.enter()
        case.begins(stage)
        stage.struck_at = time.time()
        case.happens(stage)
        stage.until_over()
        wait_for_data(case, stage)
    except AssertionError as error:
        problems = [str(error)]
    stage.wait(OUTBOX_S)
    stage.server.stop()  # which writes all files
    found = observe(stage)
    problems = problems or case.expected.problems(found)
    write_down(case.id, {"as_expected": not problems, **found.as_json()})
    print(json.dumps(found.as_json(), indent=1, ensure_ascii=False))
    return problems


def wait_for_data(case: Case, stage: Stage) -> None:
    """Until they are as they have to be, or do not come any more."""

    def is_there() -> bool:
        return not [problem for problem in case.expected.problems(observe(stage)) if "event" not in problem]

    with suppress(AssertionError):
        wait_for(is_there, "the data", seconds=45, pause=lambda: stage.wait(0.5))


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.id, marks=() if case.is_sample else full) for case in CASES]
)
def test_what_comes_of_a_fault(case: Case, driver: Playwright, tmp_path: Path) -> None:
    with set_up(case, driver, tmp_path) as stage:
        problems = play(case, stage)
    assert not problems, "\n".join(problems)


@full
@pytest.mark.timeout(900)
def test_the_file_is_edited_while_people_wait_and_play(driver: Playwright, tmp_path: Path) -> None:
    """Whoever plays goes on, whoever waits is found in the room of the new file, and all read its new words."""
    environ = {"LOST_PLAY": json.dumps({"steps": 1500})}
    with opened_stage(driver, tmp_path, environ, ["chromium"] * 3, "edited") as stage:
        stage.enter()
        stage.until(lambda: stage.people[0].diary.latest >= (0, 100) <= stage.people[1].diary.latest, "frame 100")
        assert stage.people[2].diary.page == "waiting"
        stage.without_server(3, meanwhile=lambda: edit(stage.server.study))
        stage.join(Watched.opened(stage.people[2].browser, stage.server.url))
        stage.until_over(300)
        assert ["Thank you all" in person.diary.last for person in stage.people] == [True] * 4
        episodes = stage.server.settled(2)
        assert [(row["frames"], row["parity"]) for row in episodes] == [("1500", "identical")] * 2
        write_down("edited", {"as_expected": True, **observe(stage).as_json()})


def edit(study: Path) -> None:
    text = study.read_text()
    assert text.count('HEADER = "Thank you"') == 1
    study.write_text(text.replace('HEADER = "Thank you"', 'HEADER = "Thank you all"'))
