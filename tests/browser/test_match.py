"""Whole games of several people, each through the one object that a worker's shell sees."""

from __future__ import annotations

import itertools
import json
import os
import random
from dataclasses import replace
from typing import Any

import pytest

from interactive_gym.browser.picture import look_of
from interactive_gym.browser.runtime import Runtime
from interactive_gym.browser.spec import load
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError
from interactive_gym.netcode import SERVER

from .rooms import HERE, Paints, Room, game
from .wire import Page, Wire, match_of

HUMAN = "human"
SMALLER = {"input_delay": 1, "on_leave": "smaller"}  # the others play on without somebody who was cut


def played(world: VirtualWorld, game_json: str, seconds: float = 60, **wire: Any) -> list[Page]:
    """A game from its beginning to its end."""
    line = Wire(world, game_json, **wire)
    pages = line.join_all()
    line.run(seconds)
    return pages


def chunks_of(page: Page) -> list[tuple[Any, ...]]:
    return [(episode, *head.values(), data) for episode, head, data in page.chunks]


def assert_same(pages: list[Page], episodes: int = 2) -> None:
    """Everybody has recorded the same, to the last byte, and all of it."""
    assert [page.error for page in pages] == [None] * len(pages)
    for page in pages:
        assert chunks_of(page) == chunks_of(pages[0])
        assert [event["reason"] for event in page.events("ended")] == ["over"]
        ends = page.events("episode_ended")
        assert [end["episode"] for end in ends] == list(range(episodes))
        for end in ends:
            rows = page.rows(end["episode"])
            assert [row.frame for row in rows] == list(range(-1, end["end"]["frames"]))


@pytest.mark.parametrize("humans", [2, 3, 4])
def test_everybody_records_the_same(world: VirtualWorld, humans: int) -> None:
    pages = played(world, game(*[HUMAN] * humans))
    assert_same(pages)
    for page in pages:
        assert [end["end"]["end_reason"] for end in page.events("episode_ended")] == ["terminated"] * 2
        assert [end["end"]["frames"] for end in page.events("episode_ended")] == [45, 45]
        assert sum(packet["rollback"] for packet in page.packets) > 10
    rows = pages[0].rows(1)
    pressed = {str(agent): {row.actions[str(agent)] for row in rows[1:]} for agent in range(humans)}
    assert all(len(actions) > 1 for actions in pressed.values())
    assert {source for row in rows[5:] for source in row.source.values()} == {"human", "default"}
    assert {looked for row in rows[5:] for looked in row.is_focused.values()} == {True, False}


def test_the_unseeded_world_is_the_same_for_all_and_is_not_played_without_it(world: VirtualWorld) -> None:
    """The room draws from everything and looks at clocks; rollbacks must not show in what it draws."""
    far, near = played(world, game(HUMAN, HUMAN), delay=0.14), played(world, game(HUMAN, HUMAN), delay=0.0, loss=0.0)
    assert_same(far)
    assert_same(near)
    resets = [page.rows(0)[0].observations or {} for page in (far[0], near[0])]
    assert resets[0]["0"].tolist() == resets[1]["0"].tolist()
    clocks = [row.infos["0"]["time"] for row in far[0].rows(0)[1:]]
    assert clocks == sorted(set(clocks)) and clocks == [row.infos["0"]["time"] for row in near[0].rows(0)[1:]]
    assert os.urandom(8) != os.urandom(8)


# --- packets --------------------------------------------------------------------------------------------------------


def test_what_is_shown_is_whole_once_and_only_what_is_new(world: VirtualWorld) -> None:
    page, _ = played(world, game(HUMAN, HUMAN, hud="{score:.0f} {episode}/{episodes}"))
    prepared = [packet for packet in page.packets if page.of(packet, "prepared")]
    assert [packet["episode"] for packet in prepared] == [0, 1]
    assert all(packet["draw"]["full"] and packet["frame"] == -1 for packet in prepared)
    assert [packet["hud"] for packet in prepared] == ["0 1/2", "0 2/2"]
    for packet in page.packets:
        is_new = bool(packet["ticked"] or packet["rollback"] or page.of(packet, "prepared"))
        assert (packet["draw"] is not None) == is_new == (packet["hud"] is not None)
        assert packet["corrected"] == (packet["rollback"] > 0) == (packet["rollback_ms"] > 0)
        assert (packet["step_ms"] > 0) == packet["ticked"]
        assert 0 <= packet["predicted"] <= 8
    assert max(packet["predicted"] for packet in page.packets) >= 1
    assert not all(packet["draw"] for packet in page.packets)


