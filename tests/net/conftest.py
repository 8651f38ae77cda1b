"""What has to be there for tests on networks of our own. Elsewhere they are skipped, and the summary says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from tests.e2e.harness import Participant, Server
from tests.net.lab import Lab, LabServer, unavailable
from tests.net.playing import browsers_in

Table = tuple[Lab, Server, list[Participant]]


@pytest.fixture(autouse=True)
def lab_is_possible() -> None:
    if problem := unavailable():
        pytest.skip(f"NO IMPAIRED NETWORKS ARE TESTED HERE: {problem}")


@pytest.fixture
def table(driver: Playwright, tmp_path: Path) -> Iterator[Callable[..., Table]]:
    """Two people at home in front of the first page of a study, each with a browser of their own."""
    with ExitStack() as opened:
        served: list[Server] = []

        def sit_down(study: Path, *, nat: bool = False, turn: str | None = None, **environ: str) -> Table:
            lab = opened.enter_context(Lab(2, nat=nat))
            if turn is not None:
                lab.start_turn(turn)
            server = LabServer(study, tmp_path / "data", environ=environ, namespace=lab.server_namespace)
            opened.callback(server.stop)
            served.append(server.start())
            browsers = opened.enter_context(browsers_in(lab, driver, tmp_path, lab.homes))
            people = [Participant(one.new_context(), f"{server.url}/?debug=latency") for one in browsers]
            return lab, server, people

        yield sit_down
        for server in served:
            server.stop()
            print(server.log.read_text()[-6000:])
            server.check_parity()
