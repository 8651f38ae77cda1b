"""Runs in Pyodide: has the archive play stored episodes again. What that takes is in the archive itself."""

from __future__ import annotations


def main(folder: str) -> None:
    """See ``interactive_gym.browser.verification``, of the version that is in the archive."""
    from interactive_gym_entropy import restart  # type: ignore[import-not-found]  # runner.mjs puts it there

    from interactive_gym.browser.verification import verify_all

    verify_all(folder, restart)