@pytest.fixture
def slow(world: VirtualWorld, monkeypatch: pytest.MonkeyPatch) -> float:
    """Everything that a session asks for seems to take so many seconds, a sixth of a tick."""
    cost, shown = 1 / 180, itertools.count()
    monkeypatch.setattr(world, "stopwatch", lambda: next(shown) * cost)
    return cost


def test_what_is_played_again_before_a_tick_is_told_and_drawn_with_it(world: VirtualWorld, slow: float) -> None:
    line = Wire(world, game(HUMAN, HUMAN, options={"size": 2, "length": 150}))
    page, other = line.join_all()
    early: list[dict[str, Any]] = []
    wake = page.wake

    def noting(now: float) -> None:
        wake(now)
        if page.match._side is not None and page.match._side.session.has_replayed:
            early.append(page.packets[-1])

    page.wake = noting  # type: ignore[method-assign]
    line.run(60)
    assert_same([page, other])
    assert len(early) > 20
    for packet in early:
        assert [packet[key] for key in ("draw", "pixels", "hud", "acts")] == [None] * 4
        assert [packet[key] for key in ("ticked", "corrected", "rollback", "rollback_ms")] == [False, False, 0, 0]
    for packet in page.packets:
        is_new = bool(packet["ticked"] or packet["rollback"] or page.of(packet, "prepared"))
        assert (packet["draw"] is not None) == is_new
        assert packet["rollback_ms"] >= packet["rollback"] * slow * 1000 - 0.01
    replayed = [end["end"]["statistics"]["replayed"] for end in page.events("episode_ended")]
    assert sum(replayed) == sum(packet["rollback"] for packet in page.packets)


def test_what_was_played_again_is_drawn_even_if_the_game_waits(world: VirtualWorld, slow: float) -> None:
    """The partner's last inputs come when this peer may play no new frame any more."""
    line = Wire(world, game(HUMAN, HUMAN, options={"size": 2, "length": 150}, episodes=1), delay=0.5, loss=0.0)
    page, _ = line.join_all()
    line.run(60)
    corrected = [packet for packet in page.packets if packet["rollback"] and not packet["ticked"]]
    assert corrected and all(packet["draw"] is not None and packet["corrected"] for packet in corrected)


def test_what_comes_may_make_the_next_call_earlier(world: VirtualWorld, slow: float) -> None:
    line = Wire(world, game(HUMAN, HUMAN, options={"size": 2, "length": 150}, episodes=1))
    page, _ = line.join_all()
    wanted: list[tuple[float, float | None]] = []
    receive = page.match.receive

    def noting(peer: int, data: bytes, now: float) -> float | None:
        wanted.append((page.packets[-1]["next"] if page.packets else now, receive(peer, data, now)))
        return wanted[-1][1]

    assert page.match.receive(1, b"", line.now) is not None
    page.match.receive = noting  # type: ignore[method-assign]
    line.run(60)
    assert sum(now is not None and now < before - 1e-3 for before, now in wanted) > 20


def test_nobody_is_to_be_called_because_of_what_comes_for_no_game(world: VirtualWorld) -> None:
    match = Runtime(world).open_match(game(HUMAN, HUMAN), match_of(game(HUMAN, HUMAN), 0))
    assert match.receive(1, b"", 0.0) is None
    match.meet(0.0)
    assert match.receive(1, b"", 0.0) is not None
    match.advance(0.0, "no JSON")
    match._guarded(0.0, lambda: 1 / 0)
    assert match.receive(1, b"", 0.0) is None


