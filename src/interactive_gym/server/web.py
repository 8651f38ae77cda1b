"""What a browser loads: the page with its boot record, and files that never change under their address."""

from __future__ import annotations

import html
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from servestatic import ServeStaticASGI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

from interactive_gym.errors import ServerError
from interactive_gym.experiment import Experiment
from interactive_gym.packaging import Runtime
from interactive_gym.protocol import PROTOCOL_VERSION, Asset, Boot
from interactive_gym.scenes.assets import PictureFile

PAGE_HEADERS = {
    "cache-control": "no-store",  # the page names the files of this very server
    "referrer-policy": "same-origin",  # its address may hold a participant's id
    "x-content-type-options": "nosniff",
}
PICTURE_HEADERS = {
    "cache-control": "public, max-age=315360000, immutable",  # its address is its content
    "x-content-type-options": "nosniff",
}


class Web:
    """The routes of the page and of what it loads.

    Args:
        experiment: The study.
        runtime: Pyodide and the archive of the study.
        client_dir: The built page.
        debug: Whether the page shows what developers want to see.
        console: Whether it captures what is written to the browser's console.
        pictures: The files that the games' draw functions name.

    Raises:
        ServerError: The page has not been built.
    """

    def __init__(
        self,
        experiment: Experiment,
        runtime: Runtime,
        client_dir: Path,
        *,
        debug: bool,
        console: bool = True,
        pictures: Iterable[PictureFile] = (),
    ) -> None:
        self._experiment = experiment
        self._runtime = runtime
        self._client_dir = client_dir
        self._debug, self._console = debug, console
        self._pictures = {picture.file: picture for picture in pictures}
        self._template = template(client_dir / "index.html")

    def routes(self) -> list[Route | Mount]:
        """The last of them takes any single name as a subject's id, so they belong behind all others."""
        return [
            *self._mounts(),
            Route("/pictures/{file}", self._picture, methods=["GET"]),
            Route("/", self._page, methods=["GET"]),
            Route("/{subject_id}", self._page, methods=["GET"]),
        ]

    def _mounts(self) -> list[Mount]:
        places = {"/assets/": self._client_dir / "assets", self._runtime.pyodide_url: self._runtime.pyodide_dir}
        if self._runtime.archive:
            places["/archives/"] = self._runtime.archive.parent
        return [Mount(url.rstrip("/"), immutable(folder, url)) for url, folder in places.items()]

    async def _picture(self, request: Request) -> Response:
        """As it was read when the experiment was built; its name is looked up, and never a path."""
        picture = self._pictures.get(request.path_params["file"])
        if picture is None:
            return Response(status_code=404)
        return Response(picture.data, 200, PICTURE_HEADERS, picture.format.media_type)

    async def _page(self, request: Request) -> Response:
        subject = request.path_params.get("subject_id") or self._experiment.recruits.subject_of(request.query_params)
        boot = script_json(self._boot(subject))
        record = f'<script type="application/json" id="boot">{boot}</script>'
        title = html.escape(self._experiment.id)
        return HTMLResponse(
            self._template.replace("<!--title-->", title).replace("<!--boot-->", record), 200, PAGE_HEADERS
        )

    def _boot(self, subject_id: str | None) -> Boot:
        made = self._runtime
        archive = Asset(made.archive_url, made.archive_bytes) if made.archive_url else None
        return Boot(
            protocol=PROTOCOL_VERSION,
            experiment_id=self._experiment.id,
            subject_id=subject_id,
            pyodide=made.pyodide_url,
            pyodide_bytes=made.pyodide_bytes,
            packages=list(made.packages),
            archive=archive,
            debug=self._debug,
            console=self._console,
        )


def script_json(value: object) -> str:
    """``value`` as JSON that nothing inside can end the script element of, whatever text it holds."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def template(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        fix = "Install the package again: pip install ."
        raise ServerError(f"The page for participants has not been built: there is no {path}. {fix}") from None


def immutable(folder: Path, prefix: str) -> Any:
    """The files of ``folder``, whose names carry their hashes; sent as ``.br`` or ``.gz`` where the build left one."""
    return ServeStaticASGI(Starlette(), folder, prefix, immutable_file_test=lambda path, url: True)
