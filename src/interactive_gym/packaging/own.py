"""The part of Interactive Gym itself that participants receive."""

from __future__ import annotations

from pathlib import Path

from interactive_gym.packaging.distributions import File, files_below

# Exactly this, and nothing of server, data, protocol, packaging, checking or the command line.
BROWSER_PARTS = (
    "__init__.py", "callbacks.py", "errors.py", "experiment.py", "hooks.py", "matching.py", "scenes", "envs",
    "rendering", "policies", "records", "netcode", "game", "browser",
)  # fmt: skip
OWNER = "interactive-gym"  # the distribution
PACKAGE = "interactive_gym"


def own_files() -> list[File]:
    """The files of :data:`BROWSER_PARTS`, with their paths in the archive."""
    root = Path(__file__).parents[1]
    found = []
    for part in BROWSER_PARTS:
        inside = [("", root / part)] if part.endswith(".py") else files_below(root / part)
        found += [File("/".join(filter(None, (PACKAGE, part, name))), path, OWNER) for name, path in inside]
    return found
