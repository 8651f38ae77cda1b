"""``provenance.json`` of an export: what the data was made with, who took part, how it went, and what the files are."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import fmean, median
from typing import Any

from sqlalchemy import select

from interactive_gym.data import games, link_rows, player_tables, verdicts
from interactive_gym.data.flat import moment
from interactive_gym.data.provenance import configurations, own_version
from interactive_gym.data.schema import assignments, episodes, members, parity, participants, sessions
from interactive_gym.export.study import Study
from interactive_gym.export.survey import SceneFrames

LIBRARIES = ("pyarrow", "minari", "h5py", "gymnasium", "numpy")
_NETWORK = ("rtt_ms_median", "rtt_ms_p95", "jitter_ms_mean", "lost", "server_share", "silent_share")


def facts(study: Study, frames: Mapping[str, SceneFrames], format_: str, folder: Path) -> dict[str, Any]:
    """
    Args:
        folder: With all other files of this export.
    """
    outcomes = _outcomes(study)
    return {
        "experiment_id": study.id,
        "export": {
            "format": format_,
            "anonymised": study.anonymous is not None,
            "since": moment(study.scope.since),
            "interactive_gym": own_version(),
            "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
        },
        "starts": _starts(study.folder),
        "participants": {"total": len(outcomes), "by_outcome": _counted(outcomes.values())},
        "conditions": _attrition(study, outcomes),
        "episodes": _episodes(study, frames),
        "network": _network(study),
        "not_yet_written": _pending(study),
        "seeds": _seeds(study),
        "scenes": study.scenes(),
        "configurations": configurations(study.folder),
        "files": {
            path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": _sha256(path)}
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }


def _outcomes(study: Study) -> dict[str, str]:
    rows = study.connection.execute(select(participants.c.id, participants.c.outcome))
    return {one: outcome or "unfinished" for one, outcome in rows if one in study.scope.participants}


def _attrition(study: Study, outcomes: Mapping[str, str]) -> dict[str, Any]:
    """Factor -> condition -> how many had it, how they ended, and which part of them did not complete."""
    rows = study.connection.execute(select(members.c.session_id, members.c.participant_id))
    group: dict[str, list[str]] = defaultdict(list)
    for session, participant in rows:
        if session in study.scope.sessions:
            group[session].append(participant)
    had: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in study.connection.execute(select(assignments).order_by(assignments.c.factor, assignments.c.condition)):
        units = [row.unit] if row.unit in outcomes else group[row.unit]
        had[row.factor][row.condition].update(one for one in units if one in outcomes)
    return {
        factor: {condition: _ended([outcomes[one] for one in who]) for condition, who in conditions.items() if who}
        for factor, conditions in had.items()
    }


def _ended(outcomes: list[str]) -> dict[str, Any]:
    lost = sum(outcome != "completed" for outcome in outcomes)
    return {
        "participants": len(outcomes),
        "by_outcome": _counted(outcomes),
        "attrition": round(lost / len(outcomes), 4),
    }


def _episodes(study: Study, frames: Mapping[str, SceneFrames]) -> dict[str, Any]:
    rows = study.connection.execute(select(episodes.c.session_id, episodes.c.end_reason))
    judged = study.connection.execute(select(parity.c.session_id, parity.c.status))
    return {
        "total": sum(len(found.episodes) for found in frames.values()),
        "frames": sum(found.frames for found in frames.values()),
        "by_scene": {scene: len(found.episodes) for scene, found in frames.items()},
        "by_end_reason": _counted(reason for session, reason in rows if session in study.scope.sessions),
        "parity": _counted(status for session, status in judged if session in study.scope.sessions),
    }


def _network(study: Study) -> dict[str, Any]:
    """Over the reports of all links, in each direction; a number has the median and the extremes of the reports'."""
    header, rows = player_tables.links_table(study.connection)
    reports = [dict(zip(header, row, strict=True)) for row in rows]
    inside = [report for report in reports if report["session_id"] in study.scope.sessions]
    counted = player_tables.statistics_of(study.connection)
    totals: Counter[str] = Counter()
    for (session, _), statistics in counted.items():
        if session in study.scope.sessions:
            totals.update({name: one.get(name, 0) for one in statistics for name in ("rollbacks", "stalls")})
    return {
        "links": len(inside),
        "by_connection": _counted(str(report["connection"]) for report in inside),
        **{name: _spread([report[name] for report in inside]) for name in _NETWORK},
        "rollbacks": totals["rollbacks"],
        "stalls": totals["stalls"],
    }


def _spread(values: Iterable[Any]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    spread = {"min": min(known), "median": median(known), "mean": fmean(known), "max": max(known)}
    return {name: round(value, 4) for name, value in spread.items()}


def _pending(study: Study) -> dict[str, int]:
    """What a running server has not worked out yet, or one that was killed: columns of it are empty or out of date."""
    return {
        "episodes": len(games.unwritten(study.connection)),
        "comparisons": len(verdicts.due(study.connection)),
        "links": len(link_rows.unreported(study.connection)),
    }


def _seeds(study: Study) -> dict[str, int]:
    query = select(sessions.c.id, sessions.c.seed).order_by(sessions.c.created_at, sessions.c.id)
    return {one: seed for one, seed in study.connection.execute(query) if one in study.scope.sessions}


def _starts(folder: Path) -> list[Any]:
    path = folder / "provenance.json"
    return list(json.loads(path.read_text(encoding="utf-8"))["starts"]) if path.exists() else []


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
