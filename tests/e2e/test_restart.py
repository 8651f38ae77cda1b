"""Everybody reloads in the middle of a game, in real browsers: the same episode goes on, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e.harness import STUDIES, Participant, Server, wait_for

STEPS = 450
SECONDS = 120


def begun(one: Participant, served: Server, frame: int) -> None:
    """Until this frame has been painted, and the seconds before it are stored."""
    one.until(lambda: one.frames and max(one.frames) >= (0, frame), f"frame {frame}", SECONDS)


def gone_on(one: Participant, seen: int) -> int:
    """The first frame that is painted after so many."""
    one.until(lambda: one.frames[seen:], "a frame after the reload, without a button", SECONDS)
    episode, frame = one.frames[seen]
    assert episode == 0
    return frame


def about(served: Server, name: str) -> list[dict[str, Any]]:
    """The events of this name."""
    return [event for event in served.events() if event["name"] == name]


def assert_whole(served: Server, players: int) -> dict[str, Any]:
    """One row per frame, the same on all sides; the event that says where it went on."""
    (episode,) = served.settled(1)
    assert (episode["frames"], episode["end_reason"], episode["parity"]) == (str(STEPS), "terminated", "identical")
    rows = served.episode("crowd0", 0)
    assert [int(row["frame"]) for row in rows] == list(range(-1, STEPS))
    wait_for(lambda: len(about(served, "match_ended")) == players, "the pages' last events")
    (event,) = about(served, "restarted")
    assert event["data"]["episode"] == 0 and len(event["data"]["generations"]) == players
    assert not [one for one in served.events() if one["severity"] == "error"]
    return dict(event["data"])


def test_two_reload_at_once_and_play_the_same_episode_on(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "crowd.py", CROWD_STEPS=str(STEPS))
    ada, bob = (participant(f"{served.url}/?debug=latency") for _ in range(2))
    for one in (ada, bob):
        one.press_primary()
    for one in (ada, bob):
        begun(one, served, 100)
    seen = {}
    for one in (ada, bob):
        seen[one] = len(one.frames)
        one.page.evaluate("() => void setTimeout(() => location.reload(), 100)")
    first = {one: gone_on(one, seen[one]) for one in (ada, bob)}
    for one in (ada, bob):
        one.sees("end", SECONDS)
    named = assert_whole(served, 2)
    assert 59 <= named["frame"] < 300 and (named["frame"] + 1) % 30 == 0
    assert all(named["frame"] < frame for frame in first.values()), (named, first)
    lives = {row["player"]: int(row["generations"]) for row in served.table("sessions.csv")}
    assert all(count >= 2 for count in lives.values()), lives


def test_the_only_human_reloads_beside_a_stand_in(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "crowd.py", CROWD_STEPS=str(STEPS), CROWD_FEWER_AFTER="2")
    ada = participant(f"{served.url}/?debug=latency")
    for _ in ("welcome", "game"):
        ada.press_primary()
    begun(ada, served, 100)
    seen = len(ada.frames)
    ada.page.reload()
    first = gone_on(ada, seen)
    ada.sees("end", SECONDS)
    wait_for(lambda: served.table("episodes.csv"), "the episode")
    named = assert_whole(served, 1)
    assert 59 <= named["frame"] < first
    rows = served.episode("crowd0", 0)[1:]
    assert {row["source.player1"] for row in rows[named["frame"] + 10 :]} == {"bot"}
    (life,) = served.table("sessions.csv")
    assert life["generations"] == "2"
