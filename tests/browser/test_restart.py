"""Games that go on after all of their pages were lost at once, each page through the one object that a worker sees."""

from __future__ import annotations

from typing import Any

import pytest

from interactive_gym.browser.runtime import Runtime
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError
from interactive_gym.records import Row, pack

from .rooms import HERE, game
from .wire import Page, Wire, match_of

HUMAN = "human"
LONG: dict[str, Any] = {"options": {"size": 2, "length": 120}, "episodes": 2}


def rules(on_leave: str, humans: int) -> dict[str, Any]:
    """A game of so many, and what becomes of it when somebody is lost."""
    plain = {"group": humans, "wait_s": 60, "countdown_s": 0, "input_delay": 1, "relay": "fallback"}
    lost = {"on_leave": on_leave, "on_disconnect": "continue" if on_leave == "smaller" else "pause"}
    return {**LONG, "options": {"size": humans, "length": 120}, "multiplayer": {**plain, **lost}}


def until(line: Wire, episode: int, frame: int) -> None:
    """Everybody has played this frame."""
    pages = line.pages.values()

    def is_there() -> bool:
        places = [(page.packets[-1]["episode"], page.packets[-1]["frame"]) for page in pages if page.packets]
        return len(places) == len(pages) and all(place >= (episode, frame) for place in places)

    line.run(60, until=is_there)


def chunks_of(pages: list[Page], episode: int) -> list[bytes]:
    """What any page has recorded of an episode in whole seconds, each second once and in order."""
    found = {head["index"]: data for page in pages for number, head, data in page.chunks if number == episode}
    return [found[index] for index in range(len(found))]


def restart(line: Wire, lost: list[Page], episode: int, chunks: list[bytes], *, epoch: int = 9, **named: Any) -> Any:
    """All processes are gone, and new ones go on after these chunks; the new pages."""
    frame = 20 * len(chunks) - 1
    where = {"epoch": epoch, "episode": episode, "frame": frame, "gone": [], **named}
    line.drop()
    line.referee.restart(epoch)
    line.pages = {}
    boot = 1 + max(page.seed for page in lost)
    for page in lost:
        if page.peer not in where["gone"]:
            line.join(page.peer, chunks, boot=boot, generation=boot - 1, restart=where)
    return list(line.pages.values())


def assert_goes_on(before: list[Page], after: list[Page], episode: int, chunks: list[bytes], length: int = 120) -> None:
    """All have recorded the whole episode, the same and as it was, with everything that there is to know of a frame."""
    assert [page.error for page in after] == [None] * len(after)
    assert [event["reason"] for page in after for event in page.events("ended")] == ["over"] * len(after)
    assert not [event for page in after for event in page.events("mismatch")]
    for page in after:
        again = [data for number, _, data in page.chunks if number == episode]
        assert again[: len(chunks)] == chunks
        assert again == [data for number, _, data in after[0].chunks if number == episode]
        assert [row.frame for row in page.rows(episode)] == list(range(-1, length))
        started = page.events("started")[0]
        assert started["episode"] == episode


@pytest.mark.parametrize(("humans", "delay"), [(2, 0), (2, 3), (3, 1)])
def test_the_same_episode_goes_on_from_the_frame_that_was_named(world: VirtualWorld, humans: int, delay: int) -> None:
    multiplayer = {"group": humans, "wait_s": 60, "countdown_s": 0, "input_delay": delay, "relay": "fallback"}
    changes = {**LONG, "options": {"size": humans, "length": 120}, "multiplayer": multiplayer}
    line = Wire(world, game(*[HUMAN] * humans, **changes))
    before = line.join_all()
    until(line, 0, 70)
    chunks = chunks_of(before, 0)
    assert len(chunks) >= 3
    after = restart(line, before, 0, chunks)
    line.run(60)
    assert_goes_on(before, after, 0, chunks)
    rows = after[0].rows(0)[1:]
    first = 20 * len(chunks)
    assert all(row.source[str(p)] == "default" for row in rows[first : first + delay] for p in range(humans))
    assert {row.source["0"] for row in rows[first + delay :]} == {"human", "default"}
    shown = [packet["frame"] for packet in after[0].packets if packet["draw"]]
    assert shown[0] == first - 1, "nobody is shown how the past is played again, but everybody where it goes on"
    assert [event["episode"] for event in after[0].events("episode_ended")] == [0, 1]


def test_all_begin_together(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, **LONG))
    before = line.join_all()
    until(line, 0, 50)
    after = restart(line, before, 0, chunks_of(before, 0))
    line.run(60)
    (first, *_), (second, *_) = (page.events("started") for page in after)
    assert first["at"] == pytest.approx(second["at"], abs=30)


def test_after_the_reset_nothing_is_played_again(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, **LONG))
    before = line.join_all()
    until(line, 0, 10)
    after = restart(line, before, 0, [])
    line.run(60)
    assert_goes_on(before, after, 0, [])


@pytest.mark.parametrize("whole", [True, False])
def test_at_the_end_of_an_episode(world: VirtualWorld, whole: bool) -> None:
    """With its last frame it is over, and the next begins; where its end is known, that is named at once."""
    line = Wire(world, game(HUMAN, HUMAN, **LONG))
    before = line.join_all()
    line.run(60, until=lambda: all(page.events("episode_ended") for page in before))
    chunks = chunks_of(before, 0)
    assert len(chunks) == 6
    after = restart(line, before, 0, chunks) if whole else restart(line, before, 1, [])
    line.run(60)
    assert [end["episode"] for end in after[0].events("episode_ended")] == ([0, 1] if whole else [1])
    for page in after:
        assert page.error is None and [event["reason"] for event in page.events("ended")] == ["over"]
        assert [row.frame for row in page.rows(1)] == list(range(-1, 120))
    if whole:
        assert [data for number, _, data in after[0].chunks if number == 0] == chunks
        assert after[0].events("episode_ended")[0]["end"]["frames"] == 120


