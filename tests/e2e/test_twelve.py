"""Twelve people in a waiting room with a limit: whoever is near plays together, for the rest there is a bot."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.harness import STUDIES, Participant, Server, wait_for
from tests.net.playing import full, shows

LIMIT_MS, DELAY_MS, WAIT_S = 1_000, 2_000, 60
ARRIVING = ("near", "far", "near") * 4  # nobody's neighbours in the queue are all like them
PLAY_S = 300


def people_of(served: Server, participant: Callable[..., Participant]) -> list[Participant]:
    """All of them in the waiting room, where the first comes when the last has loaded Python, one after the other."""
    people = []
    for number, where in enumerate(ARRIVING):
        query = f"?delay={DELAY_MS}" if where == "far" else ""
        people.append(participant(f"{served.url}/{where}-{number}{query}"))
        people[-1].press_primary()
        people[-1].sees("gym")
        people[-1].page.wait_for_selector("button.primary:enabled", timeout=PLAY_S * 1000)
    for one in people:
        one.press_primary()
    return people


def lines(served: Server) -> list[dict[str, Any]]:
    """``matches.jsonl``, with the names of the links in the place of participants."""
    text = json.dumps(served.lines("matches.jsonl"))
    for row in served.table("platform_ids.csv"):
        text = text.replace(row["participant_id"], row["subject_id"])
    named: list[dict[str, Any]] = json.loads(text)
    return named


def is_near(name: str) -> bool:
    return name.startswith("near")


@full
@pytest.mark.timeout(900)
def test_whoever_is_near_plays_together(server: Callable[..., Server], participant: Callable[..., Participant]) -> None:
    served = server(
        STUDIES / "crowd.py", CROWD_NEAR=str(LIMIT_MS), CROWD_WAIT=str(WAIT_S), CROWD_FPS="10", CROWD_STEPS="50"
    )
    people = people_of(served, participant)
    wait_for(lambda: all(shows(one) == "end" for one in people), "the end of all games", PLAY_S)
    near, far = ({f"{who}-{k}" for k, where in enumerate(ARRIVING) if where == who} for who in ("near", "far"))
    games = len(near) // 2 + len(far)
    assert [row["parity"] for row in served.settled(games)] == ["identical"] * games
    decided = lines(served)
    played = [one for one in decided if one["result"] == "playing"]
    together = [one for one in played if len(one["members"]) == 2]
    alone = [one for one in played if len(one["members"]) == 1]
    assert sorted(name for one in together for name in one["members"]) == sorted(near)
    assert sorted(name for one in alone for name in one["members"]) == sorted(far)
    for one in together:
        assert (one["matcher"], one["reason"], len(one["round_trips"])) == ("Latency", "first_come", 2)
        assert max(one["round_trips"].values()) <= LIMIT_MS
    for one in alone:
        assert (one["reason"], one["round_trips"]) == ("alone", {})
        waited = {candidate["participant_id"]: candidate["waited_s"] for candidate in one["candidates"]}
        assert waited[one["members"][0]] >= WAIT_S
    refused = [one for one in decided if one["result"] != "playing"]
    assert {one["result"] for one in refused} == {"too_far"}
    for one in refused:
        assert not all(map(is_near, one["members"])), one
        assert max(one["round_trips"].values()) > LIMIT_MS
    tried = [frozenset(one["members"]) for one in refused]
    assert len(tried) == len(set(tried)), "who was too far is not tried again"
