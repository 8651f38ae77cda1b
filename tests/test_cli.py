from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from watchfiles import Change

from interactive_gym.cli import commands, dev, examples
from interactive_gym.cli.commands import app
from interactive_gym.cli.loading import load_experiment
from interactive_gym.errors import ConfigError, ServerError
from interactive_gym.server import run as server_run
from interactive_gym.server.settings import Settings
from tests.studies import ENVIRONMENT, EXPERIMENT, Study


@pytest.fixture
def study(tmp_path: Path) -> Iterator[Study]:
    made = Study(tmp_path, tmp_path)
    yield made
    made.forget()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Settings]]:
    """Instead of serving, notes what would be served."""
    calls: list[tuple[str, Settings]] = []
    monkeypatch.setattr(server_run, "serve", lambda experiment, settings: calls.append((experiment.id, settings)))
    return calls


def write_study(study: Study, name: str = "my_study.py") -> Path:
    study.write("world.py", ENVIRONMENT)
    return study.write(name, EXPERIMENT.format(module="world", more=""))


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_run_serves_the_experiment_with_its_options(study: Study, served: list[tuple[str, Settings]]) -> None:
    file = write_study(study)
    result = invoke("run", file, "--host", "0.0.0.0", "--port", 80, "--data-dir", "d", "--log-level", "warning")
    assert result.exit_code == 0, result.output
    assert served == [("study", Settings("0.0.0.0", 80, Path("d"), "warning", dev=False))]


def test_without_options_it_is_served_to_this_machine(study: Study, served: list[tuple[str, Settings]]) -> None:
    invoke("run", write_study(study))
    assert served == [("study", Settings())]


def test_an_error_is_one_line_without_a_traceback(study: Study, served: list[tuple[str, Settings]]) -> None:
    result = invoke("run", study.folder / "nothing.py")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: there is no file") and result.stderr.count("\n") == 1
    assert served == []


def test_debugging_shows_the_traceback(study: Study) -> None:
    result = invoke("run", study.folder / "nothing.py", "--log-level", "debug")
    assert isinstance(result.exception, ConfigError)


