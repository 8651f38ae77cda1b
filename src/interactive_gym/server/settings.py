"""What may differ between two servers of the same experiment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

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
    """

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path("data")
    log_level: LogLevel = "info"
    dev: bool = False
    client_dir: Path = CLIENT_DIR
