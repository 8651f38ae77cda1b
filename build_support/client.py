"""The TypeScript client: npm's packages, and the pages that Vite makes of the sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from build_support.directories import fingerprint, is_current, precompress, rebuilt
from build_support.node import Node

NOT_SOURCES = ("node_modules", "tests")
PACKAGES_FILES = ("package.json", "package-lock.json", ".npmrc")


def sources(client: Path) -> Iterator[Path]:
    """Every file that the built client depends on."""
    for child in client.iterdir():
        if child.name not in NOT_SOURCES:
            yield from (path for path in ([child] if child.is_file() else child.rglob("*")) if path.is_file())


def install_packages(client: Path, node: Node, say: Callable[[str], None]) -> None:
    """``npm ci``, unless ``node_modules`` came from this lock file already."""
    wanted = fingerprint((client / name for name in PACKAGES_FILES), client)
    stamp = client / "node_modules" / ".interactive-gym"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say("Installing the client's packages (npm ci)")
    node.run_npm("ci", folder=client, task="Installing the client's packages")
    stamp.write_text(wanted)


def build_client(client: Path, built: Path, scratch: Path, node: Node, say: Callable[[str], None]) -> None:
    """Makes ``built`` from the sources in ``client``, unless it was made from exactly these."""
    inputs = fingerprint(sources(client), client)
    if is_current(built, inputs):
        return
    say("Building the client (vite build)")
    vite = client / "node_modules" / "vite" / "bin" / "vite.js"
    with rebuilt(built, inputs, scratch) as fresh:
        command = [str(vite), "build", "--outDir", str(fresh), "--emptyOutDir"]
        node.run(command, client, "Building the client")
        # Not index.html: the server writes into it before it sends it.
        precompress(fresh / "assets")
