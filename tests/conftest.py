"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything below tests/e2e is marked as such."""
    browser_tests = Path(__file__).parent / "e2e"
    for item in items:
        if item.path.is_relative_to(browser_tests):
            item.add_marker(pytest.mark.e2e)
