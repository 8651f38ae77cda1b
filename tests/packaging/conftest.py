from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studies import Study


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    made = Study(tmp_path / "study", tmp_path / "site-packages")
    made.folder.mkdir()
    made.site.mkdir()
    sys.path.append(str(made.site))
    yield made
    made.forget()
