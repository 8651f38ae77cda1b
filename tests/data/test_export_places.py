"""Where exports are written, and what becomes of those that fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO

import pytest
from typer.testing import CliRunner

from interactive_gym.cli.commands import app
from interactive_gym.errors import ConfigError
from interactive_gym.export import Wish, export
from interactive_gym.export.extras import wanted
from interactive_gym.export.places import replacing_folder
from tests.data.exported import exported, files, no_bar
from tests.data.generated import Generated

MARK = '{"export": {}}'


def fill(path: Path, text: str) -> None:
    with replacing_folder(path) as draft:
        (draft / "provenance.json").write_text(MARK)
        (draft / "frames").mkdir()
        (draft / "frames" / "a.csv").write_text(text)


def test_a_folder_takes_its_place_when_it_is_complete(tmp_path: Path) -> None:
    fill(tmp_path / "to" / "csv", "old")
    with replacing_folder(tmp_path / "to" / "csv") as draft:
        (draft / "provenance.json").write_text(MARK)
        assert (tmp_path / "to" / "csv" / "frames" / "a.csv").read_text() == "old"
    assert files(tmp_path) == {"to/csv/provenance.json": MARK.encode()}


def test_one_that_fails_leaves_the_former(tmp_path: Path) -> None:
    fill(tmp_path / "csv", "old")
    with pytest.raises(RuntimeError), replacing_folder(tmp_path / "csv") as draft:
        (draft / "half").write_text("half of the n")
        raise RuntimeError("the disk is full")
    assert files(tmp_path).keys() == {"csv/provenance.json", "csv/frames/a.csv"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_two_exports_do_not_write_one_folder(tmp_path: Path) -> None:
    with replacing_folder(tmp_path / "csv") as draft:
        (draft / "provenance.json").write_text(MARK)
        with pytest.raises(ConfigError, match=r"Another export is writing .*csv\."), replacing_folder(tmp_path / "csv"):
            raise AssertionError("not reached")
        fill(tmp_path / "parquet", "another folder")
        assert draft.exists(), "the first one goes on"
    assert sorted(os.listdir(tmp_path)) == ["csv", "parquet"]
    fill(tmp_path / "csv", "the next one may")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")
def test_a_lock_that_its_holder_has_just_taken_away_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has opened the file before, and gets the lock after, would be alone with a file that nobody else can find."""
    import fcntl

    flock, taken = fcntl.flock, []

    def late(file: IO[bytes], how: int) -> None:
        if not taken:
            taken.append(file)
            (tmp_path / ".csv.lock").unlink()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with replacing_folder(tmp_path / "csv") as draft:
        (draft / "provenance.json").write_text(MARK)
        assert (tmp_path / ".csv.lock").exists()
        with pytest.raises(ConfigError, match="Another export"), replacing_folder(tmp_path / "csv"):
            raise AssertionError("not reached")
    assert len(taken) == 1


def test_what_is_no_export_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    fill(tmp_path / "csv", "an empty folder may be filled")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    (tmp_path / "file").write_text("mine too")
    for name in ("mine", "file"):
        with pytest.raises(ConfigError, match="is no export"), replacing_folder(tmp_path / name):
            raise AssertionError("not reached")
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years of work"


def test_an_export_that_is_killed_leaves_nothing_that_looks_complete(generated: Generated, tmp_path: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from interactive_gym.export import Wish, export

def killed(items, name, total):
    for item in items:
        yield item
        if name.startswith("frames of"):
            os.kill(os.getpid(), signal.SIGKILL)

export(Wish(Path(sys.argv[1]), ("csv",), Path(sys.argv[2])), killed, print)
"""
    command = [sys.executable, "-c", program, str(generated.folder), str(tmp_path)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert sorted(os.listdir(tmp_path)) == [".csv.lock", ".csv.new"]
    exported(generated.folder, tmp_path, "csv")
    assert os.listdir(tmp_path) == ["csv"]


def test_one_episode_is_read_at_a_time(generated: Generated, tmp_path: Path) -> None:
    """While an episode is asked for, those before it are in the file: all of them do not have to fit into memory."""
    sizes: list[int] = []

    def watched(items: Iterable[object], name: str, total: int) -> Iterable[object]:
        for item in items:
            if name == "frames of kitchen":
                sizes.append((tmp_path / ".csv.new" / "frames" / ".kitchen.csv.new").stat().st_size)
            yield item

    export(Wish(generated.folder, ("csv",), tmp_path), watched, no_say)
    assert len(sizes) > 5 and sizes[-1] > sizes[0]


def no_say(text: str) -> None: ...


@pytest.fixture
def command() -> Callable[..., tuple[int, str]]:
    def run(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["export", *map(str, arguments)])
        return result.exit_code, " ".join(result.output.split())

    return run


def test_the_command_prints_what_it_has_written(
    generated: Generated, tmp_path: Path, command: Callable[..., tuple[int, str]]
) -> None:
    code, output = command(generated.folder, "--format", "psych-ds", "--to", tmp_path / "x", "--since", "2020-01-31")
    assert (code, output) == (0, str(tmp_path / "x" / "psych-ds"))
    assert no_bar([1], "", 1) == [1]


def test_mistakes_are_told(generated: Generated, tmp_path: Path, command: Callable[..., tuple[int, str]]) -> None:
    code, output = command(tmp_path)
    assert code == 2 and "There is no study in" in output
    code, output = command(generated.folder, "--since", "yesterday")
    assert code == 2 and "'yesterday' is no time" in output
    code, output = command(generated.folder, "--anonymise", "--platform-ids")
    assert code == 2 and "do not go together" in output


def test_a_library_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(ConfigError, match=r'pip install "interactive-gym\[parquet\]"'):
        wanted("parquet", "no_such_library_as_this")
