"""One experiment as one process: binds the port, says where it is, and stops without losing anything."""

from __future__ import annotations

import errno
import gc
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from interactive_gym.errors import ServerError
from interactive_gym.experiment import Experiment
from interactive_gym.protocol import MAX_CONTROL_BYTES
from interactive_gym.server.app import create_app
from interactive_gym.server.logs import Bridge
from interactive_gym.server.settings import Settings

GRACE_S = 5  # for requests that are under way when the server is told to stop
BACKLOG = 2048


def serve(experiment: Experiment, settings: Settings) -> None:
    """Serves ``experiment`` until the process is told to stop (SIGINT or SIGTERM), then stores what is still waiting.

    Prints the link as soon as participants can come.

    Args:
        experiment: With its scenes.
        settings: See there.

    Raises:
        ConfigError: The experiment cannot be packed for browsers, or a secret is not set.
        ServerError: The port is taken, the page has not been built, the data folder cannot be written, or another
            server has taken the study.
    """
    with listening(settings) as listener:
        app = create_app(experiment, settings)
        server = _Server(configured(app), lambda: _print_link(link(settings, listener)))
        app.state.end = server.end
        with _bridged(Bridge(app.state.desk.log)), _interrupted_quietly():
            server.run(sockets=[listener])
        if server.problem:
            raise ServerError(server.problem)


def configured(app: object) -> uvicorn.Config:
    """uvicorn as it was measured: deflating each message doubles memory and CPU, and a control message is small."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=2 * MAX_CONTROL_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACE_S,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
    )


def link(settings: Settings, listener: socket.socket) -> str:
    """Where a browser on this machine finds the server."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}/{'dev' if settings.dev else ''}"


class _Server(uvicorn.Server):
    """uvicorn, that says when it is ready, and then keeps the garbage collector away from what lives for ever."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self.problem = ""  # why it ended, if nobody told it to

    def end(self, problem: str) -> None:
        self.problem = problem
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # Took the p99 of 100 relayed pairs from 45-60 ms to 3.4: see the server's design.
            gc.freeze()
            gc.set_threshold(50_000, 20, 100)
            self._ready()


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The bound port: taken before anything slow is done, so that a second server is told at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)
        except OSError as error:
            raise _not_listening(settings, error) from error
        yield listener


def _not_listening(settings: Settings, error: OSError) -> ServerError:
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return ServerError(f"{where} is taken by another program. Stop it, or choose another port with --port.")
    if error.errno == errno.EACCES:
        return ServerError(f"{where} needs root. Choose a port above 1023 with --port.")
    return ServerError(f"Cannot listen on {where}: {error.strerror}. Choose another address with --host.")


@contextmanager
def _bridged(handler: logging.Handler) -> Iterator[None]:
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


@contextmanager
def _interrupted_quietly() -> Iterator[None]:
    """Ctrl-C is how a researcher ends a study; uvicorn has already stopped in good order when it raises this."""
    try:
        yield
    except KeyboardInterrupt:
        return


def _print_link(address: str) -> None:
    print(f"Participants join at {address}", flush=True)
