"""Pages in an order of one's own, and games that are others in other conditions, in real browsers."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.e2e.harness import STUDIES, Participant, Server

FRAMES = {"short": "30", "long": "50"}


def test_two_pairs_walk_as_long_as_their_conditions_say(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "varied.py")
    for _ in range(2):
        pair = [participant(f"{served.url}/") for _ in range(2)]
        for one in pair:
            one.press_primary()
            for _ in ("one", "two"):
                one.sees("static")
                one.press_primary()
        for one in pair:
            one.sees("end")

    episodes = served.settled(4)
    people = served.table("participants.csv")
    assert [row["outcome"] for row in people] == ["completed"] * 4
    assert {tuple(sorted(json.loads(row["sequence"])[1:3])) for row in people} == {("one", "two")}
    conditions = {row["session_id"]: json.loads(row["conditions"])["length"] for row in served.table("sessions.csv")}
    assert sorted(conditions.values()) == ["long", "long", "short", "short"], "each pair keeps its own"
    assert all(row["frames"] == FRAMES[conditions[row["session_id"]]] for row in episodes)
    assert {row["parity"] for row in episodes} == {"identical"}
    assert not [event for event in served.events() if event["severity"] == "error"]