def test_an_error_of_the_server_is_told_alike(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise ServerError("127.0.0.1:8000 is taken [by another program]")

    monkeypatch.setattr(server_run, "serve", fail)
    result = invoke("run", write_study(study))
    assert (result.exit_code, result.stderr) == (2, "error: 127.0.0.1:8000 is taken [by another program]\n")


def test_a_bug_of_ours_keeps_its_traceback(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_run, "serve", lambda *arguments: 1 / 0)
    assert isinstance(invoke("run", write_study(study)).exception, ZeroDivisionError)


@pytest.mark.parametrize("arguments", [["run"], ["run", "a.py", "--port", "-1"], ["run", "a.py", "--log-level", "x"]])
def test_a_wrong_command_line_is_explained(arguments: list[str]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2 and "Usage" in result.output + result.stderr


def test_dev_serves_again_after_each_save(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, Any]] = []
    monkeypatch.setattr(dev, "run_process", lambda folder, **options: calls.append((folder, options)))
    file = write_study(study)
    assert invoke("dev", file, "--no-open", "--data-dir", study.folder / "data").exit_code == 0
    [(folder, options)] = calls
    assert folder == study.folder
    assert options["target"].startswith(f"{sys.executable} -m interactive_gym.cli run {file} --host 127.0.0.1")
    assert options["target"].endswith("--dev-page")


def test_the_address_of_a_database_is_in_no_list_of_processes(
    study: Study, served: list[tuple[str, Settings]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, calls = "postgresql://ada:word@db/studies", list[Any]()
    monkeypatch.setattr(dev, "run_process", lambda folder, **options: calls.append(options["target"]))
    monkeypatch.setenv("INTERACTIVE_GYM_DATABASE", "")
    file = write_study(study)
    assert invoke("dev", file, "--no-open", "--database", address).exit_code == 0
    assert address not in calls[0]
    invoke("run", file)  # as the process that serves is started, with the same environment
    invoke("run", file, "--database", "postgresql://other/studies")
    assert [settings.database for _, settings in served] == [address, "postgresql://other/studies"]


def test_only_saved_sources_count_as_changes(tmp_path: Path) -> None:
    watched = dev.SourceFilter(tmp_path / "data")
    assert watched(Change.modified, str(tmp_path / "study.py"))
    assert watched(Change.modified, str(tmp_path / "welcome.html"))
    for other in ("data/study/server.json", "__pycache__/study.py", "study.pyc", ".git/a.py", "server.log"):
        assert not watched(Change.modified, str(tmp_path / other))


def test_dev_without_a_folder_says_so_in_one_line(tmp_path: Path) -> None:
    result = invoke("dev", tmp_path / "nowhere" / "study.py", "--no-open")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert f"there is no folder {tmp_path / 'nowhere'}" in result.stderr


def test_the_page_for_developers_is_opened_once_the_server_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: io.StringIO())
    dev._open("http://127.0.0.1:8000")
    assert opened == ["http://127.0.0.1:8000/dev"]


def test_demo_serves_an_example(served: list[tuple[str, Settings]], monkeypatch: pytest.MonkeyPatch) -> None:
    assert invoke("demo", "cart-pole", "--port", 9000).exit_code == 0
    assert [settings.port for _, settings in served] == [9000]


def test_demo_knows_its_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "mountain_car" in invoke("demo", "--list").output
    result = invoke("demo", "tetris")
    assert result.exit_code == 2 and "there is no example 'tetris'; there are:" in result.stderr


def test_an_installed_package_has_its_own_examples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "_examples").mkdir()
    for name in ("pong.py", "pong_draw.py", "__init__.py"):
        (tmp_path / "_examples" / name).write_text("")
    monkeypatch.setattr(examples, "_PACKAGE", tmp_path)
    assert examples.examples() == {"pong": tmp_path / "_examples" / "pong.py"}


def test_an_installation_without_examples_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(examples, "_PACKAGE", tmp_path / "src" / "package")
    with pytest.raises(ServerError, match="no examples"):
        examples.examples()


def test_the_version_is_printed() -> None:
    assert invoke("--version").output == f"interactive-gym {version('interactive-gym')}\n"


def test_help_does_not_load_the_server() -> None:
    code = (
        "import sys, interactive_gym.cli; "
        "loaded = {'interactive_gym.server', 'sqlalchemy', 'socketio', 'numpy'} & set(sys.modules); "
        "sys.exit(repr(loaded) if loaded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_file_is_imported_under_its_own_name_with_its_neighbours(study: Study) -> None:
    experiment = load_experiment(write_study(study))
    assert experiment.id == "study"
    assert experiment.sequence[1].page()["game"]["environment"] == "world:make"  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("empty.py", "", r"empty\.py defines no experiment\. Write"),
        ("bare.py", "import interactive_gym as ig\nbare = ig.Experiment('a')", r"bare has no scenes: add \.scenes"),
        ("syntax.py", "x = 1\nx ==== 2", r"syntax\.py:2: invalid syntax"),
        ("missing.py", "x = 1\nimport not_there_at_all", r"missing\.py:2: .*pip install not-there-at-all"),
        ("raises.py", "def f():\n    return {}['key']\nf()", r"raises\.py:2: KeyError: 'key'"),
        ("served.py", "import interactive_gym as ig\nig.Experiment('a').run()", r"served\.py:2: .*if __name__"),
        ("wrong.py", "import interactive_gym as ig\nig.Experiment('a b')", r"Experiment\(id\): 'a b' is not an id"),
        ("json.py", "", r"json\.py has the name of a module of Python"),
        ("notes.txt", "", r"notes\.txt is not a Python file"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(study: Study, name: str, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_experiment(study.write(name, text))


def test_the_line_of_a_neighbours_error_is_named(study: Study) -> None:
    study.write("world.py", "x = 1\nraise ValueError('no world')\n")
    with pytest.raises(ConfigError, match=r"world\.py:2: ValueError: no world"):
        load_experiment(study.write("my_study.py", "import world"))


def test_of_several_experiments_none_is_chosen(study: Study) -> None:
    text = """
    import interactive_gym as ig
    scenes = ig.StartScene("a"), ig.EndScene("b")
    first = ig.Experiment("first").scenes(*scenes)
    second = ig.Experiment("second").scenes(*scenes)
    """
    with pytest.raises(ConfigError, match="several experiments: first, second"):
        load_experiment(study.write("two.py", text))


def test_the_same_experiment_under_two_names_is_one(study: Study) -> None:
    text = """
    import interactive_gym as ig
    base = ig.Experiment("first")
    experiment = study = base.scenes(ig.StartScene("a"), ig.EndScene("b"))
    """
    assert load_experiment(study.write("one.py", text)).id == "first"


def test_the_log_levels_are_the_servers() -> None:
    assert [level.value for level in commands.LogLevel] == ["debug", "info", "warning", "error"]
