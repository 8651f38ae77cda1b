"""The viewer as an ASGI application: a page, and what it asks for. It changes nothing."""

from __future__ import annotations

import html
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route

from interactive_gym.data.study_folder import StudyFolder
from interactive_gym.errors import InteractiveGymError
from interactive_gym.replay import library
from interactive_gym.replay.supply import Supply
from interactive_gym.server.web import immutable, script_json, template

PROGRAM = Path(__file__).parent / "programs" / "replay_episode.py"
# What was recorded came from browsers: whatever it says, the page loads nothing from elsewhere and runs only itself.
PAGE_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
HOSTS = ["127.0.0.1", "localhost"]  # another site that names this machine gets no data
TYPES = {".mjs": "text/javascript", ".wasm": "application/wasm", ".whl": "application/zip"}

T = TypeVar("T")


class Viewer:
    """
    Args:
        session: The one that the page opens first.
        client_dir: The built page.
    """

    def __init__(self, study: StudyFolder, supply: Supply, session: str | None, client_dir: Path) -> None:
        self._study, self._supply, self._session = study, supply, session
        self._client_dir = client_dir
        self._template = template(client_dir / "replay.html")

    def app(self) -> Starlette:
        routes = [
            Route("/", self._page),
            Route("/api/sessions", self._sessions),
            Route("/api/sessions/{session}", self._one_session),
            Route("/api/sessions/{session}/episodes/{number:int}", self._episode),
            Route("/program.py", self._program),
            Route("/runtimes/{runtime}/archive.tar", self._archive),
            Route("/runtimes/{runtime}/pyodide/{file}", self._pyodide),
            Route("/pictures/{file}", self._picture),
            Mount("/assets", immutable(self._client_dir / "assets", "/assets/")),
        ]
        guard = Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False)
        return Starlette(routes=routes, middleware=[guard], exception_handlers={InteractiveGymError: _told})

    def _page(self, _: Request) -> Response:
        boot = script_json({"experiment_id": self._study.experiment_id, "session": self._session})
        record = f'<script type="application/json" id="boot">{boot}</script>'
        title = html.escape(f"{self._study.experiment_id}: replay")
        text = self._template.replace("<!--title-->", title).replace("<!--boot-->", record)
        return HTMLResponse(text, headers=PAGE_HEADERS)

    def _sessions(self, _: Request) -> Response:
        return JSONResponse(self._read(library.sessions_of))

    def _one_session(self, request: Request) -> Response:
        name = request.path_params["session"]
        session = self._read(lambda connection: library.session_of(connection, name))
        return JSONResponse({"seed": session.seed, "game": session.game, "source": self._supply.source(name)})

    def _episode(self, request: Request) -> Response:
        name, number = request.path_params["session"], request.path_params["number"]
        return JSONResponse(self._read(lambda connection: library.episode_of(connection, name, number)))

    def _program(self, _: Request) -> Response:
        return FileResponse(PROGRAM, media_type="text/plain", headers={"cache-control": "no-store"})

    def _archive(self, request: Request) -> Response:
        return _file(self._supply.archive(request.path_params["runtime"]))

    def _pyodide(self, request: Request) -> Response:
        return _file(self._supply.pyodide_file(request.path_params["runtime"], request.path_params["file"]))

    def _picture(self, request: Request) -> Response:
        return _file(self._supply.picture(request.path_params["file"]))

    def _read(self, query: Callable[[Connection], T]) -> T:
        return self._study.read(query)


def _file(path: Path | None) -> Response:
    if path is None:
        return Response(status_code=404)
    return FileResponse(path, media_type=TYPES.get(path.suffix), headers={"x-content-type-options": "nosniff"})


def _told(_: Request, error: Exception) -> Response:
    return JSONResponse({"problem": str(error)}, 409)
