"""``interactive-gym dev``: the server in a process of its own that starts anew whenever a file is saved."""

from __future__ import annotations

import os
import shlex
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from watchfiles import Change, DefaultFilter, run_process

from interactive_gym.errors import ConfigError

_WATCHED = {".py", ".html", ".md", ".css", ".json", ".txt", ".csv", ".png", ".jpg", ".jpeg", ".webp", ".gif"}
_WAIT_FOR_SERVER_S = 60


class SourceFilter(DefaultFilter):
    """Files that a researcher edits; not what the server itself writes into ``data_dir``."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(ignore_paths=[data_dir.absolute()])

    def __call__(self, change: Change, path: str) -> bool:
        return Path(path).suffix in _WATCHED and super().__call__(change, path)


def serve_and_watch(file: Path, options: Sequence[str], data_dir: Path) -> None:
    """Run ``interactive-gym run FILE OPTIONS`` with the page for developers, again after each save, until Ctrl-C.

    A start that fails prints its error and waits for the next save.

    Raises:
        ConfigError: There is no folder in which a file could be saved.
    """
    folder = file.absolute().parent
    if not folder.is_dir():
        raise ConfigError(f"there is no folder {folder}")
    command = [sys.executable, "-m", "interactive_gym.cli", "run", str(file), *options, "--dev-page"]
    run_process(
        folder,
        target=shlex.join(command),
        target_type="command",
        watch_filter=SourceFilter(data_dir),
        callback=_announce,
        debounce=400,
    )


def open_when_ready(host: str, port: int) -> None:
    """Open the page for developers in the researcher's browser once the server answers; returns at once."""
    base = f"http://{'127.0.0.1' if host in {'0.0.0.0', '::'} else host}:{port}"
    if has_screen():
        threading.Thread(target=_open, args=(base,), daemon=True).start()


def _announce(changes: set[tuple[Change, str]]) -> None:
    names = sorted({Path(path).name for _, path in changes})
    sys.stderr.write(f"\n{', '.join(names)} changed: starting again\n")


def _open(base: str) -> None:
    deadline = time.monotonic() + _WAIT_FOR_SERVER_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{base}/healthz", timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            webbrowser.open(f"{base}/dev")
            return


def has_screen() -> bool:
    """Without one, ``webbrowser`` may start a text browser in this very terminal."""
    return sys.platform in {"win32", "darwin"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
