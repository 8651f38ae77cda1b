"""The server decides who is out: once per epoch, peer and turn, and in a way that outlives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.control import ControlChannel
from interactive_gym.netcode.messages import (
    CutGranted,
    Forgive,
    Goodbye,
    Message,
    Ready,
    Return,
    Settle,
    WantCut,
    Wish,
)
from interactive_gym.netcode.referee import GRACE, Grant, Referee
from interactive_gym.netcode.returning import CATCHING_UP
from tests.netcode.strategies import damaged

PEERS = 3
NO_WISH = Wish(0, "resume", ())  # that says only that the server is there
CONFIG = Config(30, tuple(range(PEERS)), (b"\0",) * PEERS, return_timeout=10.0)
PATIENCE = CONFIG.return_timeout
LONGEST = CATCHING_UP * PATIENCE
AWAITING = replace(CONFIG, on_disconnect="pause", on_leave="end")


class Court:
    """A referee, and the ends of its control channels at the peers; nothing is lost."""

    def __init__(self, grants: Sequence[Grant] = (), boot: int = 1, config: Config = CONFIG) -> None:
        self.now = 100.0
        self.referee = Referee(config, boot, grants)
        self.channels = {peer: ControlChannel(1) for peer in range(PEERS)}
        self.heard: dict[int, list[Message]] = {peer: [] for peer in range(PEERS)}
        self.carry()

    def carry(self) -> None:
        """Everything that is to be sent arrives."""
        for _ in range(8):
            self.now += 0.3
            for peer, channel in self.channels.items():
                for data in channel.to_send(self.now, None):
                    self.referee.receive_control(peer, data, self.now)
            for peer, data in self.referee.control_to_send():
                heard = self.channels[peer].receive(data, self.now)
                self.heard[peer] += [message for message in heard if message != NO_WISH]

    def say(self, peer: int, *messages: Message) -> None:
        for message in messages:
            self.channels[peer].send(message)
        self.carry()

    def want(self, by: int, peer: int, turn: int = 1, own_turn: int = 0, epoch: int = 0) -> None:
        self.say(by, WantCut(epoch, peer, turn, own_turn, "silent"))

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.referee.advance(self.now)
        self.carry()

    def grants(self) -> list[tuple[int, int, int, bool]]:
        """Those that are new: epoch, peer, turn, and whether it is gone."""
        return [grant[:4] for grant in self.referee.new_grants()]

    def cuts(self, peer: int) -> list[CutGranted]:
        """What ``peer`` heard."""
        return [message for message in self.heard[peer] if isinstance(message, CutGranted)]


# --- who is cut -------------------------------------------------------------------------------------------------------


def test_a_cut_is_granted_and_everybody_is_told() -> None:
    court = Court()
    court.want(by=0, peer=1)
    assert court.referee.new_grants() == [Grant(0, 1, 1, False, 0, "silent")]
    assert court.referee.new_grants() == []
    for peer in range(PEERS):
        assert court.cuts(peer) == [CutGranted(0, 1, 1, False)]


def test_of_two_who_want_each_other_out_the_first_wins() -> None:
    court = Court()
    court.want(by=1, peer=0)
    court.want(by=0, peer=1)
    assert court.grants() == [(0, 0, 1, False)]


def test_each_turn_of_a_peer_is_granted_once() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.want(by=2, peer=1)
    court.want(by=2, peer=1, turn=0)
    court.want(by=2, peer=1, turn=3)
    assert court.grants() == [(0, 1, 1, False)]
    court.want(by=2, peer=1, turn=2)
    assert court.grants() == [(0, 1, 2, False)]


def test_who_was_cut_has_nobody_cut_until_it_knows_of_it() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.want(by=1, peer=2)
    assert court.grants() == [(0, 1, 1, False)]
    court.want(by=1, peer=2, own_turn=1)
    assert court.grants() == [(0, 2, 1, False)]


def test_turns_are_counted_anew_in_every_epoch() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.want(by=0, peer=1, epoch=1)
    assert court.grants() == [(0, 1, 1, False), (1, 1, 1, False)]


def test_nobody_cuts_itself_or_somebody_who_does_not_exist() -> None:
    court = Court()
    court.want(by=1, peer=1)
    court.want(by=1, peer=PEERS)
    assert court.grants() == []


# --- who is gone ------------------------------------------------------------------------------------------------------


def test_who_does_not_come_back_in_time_is_gone() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.grants()
    court.wait(PATIENCE - 5)
    assert court.grants() == []
    court.wait(5)
    assert court.grants() == [(0, 1, 1, True)]
    assert court.cuts(0)[-1] == court.cuts(1)[-1] == CutGranted(0, 1, 1, True)
    court.wait(PATIENCE)
    assert court.grants() == []


def test_who_is_catching_up_has_more_time() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.grants()
    began = court.now
    while court.now - began < LONGEST - PATIENCE:
        court.wait(PATIENCE / 2)
        court.say(1, Return(0, 10, (0, 2)))
    assert court.grants() == []
    court.wait(LONGEST)
    assert court.grants() == [(0, 1, 1, True)]


def test_who_came_back_has_all_the_time_there_is() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.grants()
    court.say(0, Settle(0, 0, 200, "present", 1))
    court.wait(2 * PATIENCE)
    assert court.grants() == []


def test_who_is_excluded_while_present_is_cut_and_gone() -> None:
    court = Court()
    court.referee.exclude(1, court.now)
    court.carry()
    assert court.grants() == [(0, 1, 1, True)]
    assert court.cuts(0) == [CutGranted(0, 1, 1, True)]
    court.referee.exclude(1, court.now)
    assert court.grants() == []


def test_who_is_excluded_while_absent_only_loses_the_way_back() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.referee.exclude(1, court.now)
    court.carry()
    assert court.grants() == [(0, 1, 1, False), (0, 1, 1, True)]
    court.wait(PATIENCE)
    assert court.grants() == []


def test_who_is_excluded_after_a_return_is_cut_once_more() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.say(0, Settle(0, 0, 200, "present", 1))
    court.referee.exclude(1, court.now)
    assert court.grants() == [(0, 1, 1, False), (0, 1, 2, True)]


def test_who_is_gone_has_nobody_cut() -> None:
    court = Court()
    court.referee.exclude(1, court.now)
    court.grants()
    court.want(by=1, peer=0, own_turn=1)
    assert court.grants() == []


def test_who_is_gone_and_reloads_is_told_again() -> None:
    court = Court()
    court.referee.exclude(1, court.now)
    court.carry()
    court.channels[1] = ControlChannel(2)
    court.heard[1].clear()
    court.say(1, Goodbye(0))
    assert court.cuts(1) == [CutGranted(0, 1, 1, True)]


# --- from one epoch to the next ---------------------------------------------------------------------------------------


def test_who_went_too_late_for_one_epoch_is_taken_out_of_the_next() -> None:
    court = Court()
    court.referee.exclude(1, court.now)
    court.grants()
    court.say(0, Ready(1, 2, (0, 1, 2)))
    assert court.grants() == [(1, 1, 1, True)]
    court.say(2, Ready(1, 2, (0, 1, 2)))
    court.say(0, Ready(0, 2, (0, 1, 2)))  # an old one
    court.say(0, Ready(1, 2, (0, 2)))
    assert court.grants() == []


def test_epochs_begin_again_after_the_last_number() -> None:
    court = Court()
    court.say(0, Ready(127, 2, (0, 1, 2)))
    court.say(0, Ready(254, 2, (0, 1, 2)))
    court.say(0, Ready(1, 2, (0, 1, 2)))
    court.referee.exclude(1, court.now)
    assert court.grants() == [(1, 1, 1, True)]


# --- from one process of the server to the next -----------------------------------------------------------------------


def test_what_was_granted_before_a_restart_stays_so_and_is_told_to_who_has_not_heard() -> None:
    court = Court(grants=[Grant(0, 1, 1, False, 0, "silent")], boot=2)
    court.want(by=1, peer=0)
    court.want(by=2, peer=1)
    assert court.grants() == []
    for peer in range(PEERS):
        assert court.cuts(peer) == [CutGranted(0, 1, 1, False)]
    court.want(by=2, peer=1, turn=2)
    assert court.grants() == [(0, 1, 2, False)]


def test_the_time_for_a_return_begins_again_after_a_restart() -> None:
    court = Court(grants=[Grant(0, 1, 1, False, 0, "silent")])
    court.wait(5.0)
    court.wait(PATIENCE - 5)
    assert court.grants() == []
    court.wait(5.0)
    assert court.grants() == [(0, 1, 1, True)]


def test_who_came_back_before_a_restart_is_there_as_the_next_epoch_shows() -> None:
    court = Court(grants=[Grant(0, 1, 1, False, 0, "silent")])
    court.wait(1.0)
    court.say(0, Ready(1, 2, (0, 1, 2)))
    court.wait(PATIENCE)
    assert court.grants() == []


def test_whose_absence_begins_before_the_first_frame_has_no_more_time_than_others() -> None:
    court = Court()
    court.say(0, Ready(0, 2, (0, 1, 2)))
    court.want(by=0, peer=1)
    court.say(2, Ready(0, 2, (0, 1, 2)))  # it had not heard of that yet
    court.wait(PATIENCE)
    assert court.grants() == [(0, 1, 1, False), (0, 1, 1, True)]


@pytest.mark.parametrize("order", [1, -1])
def test_who_was_gone_before_a_restart_still_is(order: int) -> None:
    stored = [Grant(0, 1, 1, False, 0, "silent"), Grant(0, 1, 1, True, -1, "return_timeout")]
    court = Court(grants=stored[::order])
    court.want(by=1, peer=0, own_turn=1)
    court.wait(1.0)
    court.wait(2 * PATIENCE)
    assert court.grants() == []
    court.say(0, Ready(1, 2, (0, 1, 2)))
    assert court.grants() == [(1, 1, 1, True)]


# --- who hides --------------------------------------------------------------------------------------------------------


def _wishes(court: Court, peer: int = 2) -> list[tuple[str, tuple[int, ...]]]:
    heard = [message for message in court.heard[peer] if isinstance(message, Wish)]
    assert [message.number for message in heard] == sorted({message.number for message in heard})
    return [(message.change, message.peers) for message in heard]


@pytest.mark.parametrize("change", ["pause", "resume"])
def test_the_server_can_wish_for_a_pause(change: str) -> None:
    court = Court()
    for _ in range(2):
        court.referee.wish(change, court.now)
        court.carry()
    assert _wishes(court) == [(change, ())]


def test_a_wish_is_told_to_a_new_process() -> None:
    court = Court()
    court.referee.wish("pause", court.now, [1])
    court.carry()
    court.channels[2] = ControlChannel(2)
    court.heard[2].clear()
    court.say(2, Ready(0, 2, (0, 1, 2)))
    assert _wishes(court) == [("pause", (1,))]


def test_nobody_waits_for_somebody_who_is_cut_to_look() -> None:
    court = Court()
    court.referee.wish("pause", court.now, [1])
    court.carry()
    court.want(by=0, peer=1)
    assert _wishes(court) == [("pause", (1,)), ("resume", ())]
    court.say(0, Settle(0, 0, 200, "present", 1))
    court.referee.exclude(1, court.now)
    court.carry()
    assert _wishes(court)[2:] == [("pause", (1,)), ("resume", ())]


def test_a_new_process_of_the_server_counts_its_wishes_on() -> None:
    numbers = []
    for boot in (1, 2):
        court = Court(boot=boot)
        for change in ("pause", "resume"):
            court.referee.wish(change, court.now)
            court.carry()
        numbers += [message.number for message in court.heard[0] if isinstance(message, Wish)]
    assert numbers == sorted(set(numbers))


def test_a_new_process_of_the_server_that_is_told_nothing_has_the_game_go_on() -> None:
    court = Court(boot=2)
    court.wait(0.0)
    court.wait(GRACE - 5)
    assert _wishes(court) == []
    court.wait(5.0)
    assert _wishes(court) == [("resume", ())]


# --- whose page is there ----------------------------------------------------------------------------------------------


def _asked() -> Court:
    """Peer 0 wants peer 1 out, and the server is asked about it."""
    court = Court(config=AWAITING)
    court.want(by=0, peer=1)
    assert court.grants() == []
    assert court.referee.questions() == [1]
    return court


def test_each_question_is_asked_once() -> None:
    court = _asked()
    court.want(by=2, peer=1)
    court.say(1, Goodbye(0))
    assert court.referee.questions() == []


@pytest.mark.parametrize("is_there", [True, False])
def test_the_answer_decides_whether_somebody_is_gone(is_there: bool) -> None:
    court = _asked()
    court.referee.answer(1, is_there, court.now)
    assert court.referee.new_grants() == [Grant(0, 1, 1, not is_there, 0, "silent")]
    court.referee.answer(1, False, court.now)
    assert court.grants() == []


@pytest.mark.parametrize("reason", ["reloaded", "returns", "stray"])
def test_nobody_is_asked_about_who_shows_that_it_is_there(reason: str) -> None:
    court = Court(config=AWAITING)
    court.say(0, WantCut(0, 1, 1, 0, reason))
    assert court.grants() == [(0, 1, 1, False)]
    assert court.referee.questions() == []


@pytest.mark.parametrize("changes", [{"on_leave": "smaller"}, {"on_leave": "bot"}, {"on_disconnect": "continue"}])
def test_nobody_is_asked_where_the_others_play_on(changes: dict[str, Any]) -> None:
    court = Court(config=replace(AWAITING, **changes))
    court.want(by=0, peer=1)
    court.say(1, Goodbye(0))
    assert court.grants() == [(0, 1, 1, False)]
    assert court.referee.questions() == []


def test_who_is_heard_again_before_the_answer_is_not_cut() -> None:
    court = _asked()
    court.want(by=2, peer=1)
    court.say(0, Forgive(0, 1, 1))
    court.say(2, Forgive(0, 1, 1))
    court.referee.answer(1, False, court.now)
    assert court.grants() == []
    court.want(by=0, peer=1)
    assert court.referee.questions() == [1]


def test_whoever_else_insists_gets_its_answer() -> None:
    court = _asked()
    court.want(by=2, peer=1)
    court.say(0, Forgive(0, 1, 1))
    court.referee.answer(1, True, court.now)
    assert court.referee.new_grants() == [Grant(0, 1, 1, False, 2, "silent")]


def test_of_two_who_want_each_other_out_and_are_there_the_first_answer_decides() -> None:
    court = _asked()
    court.want(by=1, peer=0)
    assert court.referee.questions() == [0]
    court.referee.answer(0, True, court.now)
    court.referee.answer(1, True, court.now)
    assert court.grants() == [(0, 0, 1, False)]


def test_of_two_who_want_each_other_out_the_one_who_is_not_there_is_gone_in_any_case() -> None:
    court = _asked()
    court.want(by=1, peer=0)
    court.referee.answer(1, True, court.now)
    court.referee.answer(0, False, court.now)
    assert court.grants() == [(0, 1, 1, False), (0, 0, 1, True)]


@pytest.mark.parametrize("is_there", [True, False])
def test_who_says_goodbye_while_absent_is_asked_about(is_there: bool) -> None:
    court = _asked()
    court.referee.answer(1, True, court.now)
    court.say(1, Goodbye(0))
    assert court.referee.questions() == [1]
    court.grants()
    court.referee.answer(1, is_there, court.now)
    assert court.grants() == ([] if is_there else [(0, 1, 1, True)])


def test_who_asked_an_earlier_process_of_the_server_learns_that_it_has_to_ask_again() -> None:
    channel = _asked().channels[0]
    later = Referee(AWAITING, boot=2)
    for peer, data in later.control_to_send():
        if peer == 0:
            channel.receive(data, 200.0)
    assert channel.restarts == 1


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_a_farewell_is_passed_on_to_the_others() -> None:
    court = Court()
    court.say(1, Goodbye(0))
    assert court.heard == {0: [Goodbye(0)], 1: [], 2: [Goodbye(0)]}


def test_it_says_when_it_wants_to_be_called() -> None:
    court = Court()
    assert court.referee.next_deadline() == float("inf")
    court.want(by=0, peer=1)
    assert court.now < court.referee.next_deadline() <= court.now + PATIENCE


ENVELOPES = st.builds(
    lambda message: b"".join([bytes([0xB0]), bytes(3), b"\1", bytes(3), b"\1", bytes(4), message]),
    st.binary(max_size=60),
)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=60) | ENVELOPES | damaged(ENVELOPES)), max_size=8))
def test_bytes_that_mean_nothing_change_nothing(hostile: list[tuple[int, bytes]]) -> None:
    court = Court()
    for peer, data in hostile:
        court.referee.receive_control(peer, data, court.now)
    assert court.grants() == []
    court.referee.exclude(1, court.now)
    assert court.grants() == [(0, 1, 1, True)]


# --- who plays --------------------------------------------------------------------------------------------------------


def test_who_plays_is_known_of_what_each_says_of_itself() -> None:
    court = Court()
    assert court.referee.playing == {0, 1, 2} == court.referee.peers
    court.say(0, Return(0, 3, ()))
    assert court.referee.playing == {1, 2}
    court.say(1, Settle(0, 1, 30, "present", 0))
    assert court.referee.playing == {1, 2}, "that process may be gone again"
    court.say(0, Settle(0, 1, 30, "present", 0))
    assert court.referee.playing == {0, 1, 2}
    court.want(0, 2)
    assert court.referee.playing == {0, 1}
    court.say(2, Ready(1, 0, (0, 1, 2)))
    assert court.referee.playing == {0, 1, 2}
    court.referee.says(1, is_in=False)
    court.referee.exclude(0, court.now)
    court.say(0, Ready(1, 0, (0, 1, 2)))
    assert (court.referee.playing, court.referee.gone) == ({2}, {0}), "who is gone does not come back"


def test_after_a_restart_nobody_plays_and_nobody_is_absent() -> None:
    court = Court()
    court.want(0, 1)
    court.referee.exclude(2, court.now)
    court.referee.restart(2)
    assert court.referee.playing == set() and not court.referee.has_begun
    assert [court.referee.may_begin(peer) for peer in range(PEERS)] == [True, True, False]
    court.wait(LONGEST + 1)
    assert court.grants() == [(0, 1, 1, False), (0, 2, 1, True)], "who was absent before has all the time again"
    court.say(0, Ready(2, 0, (0, 1)))
    assert court.referee.has_begun and court.referee.playing == {0}
    court.want(0, 1, epoch=2)
    assert court.grants() == [(2, 1, 1, False)]
    assert not court.referee.may_begin(1)


def test_epochs_of_restarts_wrap_around() -> None:
    court = Court()
    court.referee.restart(258)
    court.want(0, 1, epoch=2)
    assert court.grants() == [(2, 1, 1, False)] and not court.referee.may_begin(1)


def test_what_an_earlier_process_granted_says_nothing_of_who_plays_now() -> None:
    court = Court([Grant(0, 1, 1, False, 0, "silent"), Grant(0, 2, 1, True, -1, "excluded")])
    assert court.referee.playing == {0, 1}
