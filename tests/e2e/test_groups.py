"""Groups of all sizes in real browsers: who plays with whom, and that everybody has lived in the same world."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.harness import STUDIES, Participant, Server, wait_for
from tests.net.playing import full, play_through, until_connected


def arrive(
    served: Server, participant: Callable[..., Participant], count: int, *, apart: float = 0, query: str = ""
) -> list[Any]:
    people = []
    for _ in range(count):
        people.append(participant(f"{served.url}/{query}"))
        people[-1].press_primary()
        time.sleep(apart)  # as people come, not for luck
    return people


# Six pages at 30 fps step the environment about 300 times a second, predictions included: more than two cores have.
@pytest.mark.parametrize(
    ("humans", "fps", "way"), [pytest.param(3, 30, "direct", marks=full), (4, 30, "direct"), (6, 15, "server")]
)
def test_groups_play_in_one_world(
    server: Callable[..., Server], participant: Callable[..., Participant], humans: int, fps: int, way: str
) -> None:
    served = server(STUDIES / "crowd.py", CROWD_HUMANS=str(humans), CROWD_FPS=str(fps), CROWD_ALL_WALK="yes")
    people = arrive(served, participant, humans)
    if way == "direct":
        until_connected(people, way)  # nobody walks yet
    play_through(people)
    (episode,) = served.settled(1)
    assert episode["parity"] == "identical"
    links = served.links(humans * (humans - 1))
    if way == "direct":
        assert all(row["own_end"].startswith("host") and row["partner_end"].startswith("host") for row in links)
    else:  # a second in which a busy machine heard nothing is no direct one
        assert {row["connection"] for row in links} == {"server"}
        assert all(float(row["server_share"]) + float(row["silent_share"]) > 0.999 for row in links)
    (rows,) = served.frames().values()
    for k in range(humans):
        assert len({row[f"actions.player{k}"] for row in rows[1:]}) > 1, "everybody's keys reached the game"


def test_two_humans_and_a_bot(server: Callable[..., Server], participant: Callable[..., Participant]) -> None:
    served = server(STUDIES / "crowd.py", CROWD_BOTS="1", CROWD_EPISODES="2")
    play_through(arrive(served, participant, 2))
    assert [row["parity"] for row in served.settled(2)] == ["identical"] * 2
    for rows in served.frames().values():
        steps = rows[1:]
        assert {row["source.player2"] for row in steps} <= {"bot", "default"}
        acted = [row for row in steps if row["source.player2"] == "bot"]
        assert len(acted) > len(steps) / 2 and len({row["actions.player2"] for row in acted}) > 1
        assert all(-1 <= int(row["observed.player2"]) < int(row["frame"]) for row in acted)


@pytest.mark.parametrize(("present", "after"), [pytest.param(1, "2", marks=full), (2, "20")])
def test_bots_play_for_those_who_do_not_come(
    server: Callable[..., Server], participant: Callable[..., Participant], present: int, after: str
) -> None:
    served = server(STUDIES / "crowd.py", CROWD_HUMANS="3", CROWD_FEWER_AFTER=after)
    people = arrive(served, participant, present)
    for person in people:  # the first one's time begins when all have loaded Python
        person.sees("gym")
        person.page.wait_for_selector("button.primary:enabled")
    for person in people:
        person.press_primary()
    play_through(people)
    (episode,) = served.settled(1)
    assert episode["parity"] == "identical"
    (rows,) = served.frames().values()
    sources = [{row[f"source.player{k}"] for row in rows[1:]} for k in range(3)]
    assert ["bot" in source for source in sources] == [k >= present for k in range(3)]
    (decision,) = [line for line in served.lines("matches.jsonl") if line["result"] == "playing"]
    assert len(decision["members"]) == present
    assert len(decision["round_trips"]) == present * (present - 1)
    assert all(0 < rtt < 10_000 for rtt in decision["round_trips"].values())


def test_six_people_half_a_second_apart_become_three_games(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "crowd.py")
    play_through(arrive(served, participant, 6, apart=0.5))
    assert [row["parity"] for row in served.settled(3)] == ["identical"] * 3

    def over() -> list[dict[str, str]] | None:
        rows = served.table("sessions.csv")
        return rows if all(row["end_reason"] for row in rows) else None

    members = wait_for(over, "the ends of all games")
    assert len(members) == 6 and len({row["participant_id"] for row in members}) == 6
    assert all(row["end_reason"] == "completed" for row in members), members


def test_ten_games_in_one_page_leave_nothing_behind(
    server: Callable[..., Server], participant: Callable[..., Participant]
) -> None:
    served = server(STUDIES / "crowd.py", CROWD_GAMES="10", CROWD_STEPS="30", CROWD_ALL_WALK="yes")
    people = arrive(served, participant, 2, query="?debug=latency")
    sizes = []
    for number in range(10):  # none of which ends before both have walked
        for person in people:
            person.page.wait_for_selector(f"body[data-scene=crowd{number}][data-page=playing]")
            person.frames.clear()
            person.until_played(0, 15)
        sizes.append(least_size(people[0]))
        for person in people:
            person.press("ArrowRight")
    for person in people:
        person.sees("end")
    assert [row["parity"] for row in served.settled(10)] == ["identical"] * 10
    first, last = sizes[2], sizes[9]
    assert last["nodes"] <= first["nodes"] + 20
    assert last["heap"] <= first["heap"] * 1.25 + 2_000_000


def least_size(person: Participant) -> dict[str, float]:
    """Of several looks: what is only under way, such as a note that fades, is not left behind."""
    looks = []
    for _ in range(5):
        looks.append(size_of(person))
        person.page.wait_for_timeout(200)
    return {name: min(look[name] for look in looks) for name in looks[0]}


def size_of(person: Participant) -> dict[str, float]:
    """DOM nodes and bytes of the page's own heap after a collection, as Chromium counts them."""
    session = person.page.context.new_cdp_session(person.page)
    try:
        session.send("HeapProfiler.collectGarbage")
        session.send("Performance.enable")
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    finally:
        session.detach()
    return {"nodes": metrics["Nodes"], "heap": metrics["JSHeapUsedSize"]}
