"""``interactive-gym replay``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interactive_gym.cli.dev import has_screen
from interactive_gym.cli.errors import errors_in_one_line
from interactive_gym.cli.loading import load_experiment


def replay(
    study: Annotated[Path, typer.Argument(help="The study's folder, data/<experiment id>.", show_default=False)],
    session: Annotated[str | None, typer.Argument(help="The id of the session to open first.")] = None,
    experiment: Annotated[
        Path | None, typer.Option(help="Replay with the Python of this experiment file, not with the one kept.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port; 0 takes any that is free.")] = 0,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in your browser.")] = True,
) -> None:
    """Watch recorded episodes in your browser: every frame, as it was and as each player saw it."""
    with errors_in_one_line():
        from interactive_gym.replay.serving import watch

        loaded = None if experiment is None else load_experiment(experiment)
        watch(study, session, experiment=loaded, port=port, open_page=open_page and has_screen())
