"""The server decides who is out: once per epoch, peer and turn, and in a way that outlives it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.control import ControlChannel
from interactive_gym.netcode.messages import CutGranted, Goodbye, Message, Ready, Settle, WantCut, Wish
from interactive_gym.netcode.referee import Grant, Referee
from interactive_gym.netcode.returning import CATCHING_UP
from tests.netcode.strategies import damaged

PEERS = 3
CONFIG = Config(30, tuple(range(PEERS)), (b"\0",) * PEERS, return_timeout=10.0)
PATIENCE = CATCHING_UP * CONFIG.return_timeout


class Court:
    """A referee, and the ends of its control channels at the peers; nothing is lost."""

    def __init__(self, grants: Sequence[Grant] = (), boot: int = 1) -> None:
        self.now = 100.0
        self.referee = Referee(CONFIG, boot, grants)
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
                self.heard[peer] += self.channels[peer].receive(data, self.now)

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
    court.wait(PATIENCE - 10)
    assert court.grants() == []
    court.wait(10)
    assert court.grants() == [(0, 1, 1, True)]
    assert court.cuts(0)[-1] == court.cuts(1)[-1] == CutGranted(0, 1, 1, True)
    court.wait(PATIENCE)
    assert court.grants() == []


def test_who_came_back_has_all_the_time_there_is() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.grants()
    court.say(0, Settle(0, 0, 200, "present", 1))
    court.wait(2 * PATIENCE)
    assert court.grants() == []


def test_a_pause_brings_nobody_back() -> None:
    court = Court()
    court.want(by=0, peer=1)
    court.say(0, Settle(0, 0, 200, "pause", 1))
    court.wait(PATIENCE)
    assert court.grants()[-1] == (0, 1, 1, True)


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
    court.wait(PATIENCE - 10)
    assert court.grants() == []
    court.wait(10.0)
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


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_a_farewell_is_passed_on_to_the_others() -> None:
    court = Court()
    court.say(1, Goodbye(0))
    assert court.heard == {0: [Goodbye(0)], 1: [], 2: [Goodbye(0)]}


@pytest.mark.parametrize("change", ["pause", "resume"])
def test_the_server_can_wish_for_a_pause(change: str) -> None:
    court = Court()
    court.referee.wish(change, court.now)
    court.carry()
    assert [message.change for message in court.heard[2] if isinstance(message, Wish)] == [change]


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