def test_keys_act_in_the_frame_that_the_packet_names(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, episodes=1, multiplayer={"input_delay": 3}), delay=0.0, loss=0.0)
    page, other = line.join_all()
    acted: dict[int, list[str]] = {}
    wake = page.wake

    def noting(now: float) -> None:
        wake(now)
        packet = page.packets[-1]
        if packet["acts"] is not None:
            assert packet["ticked"] and packet["acts"] == packet["frame"] + 3
            acted[packet["acts"]] = page.held

    page.wake = noting  # type: ignore[method-assign]
    line.run(30)
    rows = other.rows(0)[1:]
    assert [row.source["0"] for row in rows[:3]] == ["default"] * 3
    for row in rows[3:]:
        assert row.actions["0"] == ("abc".index(acted[row.frame][0]) + 1 if acted[row.frame] else 0)
        assert row.source["0"] == ("human" if acted[row.frame] else "default")


def test_a_tap_waits_until_it_can_act(world: VirtualWorld) -> None:
    """While the partner is silent nothing is sampled, so the page keeps what was pressed."""
    line = Wire(world, game(HUMAN, HUMAN, episodes=1, input_mode="single_keystroke"), loss=0.0)
    page, _ = line.join_all()
    line.run(10, until=lambda: page.packets and page.packets[-1]["frame"] == 10)
    line.broken.add(frozenset({0, 1}))
    line.run(10, until=lambda: page.packets[-1]["frame"] >= 10 and page.packets[-1]["acts"] is None
             and not page.packets[-1]["ticked"])  # fmt: skip
    assert page.packets[-1]["acts"] is None


def test_each_player_has_a_view_and_a_line(world: VirtualWorld) -> None:
    pages = played(world, game(HUMAN, HUMAN, hud_function=f"{HERE}:hud", episodes=1))
    for number, page in enumerate(pages):
        first = next(packet for packet in page.packets if page.of(packet, "prepared"))
        assert first["hud"] == f"{number} at step 0"
        colors = {drawn["id"]: drawn["fill"] for drawn in first["draw"]["set"]}
        assert colors == {str(number): "#ff0000", str(1 - number): "#0000ff"}


def test_what_views_leave_behind_is_no_difference(world: VirtualWorld) -> None:
    pages = played(world, game(HUMAN, HUMAN, environment=f"{HERE}:Paints", draw=None))
    assert_same(pages)
    texts = {packet["draw"]["set"][0]["s"] for packet in pages[1].packets if packet["draw"] and packet["draw"]["set"]}
    assert texts == {"for 1"}


def test_looking_covers_everybodys_view(world: VirtualWorld) -> None:
    spec = load(game(HUMAN, f"{HERE}:follow", HUMAN, environment=f"{HERE}:Paints", draw=None))
    env = Paints(3)
    env.reset(0)
    look_of(spec)(env)
    assert env.shown == [0, 2]


def test_statistics_are_of_one_episode(world: VirtualWorld) -> None:
    page, _ = played(world, game(HUMAN, HUMAN))
    first, second = (end["end"]["statistics"] for end in page.events("episode_ended"))
    for found in (first, second):
        assert (found["input_delay"], found["window"]) == (1, 8)
        assert 0 < found["rollbacks"] <= found["replayed"] and 0 < found["deepest_rollback"] <= 12
    assert first["replayed"] + second["replayed"] == sum(packet["rollback"] for packet in page.packets)
    whole = json.loads(page.match.statistics())
    assert whole["replayed"] == first["replayed"] + second["replayed"]
    assert whole["deepest_rollback"] == max(first["deepest_rollback"], second["deepest_rollback"])
    assert whole["links"]["1"]["round_trip"]["median"] == pytest.approx(0.24, abs=0.08)


def test_a_machine_that_was_found_to_be_slow_is_told_of_and_counted(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, options={"size": 2, "length": 100}))
    fast = line.join(0)
    prepared = line.runtime._prepared
    assert prepared is not None
    line.runtime._prepared = replace(prepared, frame_cost=0.05)  # of a tick as long; in truth it is much less
    pages = [fast, line.join(1)]
    line.run(60)
    assert_same(pages)
    for page in pages:
        assert page.events("slowed") == [{"type": "slowed", "factor": 1.2, "peers": [1]}]
        assert [end["end"]["statistics"]["slowdown"] for end in page.events("episode_ended")] == [1.2, 1.0]


