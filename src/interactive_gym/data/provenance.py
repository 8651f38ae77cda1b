"""What the data was made with: one entry per start of the server that differs from the start before."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any

from interactive_gym.data.flat import moment, write_json

CONFIGURATIONS = "configurations"


def note_start(
    path: Path,
    *,
    experiment_id: str,
    archive: str | None,
    now: float,
    file: Path | None = None,
    scenes: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Adds this start, and keeps its scenes: ``scenes/`` has those of the latest start only.

    Args:
        archive: The address, with its hash, of the Python that participants are sent.
        file: Which defines the experiment.
        scenes: As they are shown.
    """
    starts = _starts(path)
    kept = _digest(scenes)
    write_json(path.parent / CONFIGURATIONS / f"{kept}.json", {"scenes": list(scenes)})
    made_with = {"archive": archive, "scenes": kept, "git": repository(file) if file else None}
    this = {**_versions(), **made_with}
    if not starts or {**starts[-1], "started_at": None} != {**this, "started_at": None}:
        starts.append({"started_at": moment(now), **this})
    write_json(path, {"experiment_id": experiment_id, "starts": starts})


def configurations(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The scenes of every start of a study that had others, by their digest; see :func:`note_start`."""
    files = sorted((folder / CONFIGURATIONS).glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8"))["scenes"] for file in files}


def own_version() -> str:
    """The version of this package; a source tree that was never installed has none."""
    try:
        return version("interactive-gym")
    except PackageNotFoundError:
        return "not installed"


def repository(file: Path) -> dict[str, Any] | None:
    """``commit`` that is checked out where ``file`` is, and whether the files are others than its (``dirty``).

    They are if a tracked file has been changed, or ``file`` is not tracked. None without repository or git.
    """
    try:
        commit = _git(file, "rev-parse", "HEAD")
        changed = _git(file, "status", "--porcelain", "--untracked-files=no")
        tracked = _git(file, "ls-files", "--", file.name)
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "dirty": bool(changed) or not tracked}


def _git(file: Path, *arguments: str) -> str:
    command = ["git", "-C", str(file.absolute().parent), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()


def _digest(scenes: Sequence[Mapping[str, Any]]) -> str:
    text = json.dumps(list(scenes), sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()


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
