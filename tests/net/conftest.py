"""What has to be there for tests on networks of our own. Elsewhere they are skipped, and the summary says why."""

from __future__ import annotations

import pytest

from tests.net.lab import unavailable


@pytest.fixture(autouse=True)
def lab_is_possible() -> None:
    if problem := unavailable():
        pytest.skip(f"NO IMPAIRED NETWORKS ARE TESTED HERE: {problem}")