def test_times_of_events_are_the_clock_s_milliseconds(world: VirtualWorld) -> None:
    page, other = played(world, game(HUMAN, HUMAN, episodes=1))
    (mine,), (theirs,) = page.events("started"), other.events("started")
    assert 100_000 < mine["at"] < 104_000 and mine["at"] == pytest.approx(theirs["at"], abs=30)
    assert mine == {"type": "started", "episode": 0, "at": mine["at"], "input_delay": 1}


# --- bots -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["follow", "dice"])
def test_bots_act_on_what_is_final(world: VirtualWorld, policy: str) -> None:
    pages = played(world, game(f"{HERE}:{policy}", HUMAN, HUMAN, f"{HERE}:{policy}"))
    assert_same(pages)
    for row in pages[0].rows(0)[3:]:
        assert row.source["0"] == row.source["3"] == "bot"
        assert row.observed.keys() == {"0", "3"}
        for agent in ("0", "3"):
            assert -1 <= row.observed[agent] < row.frame - 1
            if policy == "follow":
                assert row.actions[agent] == (row.observed[agent] + 1) % 4
    lags = {row.frame - row.observed["0"] for row in pages[0].rows(0)[10:]}
    assert max(lags) <= 12


def test_a_bot_whose_carrier_is_lost_plays_on(world: VirtualWorld) -> None:
    line = Wire(
        world,
        game(
            HUMAN, HUMAN, HUMAN, f"{HERE}:follow", options={"size": 4, "length": 200}, episodes=1, multiplayer=SMALLER
        ),
    )
    lost, *others = line.join_all()
    line.run(20, until=lambda: bool(lost.packets) and lost.packets[-1]["frame"] > 20)
    lost.match.leave(line.now)
    lost.wake(line.now)
    line.send(lost)
    line.run(60)
    assert [event["reason"] for event in lost.events("ended")] == ["left"]
    assert lost.events("episode_ended")[0]["end"]["end_reason"] == "interrupted"
    assert chunks_of(others[0]) == chunks_of(others[1])
    rows = others[0].rows(0)[1:]
    assert rows[-1].frame == 199 and [row.source["3"] for row in rows[-50:]] == ["bot"] * 50
    gone = [row.frame for row in rows if not row.present["0"]]
    assert gone == [*range(gone[0], 200)] and gone[0] > 20 and all(row.present["1"] for row in rows)
    for row in rows:
        if row.source["3"] == "bot":
            assert row.actions["3"] == (row.observed["3"] + 1) % 4 and row.observed["3"] < row.frame
    count = lost.events("episode_ended")[0]["end"]["frames"]
    assert lost.rows(0)[-1].frame == count - 1
    assert [row.actions for row in lost.rows(0)] == [row.actions for row in others[0].rows(0)[: count + 1]]


def test_a_failing_policy_is_an_error_and_the_others_hear_of_it(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, f"{HERE}:sulk", episodes=1, multiplayer=SMALLER))
    page, other = line.join_all()
    line.run(20, until=lambda: not page.is_open)
    assert page.error is not None and page.error["stage"] == "policy" and "no cheese" in page.error["problem"]
    line.run(20, until=lambda: bool(other.events("cut")) or not other.is_open)
    assert json.loads(page.match.advance(line.now, "{}")) == {"error": page.error}


# --- going away, and coming back ------------------------------------------------------------------------------------


