"""Ways through studies that several tests take, by keyboard alone."""

from __future__ import annotations

from tests.e2e.harness import Participant


def answer_questions(participant: Participant) -> None:
    """The form of ``counting.py``, by Tab and Space alone."""
    participant.sees("static")
    participant.page.wait_for_selector("input[name=name]")
    participant.page.focus("input[name=name]")
    participant.page.keyboard.type("Ada <b>L</b>")
    participant.press("Tab", "Tab", "Space", "Enter")


def into_counting(participant: Participant) -> None:
    """From the first page of ``counting.py`` into its game."""
    participant.press_primary()
    answer_questions(participant)
    participant.start_game()


def click_through(participant: Participant) -> None:
    """To the running game, whatever pages come before it; required answers get the first that fits."""
    shown = ""
    while shown != "playing":
        participant.page.wait_for_selector(f"body:not([data-page='{shown}'])[data-page]")
        shown = participant.page.get_attribute("body", "data-page") or ""
        for field in participant.page.query_selector_all("input[required]"):
            field.fill("25")
        if shown != "playing":
            participant.page.wait_for_selector("button.primary:enabled", timeout=60_000)
            participant.page.focus("button.primary")
            participant.press("Enter")
