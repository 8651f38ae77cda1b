"""What may differ between two servers of the same experiment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from interactive_gym.data.database import from_environment

CLIENT_DIR = Path(__file__).parent.parent / "_client"

LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True)
class Settings:
    """How an experiment is served.

    Args:
        host: Address to listen on; ``"0.0.0.0"`` lets other machines in.
        port: TCP port; 0 takes any that is free.
        data_dir: Folder of all experiments; this one writes to ``<data_dir>/<experiment id>/`` and nowhere else.
        log_level: The least important lines that are logged.
        dev: Offers ``/dev``, from where a developer joins as several participants, and switches debugging on.
        client_dir: The built page.
        database: ``postgresql://user:password@host/database`` for the store; None for a file in the data folder.
            Else what the environment says, see ``data.database``.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("data")
    log_level: LogLevel = "info"
    dev: bool = False
    client_dir: Path = CLIENT_DIR
    database: str | None = field(default_factory=from_environment, repr=False)  # it may hold a password
