"""Everything that is built, in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from build_support.client import build_client, install_packages
from build_support.errors import BuildError
from build_support.node import find_node
from build_support.pyodide import build_pyodide


def build(root: Path, say: Callable[[str], None]) -> None:
    """Brings ``_client`` and ``_pyodide`` in the package's sources up to date.

    Args:
        root: The checkout, or an unpacked sdist, which has both built and no sources of them.
        say: Is called with a line before each step that takes time.

    Raises:
        BuildError: A step failed, or there is nothing to build from and nothing built.
    """
    package = root / "src" / "interactive_gym"
    client, built_client, built_pyodide = root / "client", package / "_client", package / "_pyodide"
    if not (client / "package.json").is_file():
        _accept_built(built_client / "index.html", built_pyodide / "pyodide.mjs")
        say("Using the client and Pyodide as they were built into this source distribution")
        return
    scratch = root / ".build"
    node = find_node()
    install_packages(client, node, say)
    build_pyodide(client / "node_modules" / "pyodide", built_pyodide, scratch, say)
    build_client(client, built_client, scratch, node, say)


def _accept_built(*proofs: Path) -> None:
    missing = [str(proof.parent) for proof in proofs if not proof.is_file()]
    if missing:
        raise BuildError(
            f"{' and '.join(missing)} is not there, and neither is client/ to build it from. "
            "Install from a wheel, from a complete source distribution or from a checkout of the repository."
        )
