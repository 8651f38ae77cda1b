"""Hatchling's build hook: the built client, Pyodide, numpy and the examples are there before anything is packed.

It runs for wheels, source distributions and editable installs, often twice in one install, and is idempotent.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Hatchling loads this file by its path; what lies beside it is found by ours alone.
sys.path.insert(0, str(Path(__file__).parent))

from build_support.assets import build
from build_support.errors import BuildError


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        try:
            build(Path(self.root), say=self.app.display_info)
        except BuildError as error:
            self.app.abort(f"error: {error}")
        if self.target_name == "wheel" and version == "standard":
            build_data["force_include"][str(Path(self.root) / "examples")] = "interactive_gym/_examples"
