"""``python -m benchmarks.programs.relay_server FOLDER PORT``: a server whose matches a benchmark opens by itself.

POST /bench/match   {"session": id, "members": [participant, participant]}
GET  /bench/cpu     seconds of processor time that this process has used
WS   /bench/bare    the baseline: what the first of a pair sends goes to the second, and back; ?pair=NAME
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from unittest.mock import patch

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from interactive_gym.data.matches import Member
from interactive_gym.server import run
from interactive_gym.server.app import create_app
from interactive_gym.server.settings import Settings
from tests.server.matched import game
from tests.server.running import built, experiment

FPS = 60


class Bare:
    """A websocket route that passes bytes on and does nothing else."""

    def __init__(self) -> None:
        self._pairs: dict[str, list[WebSocket]] = {}

    async def serve(self, line: WebSocket) -> None:
        await line.accept()
        pair = self._pairs.setdefault(line.query_params["pair"], [])
        pair.append(line)
        try:
            while True:
                data = await line.receive_bytes()
                for other in pair:
                    if other is not line:
                        await other.send_bytes(data)
        except WebSocketDisconnect:
            pair.remove(line)


async def cpu(_: Request) -> JSONResponse:
    return JSONResponse(time.process_time())


def main(folder: Path, port: int) -> None:
    client, runtime = built(folder)
    settings = Settings(port=port, data_dir=folder / "data", client_dir=client, log_level="error")
    app = create_app(experiment(), settings, runtime=runtime)

    async def match(request: Request) -> JSONResponse:
        wanted = await request.json()
        members = [Member(str(peer), peer, who) for peer, who in enumerate(wanted["members"])]
        app.state.matches.open(wanted["session"], game(fps=FPS), members)
        return JSONResponse(None)

    app.router.routes[:0] = [
        Route("/bench/match", match, methods=["POST"]),
        Route("/bench/cpu", cpu),
        WebSocketRoute("/bench/bare", Bare().serve),
    ]
    with patch.object(run, "create_app", return_value=app):
        run.serve(experiment(), settings)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
