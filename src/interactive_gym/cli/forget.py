"""``interactive-gym forget``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interactive_gym.cli.errors import errors_in_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from interactive_gym.data.erasing import Game, Plan

StudyDir = Annotated[
    Path, typer.Argument(metavar="STUDY", help="The folder of a study, data/<experiment id>.", show_default=False)
]
Who = Annotated[
    str,
    typer.Argument(metavar="PARTICIPANT", help="Their id here, or what the platform calls them.", show_default=False),
]


def forget(
    study: StudyDir,
    participant: Who,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be removed, and leave.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove all data of one participant, who has withdrawn it. The server must not be running."""
    from interactive_gym.data.forgetting import forget as forgotten
    from interactive_gym.data.forgetting import planned

    with errors_in_one_line():
        plan = planned(study, participant)
        typer.echo(_told(plan) if plan else "An earlier command was interrupted. The files are still to be cleaned.")
        if dry_run:
            return
        if not yes:
            typer.confirm("This cannot be undone. Remove it?", abort=True)
        done = forgotten(study, participant)
    typer.echo("Removed.")
    for path in done.exports:
        typer.echo(f"Still there: {path} was exported before. Export again, and tell whoever has a copy.")
    for path in done.mentions:
        typer.echo(f"Still there: {path} names them. It is not ours; see to it yourself.")


def _told(plan: Plan) -> str:
    lines = [f"{plan.participant_id}", "  removed:"]
    lines += [f"    {number} of {table}" for table, number in plan.counts.items() if number]
    lines += ["    ids of the platform, attributes, code and outcome; their lines of the log"]
    if plan.too_short:
        lines += [f"    {plan.too_short!r} is too short to be looked for in what hooks, forms and others' data say"]
    lines += _games(plan.alone, "all that was played alone")
    if plan.shared:
        lines += [
            "    of games with others: what they were like on their machine, and what the game was told of them",
            "  stays, as it is the others' data too, under a new id of which nothing else is known:",
            *_games(plan.shared, "all that was played together, with the actions of all"),
        ]
    return "\n".join(lines)


def _games(games: Sequence[Game], what: str) -> list[str]:
    return [f"    {game.scene_id} {game.session_id}: {what}, {game.frames} frames" for game in games]
