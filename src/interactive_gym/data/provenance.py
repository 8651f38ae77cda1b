"""What the data was made with: one entry per start of the server that differs from the start before."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any

from interactive_gym.data.flat import moment, write_json


def note_start(path: Path, *, experiment_id: str, archive: str | None, now: float) -> None:
    """Adds this start. ``archive`` is the address, with its hash, of the Python that participants are sent."""
    starts = _starts(path)
    this = {**_versions(), "archive": archive}
    if not starts or {**starts[-1], "started_at": None} != {**this, "started_at": None}:
        starts.append({"started_at": moment(now), **this})
    write_json(path, {"experiment_id": experiment_id, "starts": starts})


def own_version() -> str:
    """The version of this package; a source tree that was never installed has none."""
    try:
        return version("interactive-gym")
    except PackageNotFoundError:
        return "not installed"


def _starts(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["starts"]
    return found


def _versions() -> Mapping[str, Any]:
    packages = {found.name: found.version for found in distributions()}
    return {
        "interactive_gym": own_version(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": dict(sorted(packages.items())),
    }
