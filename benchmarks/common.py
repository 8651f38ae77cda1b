"""What every benchmark shares: a result is JSON with ratios taken in one run, and says where it was measured."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def write_result(name: str, figures: dict[str, Any]) -> None:
    """Write ``benchmarks/results/<name>.json`` and print it."""
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    when = datetime.now(UTC).isoformat(timespec="minutes")
    result = {"benchmark": name, "measured_at": when, "on": machine, **figures}
    text = json.dumps(result, indent=2) + "\n"
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text)
    print(text)


def summary(values: Sequence[float], digits: int = 3) -> dict[str, float | int]:
    """Count, median, p95 and largest of ``values``."""
    ordered = sorted(values)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    figures = {"median": statistics.median(ordered), "p95": p95, "max": ordered[-1]}
    return {"n": len(ordered), **{name: round(value, digits) for name, value in figures.items()}}
