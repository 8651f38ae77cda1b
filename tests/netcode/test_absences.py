"""Who is silent, frozen, cut, reloaded, excluded or gone, and how the others go on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from interactive_gym.netcode.events import Away, Cut, Ended, EpisodeEnded, Held, Returned, Started, Unheld
from interactive_gym.netcode.requests import DEFAULT, HUMAN, SOURCE
from interactive_gym.netcode.testing import (
    SERVER,
    Burst,
    Conditions,
    Down,
    Exclude,
    Fault,
    Freeze,
    Kill,
    Leave,
    Links,
    Reload,
    ReloadAll,
    Report,
    all_of,
    both_ways,
    run_match,
)
from interactive_gym.netcode.testing.host import Row
from tests.netcode.playing import ORDINARY, ends, first, passed, play, reasons, scenario


def _rows(report: Report, episode: int = 0) -> list[Row]:
    """What was committed; all peers have the same."""
    return max((record.rows for _, record in report.records(episode)), key=len)


def _played_by_human(rows: list[Row], player: int) -> list[bool]:
    return [row.inputs[player].flags & SOURCE == HUMAN for row in rows]


def _cuts(report: Report) -> set[tuple[int, int, int]]:
    return {(seen.event.peer, seen.event.turn, seen.event.frame) for _, seen in report.events(Cut)}


# --- bursts of loss, and freezes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("peers", [2, 3])
@pytest.mark.parametrize("duration", [0.3, 0.5])
def test_a_short_burst_cuts_nobody(peers: int, duration: float) -> None:
    report = play(peers, faults=(Burst(5.0, duration, both_ways(0, 1)),))
    assert set(ends(report).values()) == {("over", 300)}
    assert not report.events(Cut)


@pytest.mark.parametrize("peers", [2, 3])
@pytest.mark.parametrize("duration", [1.0, 3.0, 5.0])
def test_after_a_long_burst_everybody_is_back(peers: int, duration: float) -> None:
    report = play(peers, frames=600, faults=(Burst(5.0, duration, both_ways(0, 1)),))
    assert set(ends(report).values()) == {("over", 600)}
    assert len(report.events(Returned)) == peers * len(_cuts(report))
    assert len(_cuts(report)) == 1 or (duration, len(_cuts(report))) == (1.0, 0)


def test_a_burst_in_one_direction() -> None:
    report = play(3, frames=600, faults=(Burst(5.0, 3.0, ((0, 1),)),))
    assert set(ends(report).values()) == {("over", 600)}


def test_bursts_one_after_another() -> None:
    faults = tuple(Burst(at, 0.6, all_of(1, range(3))) for at in (4.0, 5.5, 7.0, 8.5))
    report = play(3, frames=400, faults=faults)
    assert set(ends(report).values()) == {("over", 400)}


@pytest.mark.parametrize("peers", [2, 3])
@pytest.mark.parametrize("duration", [0.3, 5.0, 20.0])
def test_a_frozen_tab_comes_back(peers: int, duration: float) -> None:
    report = play(peers, frames=1000, faults=(Freeze(6.0, duration, 1),))
    assert set(ends(report).values()) == {("over", 1000)}
    rows = _rows(report)
    is_there = _played_by_human(rows, 1)
    assert all(_played_by_human(rows, 0)[5:])
    assert is_there[-1]
    away = is_there[5:].count(False) / 30
    assert away == 0 if duration < 1 else duration - 2 < away < duration + 3


def test_everybody_freezes_at_once() -> None:
    report = play(3, frames=400, faults=tuple(Freeze(6.0, 5.0, peer) for peer in range(3)))
    assert reasons(report) == {"over"}


# --- cuts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("goodbye", [True, False])
def test_two_drop_out_at_once(goodbye: bool) -> None:
    report = play(4, faults=(Kill(6.0, 1, goodbye), Kill(6.0, 2, goodbye)))
    assert ends(report)[0, 1] == ends(report)[3, 1] == ("over", 300)
    assert {(peer.number, seen.event.peer) for peer, seen in report.events(Cut)} == {(0, 1), (0, 2), (3, 1), (3, 2)}
    assert len(_cuts(report)) == 2


@pytest.mark.parametrize("seed", range(4))
def test_survivors_who_heard_the_last_of_somebody_at_different_times_agree(seed: int) -> None:
    ways = {(3, peer): Conditions(delay=delay, jitter=0.03, loss=0.2) for peer, delay in enumerate((0.02, 0.1, 0.25))}
    links = replace(ORDINARY, directions=ways)
    starts = first(run_match(scenario(4, links=links, seed=seed, progress_within=20.0)), Started)
    report = play(4, links=links, seed=seed, faults=(Kill(starts + 3.0, 3, goodbye=False),))
    assert [ends(report)[peer, 1] for peer in range(3)] == [("over", 300)] * 3
    ((peer, _, frame),) = _cuts(report)
    assert peer == 3
    is_there = _played_by_human(_rows(report), 3)
    assert is_there[frame]
    assert not any(is_there[frame + 1 :])


def test_a_broken_link_between_two_who_reach_the_server_cuts_one() -> None:
    report = play(3, frames=600, faults=(Down(5.0, 6.0, 0, 1),))
    assert set(ends(report).values()) == {("over", 600)}
    assert len({peer for peer, *_ in _cuts(report)}) == 1
    assert {seen.event.peer for _, seen in report.events(Returned)} == {peer for peer, *_ in _cuts(report)}


@pytest.mark.parametrize("peers", [2, 3])
def test_a_link_that_stays_broken_costs_one_its_place(peers: int) -> None:
    report = play(peers, faults=(Down(5.0, 200.0, 0, 1),), return_timeout=8.0, until=60.0)
    ((out, *_),) = _cuts(report)
    ended = ends(report)
    assert ended.pop((out, 1))[0] in ("gone", "over")  # a third peer may tell it of the end
    assert set(ended.values()) == {("over", 300)}


def test_who_reaches_nobody_and_no_server_ends_and_the_others_go_on() -> None:
    faults = (Burst(5.0, 100.0, all_of(2, range(3))),)
    report = play(3, faults=faults, until=60.0)
    assert ends(report)[0, 1] == ends(report)[1, 1] == ("over", 300)
    assert ends(report)[2, 1][0] == "server_unreachable"


def test_without_the_server_nobody_is_cut_and_short_silence_is_borne() -> None:
    cut_off = tuple(Down(4.0, 30.0, peer, SERVER) for peer in range(2))
    report = play(faults=(*cut_off, Burst(6.0, 3.0, both_ways(0, 1))))
    assert set(ends(report).values()) == {("over", 300)}
    assert not report.events(Cut)


# --- coming back ------------------------------------------------------------------------------------------------------


def test_a_return_after_twenty_seconds() -> None:
    report = play(3, frames=1200, faults=(Burst(6.0, 20.0, all_of(1, range(3))),), server_timeout=30.0)
    assert set(ends(report).values()) == {("over", 1200)}
    assert first(report, Returned) > 26.0
    is_there = _played_by_human(_rows(report), 1)
    assert is_there[100]
    assert not any(is_there[200:600])
    assert all(is_there[-200:])


@pytest.mark.parametrize("peers", [2, 3])
@pytest.mark.parametrize("goodbye", [True, False])
def test_a_return_after_a_reload(peers: int, goodbye: bool) -> None:
    report = play(peers, frames=700, faults=(Reload(6.0, 3.0, 1, goodbye),))
    ended = ends(report)
    del ended[1, 1]
    assert set(ended.values()) == {("over", 700)}
    assert (1, 2) in ended
    assert all(_played_by_human(_rows(report), 1)[-200:])


def test_a_reload_faster_than_anybody_notices() -> None:
    report = play(3, frames=600, faults=(Reload(6.0, 0.4, 1, goodbye=False),))
    assert ends(report)[1, 2] == ("over", 600)


def test_one_reload_after_another() -> None:
    faults = tuple(Reload(at, 0.5, 1) for at in (6.0, 7.0, 8.0))
    report = play(3, frames=700, faults=faults)
    assert ends(report)[1, 4] == ("over", 700)


@pytest.mark.parametrize("peer", [0, 1, 2])
def test_a_reload_in_the_next_episode(peer: int) -> None:
    calm = play(3, episodes=2)
    report = play(3, episodes=2, faults=(Reload(first(calm, EpisodeEnded) + 3.0, 1.0, peer),))
    assert ends(report, 1)[peer, 2] == ("over", 300)
    assert (peer, 2) not in ends(report, 0)


def test_two_come_back_at_once() -> None:
    report = play(4, frames=700, faults=(Reload(6.0, 2.0, 1), Reload(6.1, 2.0, 3)))
    assert ends(report)[1, 2] == ends(report)[3, 2] == ("over", 700)


def test_the_first_of_all_comes_back() -> None:
    report = play(3, frames=700, faults=(Reload(6.0, 2.0, 0, goodbye=False),))
    assert ends(report)[0, 2] == ("over", 700)


def test_who_comes_back_too_late_is_gone() -> None:
    report = play(3, frames=600, faults=(Reload(6.0, 9.0, 1),), return_timeout=2.0)
    assert ends(report)[0, 1] == ends(report)[2, 1] == ("over", 600)
    assert {seen.event.reason for peer, seen in report.events(Ended) if (peer.number, peer.boot) == (1, 2)} == {"gone"}


def test_a_return_while_somebody_else_is_cut() -> None:
    faults = (Freeze(5.0, 3.0, 1), Kill(7.9, 2, goodbye=False))
    report = play(4, frames=600, faults=faults)
    assert {ends(report)[peer, 1] for peer in (0, 1, 3)} == {("over", 600)}


@pytest.mark.parametrize("peers", [2, 3])
@pytest.mark.parametrize("goodbye", [True, False])
def test_everybody_reloads_at_once(peers: int, goodbye: bool) -> None:
    report = play(peers, faults=(ReloadAll(6.0, 2.0, goodbye),))
    assert [ends(report)[peer, 2] for peer in range(peers)] == [("over", 300)] * peers
    for player in range(peers):
        assert all(_played_by_human(_rows(report), player)[-100:])


def test_everybody_reloads_again_and_again() -> None:
    report = play(3, episodes=2, faults=tuple(ReloadAll(at, 1.0) for at in (6.0, 9.0, 19.0)))
    assert [ends(report, 1)[peer, 4] for peer in range(3)] == [("over", 300)] * 3


def test_one_reloads_after_all_did() -> None:
    report = play(3, frames=600, faults=(ReloadAll(6.0, 1.0), Reload(11.0, 1.0, 1)))
    assert [ends(report)[peer] for peer in ((0, 2), (1, 3), (2, 2))] == [("over", 600)] * 3


# --- exclusions and farewells -----------------------------------------------------------------------------------------


def test_an_exclusion() -> None:
    report = play(3, faults=(Exclude(6.0, 1),))
    assert ends(report)[0, 1] == ends(report)[2, 1] == ("over", 300)
    assert ends(report)[1, 1][0] == "excluded"
    assert len(_cuts(report)) == 1


@pytest.mark.parametrize("excluded", [0, 1, 2])
@pytest.mark.parametrize("earlier", [0.5, 0.3, 0.2, 0.1, 0.0])
def test_an_exclusion_and_a_return_in_the_same_second(excluded: int, earlier: float) -> None:
    frozen = Freeze(5.0, 3.0, 1)
    back_at = first(play(3, frames=500, faults=(frozen,)), Returned)
    report = play(3, frames=500, faults=(frozen, Exclude(back_at - earlier, excluded)))
    ended = ends(report)
    assert ended.pop((excluded, 1))[0] in ("excluded", "gone")
    assert set(ended.values()) == {("over", 500)}


def _farewell(when: str, peers: int) -> float:
    """When to leave: just before the first frame, in the game, or just after the first episode's end."""
    calm = play(peers, episodes=2)
    times = {"countdown": first(calm, Started) + 0.1, "game": 6.0, "between": first(calm, EpisodeEnded) + 0.15}
    return times[when]


