"""What all tests share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.databases import VARIABLE, emptied
from tests.studies import Study


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below tests/e2e and tests/net is marked as driving browsers, and given time to wait."""
    here = Path(__file__).parent
    for item in items:
        if any(item.path.is_relative_to(here / folder) for folder in ("e2e", "net")):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a database to test with, servers have their stores in it, which is empty at the beginning of each test."""
    address = os.environ.get(VARIABLE)
    if address and request.path.is_relative_to(Path(__file__).parent / "server"):
        emptied(address)
        monkeypatch.setenv("INTERACTIVE_GYM_DATABASE", address)


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    """Whatever starts browsers; there can be one in a process."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    """An empty folder for an experiment, and one for distributions that it may import."""
    made = Study(tmp_path / "study", tmp_path / "site-packages")
    made.folder.mkdir()
    made.site.mkdir()
    sys.path.append(str(made.site))
    yield made
    made.forget()
