"""What a real keyboard does in a real page, seen in the rows that the server stored.

In ``keys.py`` the line above the game lists the actions that the env has been given, so each press waits for the very
action that it causes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import pytest
from playwright.sync_api import Browser, BrowserContext, Request

from tests.e2e.harness import STUDIES, Participant, Rows, Server, wait_for

DEFAULT, RIGHT, UP, RIGHT_UP, FIRE, LETTER, END = "0123459"
# In one task of the page, so no tick can come between.
TAP = """(key) => { for (const type of ["keydown", "keyup"])
    document.body.dispatchEvent(new KeyboardEvent(type, { key, code: key, bubbles: true, cancelable: true })); }"""
NOTE_WHERE_SCROLLING_ENDS = """() => {
    document.activeElement.blur();
    window.scrolled = 0;
    onscrollend = () => (scrolled = scrollY);
}"""
NOTE_WHAT_IS_PREVENTED = """() => { window.prevented = {};
    addEventListener("keydown", (event) => (window.prevented[event.code] = event.defaultPrevented)); }"""
# What the page of a hidden tab sees: it is told so, and is not painted. (A headless Chromium hides no tab.)
HIDE = """() => {
    Object.defineProperty(document, "visibilityState", { get: () => "hidden", configurable: true });
    Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
    window.requestAnimationFrame = () => 0;
    document.dispatchEvent(new Event("visibilitychange"));
}"""


SHOW = """() => {
    Object.defineProperty(document, "visibilityState", { get: () => "visible" });
    Object.defineProperty(document, "hidden", { get: () => false });
    document.dispatchEvent(new Event("visibilitychange"));
}"""

NEXT_TASK = "new Promise((resolve) => setTimeout(resolve, 20))"  # comes to hidden tabs too, unlike animation frames


class Player(Participant):
    """A participant of ``keys.py``, who presses and then waits for what comes of it."""

    def __init__(self, context: BrowserContext, served: Server) -> None:
        self.served = served
        self.sessions: list[str] = []
        self.heard: tuple[str, ...] = ()
        context.on("request", self._asked)
        super().__init__(context, served.url)

    def _asked(self, request: Request) -> None:
        if request.url.endswith("/api/resume"):
            asked: dict[str, str] = request.post_data_json  # type: ignore[assignment]
            self.sessions.append(asked["session_id"])

    def read_on(self) -> None:
        for page in ("start", "static"):
            self.sees(page)
            self.press_primary()

    def begin(self) -> None:
        self.sees("gym")
        self.press_primary()
        self.sees("playing")
        self.heard = ()
        self.hears(DEFAULT)

    def hears(self, *actions: str) -> None:
        """Waits until the env has been given exactly these actions after those that were known."""
        self.heard += actions
        self.until(lambda: self.page.inner_text(".hud") == " ".join(self.heard), f"the actions {self.heard}")

    def end(self, scene: str) -> Rows:
        """Ends the episode with its key; the rows that the server has of it."""
        session_id = self.sessions[-1]
        self.press("e")
        return self.rows(scene, session_id)

    def rows(self, scene: str, session_id: str) -> Rows:
        """Once the episode is over."""

        def is_over() -> bool:
            return session_id in {row["session_id"] for row in self.served.table("episodes.csv")}

        wait_for(is_over, f"the episode of {session_id}", pause=lambda: self.page.evaluate(NEXT_TASK))
        (rows,) = self.served.episode_files(f"{scene}/{session_id}/ep0.csv").values()
        return rows[1:]  # the first one is the reset's

    def focus_events(self, session_id: str) -> list[str]:
        mine = [event for event in self.served.events() if event["session_id"] == session_id]
        return [event["name"] for event in mine if event["name"].startswith("focus_")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(STUDIES / "keys.py", tmp_path_factory.mktemp("keys")).start()
    yield server
    server.stop()


@pytest.fixture
def ada(chromium: Browser, served: Server) -> Iterator[Player]:
    context = chromium.new_context(viewport={"width": 1000, "height": 800})
    yield Player(context, served)
    context.close()


def runs(rows: Rows) -> list[tuple[str, int]]:
    """The actions of an episode, and in how many frames each was given before it changed."""
    return [(action, len(list(rows))) for action, rows in groupby(row["actions.0"] for row in rows)]


def test_held_keys_combine_and_no_tap_is_lost(ada: Player) -> None:
    ada.read_on()
    ada.begin()
    keyboard = ada.page.keyboard
    keyboard.down("ArrowRight")
    ada.hears(RIGHT)
    keyboard.down("ArrowUp")
    ada.hears(RIGHT_UP)
    keyboard.up("ArrowRight")
    ada.hears(UP)
    keyboard.up("ArrowUp")
    ada.hears(DEFAULT)
    for _ in range(3):
        ada.page.evaluate(TAP, "ArrowRight")
        ada.hears(RIGHT, DEFAULT)
    rows = ada.end("held")
    assert [action for action, _ in runs(rows)] == [*ada.heard, END]
    assert [frames for action, frames in runs(rows)[5:] if action == RIGHT] == [1, 1, 1]
    assert {(row["actions.0"] == DEFAULT, row["source.0"]) for row in rows} == {(True, "default"), (False, "human")}


def test_a_window_that_loses_the_focus_releases_what_is_held(ada: Player) -> None:
    ada.page.context.new_cdp_session(ada.page).send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    ada.page.bring_to_front()
    ada.read_on()
    ada.begin()
    ada.page.keyboard.down("ArrowRight")
    ada.hears(RIGHT)
    other = ada.page.context.new_page()
    ada.hears(DEFAULT)
    ada.page.bring_to_front()
    ada.page.wait_for_function("document.hasFocus()")
    ada.page.keyboard.down("ArrowUp")
    ada.hears(UP)
    ada.page.keyboard.up("ArrowUp")
    ada.hears(DEFAULT)
    other.close()
    ada.page.bring_to_front()
    session_id = ada.sessions[-1]  # the next scene's game begins as soon as this one has ended
    rows = ada.end("held")
    focus = [focused for focused, _ in groupby(row["is_focused.0"] for row in rows)]
    assert focus[:3] == ["true", "false", "true"]
    away = [row["actions.0"] for row in rows if row["is_focused.0"] == "false"]
    assert set(away[1:]) <= {DEFAULT}, "the release may be one frame behind"
    ada.until(lambda: len(ada.focus_events(session_id)) >= 2, "both events")
    assert ada.focus_events(session_id)[:2] == ["focus_lost", "focus_gained"]


def test_what_is_typed_into_a_field_is_no_input_of_the_game(ada: Player) -> None:
    ada.read_on()
    ada.begin()
    ada.page.keyboard.down("ArrowRight")
    ada.hears(RIGHT)
    ada.page.focus("#chat")
    ada.page.keyboard.up("ArrowRight")
    ada.hears(DEFAULT)
    ada.page.keyboard.type("we w")
    ada.page.focus(".picture")
    ada.page.keyboard.down("w")
    ada.hears(LETTER)
    ada.page.keyboard.up("w")
    ada.hears(DEFAULT)
    assert ada.page.input_value("#chat") == "we w"
    assert [action for action, _ in runs(ada.end("held"))] == [*ada.heard, END]


def test_arrows_and_space_scroll_other_pages_but_not_a_game(ada: Player) -> None:
    page = ada.page
    ada.sees("start")
    page.evaluate(
        "() => { document.activeElement.blur(); window.scrolled = 0; onscrollend = () => scrolled = scrollY }"
    )
    ada.press("ArrowDown")
    page.wait_for_function("scrolled > 0")
    ada.press("Space")
    page.wait_for_function("scrolled > 200")
    page.focus("button.primary")
    ada.press("Enter")
    ada.sees("static")
    assert page.evaluate("scrollY") == 0, "a new page is seen from its beginning"
    ada.press_primary()
    ada.begin()
    page.add_style_tag(content="body { min-height: 4000px }")
    page.evaluate(NOTE_WHAT_IS_PREVENTED)
    ada.press("ArrowDown", "PageDown")
    page.keyboard.down("Space")
    ada.hears(FIRE)
    page.keyboard.up("Space")
    ada.hears(DEFAULT)
    prevented = page.evaluate("prevented")
    assert prevented == {"ArrowDown": True, "PageDown": False, "Space": True}


def test_a_single_keystroke_acts_once_and_waits_for_its_frame(ada: Player) -> None:
    ada.read_on()
    ada.begin()
    ada.end("held")
    ada.begin()
    keyboard = ada.page.keyboard
    ada.page.evaluate(TAP, "ArrowRight")
    ada.hears(RIGHT, DEFAULT)
    keyboard.down("ArrowUp")
    ada.hears(UP, DEFAULT)
    keyboard.down("ArrowRight")
    ada.hears(RIGHT_UP, DEFAULT)
    keyboard.up("ArrowUp")
    keyboard.up("ArrowRight")
    rows = ada.end("tapped")
    assert [action for action, _ in runs(rows)] == [*ada.heard, END]
    assert all(frames == 1 for action, frames in runs(rows) if action != DEFAULT)


def test_a_hidden_tab_plays_on(ada: Player) -> None:
    ada.read_on()
    for scene in ("held", "tapped"):
        ada.begin()
        ada.end(scene)
    ada.sees("gym")
    ada.press_primary()
    ada.sees("playing")
    ada.chunks.clear()
    ada.page.evaluate(HIDE)
    wait_for(lambda: (0, 4) in ada.chunks, "five seconds", pause=lambda: ada.page.evaluate(NEXT_TASK))
    ada.page.evaluate(TAP, "e")  # nobody means what is pressed unseen
    wait_for(lambda: (0, 5) in ada.chunks, "a second more", pause=lambda: ada.page.evaluate(NEXT_TASK))
    ada.page.evaluate(SHOW)
    ada.page.evaluate(TAP, "e")
    rows = ada.rows("unseen", ada.sessions[-1])
    unseen = [int(row["frame"]) for row in rows if row["is_focused.0"] == "false"]
    assert len(unseen) >= 100 and unseen == list(range(unseen[0], unseen[-1] + 1)) and unseen[-1] < len(rows) - 1
    assert rows[-1]["terminated.0"] == "true"
