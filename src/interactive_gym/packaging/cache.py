"""The folder where this user's downloads and compiled files stay between experiments."""

from __future__ import annotations

import os
import sys
from pathlib import Path

CACHE_VARIABLE = "INTERACTIVE_GYM_CACHE"


def user_cache() -> Path:
    """``$INTERACTIVE_GYM_CACHE`` if set, else the usual folder for caches on this system."""
    given = os.environ.get(CACHE_VARIABLE)
    return Path(given) if given else _usual_folder() / "interactive-gym"


def _usual_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
