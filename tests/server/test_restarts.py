"""From where a game goes on whose workers are all gone, as the store has it: named once, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from interactive_gym.data import games, restarts, schema
from interactive_gym.data.restarts import Restart
from interactive_gym.data.timeline import Start
from interactive_gym.records import unpack
from tests.server.pairs import SESSION, Group
from tests.server.rows import FPS

MISMATCH = {14: 0.0}  # blue's position in a frame of the second second


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


def named(group: Group, *, absent: tuple[str, ...] = (), gone: tuple[int, ...] = ()) -> Restart:
    tabs = {agent: f"t-{agent}" for agent in group.agents if agent not in absent}
    restart = group.write(lambda open_: restarts.name(open_, SESSION, tabs, gone, now=98.0))
    assert isinstance(restart, Restart)
    assert group.store.read_now(lambda open_: restarts.latest(open_, SESSION)) == restart
    return restart


def frames(group: Group, restart: Restart) -> list[int]:
    """Those that everybody is to play again, by what they are sent."""
    chunks = group.store.read_now(lambda open_: restarts.replayed(open_, SESSION, restart.epoch))
    return [row.frame for chunk in chunks for row in unpack(chunk)]


def starts(group: Group, agent: str) -> list[Start]:
    (side,) = [side for side in group.store.read_now(lambda o: games.sides(o, SESSION)) if side.player == agent]
    return list(group.store.read_now(lambda open_: games.starts(open_, side)))


def csv_frames(group: Group, episode: int = 0) -> list[int]:
    return [int(row["frame"]) for row in group.table(f"game/s-1/ep{episode}.csv")]


def test_it_goes_on_after_the_last_second_that_anybody_has_sent(pair: Group) -> None:
    pair.upload("green", pair.chunk(0))
    pair.upload("blue", pair.chunk(0), pair.chunk(1), pair.chunk(2))
    restart = named(pair)
    assert (restart.episode, restart.frame, restart.gone) == (0, 29, [])
    assert restart.generations == {"green": 1, "blue": 1}
    assert frames(pair, restart) == list(range(-1, 30))
    assert starts(pair, "green") == starts(pair, "blue") == [Start(0, 0, -1), Start(1, 0, 30)]


def test_of_a_second_that_was_not_whole_nothing_counts(pair: Group) -> None:
    pair.upload("blue", pair.chunk(0), pair.chunk(1, frames=7), pair.end(17, "interrupted"))
    restart = named(pair)
    assert restart.frame == 9 and frames(pair, restart) == list(range(-1, 10))


def test_without_a_whole_second_it_begins_with_the_reset(pair: Group) -> None:
    pair.upload("blue", pair.chunk(0, frames=4))
    restart = named(pair)
    assert restart.frame == -1 and frames(pair, restart) == []
    assert starts(pair, "blue") == [Start(0, 0, -1), Start(1, 0, -1)]


def test_a_gap_ends_what_is_known(pair: Group) -> None:
    pair.upload("green", pair.chunk(1), pair.chunk(3))
    pair.upload("blue", pair.chunk(0))
    assert named(pair).frame == 19, "what one lacks the other may have"


@pytest.mark.parametrize("x", [None, MISMATCH])
def test_nobody_plays_again_what_was_recorded_in_two_ways(pair: Group, x: dict[int, float] | None) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1), pair.chunk(2))
    pair.upload("blue", pair.chunk(0), pair.chunk(1, x=x))
    assert named(pair).frame == (29 if x is None else 9)


def test_between_two_episodes_it_goes_on_with_the_next(pair: Group) -> None:
    pair.upload("green", *pair.episode(25))
    restart = named(pair)
    assert (restart.episode, restart.frame) == (1, -1)
    pair.upload("blue", *pair.episode(25))
    assert pair.parity() == ("identical", None, None, {"green": 25, "blue": 25})


def test_after_the_last_episode_nothing_goes_on(make: Callable[..., Group]) -> None:
    pair = make(episodes=1)
    pair.upload("green", *pair.episode(25))
    assert pair.write(lambda open_: restarts.name(open_, SESSION, {}, (), now=98.0)) is None
    assert pair.store.read_now(lambda open_: restarts.latest(open_, SESSION)) is None


def test_the_records_are_identical_without_a_hole_or_a_double_frame(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1))
    pair.upload("blue", pair.chunk(0))
    restart = named(pair)
    late = [pair.chunk(2, x={22: 9.0}), pair.end(30)]  # of a frame that is played otherwise now
    assert pair.upload("green", *late) == [], "what comes late is kept"
    for agent in pair.agents:
        assert pair.upload(agent, *pair.episode(45, generation=restart.generations[agent])) == []
    assert pair.upload("blue", pair.chunk(1), pair.chunk(2, x={23: 9.0}), pair.chunk(3)) == []
    assert pair.completed() == [(0, 45, "terminated")]
    assert pair.parity() == ("identical", None, None, {"green": 45, "blue": 45})
    assert csv_frames(pair) == list(range(-1, 45))
    xs = [row["infos.blue.x"] for row in pair.table("game/s-1/ep0.csv")]
    assert xs[23] == "2.2", "the one that counts"
    stored = select(func.count()).select_from(schema.chunks)
    assert pair.store.read_now(lambda open_: open_.execute(stored).scalar_one()) == 3 + 1 + 10 + 3, "all are kept"
    assert pair.events("chunk_conflict") == pair.events("parity_mismatch") == pair.events("replayed_differently") == []


def test_who_does_not_come_back_has_nothing_to_say_of_what_was_played_without(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1))
    pair.upload("blue", pair.chunk(0), pair.chunk(1))
    restart = named(pair, absent=("blue",))
    assert starts(pair, "blue") == [Start(0, 0, -1), Start(1, 0, 20)], "of nobody's worker"
    lives = {row["player"]: row["generations"] for row in pair.table("sessions.csv")}
    assert lives == {"green": "2", "blue": "1"}
    assert pair.upload("blue", pair.chunk(2), pair.chunk(3, frames=4, ends=True), pair.end(34)) == []
    assert pair.completed() == [], "it was played otherwise"
    pair.upload("green", *pair.episode(45, generation=restart.generations["green"]))
    assert pair.completed() == [(0, 45, "terminated")]
    assert pair.parity() == ("incomplete", None, None, {"green": 45, "blue": 20})
    assert csv_frames(pair) == list(range(-1, 45))


def test_it_is_played_again_from_what_was_stored_then(pair: Group) -> None:
    """Some fetch it when others have recorded already: whatever they send."""
    pair.upload("green", pair.chunk(0), pair.chunk(1))
    restart = named(pair)
    pair.upload("green", *pair.episode(45, generation=1, x=MISMATCH))
    pair.upload("blue", pair.chunk(0), pair.chunk(1, x=MISMATCH), pair.chunk(2))
    assert frames(pair, restart) == list(range(-1, 20))
    chunks = pair.store.read_now(lambda open_: restarts.replayed(open_, SESSION, restart.epoch))
    assert unpack(chunks[1])[4].infos["blue"]["x"] == 1.4


def test_frames_that_come_out_differently_are_told(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1))
    named(pair)
    pair.upload("green", *pair.episode(45, generation=1, x={14: 3.0, 24: 3.0}))
    (event,) = pair.events("replayed_differently")
    assert event["severity"] == "error"
    assert event["data"] == {"episode": 0, "generation": 1, "index": 1}


def test_a_second_restart_goes_on_from_the_first(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1))
    first = named(pair)
    second = named(pair)
    assert second.frame == first.frame, "nobody has come so far as to send anything"
    pair.upload("green", pair.chunk(2, x={22: 9.0}))
    pair.upload("blue", *[pair.chunk(number, generation=2) for number in range(4)])
    third = named(pair)
    assert third.frame == 39 and third.generations == {"green": 3, "blue": 3}
    chunks = pair.store.read_now(lambda open_: restarts.replayed(open_, SESSION, third.epoch))
    assert unpack(chunks[2])[2].infos["blue"]["x"] == 2.2, "as it was played after the second"
    assert frames(pair, first) == list(range(-1, 20)), "and that of the first stays as it is"


def test_epochs_are_never_used_twice(pair: Group) -> None:
    used = {0, 1}  # of its episodes, before
    for number in range(4):
        restart = named(pair)
        assert not used & {restart.epoch, restart.epoch + 1}
        used |= {restart.epoch, restart.epoch + 1}
        if number == 1:
            pair.upload("green", *pair.episode(25, generation=restart.generations["green"]))
    assert pair.store.read_now(lambda open_: restarts.replayed(open_, SESSION, 77)) is None


def test_until_a_page_that_came_back_has_sent_it_again_what_is_stored_counts(pair: Group) -> None:
    pair.upload("green", pair.chunk(0), pair.chunk(1), pair.chunk(2, frames=3))
    assert pair.again("green") == 1
    assert starts(pair, "green")[-1] == Start(1, 0, 20)
    assert pair.upload("green", pair.chunk(0, generation=1)) == []
    assert named(pair).frame == 19


def test_of_a_game_that_nobody_played_on_the_frames_are_kept(pair: Group) -> None:
    """All pages were lost, and none has said how it ended."""
    pair.upload("green", pair.chunk(0), pair.chunk(1))
    named(pair)
    pair.settle("green", now=500.0)
    assert pair.completed() == []
    pair.over()
    pair.settle("green", now=501.0)
    assert pair.completed() == [(0, 20, "interrupted")] and csv_frames(pair) == list(range(-1, 20))
    pair.upload("blue", pair.chunk(0, generation=1), pair.chunk(1, generation=1), pair.chunk(2, generation=1))
    assert pair.completed() == [(0, 30, "interrupted")], "what comes late of it counts"


def test_somebody_who_is_gone_is_remembered(make: Callable[..., Group]) -> None:
    assert named(make(3), gone=(2, 1)).gone == [1, 2]


def test_the_game_of_one_begins_where_it_was(pair: Group) -> None:
    """Its generations never overlap: what comes before its own frames is refused."""
    assert FPS == 10
    side = games.Session("s-2", "game", 7, {"fps": FPS, "episodes": 1, "max_steps": None}, "0", "p-blue", None)
    pair.write(lambda open_: games.add_session(open_, side, now=1.0))
    for start in (Start(0, 0, -1), Start(1, 0, 10)):
        pair.write(lambda open_, start=start: games.add_start(open_, side, start, tab="t", now=1.0))
    refused = pair.upload("blue", pair.chunk(0, generation=1, session_id="s-2"))
    assert refused == ["before_its_generation"]
