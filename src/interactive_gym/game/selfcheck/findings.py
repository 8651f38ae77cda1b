"""What a check has found wrong, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
Severity = Literal["error", "warning", "info"]

SHOWN = 5  # of a list of paths: the first ones say where to look


@dataclass
class Findings:
    """Problems, each a dict of ``severity``, ``what``, ``fix``, and the ``method`` and ``parameter`` of the scene."""

    problems: list[Json] = field(default_factory=list)

    def add(
        self, severity: Severity, what: str, fix: str, method: str = "environment", parameter: str = "factory"
    ) -> None:
        """Note a problem and how to fix it, where in the scene's config."""
        found = {"severity": severity, "what": what, "fix": fix, "method": method, "parameter": parameter}
        if found not in self.problems:
            self.problems.append(found)


def listed(names: Sequence[str]) -> str:
    """The first few names, as part of a sentence."""
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
