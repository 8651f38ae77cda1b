"""One of two goes in the middle of a game, taken out or on purpose: what both are told, get, and leave behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.e2e.harness import STUDIES, Participant, Server, wait_for
from tests.e2e.test_screening import HIDE

PLAYED = 45  # frames, more than two seconds of the study's game
Row = dict[str, str]


def step_on_the_mine(who: Participant) -> None:
    who.page.keyboard.down("ArrowDown")


def look_away(who: Participant) -> None:
    who.page.evaluate(HIDE)


def leave(who: Participant) -> None:
    who.page.click("[data-leave]")
    who.page.click("[data-confirm]")


@dataclass(frozen=True)
class Way:
    """How somebody goes, and what comes of it. ``detail`` is a pattern of what the event says beside the reason."""

    go: Callable[[Participant], None]
    outcome: str
    reason: str
    detail: str
    header: str
    says: str
    partner_says: str
    has_code: bool = False


TAKEN_OUT = "Your partner was taken out of the game. You are paid in full."
WAYS = {
    "callback": Way(
        *(step_on_the_mine, "excluded", "callback", r"You stepped on the mine\."),
        *("The game is over for you", "You stepped on the mine.", TAKEN_OUT),
    ),
    "hidden": Way(
        *(look_away, "focus_timeout", "hidden", r"\d+ s"),
        *("The game is over for you", "You did not look at it.", TAKEN_OUT),
    ),
    "withdrew": Way(
        *(leave, "withdrew", "withdrew", ""),
        *("You have left the study", "What you have played is paid.", "Your partner has left. You are paid."),
        has_code=True,
    ),
}


def play_together(served: Server, participant: Callable[..., Participant]) -> list[Participant]:
    """Two people who have played for a while, and have walked."""
    people = [participant(f"{served.url}/{name}?debug=latency") for name in ("ann", "bob")]
    for one in people:
        one.press_primary()
        one.sees("gym")
        one.press_primary(120)
    for one in people:
        one.until_played(0, 3)
        one.page.keyboard.down("ArrowRight")
    for one in people:
        one.until_played(0, PLAYED)
    return people


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_one_of_two_goes(server: Callable[..., Server], participant: Callable[..., Participant], way: Way) -> None:
    served = server(STUDIES / "parting.py")
    ann, bob = play_together(served, participant)
    seen = max(frame for _, frame in ann.frames)
    way.go(ann)
    for one, header, says in ((ann, way.header, way.says), (bob, "You are alone", way.partner_says)):
        one.sees("outcome")
        assert one.page.inner_text("h1") == header
        assert says in one.page.inner_text("article")
    gone, left = who_is_who(served)
    assert_people(served, gone, left, way, [ann, bob])
    assert_session(served, gone, left, way)
    assert_records(served, gone, left, seen)


def who_is_who(served: Server) -> tuple[str, str]:
    """Ids of the one who has gone, and of the other."""
    known = {row["subject_id"]: row["participant_id"] for row in served.table("platform_ids.csv")}
    return known["ann"], known["bob"]


def assert_people(served: Server, gone: str, left: str, way: Way, pages: list[Participant]) -> None:
    """How both end, and what they are given: codes that their pages show."""

    def done() -> list[Row] | None:
        rows = served.table("participants.csv")
        return rows if all(row["done_at"] for row in rows) else None

    rows = {row["participant_id"]: row for row in wait_for(done, "both outcomes")}
    assert [(rows[who]["outcome"], rows[who]["scene_id"]) for who in (gone, left)] == [
        (way.outcome, "walk"),
        ("partner_left", "walk"),
    ]
    assert moment(rows[gone]["done_at"]) < moment(rows[left]["done_at"])
    paid = [left, gone] if way.has_code else [left]
    codes = {row["participant_id"]: row["code"] for row in served.table("completion_codes.csv")}
    assert codes.keys() == set(paid)
    shown = [page.page.query_selector("[data-code]") for page in pages]
    assert [each and each.inner_text() for each in shown] == [codes.get(gone), codes[left]]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def events(served: Server, name: str, who: str) -> list[dict[str, Any]]:
    return [one for one in served.events() if one["name"] == name and one["participant_id"] == who]


def assert_session(served: Server, gone: str, left: str, way: Way) -> None:
    """Who has ended the game, when and why."""

    def ended() -> dict[str, Row] | None:
        rows = served.table("sessions.csv")
        return {row["participant_id"]: row for row in rows} if all(row["end_reason"] for row in rows) else None

    sides = wait_for(ended, "the end of the session")
    assert {row["end_reason"] for row in sides.values()} == {way.reason}
    assert sides.keys() == {gone, left} and all(row["ended_at"] for row in sides.values())
    [finished], [partner] = events(served, "finished", gone), events(served, "finished", left)
    session = sides[gone]["session_id"]
    assert (finished["reason"], finished["session_id"]) == (way.reason, session)
    assert re.fullmatch(way.detail, finished["data"].get("detail", ""))
    assert (partner["reason"], partner["data"]["outcome"]) == ("partner_left", "partner_left")
    [cut] = events(served, "cut", gone)
    assert (cut["reason"], cut["session_id"]) == (way.reason, session)
    assert (cut["data"]["peer"], cut["data"]["is_gone"]) == (int(sides[gone]["peer"]), True)


def assert_records(served: Server, gone: str, left: str, seen: int) -> None:
    """Both have recorded the episode up to the last frame on which they could agree, and nothing in it differs."""

    def both_told() -> bool:
        rows = served.table("players.csv")
        return {row["participant_id"] for row in rows if row["input_delay"]} == {gone, left}

    wait_for(both_told, "what both say of the end of the episode")
    rows = served.episode("walk", 0)  # all that they have sent is compared by then
    [episode], sides = served.table("episodes.csv"), served.table("players.csv")
    assert {row["end_reason"] for row in [episode, *sides]} == {"interrupted"}
    frames = {row["participant_id"]: int(row["frames"]) for row in sides}
    assert len(rows) - 1 == int(episode["frames"]) == max(frames.values())
    assert min(frames.values()) > max(seen, max(frames.values())) - max(map(ahead, sides))
    served.expects_parity = "identical" if frames[gone] == frames[left] else "incomplete"
    assert (episode["parity"], episode["parity_column"]) == (served.expects_parity, "")
    for player in ("red", "blue"):
        assert sum(float(row[f"rewards.{player}"]) for row in rows[1:]) > 0, "both walked"


def ahead(row: Row) -> int:
    """By how many frames one may be ahead of what is sure on both sides: as far as each plays on before it waits."""
    return 2 * (int(row["window"]) + int(row["input_delay"]) + 1)
