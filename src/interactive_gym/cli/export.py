"""The command that writes a study's data as files for others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console

from interactive_gym.cli.errors import errors_in_one_line
from interactive_gym.errors import ConfigError

T = TypeVar("T")


class Format(StrEnum):
    """What an export is for."""

    csv = "csv"
    parquet = "parquet"
    minari = "minari"
    overcooked_ai = "overcooked-ai"
    psych_ds = "psych-ds"
    all = "all"


def export(
    study: Annotated[Path, typer.Argument(help="The study's folder, data/<experiment id>.", show_default=False)],
    format: Annotated[Format, typer.Option(help="As what; all of them that the study can fill.")] = Format.csv,
    to: Annotated[Path | None, typer.Option(help="Folder in which each format gets one.")] = None,
    anonymise: Annotated[bool, typer.Option("--anonymise", help="Leave out what tells who took part.")] = False,
    since: Annotated[str, typer.Option(help="Leave out what began before this time, ISO 8601.")] = "",
    platform_ids: Annotated[
        bool, typer.Option("--platform-ids", help="With the private table that tells who everybody is.")
    ] = False,
) -> None:
    """Write a study's data as CSV, Parquet, Minari datasets, Overcooked-AI's table or a Psych-DS folder."""
    from rich.progress import Progress  # imports that `--help` need not wait for

    from interactive_gym.export import FORMATS, Wish
    from interactive_gym.export import export as write

    console = Console(stderr=True)
    with errors_in_one_line():
        formats = tuple(FORMATS) if format is Format.all else (format.value,)
        wish = Wish(study, formats, to, anonymise, _moment(since), platform_ids)
        with Progress(console=console, transient=True) as progress:

            def track(items: Iterable[T], name: str, total: int) -> Iterable[T]:
                return progress.track(items, total=total, description=name)

            written = write(wish, track, lambda text: progress.console.print(text, highlight=False))
    for folder in written:
        typer.echo(str(folder))


def _moment(text: str) -> float | None:
    """Unix seconds; a time without a zone is UTC."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--since {text!r} is no time; write it like 2026-01-31 or 2026-01-31T12:00+01:00") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
