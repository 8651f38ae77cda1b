"""The scripts of pages and the hooks of the study, in a real browser, on one server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.harness import STUDIES, Participant, Server, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(STUDIES / "hooked.py", tmp_path_factory.mktemp("data")).start()
    yield server
    server.stop()


def stored(served: Server) -> set[str]:
    """Names of the lines that the server has acknowledged, once both errors of the broken page are among them."""
    names = [line["name"] for line in served.lines("console.jsonl")]
    return set(names) if names.count("page_error") >= 2 else set()


def test_a_page_tells_a_hook_and_is_answered(served: Server, participant: Callable[..., Participant]) -> None:
    ann = participant(served.url)
    ann.press_primary()
    ann.page.wait_for_selector("#say")
    assert ann.page.inner_text("#answer") == "[null,null,null]", "what is hidden is not told"
    ann.page.click("#say")
    wanted = json.dumps(["sure and right", None, "sure"], separators=(",", ":"))
    ann.page.wait_for_function("wanted => document.querySelector('#answer').textContent === wanted", arg=wanted)
    ann.page.wait_for_selector("body[data-refused=not_allowed]", state="attached")
    ann.page.reload()
    ann.page.wait_for_selector("#say")
    assert ann.page.inner_text("#answer") == wanted, "they are known before the scripts of the page run"


def test_what_a_page_writes_and_gets_wrong_is_recorded(served: Server, participant: Callable[..., Participant]) -> None:
    bob = participant(served.url)
    bob.press_primary()
    bob.page.wait_for_selector("#say")
    bob.press_primary()
    bob.page.wait_for_selector("text=Nothing to see.")
    bob.press_primary()
    bob.sees("end")
    wait_for(lambda: stored(served) >= {"console_log", "console_error", "page_error"}, "the console")
    served.stop()  # which brings the files up to date
    lines = served.lines("console.jsonl")
    text = "\n".join(f"{line['name']} {line['detail'] or line['reason']}" for line in lines)
    for said in ('console_log at work {"step":1}', "console_error out of milk", "no cow", "no meadow"):
        assert said in text
    assert "out of milk" not in str(served.events())
    assert ("secret", "hidden") in {(row["name"], row["value"]) for row in served.table("attributes.csv")}
    served.start()
