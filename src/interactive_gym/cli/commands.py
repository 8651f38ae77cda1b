"""The commands and their options."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from interactive_gym.cli.dev import open_when_ready, serve_and_watch
from interactive_gym.cli.errors import errors_in_one_line
from interactive_gym.cli.examples import example, examples
from interactive_gym.cli.export import export
from interactive_gym.cli.forget import forget
from interactive_gym.cli.loading import load_experiment
from interactive_gym.cli.parity import parity
from interactive_gym.cli.replay import replay
from interactive_gym.cli.validation import validation
from interactive_gym.cli.verify import verify

app = typer.Typer(
    name="interactive-gym",
    help="Turn a Python environment into a browser experiment with human participants.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

DATABASE_VARIABLE = "INTERACTIVE_GYM_DATABASE"


class LogLevel(StrEnum):
    """How much the console and the log file say."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


File = Annotated[Path, typer.Argument(help="The Python file that defines the experiment.", show_default=False)]
Host = Annotated[str, typer.Option(help='Address to listen on; "0.0.0.0" lets other machines in.')]
Port = Annotated[int, typer.Option(min=0, max=65535, help="TCP port to listen on; 0 takes any that is free.")]
DataDir = Annotated[Path, typer.Option(help="Folder for everything that is recorded.")]
Database = Annotated[
    str | None,
    typer.Option(
        envvar=DATABASE_VARIABLE,
        show_envvar=False,
        help="PostgreSQL for the store, postgresql://user:password@host/name; else a file in the data folder.",
        show_default=False,
    ),
]
Level = Annotated[LogLevel, typer.Option(help='How much is logged; "debug" also shows tracebacks of errors.')]


def main() -> None:
    """The program ``interactive-gym``."""
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"interactive-gym {version('interactive-gym')}")
        raise typer.Exit()


@app.callback()
def _program(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    file: File,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: DataDir = Path("data"),
    database: Database = None,
    log_level: Level = LogLevel.info,
    dev_page: Annotated[bool, typer.Option("--dev-page", hidden=True)] = False,
) -> None:
    """Serve an experiment until Ctrl-C."""
    with _errors_in_one_line(log_level):
        _serve(file, host, port, data_dir, log_level, database, dev=dev_page)


@app.command()
def dev(
    file: File,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: DataDir = Path("data"),
    database: Database = None,
    log_level: Level = LogLevel.info,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in your browser.")] = True,
) -> None:
    """Serve an experiment, start again on every save, with a page that opens participants side by side."""
    options = ["--host", host, "--port", str(port), "--data-dir", str(data_dir), "--log-level", log_level.value]
    if database is not None:
        os.environ[DATABASE_VARIABLE] = database  # everybody on the machine can see the options of a process
    if open_page:
        open_when_ready(host, port)
    with _errors_in_one_line(log_level):
        serve_and_watch(file, options, data_dir)


@app.command()
def demo(
    name: Annotated[str, typer.Argument(help="Which example; see --list.")] = "mountain_car",
    host: Host = "127.0.0.1",
    port: Port = 8000,
    data_dir: DataDir = Path("data"),
    database: Database = None,
    log_level: Level = LogLevel.info,
    list_all: Annotated[bool, typer.Option("--list", help="List the examples and leave.")] = False,
) -> None:
    """Serve one of the examples."""
    with _errors_in_one_line(log_level):
        if list_all:
            typer.echo("\n".join(f"{known}  {path}" for known, path in examples().items()))
            return
        _serve(example(name), host, port, data_dir, log_level, database, dev=False)


@app.command()
def check(
    file: File,
    all_files: Annotated[bool, typer.Option("--files", help="List every file that a participant receives.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Tell what would go wrong before participants come: imports, actions, snapshots, determinism, cost, files."""
    from interactive_gym.checking import check_experiment, print_report

    with _errors_in_one_line(LogLevel.info):
        report = check_experiment(load_experiment(file), file)
        print_report(report, Console(), all_files=all_files, as_json=as_json)
    if report.errors:
        raise typer.Exit(1)


app.command()(replay)
app.command()(parity)
app.command()(verify)
app.command()(validation)


app.command()(export)
app.command()(forget)


def _serve(
    file: Path, host: str, port: int, data_dir: Path, log_level: LogLevel, database: str | None, *, dev: bool
) -> None:
    from interactive_gym.server.run import serve  # imports that `--help` need not wait for
    from interactive_gym.server.settings import Settings

    serve(load_experiment(file), Settings(host, port, data_dir, log_level.value, dev, database=database))


@contextmanager
def _errors_in_one_line(log_level: LogLevel) -> Iterator[None]:
    with errors_in_one_line(tracebacks=log_level is LogLevel.debug):
        yield
