"""``interactive-gym parity``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from interactive_gym.cli.errors import errors_in_one_line

if TYPE_CHECKING:
    from interactive_gym.data.parity_report import Compared

STATUSES = ("identical", "mismatch", "incomplete", "alone")


def parity(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="The folder of a study, data/<experiment id>.", show_default=False)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Tell whether the players of each episode recorded the same, and where they did not."""
    from interactive_gym.data.parity_report import report
    from interactive_gym.data.study_folder import opened

    with errors_in_one_line(), opened(study) as found:
        compared = found.read(lambda connection: list(report(connection)))
    counted: Counter[str] = Counter(one.status for one in compared)
    if as_json:
        episodes = [vars(one) for one in compared]
        summary = {"episodes": len(compared), **{status: counted[status] for status in STATUSES}}
        sys.stdout.write(f"{json.dumps({'study': study.name, 'episodes': episodes, 'summary': summary}, indent=2)}\n")
    else:
        _print(compared, {status: counted[status] for status in STATUSES if counted[status]})
    if counted["mismatch"]:
        raise typer.Exit(1)


def _print(compared: Sequence[Compared], counted: dict[str, int]) -> None:
    from rich.table import Table

    table = Table("session", "scene", "episode", "frames", "parity", "frames of players", "first difference", box=None)
    for one in compared:
        key = (one.session_id, one.scene_id, str(one.episode), str(one.frames), one.status)
        players = ", ".join(f"{player}: {frames}" for player, frames in one.players.items())
        values = ", ".join(f"{player}: {value}" for player, value in one.values.items())
        where = "" if one.frame is None else f"frame {one.frame}, {one.column} ({values})"
        table.add_row(*key, players, where)
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    console.print(table)
    console.print(", ".join(f"{number} {status}" for status, number in counted.items()) or "no complete episodes")
