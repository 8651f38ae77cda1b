from __future__ import annotations

from pathlib import Path

import pytest

from build_support.assets import build
from build_support.errors import BuildError


def test_a_source_distribution_uses_what_was_built_into_it(tmp_path: Path) -> None:
    package = tmp_path / "src" / "interactive_gym"
    for name in ("_client/index.html", "_pyodide/pyodide.mjs"):
        (package / name).parent.mkdir(parents=True)
        (package / name).touch()
    said: list[str] = []
    build(tmp_path, said.append)
    assert said == ["Using the client and Pyodide as they were built into this source distribution"]


def test_without_sources_and_without_anything_built_the_error_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"_client and .*_pyodide is not there.*Install from a wheel"):
        build(tmp_path, print)
