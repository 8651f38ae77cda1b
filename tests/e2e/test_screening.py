"""Who comes past the first page, in a real browser, on one server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.harness import STUDIES, Participant, Server, wait_for

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)

# What the page of a hidden tab sees. (A headless Chromium hides no tab.)
HIDE = """() => {
  Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
  Object.defineProperty(document, "hidden", { get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""

# However soon after it they are taken out.
NOTE_TITLES_OF_WARNINGS = """() => { window.titles = [];
  const note = () => { if (document.querySelector(".warning:not([hidden])")) titles.push(document.title); };
  new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });
}"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(STUDIES / "screened.py", tmp_path_factory.mktemp("data")).start()
    yield server
    server.stop()
    print(server.log.read_text()[-4000:])


def verdict_of(served: Server, device: str) -> dict[str, str]:
    """Of the only one with such a device."""

    def found() -> dict[str, str] | None:
        return next((row for row in served.table("screenings.csv") if row["device"] == device), None)

    return wait_for(found, f"the verdict on a {device}")


def test_whoever_fits_plays_on(served: Server, participant: Callable[..., Participant]) -> None:
    ann = participant(f"{served.url}/?debug=latency")
    ann.sees("start")
    ann.press_primary()
    ann.start_game()
    ann.until_played(0, 3)
    row = verdict_of(served, "desktop")
    assert (row["accepted"], row["browser"], row["webrtc"]) == ("true", "Chrome", "true")
    assert len(row["pings"].split(",")) >= 5


def test_a_phone_is_turned_away_and_told_why(served: Server, chromium: Browser) -> None:
    context = chromium.new_context(user_agent=PHONE, viewport={"width": 390, "height": 800})
    bob = Participant(context, served.url)
    bob.sees("outcome")
    assert "This game is played with a keyboard" in bob.page.inner_text("article")
    bob.page.reload()
    bob.sees("outcome")
    assert "This game is played with a keyboard" in bob.page.inner_text("article")
    assert (verdict_of(served, "mobile")["accepted"], verdict_of(served, "mobile")["reason"]) == ("false", "devices")
    context.close()


def test_who_looks_away_is_warned_and_taken_out(served: Server, participant: Callable[..., Participant]) -> None:
    cem = participant(f"{served.url}/?debug=latency")
    cem.press_primary()
    cem.start_game()
    cem.until_played(0, 3)
    cem.page.evaluate(NOTE_TITLES_OF_WARNINGS)
    cem.page.evaluate(HIDE)
    cem.sees("outcome")
    assert "⚠ Please come back to the game!" in cem.page.evaluate("titles")
    assert "⚠" not in cem.page.title()
    wait_for(
        lambda: "focus_timeout" in {row["outcome"] for row in served.table("participants.csv")},
        "the outcome, among those of others",
    )
