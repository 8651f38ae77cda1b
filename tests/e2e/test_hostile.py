"""Everything that comes from a browser is hostile, and no browser gets what is the server's."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, Request

from tests.e2e.harness import PATIENCE_S, STUDIES, Participant, Server

CODE = "ONLY-THE-SERVER-KNOWS-77"
MARKUP = (
    """<img src=planted onerror="window.owned=1;alert(1)"><script>window.owned=1</script>"'</textarea>{{7*7}}&lt;"""
)
SUBJECT = "<!--<script <img src=planted onerror=window.owned=1>"  # unless escaped, the first two swallow the page
SERVERS_OWN = {"server", "data", "cli", "checking", "packaging", "protocol.py"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("answers")
    server = Server(
        STUDIES / "answers.py", data, options=("--dev-page", "--log-level", "debug"), environ={"E2E_STUDY_CODE": CODE}
    )
    yield server.start()
    server.stop()


class Watch:
    """Notes whatever would show that planted markup has come to life in a browser."""

    def __init__(self, context: BrowserContext) -> None:
        self.signs: list[str] = []
        context.on("dialog", self._dialog)
        context.on("request", self._request)

    def _dialog(self, dialog: Dialog) -> None:
        self.signs.append(dialog.message)
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        if request.url.endswith("/planted"):
            self.signs.append(request.url)

    def check(self, page: Page) -> None:
        assert page.evaluate("window.owned === undefined && document.querySelector('[src=planted]') === null")
        assert self.signs == []


def boot(served: Server) -> dict[str, Any]:
    record = re.search(r'id="boot">(.*?)</script>', httpx.get(served.url).text)
    assert record
    return dict(json.loads(record[1]))


def test_what_participants_type_and_bring_along_is_never_html(
    served: Server, participant: Callable[..., Participant]
) -> None:
    ada = participant(None)
    watch = Watch(ada.page.context)
    ada.page.goto(f"{served.url}/{quote(SUBJECT, safe='')}?PROLIFIC_PID={quote(MARKUP, safe='')}")
    ada.sees("start")
    watch.check(ada.page)
    ada.press_primary()
    ada.sees("static")
    ada.page.fill("input[name=name]", MARKUP)
    ada.page.fill("textarea", f"{MARKUP}\n=1+1")
    ada.page.focus("button.primary")
    ada.press("Enter")
    ada.sees("gym")
    ada.page.reload()
    ada.press_primary()
    ada.sees("playing")
    watch.check(ada.page)
    ada.page.goto(f"{served.url}/dev")
    ada.page.wait_for_selector("td >> text=p-")
    watch.check(ada.page)

    (person,) = [row for row in served.table("platform_ids.csv") if row["subject_id"] == SUBJECT]
    assert json.loads(person["query"])["PROLIFIC_PID"] == MARKUP
    answers = [row for row in served.table("responses.csv") if row["participant_id"] == person["participant_id"]]
    assert {row["name"]: row["value"] for row in answers} == {"name": MARKUP, "more": f"{MARKUP}\n=1+1"}


def test_the_token_of_another_participant_opens_nothing_of_mine(
    served: Server, participant: Callable[..., Participant]
) -> None:
    ada = participant(served.url)
    ada.press_primary()
    ada.sees("static")
    with ada.page.expect_request("**/api/resume") as asked:
        ada.page.focus("button.primary")
        ada.press("Enter")
    hers: dict[str, str] = asked.value.post_data_json  # type: ignore[assignment]
    with httpx.Client(base_url=served.url) as mallory:
        mallory.headers["authorization"] = f"Bearer {mallory.post('/api/join', json={}).json()['token']}"
        refused = mallory.post("/api/resume", json=hers)
        assert (refused.status_code, refused.json()["reason"]) == (403, "not_your_session")
        end = {"kind": "episode_end", "episode": 0, "generation": 0, "frames": 0, "end_reason": "terminated"}
        receipt = mallory.post("/api/records", json={"items": [{**end, "session_id": hers["session_id"]}]}).json()
        assert [item["reason"] for item in receipt["refused"]] == ["not_your_session"]


def test_a_log_line_cannot_be_forged(served: Server) -> None:
    event = {"kind": "event", "id": "e-1", "name": "x", "severity": "error", "client_ms": 1, "data": {"a\nb": "c\nd"}}
    reason = "quiet\n2026-01-01T00:00:00Z [info     ] forged \x1b[2J"
    with httpx.Client(base_url=served.url) as mallory:
        mallory.headers["authorization"] = f"Bearer {mallory.post('/api/join', json={}).json()['token']}"
        assert mallory.post("/api/records", json={"items": [{**event, "reason": reason}]}).json()["accepted"] == 1
    for log in (served.folder / "server.log", served.log):
        text = log.read_text()
        assert "forged" in text
        assert not re.search(r"^2026-01-01T", text, re.M)
        assert "\x1b[2J" not in text


@pytest.mark.parametrize("up", ["../", "%2e%2e/", "..%2f", "%2e%2e%2f", "..%5c", "%252e%252e%252f", "....//", "/"])
def test_no_path_leads_out_of_what_is_served(served: Server, up: str) -> None:
    record = boot(served)
    places = ("/assets/", record["pyodide"], "/archives/")
    targets = ("index.html", "answers/secret.key", "answers/study.db", "etc/passwd")
    connection = HTTPConnection("127.0.0.1", served.port)  # it leaves a path as it is
    for place in places:
        for times in (1, 2, 9):
            for target in targets:
                connection.request("GET", f"{place}{up * times}{target}")
                answer = connection.getresponse()
                assert (answer.status, b"root:" in answer.read()) == (404, False), f"{place}{up * times}{target}"
    connection.close()


def test_the_archive_holds_nothing_of_the_servers_and_no_secret(served: Server) -> None:
    content = httpx.get(f"{served.url}{boot(served)['archive']['url']}").content
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = {name for name in archive.getnames() if name.startswith("interactive_gym/")}
    assert "interactive_gym/browser/runtime.py" in names
    assert not {name.split("/")[1] for name in names} & SERVERS_OWN
    assert CODE.encode() not in content
    assert CODE not in httpx.get(served.url).text


LITERALS = {
    "code()": 'ig.CompletionCodeScene("end").code("{}")',
    "turn_secret": 'ig.EndScene("end")\n)\nice = dict(turn_secret="{}"',
}


@pytest.mark.parametrize("name", LITERALS)
def test_a_literal_secret_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    game = (STUDIES / "answers.py").read_text().partition("    ig.CompletionCodeScene")[0]
    file = tmp_path / "leaky.py"
    file.write_text(f"{game}    {LITERALS[name].format(CODE)}\n)\n")
    command = [
        sys.executable,
        "-m",
        "interactive_gym.cli",
        "run",
        str(file),
        "--port",
        "0",
        "--data-dir",
        str(tmp_path),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode == 2, ended
    assert ended.stderr.startswith("error: ") and ended.stderr.count("\n") == 1
    assert name.rstrip("()") in ended.stderr and "ig.secret" in ended.stderr
    assert CODE not in ended.stderr + ended.stdout
