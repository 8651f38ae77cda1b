"""A study needs its own server and nothing else of the network."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from tests.e2e.harness import STUDIES, Participant, Server
from tests.e2e.steps import into_counting


def test_a_whole_study_asks_no_other_host(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "counting.py")
    ada = participant(None)
    asked: list[str] = []
    ada.page.context.on("request", lambda request: asked.append(request.url))
    ada.page.on("websocket", lambda socket: asked.append(socket.url.replace("ws://", "http://")))
    ada.page.goto(served.url)
    into_counting(ada)
    ada.sees("completion_code")
    addresses = [address for address in map(urlsplit, asked) if address.scheme not in ("data", "blob")]
    assert {f"{address.scheme}://{address.netloc}" for address in addresses} == {served.url}
    first_parts = {address.path.split("/")[1] for address in addresses}
    assert {"", "assets", "pyodide", "archives", "api", "socket.io"} <= first_parts, "all of it was seen"
