"""Every fault of the table, in two browsers with lines of their own: what both see, and what the data have of it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
TURN, SECRET = ["turn:10.77.0.1:3478?transport=udp"], "of this lab"


@contextmanager
def set_up(case: Case, driver: Playwright, folder: Path) -> Iterator[Stage]:
    """Two people in front of the study's first page."""
    environ = {"LOST_RULES": json.dumps(dict(case.rules)), "LOST_PLAY": json.dumps(dict(case.play))}
    with ExitStack() as opened:
        lab = opened.enter_context(Lab(2))
        if case.has_turn:
            lab.start_turn(SECRET)
            environ |= {"LOST_TURN": json.dumps(TURN), "LOST_TURN_SECRET": SECRET}
        server = LabServer(STUDIES / "lost.py", folder / "data", environ=environ, namespace=lab.server_namespace)
        opened.callback(lambda: print(server.log.read_text()[-8000:]))
        opened.callback(server.stop)
        server.start()
        people = []
        for home, kind in zip(lab.homes, case.kinds, strict=True):
            browser = opened.enter_context(browser_in(lab, driver, folder, home, kind))
            people.append(Watched(browser.new_context(viewport={"width": 900, "height": 700}), server.url))
        yield Stage(lab, server, people, ALBUMS / case.id)


def play(case: Case, stage: Stage) -> list[str]:
    """Let it happen, and see what comes of it: all that is not as it has to be."""
    try:
        stage.enter()
        case.begins(stage)
        case.happens(stage)
        stage.until_over()
        problems = as_expected(case, stage)
    except AssertionError as error:
        problems = [str(error)]
    found = observe(stage)
    write_down(case.id, {"as_expected": not problems, **found.as_json()})
    print(json.dumps(found.as_json(), indent=1, ensure_ascii=False))
    return problems


def as_expected(case: Case, stage: Stage) -> list[str]:
    """What is not as it has to be, once the data are all there, or do not come any more."""
    problems: list[str] = []

    def holds() -> bool:
        problems[:] = case.expected.problems(observe(stage))
        return not problems

    try:
        wait_for(holds, "the data", seconds=45, pause=lambda: stage.wait(0.5))
    except AssertionError:
        return problems
    return []


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.id, marks=() if case.is_sample else full) for case in CASES]
)
def test_what_comes_of_a_fault(case: Case, driver: Playwright, tmp_path: Path) -> None:
    with set_up(case, driver, tmp_path) as stage:
        problems = play(case, stage)
    assert not problems, "\n".join(problems)