@pytest.mark.parametrize("peers", [2, 3])
@pytest.mark.parametrize("when", ["countdown", "game", "between"])
@pytest.mark.parametrize("how", ["closes", "crashes", "leaves"])
def test_a_partner_leaves(peers: int, when: str, how: str) -> None:
    at = _farewell(when, peers)
    fault: Fault = {"closes": Kill(at, 1), "crashes": Kill(at, 1, goodbye=False), "leaves": Leave(at, 1)}[how]
    report = play(peers, episodes=2, faults=(fault,), must_roll_back=when != "countdown")
    for peer in range(peers):
        if peer != 1:
            assert [ends(report, episode)[peer, 1] for episode in (0, 1)] == [("over", 300)] * 2
    assert {peer for peer, *_ in _cuts(report)} == {1}


def test_a_partner_who_never_comes() -> None:
    report = play(3, faults=(Kill(0.0, 1, goodbye=False),), connect_timeout=5.0)
    assert ends(report)[0, 1] == ends(report)[2, 1] == ("over", 300)
    assert {given.flags & SOURCE for row in _rows(report) for given in row.inputs[1:2]} == {DEFAULT}


# --- pauses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peers", [2, 3])
@pytest.mark.parametrize("fault", [Burst(6.0, 3.0, both_ways(0, 1)), Freeze(6.0, 3.0, 1)], ids=["burst", "freeze"])
def test_a_pause_waits_and_cuts_nobody(peers: int, fault: Fault) -> None:
    report = play(peers, faults=(fault,), on_disconnect="pause")
    assert set(ends(report).values()) == {("over", 300)}
    assert not report.events(Cut)
    assert report.events(Held)
    assert len(report.events(Unheld)) >= peers
    for player in range(peers):
        assert all(_played_by_human(_rows(report), player)[5:])


