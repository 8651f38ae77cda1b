"""The viewer on a port of this machine, until Ctrl-C."""

from __future__ import annotations

import asyncio
import socket
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from interactive_gym.data.study_folder import opened
from interactive_gym.errors import ConfigError
from interactive_gym.replay.app import Viewer
from interactive_gym.replay.library import sessions_of
from interactive_gym.replay.supply import supplied
from interactive_gym.server.run import configured, listening
from interactive_gym.server.settings import CLIENT_DIR, Settings

if TYPE_CHECKING:
    from interactive_gym.experiment import Experiment


def watch(
    folder: Path,
    session: str | None,
    *,
    experiment: Experiment | None = None,
    port: int = 0,
    open_page: bool = True,
    client_dir: Path = CLIENT_DIR,
) -> None:
    """Serves the viewer of the study in ``folder`` to this machine until Ctrl-C, and prints where it is.

    Args:
        session: The one that it opens first.
        experiment: Whose Python to replay with, as it is now; else with that which is kept with the study.
        port: 0 takes any that is free.
        open_page: In the researcher's browser.

    Raises:
        ConfigError: There is no study in the folder, no such session in it, or nothing to replay.
        ServerError: The port is taken, or the store cannot be read.
    """
    with opened(folder) as study, supplied(study, experiment) as supply, listening(Settings(port=port)) as listener:
        known = {one["id"] for one in study.read(sessions_of)}
        if not known:
            raise ConfigError(f"In {folder} nothing of any game is recorded yet: there is nothing to replay.")
        if session is not None and session not in known:
            raise ConfigError(f"Nothing is recorded of a session {session!r}; sessions.csv has them all.")
        app = Viewer(study, supply, session, client_dir).app()
        _serve(app, listener, webbrowser.open if open_page else None)


def _serve(app: object, listener: socket.socket, open_page: Callable[[str], object] | None) -> None:
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            print(f"The replay viewer is at {address} (Ctrl-C ends it)", flush=True)
            if open_page is not None:
                await asyncio.to_thread(open_page, address)

    with suppress(KeyboardInterrupt):  # that is how it ends
        Server(configured(app)).run(sockets=[listener])