def test_who_reloads_comes_back_and_has_recorded_the_whole_episode(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, options={"size": 2, "length": 240}, multiplayer=SMALLER))
    stays, goes = line.join_all()
    line.leave_after(goes, 40)
    line.run(4, until=lambda: bool(stays.events("cut")))
    again = line.join(1, boot=2, returning=True)
    line.run(60)
    assert again.events("away") and [event["peer"] for event in again.events("returned")] == [1]
    assert [event["reason"] for event in [*stays.events("ended"), *again.events("ended")]] == ["over", "over"]
    assert chunks_of(again) == chunks_of(stays)
    rows = stays.rows(0)[1:]
    absent = [row.frame for row in rows if not row.present["1"]]
    assert absent == [*range(absent[0], absent[-1] + 1)] and 5 < len(absent) < 200
    assert {rows[frame].source["1"] for frame in absent} == {"default"}
    assert all(row.present["0"] for row in rows)
    assert {row.source["1"] for row in rows[-60:]} == {"human", "default"}
    shown = [packet["frame"] for packet in again.packets if packet["draw"]]
    assert shown[0] > 40, "nobody is shown how the past is caught up with"
    assert [end["end"]["frames"] for end in again.events("episode_ended")] == [240, 240]


def test_nobody_plays_on_without_somebody_who_reloads(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, options={"size": 2, "length": 240}, episodes=1))
    stays, goes = line.join_all()
    line.leave_after(goes, 40)
    goes.is_open = False
    gone = line.now
    line.run(5, until=lambda: line.now > gone + 4)
    again = line.join(1, boot=2, returning=True)
    line.run(60)
    assert {event["why"] for event in stays.events("held")} == {"silence", "absence"}
    assert all(event["until"] / 1000 > gone for event in stays.events("held"))
    assert [event["reason"] for event in [*stays.events("ended"), *again.events("ended")]] == ["over", "over"]
    assert chunks_of(again) == chunks_of(stays)
    (cut,), (back,) = stays.events("cut"), stays.events("returned")
    assert back["frame"] == cut["frame"] + 1


def test_who_closes_the_page_ends_the_game_and_all_is_recorded(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, HUMAN, options={"size": 3, "length": 240}, episodes=2))
    first, goes, last = line.join_all()
    line.leave_after(goes, 40)
    goes.is_open = False
    line.run(20)
    for page in (first, last):
        assert [event["reason"] for event in page.events("ended")] == ["partner_left"]
        (end,) = page.events("episode_ended")
        assert end["end"]["end_reason"] == "interrupted"
        assert page.rows(0)[-1].frame == end["end"]["frames"] - 1 > 40
    assert chunks_of(first) == chunks_of(last)


def test_who_misses_the_end_of_an_episode_is_back_in_the_next(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, HUMAN, options={"size": 3, "length": 200}, episodes=3, multiplayer=SMALLER))
    *stay, goes = line.join_all()
    line.run(30, until=lambda: bool(goes.packets) and goes.packets[-1]["frame"] > 150)
    line.broken.update({frozenset({2, 0}), frozenset({2, 1}), frozenset({2, SERVER})})
    line.run(60, until=lambda: stay[0].packets[-1]["episode"] == 1 and stay[0].packets[-1]["frame"] > 10)
    line.broken.clear()
    line.run(60)
    assert goes.events("away") and [event["reason"] for event in goes.events("ended")] == ["over"]
    assert chunks_of(stay[0]) == chunks_of(stay[1])
    assert [end["episode"] for end in stay[0].events("episode_ended")] == [0, 1, 2]
    assert [end["episode"] for end in goes.events("episode_ended")] == [1, 2], "of the first it never heard the end"
    assert [event["episode"] for event in goes.events("prepared")] == [0, 1, 2]
    assert [chunk for chunk in chunks_of(goes) if chunk[0]] == [chunk for chunk in chunks_of(stay[0]) if chunk[0]]


def test_a_game_waits_for_those_it_does_not_hear_of(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, episodes=1))
    pages = line.join_all()
    line.run(10, until=lambda: bool(pages[0].packets) and pages[0].packets[-1]["frame"] == 10)
    line.broken.add(frozenset({0, 1}))
    healed = line.now + 2.5
    line.run(10, until=lambda: line.now > healed)
    assert all(page.events("held") and not page.events("cut") for page in pages)
    assert pages[0].packets[-1]["frame"] < 25
    line.broken.clear()
    line.run(20)
    assert_same(pages, episodes=1)
    assert all(page.events("unheld") for page in pages)


