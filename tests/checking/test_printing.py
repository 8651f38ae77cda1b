from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from interactive_gym.checking.printing import print_report
from interactive_gym.checking.report import Finding, Report, SceneReport, grouped
from interactive_gym.packaging.closure import LeftOut
from interactive_gym.packaging.distributions import File


def report(tmp_path: Path, *findings: Finding) -> Report:
    small, large = tmp_path / "small.py", tmp_path / "large.py"
    small.write_text("x")
    large.write_text("x" * 2048)
    files = [File("world.py", small, "experiment"), File("a/b.py", large, "a"), File("a/c.py", large, "a")]
    scene = SceneReport("game [one]", {"agents": "0"}, findings)
    return Report("study", (scene,), grouped(files), (LeftOut("torch", "it is compiled"),))


def printed(what: Report, *, all_files: bool = False, as_json: bool = False) -> str:
    stream = io.StringIO()
    print_report(what, Console(file=stream, width=100), all_files=all_files, as_json=as_json)
    return stream.getvalue()


def test_facts_files_and_what_is_left_out_are_shown(tmp_path: Path) -> None:
    lines = [line.split() for line in printed(report(tmp_path)).splitlines()]
    assert ["agents", "0"] in lines
    assert ["a", "2", "files", "4.0", "KiB"] in lines and ["experiment", "1", "files", "0.0", "KiB"] in lines
    assert ["not", "sent:", "torch", "(it", "is", "compiled)"] in lines
    assert lines[-1] == ["Ready."]


def test_groups_come_largest_first(tmp_path: Path) -> None:
    assert [group.owner for group in report(tmp_path).groups] == ["a", "experiment"]


def test_every_file_is_listed_where_that_is_asked_for(tmp_path: Path) -> None:
    assert "a/b.py" not in printed(report(tmp_path))
    assert all(path in printed(report(tmp_path), all_files=True) for path in ("a/b.py", "a/c.py", "world.py"))


def test_findings_have_their_line_and_errors_are_counted(tmp_path: Path) -> None:
    text = printed(report(tmp_path, Finding("error", "wrong [b]key[/b]", "study.py:100"), Finding("note", "fine")))
    assert "error: study.py:100: wrong [b]key[/b]\n" in text and "note: fine\n" in text
    assert "1 to fix before participants come." in text


def test_json_has_all_of_it(tmp_path: Path) -> None:
    data = json.loads(printed(report(tmp_path, Finding("error", "wrong")), as_json=True))
    assert data["ok"] is False and data["scenes"][0]["findings"][0]["text"] == "wrong"
    assert data["groups"][0]["files"] == {"a/b.py": 2048, "a/c.py": 2048}
