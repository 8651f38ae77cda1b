"""How participants end before the end: on purpose, with a code that stays theirs, and on their way back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.e2e.harness import STUDIES, Participant, Server, wait_for


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("leaving")
    server = Server(STUDIES / "leaving.py", folder / "data", environ={"CODE_COMPLETED": "C0FFEE12"}).start()
    yield server
    server.stop()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A device, on which the platform is there too."""
    context = chromium.new_context(viewport={"width": 1000, "height": 800})
    context.route("https://platform.example/**", lambda route: route.fulfill(body="<h1>Welcome back</h1>"))
    yield context
    context.close()


def code_of(page: Page) -> str:
    return page.inner_text("[data-code]")


def into_game(context: BrowserContext, served: Server, subject: str) -> Participant:
    ann = Participant(context, f"{served.url}/?PROLIFIC_PID={subject}&debug=latency")
    ann.sees("start")
    ann.press_primary()
    ann.sees("static")
    ann.press_primary()
    ann.start_game()
    ann.until_played(0, 3)
    return ann


def test_a_game_is_left_on_purpose_and_only_then(served: Server, context: BrowserContext) -> None:
    ann = into_game(context, served, "ann")
    ann.page.click("[data-leave]")
    ann.page.wait_for_selector("dialog[open] [autofocus]:focus")
    now = max(ann.frames)[1]
    ann.until_played(0, now + 5)  # the game goes on under the question
    ann.press("Space")  # "Stay", though the game has this key
    ann.page.wait_for_selector("dialog[open]", state="detached")
    ann.until_played(0, now + 15)
    ann.page.click("[data-leave]")
    ann.page.wait_for_selector("dialog[open] [autofocus]:focus")
    ann.press("Tab", "Enter")  # "Leave the study", though the game has this key
    ann.sees("outcome")
    assert "Your time is paid" in ann.page.inner_text("article")
    code = code_of(ann.page)
    assert ann.page.get_attribute("[data-redirect]", "href") == f"https://platform.example/done?cc={code}&who=ann"
    ann.page.wait_for_selector("[data-redirect]:focus")
    ann.press("Enter")
    ann.page.wait_for_url("https://platform.example/done**")
    (row,) = [row for row in served.table("completion_codes.csv") if row["code"] == code]
    assert (row["scene_id"], row["outcome"]) == ("count", "withdrew")


def test_the_link_opened_again_anywhere_shows_the_same_code(
    served: Server, context: BrowserContext, chromium: Browser
) -> None:
    bob = into_game(context, served, "bob")
    bob.page.click("[data-leave]")
    bob.page.click("[data-confirm]")
    bob.sees("outcome")
    code = code_of(bob.page)
    bob.page.reload()
    bob.sees("outcome")
    assert code_of(bob.page) == code
    bob.page.close()
    served.kill()
    served.start()
    elsewhere = chromium.new_context()
    again = Participant(elsewhere, f"{served.url}/?PROLIFIC_PID=bob")
    again.sees("outcome")
    assert code_of(again.page) == code
    elsewhere.close()


def test_who_does_not_agree_is_asked_again_and_taken_back(served: Server, context: BrowserContext) -> None:
    sent_back: list[Route] = []
    context.route(
        "https://platform.example/refused**", lambda route: sent_back.append(route)
    )  # answered when all has been looked at
    cid = Participant(context, f"{served.url}/?PROLIFIC_PID=c%26d")
    cid.sees("start")
    cid.press_primary()
    cid.sees("static")
    cid.page.click("[data-refuse]")
    cid.page.wait_for_selector("dialog[open]")
    cid.press("Escape")
    cid.page.wait_for_selector("dialog[open]", state="detached")
    cid.page.click("[data-refuse]")
    cid.page.click("[data-confirm]")
    cid.sees("outcome")
    assert cid.page.query_selector("[data-code]") is None
    wait_for(lambda: sent_back, "the way back, by itself", pause=lambda: cid.page.wait_for_timeout(20))
    sent_back[0].fulfill(body="<h1>Welcome back</h1>")
    cid.page.wait_for_url("https://platform.example/refused?who=c%26d")
