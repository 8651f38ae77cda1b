"""What a browser loads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

import interactive_gym as ig
from interactive_gym.protocol import PROTOCOL_VERSION
from interactive_gym.server.web import Web, script_json
from tests.scenes import kitchen
from tests.server.running import Participant, Running, built, experiment

PICTURES = Path(kitchen.__file__).parent / "pictures"

Serve = Callable[..., Running]


def boot_of(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


def test_the_page_carries_what_it_needs_to_begin(server: Running) -> None:
    answer = httpx.get(f"{server.url}/ann")
    assert answer.headers["cache-control"] == "no-store"
    assert "<title>study</title>" in answer.text
    assert boot_of(answer.text) == {
        "protocol": PROTOCOL_VERSION,
        "experiment_id": "study",
        "subject_id": "ann",
        "pyodide": "/pyodide/1-abc/",
        "pyodide_bytes": 12,
        "packages": ["numpy"],
        "archive": {"url": "/archives/abc.tar", "bytes": 300},
        "debug": False,
        "console": True,
    }
    assert boot_of(httpx.get(server.url).text)["subject_id"] is None


def test_the_page_is_told_not_to_capture_its_console(serve: Serve) -> None:
    server = serve(experiment().console(capture=False))
    assert boot_of(httpx.get(server.url).text)["console"] is False


def test_no_subject_can_end_the_script(server: Running) -> None:
    wicked = "</script><script>alert(1)<!--&"
    answer = httpx.get(f"{server.url}/%3C%2Fscript%3E%3Cscript%3Ealert(1)%3C!--&")
    assert answer.status_code == 404, "a slash is another path"
    assert "<" not in script_json({"subject_id": wicked})
    assert json.loads(script_json({"subject_id": wicked})) == {"subject_id": wicked}
    page = httpx.get(f"{server.url}/%3Cscript%3Ealert(1)%3C!--").text
    assert boot_of(page)["subject_id"] == "<script>alert(1)<!--"
    assert page.count("<script") == 1


@pytest.mark.parametrize(("accepted", "encoding", "body"), [("br, gzip", "br", b"br"), ("gzip", "gzip", b"gzip")])
def test_files_are_sent_as_they_were_compressed(server: Running, accepted: str, encoding: str, body: bytes) -> None:
    with httpx.stream("GET", f"{server.url}/assets/main-abc.js", headers={"accept-encoding": accepted}) as answer:
        assert b"".join(answer.iter_raw()) == body
    assert answer.headers["content-encoding"] == encoding
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/assets/main-abc.js", "text/javascript"),
        ("/pyodide/1-abc/pyodide.mjs", "text/javascript"),
        ("/pyodide/1-abc/pyodide.asm.wasm", "application/wasm"),
        ("/archives/abc.tar", "application/octet-stream"),
    ],
)
def test_files_say_what_they_are(server: Running, path: str, kind: str) -> None:
    answer = httpx.head(f"{server.url}{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == kind


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/none.js",
        "/assets/../index.html",
        "/assets/..%2f..%2fdata%2fstudy%2fsecret.key",
        "/assets/%2e%2e/%2e%2e/data/study/study.db",
        "/archives/../data/study/secret.key",
        "/pyodide/1-abc/%00",
        "/dev/x",
        "/api/none",
    ],
)
def test_nothing_else_is_served(server: Running, path: str) -> None:
    connection = HTTPConnection("127.0.0.1", server.port)  # it leaves the path as it is
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()


async def test_the_developers_page_shows_who_is_where(serve: Serve, arrive: Callable[..., Participant]) -> None:
    server = serve(dev=True)
    page = httpx.get(f"{server.url}/dev").text
    assert '<a href="/dev-1" target="_blank" rel="noopener">Join as participant 1</a>' in page
    assert boot_of(httpx.get(server.url).text)["debug"] is True
    one = arrive(server, subject="dev-1")
    await one.join()
    await one.connect()
    await arrive(server, subject="<b>dev</b>-7").join()
    page = httpx.get(f"{server.url}/dev").text
    assert "Join as participant 1<" not in page
    assert "Join as participant 5<" in page
    assert re.search(r"dev-1</a></td><td>arrived</td><td>welcome</td><td></td><td>yes</td>", page)
    assert "<b>" not in page


def test_participants_find_no_developers_page(server: Running) -> None:
    assert boot_of(httpx.get(f"{server.url}/dev").text)["subject_id"] == "dev"


def test_health(server: Running) -> None:
    answer = httpx.get(f"{server.url}/healthz")
    assert (answer.status_code, answer.json()["status"], answer.json()["experiment_id"]) == (200, "ok", "study")


def test_a_page_that_was_never_built_is_said_in_one_line(tmp_path: Path) -> None:
    _, runtime = built(tmp_path)
    with pytest.raises(ig.ServerError, match="has not been built") as error:
        Web(ig.Experiment("study"), runtime, tmp_path / "nowhere", debug=False)
    assert "\n" not in str(error.value)


def test_pictures_are_served_as_they_were_read_and_nothing_beside_them(serve: Serve) -> None:
    scene = kitchen.complete_game().assets(folder=PICTURES, sheets={"chef": ("chef.png", (16, 16))})
    server = serve(ig.Experiment("study").scenes(ig.StartScene("welcome"), scene, ig.EndScene("thanks")))
    (picture,) = scene.pictures
    answer = httpx.get(f"{server.url}/pictures/{picture.file}")
    assert answer.content == (PICTURES / "chef.png").read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in answer.headers["cache-control"]
    for none in ("chef.png", "..%2f..%2fstudy.db", picture.file.upper(), "%00"):
        assert httpx.get(f"{server.url}/pictures/{none}").status_code == 404
