"""A policy plays on for whoever is lost, and gives the seat back: everybody records the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from interactive_gym.browser.spec import load
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.netcode import SERVER

from .rooms import HERE, game
from .test_match import chunks_of
from .wire import Page, Wire

HUMAN = "human"


def taken_over(*players: str, length: int = 300, **changes: Any) -> str:
    """A game in which ``rooms.follow`` plays for those who are lost; the room keeps what it has of its own rules."""
    plain = json.loads(game(*players, options={"size": len(players), "length": length}, episodes=1))
    rules = {"on_leave": "bot", "take_over": f"{HERE}:follow", **changes}
    return json.dumps({**plain, "multiplayer": {**plain["multiplayer"], **rules}})


def until_frame(line: Wire, page: Page, frame: int) -> None:
    line.run(60, until=lambda: bool(page.packets) and page.packets[-1]["frame"] > frame)


def sources(page: Page, agent: str) -> list[str]:
    return [row.source[agent] for row in page.rows(0)[1:]]


def test_the_policy_is_imported_for_every_human_and_for_nobody_else() -> None:
    spec = load(taken_over(HUMAN, f"{HERE}:dice", HUMAN))
    assert spec.understudies.keys() == {"0", "2"} and spec.policies.keys() == {"1"}
    assert load(game(HUMAN, HUMAN)).understudies == {}


@pytest.mark.parametrize("rules", [{"on_disconnect": "continue"}, {"on_disconnect": "pause"}])
def test_the_rest_plays_on_with_a_policy_in_the_seat_of_who_is_lost(world: VirtualWorld, rules: dict[str, Any]) -> None:
    line = Wire(world, taken_over(HUMAN, HUMAN, HUMAN, **rules))
    *stay, lost = line.join_all()
    until_frame(line, lost, 20)
    line.broken.update({frozenset({2, 0}), frozenset({2, 1}), frozenset({2, SERVER})})
    lost.is_open = False
    line.run(120)
    assert [event["reason"] for page in stay for event in page.events("ended")] == ["over", "over"]
    assert chunks_of(stay[0]) == chunks_of(stay[1])
    assert len(sources(stay[0], "2")) == 300 and sources(stay[0], "2")[-200:] == ["bot"] * 200
    for row in stay[0].rows(0)[1:]:
        if row.source["2"] == "bot":
            assert row.actions["2"] == (row.observed["2"] + 1) % 4 and -1 <= row.observed["2"] < row.frame


def test_who_is_left_with_a_policy_only_plays_to_the_end(world: VirtualWorld) -> None:
    line = Wire(world, taken_over(HUMAN, HUMAN))
    stays, lost = line.join_all()
    until_frame(line, lost, 20)
    lost.match.leave(line.now)
    lost.wake(line.now)
    line.send(lost)
    lost.is_open = False
    line.run(120)
    assert [event["reason"] for event in stays.events("ended")] == ["over"]
    assert sources(stays, "1")[-200:] == ["bot"] * 200
    assert {"human"} <= set(sources(stays, "0")[-100:]), "the one who stays is never played by the policy"


@pytest.mark.parametrize("lost", [0, 1])
def test_the_seat_is_given_back(world: VirtualWorld, lost: int) -> None:
    line = Wire(world, taken_over(HUMAN, HUMAN, length=600))
    pages = line.join_all()
    stays = pages[1 - lost]
    until_frame(line, stays, 30)
    line.broken.update({frozenset({0, 1}), frozenset({lost, SERVER})})
    line.run(30, until=lambda: "bot" in sources(stays, str(lost)))
    line.broken.clear()
    line.run(120)
    assert [[event["reason"] for event in page.events("ended")] for page in pages] == [["over"], ["over"]]
    assert pages[lost].events("away") and [event["peer"] for event in stays.events("returned")] == [lost]
    assert chunks_of(pages[0]) == chunks_of(pages[1])
    chosen = sources(stays, str(lost))
    assert chosen.count("bot") > 10 and "bot" not in chosen[-100:] and "human" in chosen[-100:]