def test_who_is_left_alone_is_let_go_after_a_while(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, episodes=5, options={"size": 2, "length": 2000}, multiplayer=SMALLER))
    stays, goes = line.join_all()
    line.leave_after(goes, 5)
    goes.is_open = False
    left = line.now
    line.run(60)
    assert [event["reason"] for event in stays.events("ended")] == ["partner_left"]
    assert stays.events("episode_ended")[0]["end"]["end_reason"] == "interrupted"
    assert 30 < line.now - left < 34


def test_who_plays_with_bots_only_was_never_left(world: VirtualWorld) -> None:
    assert_same(played(world, game(f"{HERE}:follow", HUMAN)))


def test_who_is_left_alone_for_good_is_let_go_at_once(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN))
    stays, goes = line.join_all()
    line.run(20, until=lambda: bool(goes.packets) and goes.packets[-1]["frame"] > 5)
    line.referee.exclude(1, line.now)
    left = line.now
    line.run(20)
    assert [event["reason"] for event in goes.events("ended")] == ["excluded"]
    assert [event["reason"] for event in stays.events("ended")] == ["partner_left"]
    assert line.now - left < 2


# --- ends -----------------------------------------------------------------------------------------------------------


def test_a_failing_step_ends_the_game_for_all_after_the_same_row(world: VirtualWorld) -> None:
    pages = played(world, game(HUMAN, HUMAN, options={"size": 2, "fails_at": 25}))
    for page in pages:
        assert page.error is None
        (ended,) = page.events("ended")
        assert ended["reason"] == "failed" and "the floor is lava" in ended["text"].splitlines()[0]
        assert "rooms.py" in ended["text"], "the traceback is for the researcher"
        (end,) = page.events("episode_ended")
        assert (end["end"]["end_reason"], end["end"]["frames"]) == ("failed", 24)
        assert page.rows(0)[-1].frame == 23
    assert chunks_of(pages[0]) == chunks_of(pages[1])


def test_states_that_differ_end_the_episode_where_they_were_the_same(world: VirtualWorld) -> None:
    options = {"size": 2, "apart": 15}
    pages = played(world, game(HUMAN, HUMAN, environment=f"{HERE}:Doubts", options=options, episodes=1))
    for page in pages:
        (end,) = page.events("episode_ended")
        assert (end["end"]["end_reason"], end["end"]["frames"]) == ("mismatch", 10)
        assert page.events("mismatch")
        assert page.rows(0)[-1].frame >= 9
    same = [[row.actions for row in page.rows(0)[:11]] for page in pages]
    assert same[0] == same[1]


def test_other_archives_are_refused(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN))
    pages = [line.join(0), line.join(1, archive="b.tar")]
    line.run(10)
    assert {event["field"] for page in pages for event in page.events("refused")} == {"archive"}
    assert all(event["reason"] == "refused" for page in pages for event in page.events("ended"))


@pytest.mark.parametrize(
    ("changes", "stage", "says"),
    [
        ({"environment": "nowhere:make"}, "import", "nowhere"),
        ({"options": {"size": 3}}, "make", "names the agents"),
        ({"default_action": 9}, "make", "gameplay(default_action)"),
        ({"bindings": [{"keys": ["x"], "action": 9}]}, "make", "gameplay(actions[['x']])"),
    ],
)
def test_what_cannot_be_played_is_said_before_anybody_waits_for_it(
    world: VirtualWorld, changes: dict[str, Any], stage: str, says: str
) -> None:
    made = game(HUMAN, HUMAN, **changes)
    with pytest.raises(EnvError) as caught:
        Runtime(world).open_match(made, match_of(made, 1))
    assert caught.value.stage == stage and says in caught.value.problem


def test_what_every_match_needs_is_done_once_before_there_is_one(world: VirtualWorld) -> None:
    made, runtime = game(HUMAN, HUMAN), Runtime(world)
    closed = Room.closed
    runtime.prepare_game(made)
    assert Room.closed > closed  # it was looked at, and tried
    closed = Room.closed
    runtime.prepare_game(made)
    match = runtime.open_match(made, match_of(made, 1))
    assert Room.closed == closed
    match.close()
    assert Room.closed == closed + 1  # it stood before anybody met