def test_a_later_episode_goes_on_with_its_own_chance(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, **LONG))
    before = line.join_all()
    until(line, 1, 50)
    chunks = chunks_of(before, 1)
    after = restart(line, before, 1, chunks)
    line.run(60)
    assert_goes_on(before, after, 1, chunks)
    assert [end["episode"] for end in after[0].events("episode_ended")] == [1]


@pytest.mark.parametrize("policy", ["follow", "dice"])
def test_bots_go_on_from_what_they_saw(world: VirtualWorld, policy: str) -> None:
    changes = {**LONG, "options": {"size": 3, "length": 120}}
    line = Wire(world, game(HUMAN, f"{HERE}:{policy}", HUMAN, **changes))
    before = line.join_all()
    until(line, 0, 70)
    chunks = chunks_of(before, 0)
    after = restart(line, before, 0, chunks)
    line.run(60)
    assert_goes_on(before, after, 0, chunks)
    rows = after[0].rows(0)
    for row in rows[20 * len(chunks) + 5 :]:
        assert row.source["1"] == "bot" and -1 <= row.observed["1"] < row.frame
        assert policy != "follow" or row.actions["1"] == (row.observed["1"] + 1) % 4


def test_the_only_human_among_bots_goes_on(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, f"{HERE}:follow", **LONG))
    before = line.join_all()
    until(line, 0, 70)
    chunks = chunks_of(before, 0)
    after = restart(line, before, 0, chunks)
    line.run(60)
    assert_goes_on(before, after, 0, chunks)


def test_nobody_waits_for_who_is_gone(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, HUMAN, **rules("smaller", 3)))
    before = line.join_all()
    until(line, 0, 50)
    chunks = chunks_of(before, 0)
    began = line.now
    line.referee.exclude(1, line.now)
    after = restart(line, before, 0, chunks, gone=[1])
    line.run(10, until=lambda: all(page.events("started") for page in after))
    line.run(60)
    assert_goes_on(before, after, 0, chunks)
    assert [page.peer for page in after] == [0, 2]
    rows = after[0].rows(0)[20 * len(chunks) + 1 :]
    assert {row.source["1"] for row in rows} == {"default"}
    assert after[0].events("started")[0]["at"] / 1000 - began < 10, "in virtual time"


@pytest.mark.parametrize("humans", [2, 3])
def test_where_somebody_who_is_gone_ends_the_game_all_that_was_played_is_recorded(
    world: VirtualWorld, humans: int
) -> None:
    line = Wire(world, game(*[HUMAN] * humans, **rules("end", humans)))
    before = line.join_all()
    until(line, 0, 50)
    chunks = chunks_of(before, 0)
    line.referee.exclude(1, line.now)
    after = restart(line, before, 0, chunks, gone=[1])
    line.run(60)
    for page in after:
        assert [event["reason"] for event in page.events("ended")] == ["partner_left"]
        (end,) = page.events("episode_ended")
        assert (end["end"]["frames"], end["end"]["end_reason"]) == (20 * len(chunks), "interrupted")
        assert [data for _, _, data in page.chunks] == chunks


def test_two_restarts_of_one_episode(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, **LONG))
    first = line.join_all()
    until(line, 0, 50)
    chunks = chunks_of(first, 0)
    second = restart(line, first, 0, chunks)
    until(line, 0, 95)
    more = chunks_of(second, 0)
    assert len(more) > len(chunks) and more[: len(chunks)] == chunks
    third = restart(line, second, 0, more, epoch=11)
    line.run(60)
    assert_goes_on(second, third, 0, more)


def test_who_comes_while_the_others_have_begun_returns(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, HUMAN, **{**rules("smaller", 3), "options": {"size": 3, "length": 240}}))
    before = line.join_all()
    until(line, 0, 50)
    chunks = chunks_of(before, 0)
    after = restart(line, before, 0, chunks)
    lost = after.pop()
    lost.is_open = False
    del line.pages[lost.peer]
    line.run(60, until=lambda: all(page.events("started") for page in after))
    where = {"epoch": 9, "episode": 0, "frame": 20 * len(chunks) - 1, "gone": []}
    late = line.join(lost.peer, boot=4, generation=3, returning=True, restart=where)
    line.run(60)
    assert [event["peer"] for event in late.events("returned")] == [late.peer]
    assert [data for number, _, data in late.chunks if number == 0] == chunks_of(after, 0)
    assert chunks_of(after, 0)[: len(chunks)] == chunks


def opened(world: VirtualWorld, chunks: list[Any], frame: int) -> None:
    game_json = game(HUMAN, HUMAN)
    where = {"epoch": 9, "episode": 0, "frame": frame, "gone": []}
    Runtime(world).open_match(game_json, match_of(game_json, 0, restart=where), chunks)


def test_what_does_not_fit_is_an_error_that_says_so(world: VirtualWorld) -> None:
    odd = pack([Row(-1), Row(0, actions={"0": 99, "1": 0}, source={"0": "human", "1": "human"})]).data
    with pytest.raises(EnvError, match="none of this game's: 99 is not one of the actions"):
        opened(world, [odd], 0)
    with pytest.raises(EnvError, match="0 frames are to be played again, not 20"):
        opened(world, [pack([Row(-1)]).data], 19)