def test_a_pause_has_an_end() -> None:
    faults = (Burst(6.0, 9.0, all_of(1, range(3))),)
    report = play(3, frames=600, faults=faults, on_disconnect="pause", server_timeout=20.0)
    assert set(ends(report).values()) == {("over", 600)}
    assert {peer for peer, *_ in _cuts(report)} == {1}
    assert first(report, Cut) > 11.0


@pytest.mark.parametrize("how", ["closes", "crashes"])
def test_a_pause_is_not_for_who_has_left(how: str) -> None:
    report = play(faults=(Kill(6.0, 1, goodbye=how == "closes"),), on_disconnect="pause")
    assert ends(report)[0, 1] == ("over", 300)
    assert (first(report, Cut) < 7.0) == (how == "closes")


def test_a_reload_in_a_paused_game() -> None:
    report = play(3, frames=600, faults=(Reload(6.0, 2.0, 1, goodbye=False),), on_disconnect="pause")
    assert ends(report)[1, 2] == ("over", 600)


def test_nobody_is_told_to_be_away_who_was_there() -> None:
    report = play(3, faults=(Burst(6.0, 0.5, all_of(1, range(3))),))
    assert not report.events(Away)


def test_a_match_that_cannot_begin_ends() -> None:
    """Two who never hear each other, and no server to ask."""
    faults = (Burst(0.0, 100.0, all_of(0, range(2))), Burst(0.0, 100.0, all_of(1, range(2))))
    report = run_match(scenario(faults=faults, links=Links(), until=60.0, must_roll_back=False))
    assert {peer.ended.reason for peer in passed(report).processes if peer.ended} == {"server_unreachable"}
