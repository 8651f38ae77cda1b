"""Two people, each in a browser of their own, play one game over one server."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from tests.e2e.harness import STUDIES, Participant, Server, wait_for

SECONDS = 60


def enlist(participant: Participant) -> None:
    """Past the welcome and the instructions."""
    participant.press_primary()
    enlist_again(participant)


def enlist_again(participant: Participant) -> None:
    participant.sees("gym")
    participant.press_primary()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_two_people_play_three_episodes_and_another_scene(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "pulling.py")
    ada = participant(f"{served.url}/?debug=latency")
    enlist(ada)
    ada.sees("waiting")
    ada.page.wait_for_selector("text=You are the first of 2 people")
    bob = participant(f"{served.url}/?debug=latency")
    enlist(bob)
    for one, text in ((ada, "You are left."), (bob, "You are right.")):
        one.sees("playing")
        one.page.wait_for_selector(f"text={text}")
    ada.until(lambda: ada.frames and bob.frames, "the first frames", SECONDS)
    ada.page.keyboard.down("ArrowRight")
    ada.until(lambda: max(ada.frames) >= (0, 30), "frame 30", SECONDS)
    ada.page.keyboard.up("ArrowRight")
    bob.press("ArrowLeft")
    for one in (ada, bob):
        one.page.wait_for_selector("h1:has-text('Pull')", timeout=SECONDS * 1000)  # instructions, again
        enlist_again(one)
    for one in (ada, bob):
        one.sees("completion_code", SECONDS)

    people = wait_for(
        lambda: [row for row in served.table("participants.csv") if row["outcome"] == "completed"][1:], "both outcomes"
    )
    assert people
    episodes = served.settled(4)
    assert [(row["scene_id"], row["episode"], row["frames"], row["end_reason"]) for row in episodes] == [
        *(("pull", str(episode), "60", "terminated") for episode in range(3)),
        ("again", "0", "60", "terminated"),
    ]
    assert {row["parity"] for row in episodes} == {"identical"}
    first = rows(next((served.folder / "pull").glob("*/ep0.csv")))
    assert [int(row["frame"]) for row in first] == list(range(-1, 60))
    assert {row["actions.left"] for row in first[1:]} == {"0", "1"}
    assert not [event for event in served.events() if event["severity"] == "error"]


def test_a_reload_comes_back_into_the_game(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "pulling.py", PULLING_STEPS="600")  # long enough to leave and to come back
    ada, bob = (participant(f"{served.url}/?debug=latency") for _ in range(2))
    for one in (ada, bob):
        enlist(one)
    for one in (ada, bob):
        one.sees("playing")
        one.until_played(0, 25)
    ada.page.reload()
    seen = len(ada.frames)
    ada.until(lambda: ada.frames[seen:], "a frame after the reload, without a button", SECONDS)
    assert ada.frames[seen] > (0, 25)
    ada.until(lambda: served.table("episodes.csv"), "the end of the episode", SECONDS)
    (episode,) = served.settled(1)
    assert (episode["frames"], episode["parity"]) == ("600", "identical")
    lives = {row["player"]: row["generations"] for row in served.table("sessions.csv")}
    assert lives == {"left": "2", "right": "1"}
