"""What a participant sees when the environment fails, and what the researcher finds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.e2e.harness import PATIENCE_S, STUDIES, Participant, Server, wait_for


def until_failed(served: Server, participant: Callable[..., Participant], *, play: bool) -> Participant:
    ada = participant(f"{served.url}/")
    ada.press_primary()
    if play:
        ada.sees("gym")
        ada.press_primary()
    ada.sees("outcome")
    return ada


def assert_reported(served: Server, reason: str, marker: str) -> None:
    """The traceback, known by ``marker``, is in the log and the store; the participant has an outcome."""
    found = wait_for(lambda: [event for event in served.events() if event["reason"] == reason], f"event {reason}")
    assert marker in found[0]["detail"]
    wait_for(lambda: marker in (served.folder / "server.log").read_text(), f"{marker} in the log")
    (person,) = served.table("participants.csv")
    assert person["outcome"] == "technical_failure"


def test_an_env_that_raises_at_step_50(server: Callable[..., Server], participant: Callable[..., Participant]) -> None:
    served = server(STUDIES / "raises_at_50.py")
    ada = until_failed(served, participant, play=True)
    assert_reported(served, "step_failed", "the wheel came off")
    assert "the wheel came off" not in ada.page.content()
    assert "Traceback" not in ada.page.content()
    stored = served.table("participants.csv")
    assert len(stored) == 1
    ada.page.reload()
    ada.sees("outcome")


def test_an_env_that_fails_to_import(server: Callable[..., Server], participant: Callable[..., Participant]) -> None:
    served = server(STUDIES / "fails_to_import.py")
    ada = until_failed(served, participant, play=False)
    assert_reported(served, "import_failed", "needs a real operating system")
    assert "operating system" not in ada.page.inner_text("body")


def test_loading_that_makes_no_progress_has_an_outcome(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "never_loads.py")
    ada = participant(None)
    ada.page.context.route("**/*.wasm", lambda route: None)  # never answered
    ada.page.goto(f"{served.url}/")
    ada.press_primary()
    ada.sees("outcome")
    wait_for(lambda: [event for event in served.events() if event["reason"] == "loading_timeout"], "the event")
    served.stop()  # what follows is read from the files
    (person,) = served.table("participants.csv")
    assert person["outcome"] == "technical_failure"


def test_a_missing_package_is_refused_before_anybody_plays(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "interactive_gym.cli", "run", str(STUDIES / "package_missing.py")]
    ended = subprocess.run([*command, "--data-dir", str(tmp_path)], capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode == 2
    assert "pip install nonexistent-kitchen" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
