"""What the pages of one game upload: compared, complete as soon as one of them has sent everything, never believed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from interactive_gym.data import games, schema
from interactive_gym.data.games import Session
from tests.server.pairs import SESSION, Group


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Group]]:
    made: list[Group] = []

    def group(players: int = 2, **parameters: Any) -> Group:
        made.append(Group(tmp_path, players, **parameters))
        return made[-1]

    yield group
    for one in made:
        one.close()


@pytest.fixture
def pair(make: Callable[..., Group]) -> Group:
    return make()


def count(pair: Group, table: Any) -> int:
    query = select(func.count()).select_from(table)
    return int(pair.store.read_now(lambda open_: open_.execute(query).scalar_one()))


def test_equal_records_are_identical_in_whatever_order_they_come(pair: Group) -> None:
    items = [(agent, item) for agent in ("green", "blue") for item in pair.episode(25)]
    random.Random(7).shuffle(items)
    for agent, item in [*items, *items]:
        assert pair.upload(agent, item) == []
    assert pair.completed() == [(0, 25, "terminated")]
    assert pair.parity() == ("identical", None, None, {"green": 25, "blue": 25})
    assert count(pair, schema.chunks) == 6
    assert count(pair, schema.ends) == 2
    assert pair.events("parity_mismatch") == []


def test_an_episode_is_complete_when_one_has_sent_all_of_it(pair: Group) -> None:
    pair.upload("blue", *pair.episode(25))
    assert pair.completed() == [(0, 25, "terminated")]
    assert pair.parity() == ("incomplete", None, None, {"green": 0, "blue": 25})
    chunks = pair.episode(25)
    pair.upload("green", chunks[0], chunks[1])
    assert pair.parity() == ("incomplete", None, None, {"green": 20, "blue": 25})
    pair.upload("green", chunks[2])
    assert pair.parity() == ("identical", None, None, {"green": 25, "blue": 25})


def test_a_mismatch_is_found_while_the_episode_is_played(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1))
    pair.upload("blue", pair.chunk(0), pair.chunk(1, x={14: 0.0, 17: 0.0}))
    assert pair.parity() == ("mismatch", 14, "infos.blue.x", {"green": 20, "blue": 20})
    (event,) = pair.events("parity_mismatch")
    assert (event["severity"], event["session_id"]) == ("error", SESSION)
    assert event["data"]["frame"] == 14 and event["data"]["column"] == "infos.blue.x"
    pair.upload("green", *pair.episode(25))
    pair.upload("blue", *pair.episode(25, x={14: 0.0, 17: 0.0, 22: 0.0})[2:])
    assert pair.parity() == ("mismatch", 14, "infos.blue.x", {"green": 25, "blue": 25})
    assert len(pair.events("parity_mismatch")) == 1, "it is said once"


def test_a_mismatch_beyond_a_gap_is_found(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1), pair.chunk(2))
    pair.upload("blue", pair.chunk(2, x={20: 5.0}))
    assert pair.parity() == ("mismatch", 20, "infos.blue.x", {"green": 30, "blue": 0})
    pair.upload("blue", pair.chunk(0, x={3: 5.0}), pair.chunk(1), pair.end(30))
    pair.upload("green", pair.end(30))
    assert pair.parity() == ("mismatch", 3, "infos.blue.x", {"green": 30, "blue": 30}), "the first one"


def test_a_second_that_was_cut_is_compared_as_far_as_it_goes(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1, frames=4))
    pair.upload("blue", pair.chunk(0), pair.chunk(1, x={14: 0.0}))
    assert pair.parity() == ("incomplete", None, None, {"green": 14, "blue": 20})
    pair.upload("green", pair.chunk(0), pair.chunk(1, frames=5, x={14: 0.5}))
    assert pair.events("parity_mismatch") == [], "of two with one key the first one counts"


def test_of_three_the_third_may_be_the_one(make: Callable[..., Group]) -> None:
    three = make(3)
    for agent, x in (("red", None), ("green", None), ("blue", {7: 1.0})):
        three.upload(agent, *three.episode(12, x=x))
    assert three.parity() == ("mismatch", 7, "infos.blue.x", {"red": 12, "green": 12, "blue": 12})
    assert three.table("episodes.csv")[0]["parity"] == "mismatch"


def test_who_comes_back_sends_the_episode_again(pair: Group) -> None:
    pair.upload("green", *pair.episode(25))
    pair.upload("blue", pair.chunk(0), pair.chunk(1, x={12: 9.0}))
    assert pair.parity()[0] == "mismatch"  # type: ignore[index]
    assert pair.again("blue") == 1
    assert pair.upload("blue", *pair.episode(25, episode=0, generation=1)) == ["before_its_generation"] * 4
    assert pair.completed() == [(0, 25, "terminated")], "green had finished it: blue begins with the next one"


def test_what_was_sent_before_the_reload_does_not_count(pair: Group) -> None:
    pair.upload("blue", pair.chunk(0), pair.chunk(1, x={12: 9.0}))
    pair.again("blue")
    pair.upload("blue", pair.chunk(2), pair.end(25))
    assert len(pair.events("episode_end_superseded")) == 1
    pair.upload("blue", *pair.episode(25, generation=1))
    pair.upload("green", *pair.episode(25))
    assert pair.parity() == ("identical", None, None, {"green": 25, "blue": 25})


@pytest.mark.parametrize("reason", ["interrupted", "failed", "mismatch"])
def test_one_alone_cannot_end_an_episode_for_all(pair: Group, reason: str) -> None:
    pair.upload("blue", pair.chunk(0), pair.end(5, reason))
    pair.written()
    assert pair.completed() == []
    pair.upload("green", *pair.episode(25))
    assert pair.completed() == [(0, 25, "terminated")]


def test_a_mismatch_that_both_saw_ends_the_episode_at_the_last_frame_they_agreed_on(pair: Group) -> None:
    for agent, x in (("green", None), ("blue", {9: 1.0})):
        pair.upload(agent, pair.chunk(0), pair.chunk(1, frames=4, x=x), pair.end(9, "mismatch"))
    assert pair.completed() == [(0, 9, "mismatch")]
    assert [row["frame"] for row in pair.table("game/s-1/ep0.csv")] == [str(frame) for frame in range(-1, 9)]
    assert pair.parity() == ("identical", None, None, {"green": 14, "blue": 14})


def test_what_is_left_of_a_game_counts_when_it_is_over(pair: Group) -> None:
    pair.upload("blue", pair.chunk(0), pair.chunk(1, frames=3), pair.end(13, "interrupted"))
    pair.upload("green", pair.chunk(0))
    assert pair.completed() == []
    pair.over()
    assert pair.parity() == ("incomplete", None, None, {"green": 10, "blue": 13})
    assert pair.completed() == [(0, 13, "interrupted")]
    assert len(pair.table("game/s-1/ep0.csv")) == 14
    pair.upload("green", *pair.episode(25)[1:])
    assert pair.completed() == [(0, 25, "terminated")], "it had not been interrupted for everybody"
    assert len(pair.table("game/s-1/ep0.csv")) == 26


def test_nobody_is_held_up_by_a_partner_who_is_gone(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), now=100.0)
    pair.upload("blue", pair.chunk(0), pair.end(9, "mismatch"), now=101.0)
    for now in (119.0, 121.0):
        pair.settle("blue", now=now)
        assert pair.completed() == ([] if now < 120 else [(0, 9, "mismatch")])


@pytest.mark.parametrize("sign", ["chunk", "links"])
def test_who_plays_an_earlier_episode_is_not_gone(pair: Group, sign: str) -> None:
    alive = pair.chunk(0) if sign == "chunk" else pair.links("blue", [0, "direct", "host udp", 20.0])
    pair.upload("green", alive, now=195.0)
    pair.upload("blue", pair.end(0, "mismatch", episode=1), now=200.0)
    assert pair.completed() == [], "one alone cannot end an episode that the other has not come to"
    pair.settle("blue", now=216.0)
    assert pair.completed() == [(1, 0, "mismatch")]


@pytest.mark.parametrize("reason", ["failed", "interrupted"])
def test_an_episode_that_nobody_has_a_row_of_has_its_files(pair: Group, reason: str) -> None:
    for agent in ("green", "blue"):
        pair.upload(agent, pair.end(0, reason))
    assert pair.completed() == [(0, 0, reason)]
    assert pair.table("game/s-1/ep0.csv") == []
    assert pair.table("episodes.csv")[0]["parity"] == "incomplete"
    pair.upload("blue", pair.chunk(0, frames=0))
    assert [row["frame"] for row in pair.table("game/s-1/ep0.csv")] == ["-1"]


def test_an_end_that_was_lost_is_found_in_the_frames(pair: Group) -> None:
    pair.upload("blue", *pair.episode(25)[:-1])
    assert pair.completed() == [(0, 25, "terminated")]
    assert pair.upload("blue", pair.end(25)) == []


def test_an_end_waits_for_its_frames(pair: Group) -> None:
    chunks = pair.episode(25)
    assert pair.upload("blue", chunks[0], chunks[2], chunks[3]) == []
    assert pair.completed() == []
    pair.upload("blue", chunks[1])
    assert pair.completed() == [(0, 25, "terminated")]


def test_episodes_after_one_that_nobody_has_are_kept(pair: Group) -> None:
    pair.upload("blue", pair.chunk(0))
    pair.upload("blue", *pair.episode(12, episode=1))
    assert pair.completed() == [(1, 12, "terminated")]
    assert [row["episode"] for row in pair.table("episodes.csv")] == ["1"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"session_id": "s-other"}, "not_your_session"),
        ({"generation": 1}, "unknown_generation"),
        ({"episode": 2}, "no_such_episode"),
        ({"frames": 41}, "malformed"),
    ],
)
def test_what_is_said_of_an_end_must_be_possible(
    make: Callable[..., Group], changes: dict[str, Any], reason: str
) -> None:
    pair = make(max_steps=40)
    assert pair.upload("blue", {**pair.end(25), **changes}) == [reason]
    assert count(pair, schema.ends) == 0


def test_nobody_says_two_things_of_one_end(pair: Group) -> None:
    assert pair.upload("blue", pair.end(9, "mismatch"), pair.end(8, "mismatch")) == ["other_end"]


def test_records_of_strangers_are_refused(pair: Group) -> None:
    def add(connection: Any) -> None:
        game = {"fps": 10, "episodes": 1, "max_steps": None, "multiplayer": None}
        connection.execute(
            schema.participants.insert().values(id="p-red", query={}, state="playing", scene_id="game", arrived_at=0.0)
        )
        games.add_session(connection, Session("s-2", "game", 1, game, "0", "p-red", None), now=0)

    pair.write(add)
    items = [*pair.episode(5), pair.links("green", [0, "direct", "host udp", 20.0])]
    assert pair.upload("red", *items) == ["not_your_session"] * 3


def test_the_links_of_a_player_lead_to_the_others(pair: Group) -> None:
    good = [0, "direct", "host udp", 20.0]
    for partner in ("blue", "red", "", "p-green"):
        assert pair.upload("blue", pair.links(partner, good)) == ["no_such_partner"]
    for changes, reason in (
        ({"session_id": "s-other"}, "not_your_session"),
        ({"generation": 1}, "unknown_generation"),
        ({"index": 2_000}, "too_large"),
    ):
        assert pair.upload("blue", pair.links("green", good, **changes)) == [reason]
    assert count(pair, schema.links) == 0
    for rtt in (20.0, 99.0):
        assert pair.upload("blue", pair.links("green", [0, "direct", "host udp", rtt])) == []
    assert count(pair, schema.links) == 1
    assert pair.table("links.csv")[0]["rtt_ms_max"] == "20.0", "the first one counts"


def test_the_files_of_a_game_of_several(pair: Group) -> None:
    seconds = {"kind": "experience", "session_id": SESSION, "episode": 0, "generation": 0, "index": 0, "keys": []}
    ticks = [
        [frame, 100.0 * frame, 60.0 * (frame == 3), 0.5, None, frame % 2, int(frame == 4), 2.5] for frame in range(10)
    ]
    pair.upload("blue", *pair.episode(25), {**seconds, "ticks": ticks})
    pair.upload("green", *pair.episode(25), {**seconds, "ticks": ticks[:5]})
    pair.upload("green", *pair.episode(12, episode=1))
    found = {str(path.relative_to(pair.folder)) for path in pair.written().folder.rglob("ep[0-9]*.csv")}
    experience = {f"game/s-1/ep{k}.{agent}.experience.csv" for k in (0, 1) for agent in ("green", "blue")}
    assert found == {"game/s-1/ep0.csv", "game/s-1/ep1.csv", *experience}
    rows = pair.table("game/s-1/ep0.blue.experience.csv")
    assert [(row["predicted"], row["rollback"], row["rollback_ms"]) for row in rows[3:5]] == [
        ("1", "0", "2.5"),
        ("0", "1", "2.5"),
    ]
    first, second = pair.table("episodes.csv")
    assert (first["parity"], second["parity"], first["fps_held"]) == ("identical", "incomplete", "")
    players = pair.table("players.csv")
    assert [(row["episode"], row["player"], row["frames"]) for row in players] == [
        ("0", "green", "25"),
        ("0", "blue", "25"),
        ("1", "green", "12"),
        ("1", "blue", "0"),
    ]
    assert (players[1]["late_ticks"], players[1]["late_share"], players[1]["predicted_ticks"]) == ("1", "0.1", "5")
    assert (players[1]["rollback_ms_median"], players[1]["rollbacks"], players[3]["rollbacks"]) == ("2.5", "3", "")
    green, blue = pair.table("sessions.csv")
    assert (green["player"], green["peer"], green["state"], blue["peer"]) == ("green", "0", "playing", "1")
    assert (green["rollbacks"], green["deepest_rollback"], green["input_delay"]) == ("6", "4", "1")
    assert (blue["rollbacks"], blue["episodes_completed"]) == ("3", "2")
    assert [players[0]["slowdown"], players[3]["slowdown"], green["slowdown"]] == ["1.25", "", "1.25"]
