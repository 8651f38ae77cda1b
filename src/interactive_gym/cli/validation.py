"""``interactive-gym validation``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from interactive_gym.cli.errors import errors_in_one_line


def validation(
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="The folder of a study, data/<experiment id>.", show_default=False)
    ],
    session: Annotated[str, typer.Argument(metavar="SESSION", help="The id of a game session.", show_default=False)],
    episode: Annotated[
        int | None, typer.Option(min=0, help="This episode alone; else all of the session.", show_default=False)
    ] = None,
) -> None:
    """Print all that is known of one game as JSON, frame by frame: who recorded what, digests, rollbacks, events."""
    from interactive_gym.data.study_folder import opened
    from interactive_gym.data.validation import validation as known

    with errors_in_one_line(), opened(study) as found:
        content = found.read(lambda connection: known(connection, session, episode))
    sys.stdout.write(f"{json.dumps(content, ensure_ascii=False, indent=1)}\n")
