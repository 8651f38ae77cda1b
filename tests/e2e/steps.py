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


def end_episodes(participant: Participant, first: int = 0) -> None:
    """What is left of the game of ``counting.py``, whose episodes are ended by their key."""
    for episode in range(first, 2):
        participant.until_played(episode, 0)
        participant.press("e")


def assert_painted(participant: Participant, episode: int, frames: int) -> None:
    """Each frame of an episode once; its end does not wait long for the last picture."""
    painted = [frame for number, frame in participant.frames if number == episode]
    assert painted in (list(range(frames)), list(range(frames - 1)))


def click_through(participant: Participant) -> None:
    """To the running game, whatever pages come before it; required answers get the first that fits."""
    shown = ""
    while shown != "playing":
        participant.page.wait_for_selector(f"body:not([data-page='{shown}'])[data-page]")  # no two alike in a row
        shown = participant.page.get_attribute("body", "data-page") or ""
        for field in participant.page.query_selector_all("input[required]"):
            field.fill("25")
        if shown != "playing":
            participant.page.wait_for_selector("button.primary:enabled")
            participant.page.focus("button.primary")
            participant.press("Enter")
