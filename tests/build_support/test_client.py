from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from build_support.client import build_client, install_packages
from build_support.errors import BuildError
from build_support.node import Node


@dataclass(frozen=True)
class FakeNode(Node):
    """Does on the disk what npm and Vite do, and remembers what it was asked for."""

    asked: list[str] = field(default_factory=list)
    broken: bool = False

    def run(self, arguments: Sequence[str], folder: Path, task: str) -> str:
        self.asked.append(Path(arguments[0]).name)
        if self.broken:
            raise BuildError(f"{task} failed")
        if "ci" in arguments:
            (folder / "node_modules").mkdir(exist_ok=True)
        else:
            built = Path(arguments[arguments.index("--outDir") + 1])
            (built / "assets").mkdir()
            (built / "index.html").write_text("<html>" * 100)
            (built / "assets" / "main.js").write_text("let a;" * 100)
        return ""


@pytest.fixture
def client(tmp_path: Path) -> Path:
    client = tmp_path / "client"
    (client / "src").mkdir(parents=True)
    (client / "tests").mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc", "index.html", "src/main.ts", "tests/main.test.ts"):
        (client / name).write_text(name)
    return client


def _build(client: Path, node: Node) -> list[str]:
    said: list[str] = []
    install_packages(client, node, said.append)
    build_client(client, client.parent / "built", client.parent / "scratch", node, said.append)
    return said


def test_the_second_build_does_and_says_nothing(client: Path) -> None:
    node = FakeNode(client)
    assert len(_build(client, node)) == 2
    assert node.asked == ["npm-cli.js", "vite.js"]
    assert _build(client, node) == []
    assert node.asked == ["npm-cli.js", "vite.js"]


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("src/main.ts", ["vite.js"]),
        ("index.html", ["vite.js"]),
        ("tests/main.test.ts", []),
        ("package-lock.json", ["npm-cli.js", "vite.js"]),
    ],
)
def test_a_change_repeats_what_depends_on_it(client: Path, changed: str, again: list[str]) -> None:
    _build(client, FakeNode(client))
    (client / changed).write_text("changed")
    node = FakeNode(client)
    _build(client, node)
    assert node.asked == again


def test_assets_are_compressed_and_the_page_that_the_server_fills_in_is_not(client: Path) -> None:
    _build(client, FakeNode(client))
    built = client.parent / "built"
    assert {path.name for path in (built / "assets").iterdir()} == {"main.js", "main.js.br", "main.js.gz"}
    assert list(built.glob("index.html*")) == [built / "index.html"]


def test_a_failed_build_is_tried_again(client: Path) -> None:
    with pytest.raises(BuildError, match="client's packages failed"):
        _build(client, FakeNode(client, broken=True))
    node = FakeNode(client)
    _build(client, node)
    assert node.asked == ["npm-cli.js", "vite.js"]
