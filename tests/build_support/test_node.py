from __future__ import annotations

import json
from pathlib import Path

import pytest

from build_support.errors import BuildError
from build_support.node import find_node


def test_the_node_of_this_environment_comes_before_any_other(tmp_path: Path) -> None:
    node = find_node()
    shown = json.loads(node.run(["-p", "JSON.stringify([process.execPath, process.env.PATH])"], tmp_path, "Asking"))
    assert Path(shown[0]).resolve() == node.executable.resolve()
    assert shown[1].startswith(str(node.executable.parent))


def test_npm_runs_without_a_node_of_the_system(tmp_path: Path) -> None:
    assert find_node().run_npm("--version", folder=tmp_path, task="Asking").strip()[0].isdigit()


def test_a_failing_program_is_one_error_with_its_last_lines(tmp_path: Path) -> None:
    script = "for (let i = 0; i < 100; i++) console.log('\\x1b[31mline\\x1b[0m', i); process.exit(3)"
    with pytest.raises(BuildError) as caught:
        find_node().run(["-e", script], tmp_path, "Building the client")
    text = str(caught.value)
    assert text.startswith("Building the client failed")
    assert "ended with 3" in text
    assert "line 99" in text
    assert "line 10\n" not in text
