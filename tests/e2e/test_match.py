"""Two people, each in a browser of their own, play one game over one server."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.harness import STUDIES, Participant, Server


def enlist(participant: Participant) -> None:
    """Past the welcome and the instructions."""
    participant.press_primary()
    participant.sees("gym")
    participant.press_primary()


def end(participant: Participant, episode: int) -> None:
    """The episode, by its key."""
    participant.until_played(episode, 0)
    participant.press("e")


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
    for one in (ada, bob):
        one.until_played(0, 0)
    ada.page.keyboard.down("ArrowRight")
    ada.until_played(0, 30)
    ada.page.keyboard.up("ArrowRight")
    bob.press("ArrowLeft")
    bob.until_played(0, max(bob.frames)[1] + 40)  # of two taps in one frame, one would count
    for episode in range(3):
        end(bob, episode)
    for one in (ada, bob):
        one.sees("gym")  # instructions, again
        one.frames.clear()
        one.press_primary()
    end(ada, 0)
    for one in (ada, bob):
        one.sees("completion_code")

    episodes = served.settled(4)
    served.stop()  # what follows is read from the files
    assert [row["outcome"] for row in served.table("participants.csv")] == ["completed"] * 2
    assert [(row["scene_id"], row["episode"], row["end_reason"]) for row in episodes] == [
        *(("pull", str(episode), "terminated") for episode in range(3)),
        ("again", "0", "terminated"),
    ]
    assert {row["parity"] for row in episodes} == {"identical"}
    assert [(found.status, found.column) for found in served.verified()] == [("verified", None)] * 4
    first = served.episode("pull", 0)
    frames = int(episodes[0]["frames"])
    assert frames > 30
    assert [int(row["frame"]) for row in first] == list(range(-1, frames))
    assert {row["actions.left"] for row in first[1:]} == {"0", "1"}
    assert {row["actions.right"] for row in first[1:]} == {"0", "2", "3"}
    assert not [event for event in served.events() if event["severity"] == "error"]


def test_a_reload_comes_back_into_the_game(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "pulling.py")
    ada, bob = (participant(f"{served.url}/?debug=latency") for _ in range(2))
    for one in (ada, bob):
        enlist(one)
    for one in (ada, bob):
        one.sees("playing")
        one.until_played(0, 25)
    ada.page.reload()
    seen = len(ada.frames)
    ada.until(lambda: ada.frames[seen:], "a frame after the reload, without a button")
    assert ada.frames[seen] > (0, 25)
    ada.press("e")
    (episode,) = served.settled(1)
    assert (episode["end_reason"], episode["parity"]) == ("terminated", "identical")
    assert int(episode["frames"]) > ada.frames[seen][1]
    lives = {row["player"]: row["generations"] for row in served.table("sessions.csv")}
    assert lives == {"left": "2", "right": "1"}