def test_who_prepared_plays_with_who_did_not(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, episodes=1))
    prepared = line.join(0)
    line.runtime = Runtime(world)
    line.runtime.prepare_game(game(HUMAN, HUMAN))  # another game: forgotten for this one
    late = line.join(1)
    line.run(60)
    assert_same([prepared, late], episodes=1)


def test_a_failing_draw_is_an_error(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, draw="tests.browser.games:draw_badly"))
    page, _ = line.join_all()
    line.run(10, until=lambda: not page.is_open)
    assert page.error is not None and page.error["stage"] == "draw"


def test_hostile_bytes_change_nothing(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN))
    pages = line.join_all()
    rng = random.Random(3)
    honest = [b"\0"]

    def attack() -> bool:
        if line.now % 0.02 < 0.002:
            for page in pages:
                page.match.receive(1 - page.peer, rng.randbytes(rng.randrange(40)), line.now)
                page.match.receive_control(1 - page.peer, rng.randbytes(rng.randrange(40)), line.now)
                page.match.receive_control(255, rng.randbytes(rng.randrange(40)), line.now)
                for stranger in (page.peer, 7, 31, 254, -1, 256):
                    page.match.receive(stranger, rng.choice(honest), line.now)
                    page.match.receive_control(stranger, rng.choice(honest), line.now)
        return all(page.is_over for page in pages)

    outgoing = pages[0].match.outgoing

    def overheard() -> bytes:
        blob = outgoing()
        honest.extend([blob[4 : 4 + int.from_bytes(blob[2:4], "big")]] if blob else [])
        return blob

    pages[0].match.outgoing = overheard  # type: ignore[method-assign]
    line.run(60, until=attack)
    assert_same(pages)
    assert json.loads(pages[0].match.statistics())["links"]["1"]["refused"] > 50


def test_javascript_hands_over_bytes_in_its_own_way(world: VirtualWorld) -> None:
    class Uint8Array:
        def __init__(self, data: bytes) -> None:
            self.data = data

        def to_bytes(self) -> bytes:
            return self.data

    line = Wire(world, game(HUMAN, HUMAN, episodes=1))
    for page in line.join_all():
        for name in ("receive", "receive_control"):
            plain = getattr(page.match, name)
            setattr(page.match, name, lambda peer, data, now, plain=plain: plain(peer, Uint8Array(data), now))
    line.run(60)
    assert_same([*line.pages.values()], episodes=1)


def test_who_has_closed_the_game_still_answers_about_its_end(world: VirtualWorld) -> None:
    line = Wire(world, game(HUMAN, HUMAN, episodes=1), delay=0.1, loss=0.0)
    first, second = line.join_all()
    line.run(60, until=lambda: first.has_ended or second.has_ended)
    over, playing = (first, second) if first.has_ended else (second, first)
    assert not over.match.linger(line.now) and not playing.has_ended
    over.match.close()
    over.wake = lambda now: over.match.linger(now)  # type: ignore[method-assign]
    over.wakes_at = line.now
    line.run(10, until=lambda: playing.has_ended)
    line.run(10, until=lambda: over.match.linger(line.now))
    assert_same([playing], episodes=1)


def test_before_the_session_and_after_the_game_nothing_raises(world: VirtualWorld) -> None:
    made = game(HUMAN, HUMAN)
    match = Runtime(world).open_match(made, match_of(made, 0))
    match.receive(1, b"junk", 1.0)
    match.receive_control(255, b"junk", 1.0)
    match.ready(1.0)
    match.leave(1.0)
    assert match.outgoing() == b"" and json.loads(match.statistics()) == {}
    assert "meet()" in json.loads(match.advance(1.0, "{}"))["error"]["problem"]
    (page, *_) = played(world, game(HUMAN, HUMAN, episodes=1))
    closed = Room.closed
    page.match.close()
    page.match.close()
    assert Room.closed == closed + 1
    page.match.receive(1, b"junk", 1e3)
    assert "no episode" in json.loads(page.match.advance(1e3, "{}"))["error"]["problem"]
    page.match.outgoing()
