"""One experiment as one ASGI application."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import socketio
from starlette.applications import Starlette
from starlette.routing import Mount

from interactive_gym.data import archives, database, pictures
from interactive_gym.data.claim import claimed
from interactive_gym.data.files import Files
from interactive_gym.data.flat import write_json, write_table
from interactive_gym.data.provenance import note_start
from interactive_gym.data.store import Store
from interactive_gym.errors import ServerError
from interactive_gym.experiment import Experiment
from interactive_gym.export.codebook import HEADER, codebook_of_study
from interactive_gym.packaging import Runtime, build_runtime
from interactive_gym.packaging.plan import experiment_file
from interactive_gym.scenes import GymScene, Scene
from interactive_gym.scenes.assets import PictureFile
from interactive_gym.server.desk import Desk, clock
from interactive_gym.server.dev import Dev
from interactive_gym.server.endings import check_endings
from interactive_gym.server.hooking import Hooking
from interactive_gym.server.http import Http
from interactive_gym.server.ice import Ice
from interactive_gym.server.logs import LogFile
from interactive_gym.server.presence import Presence
from interactive_gym.server.pulse import Pulse
from interactive_gym.server.settings import Settings
from interactive_gym.server.sockets import Sockets
from interactive_gym.server.study import Study
from interactive_gym.server.tenure import Tenure
from interactive_gym.server.tokens import Tokens, study_key
from interactive_gym.server.web import Web


def create_app(experiment: Experiment, settings: Settings, *, runtime: Runtime | None = None) -> Starlette:
    """The application that serves ``experiment``, with its store open; its lifespan closes it.

    Args:
        experiment: With its scenes.
        settings: See there.
        runtime: What browsers load to run Python; built from the experiment if not given, which takes seconds.

    Raises:
        ConfigError: The experiment cannot be packed for browsers, a secret is not set, or an ICE server is wrong.
        ServerError: The data folder or the store cannot be written, or the page has not been built.
    """
    check_endings(experiment)
    ice = Ice(experiment.connections)
    made = runtime or build_runtime(experiment, settings.data_dir / ".cache")
    shown = {"debug": settings.dev, "console": experiment.consoles.capture}
    web = Web(experiment, made, settings.client_dir, **shown, pictures=_pictures(experiment))
    folder = _folder(settings.data_dir / experiment.id)
    with ExitStack() as opened:  # closed again if something goes wrong here, else by the lifespan
        desk = _desk(experiment, settings, folder, ice, opened)
        _describe(experiment, folder, made)
        _keep(desk.store, folder, made)
        pictures.keep(folder, {picture.file: picture.data for picture in _pictures(experiment)})
        sockets = Sockets(desk, made.archive_url or "")
        hooking = Hooking(experiment.hooked, desk.store, desk.log)
        opened.callback(hooking.close)
        return _assembled(desk, sockets, web, hooking, opened.pop_all(), dev=settings.dev)


def _desk(experiment: Experiment, settings: Settings, folder: Path, ice: Ice, opened: ExitStack) -> Desk:
    """The desk; what has to be closed in the end is put on ``opened``, in the order in which it is needed."""
    opened.enter_context(claimed(folder))
    place = database.of_study(folder, settings.database)
    log_file = LogFile(folder / "server.log", sys.stderr)
    opened.callback(log_file.close)
    log = log_file.logger(settings.log_level)
    store = Store(place.for_server())
    database.note(folder, place)
    opened.callback(log.info, "stopped")
    opened.callback(store.close)
    files = Files(store, folder, log)
    opened.callback(files.close)
    return Desk(Study(experiment), store, files, Tokens(study_key(folder / "secret.key")), Presence(), ice, log)


def _assembled(desk: Desk, sockets: Sockets, web: Web, hooking: Hooking, opened: ExitStack, *, dev: bool) -> Starlette:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with opened:
            desk.log.info("started", experiment_id=desk.study.experiment.id)
            await sockets.gathering.restart()
            await sockets.matches.restore()
            desk.files.update()
            hooking.start()
            pulse = Pulse(desk, sockets.matches)
            tenure = Tenure(desk, lambda problem: app.state.end(problem))
            watchers = (sockets.desertion, sockets.news, sockets.watching, sockets.gathering.restarting, pulse, tenure)
            watching = [asyncio.create_task(one.watch()) for one in watchers]
            yield
            for one in watching:
                one.cancel()
            await asyncio.gather(*watching, return_exceptions=True)

    doors = Mount("/socket.io", socketio.ASGIApp(sockets.io))
    routes = [doors, *Http(desk).routes(), *(Dev(desk).routes() if dev else ()), *web.routes()]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.desk = desk
    app.state.end = lambda problem: None  # for whoever serves the app: it is of no use any more, and why
    app.state.matches = sockets.matches
    app.state.restarting = sockets.gathering.restarting
    return app


def _keep(store: Store, folder: Path, runtime: Runtime) -> None:
    """What participants are given to play with stays with what they will have played."""
    name = archives.keep(folder, runtime)
    if name is not None:
        store.submit(lambda connection: archives.note_served(connection, name, now=clock())).result()


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(
            f"The data folder {path} cannot be made: {error.strerror}. Choose another --data-dir."
        ) from error
    return path


def _pictures(experiment: Experiment) -> list[PictureFile]:
    return [picture for scene in experiment.sequence if isinstance(scene, GymScene) for picture in scene.pictures]


def _drawn(scene: GymScene) -> dict[str, object]:
    """What its page does not say: in a session, the seed and the options may be others."""
    return {"seed": scene.seed, "factors": {name: asdict(factor) for name, factor in scene.differing.items()}}


def _describe(experiment: Experiment, folder: Path, runtime: Runtime) -> None:
    """The scenes as they are shown, and what the data will have been made with."""
    scenes = [_described(scene, position) for position, scene in enumerate(experiment.sequence)]
    for scene in scenes:
        write_json(folder / "scenes" / f"{scene['id']}.json", scene)
    write_table(folder / "codebook.csv", (HEADER, codebook_of_study({scene["id"]: scene for scene in scenes})))
    note_start(
        folder / "provenance.json",
        experiment_id=experiment.id,
        archive=runtime.archive_url,
        now=clock(),
        file=experiment_file(experiment),
        scenes=scenes,
    )


def _described(scene: Scene, position: int) -> dict[str, Any]:
    drawn = _drawn(scene) if isinstance(scene, GymScene) else {}
    return {"id": scene.id, "kind": scene.kind, "position": position, **drawn, **scene.page()}
