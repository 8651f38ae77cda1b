"""One peer, and what it does and does not do before the others have agreed. What they say is put into its mouth."""

from __future__ import annotations

from typing import Any

import pytest

from interactive_gym.netcode import (
    ABSENT,
    SERVER,
    Advance,
    Begin,
    Config,
    Input,
    Load,
    Phase,
    Request,
    Save,
    Session,
)
from interactive_gym.netcode.changes import PATIENCE
from interactive_gym.netcode.events import Cut, Ended, EpisodeEnded, Mismatch, Returned, TakenOver
from interactive_gym.netcode.messages import (
    CutGranted,
    Differs,
    EpisodeEnd,
    Flush,
    History,
    Message,
    Ready,
    Return,
    Settle,
    Span,
    Stamp,
    Start,
    Vote,
    WantCut,
)
from interactive_gym.netcode.wire import Batch, Datagram, decode, encode

IDLE, A, B = Input(b"\0"), Input(b"a"), Input(b"b")
NOBODY_THERE = Input(b"\0", ABSENT)
FPS = 50.0
ABSENT = 1


class Peer:
    """One of three peers, in mid-episode: nobody has been cut, and nothing was said by the others."""

    def __init__(
        self, me: int, *, length: int = 1000, absent: bool = False, bot_of: int | None = None, delay: int = 0
    ) -> None:
        carriers = (0, 1, 2) if bot_of is None else (0, 1, 2, bot_of)
        bots = frozenset(range(3, len(carriers)))
        self.config = Config(FPS, carriers, (b"\0",) * len(carriers), input_delay=delay, episodes=2, bots=bots)
        self.now = 100.0
        self.length = length
        self.steps = 0
        self.session = Session(self.config, me, 1, self.now)
        self.shared = self.session._shared
        self.engine = self.session._engine
        self.timeline = self.shared.timeline
        self.shared.phase = Phase.PLAYING
        self.shared.ticker.start(self.now + 1 / FPS)
        for channel in self.shared.channels.values():
            channel._outbox.clear()  # the greetings have arrived
        self.said: list[tuple[int, Message]] = []
        self.shared.send = lambda peer, message: self.said.append((peer, message))  # type: ignore[method-assign]
        if absent:
            self.shared.present.discard(ABSENT)
            self.shared.turns[ABSENT] = 1
            for player, owner in enumerate(self.shared.owners()):
                self.shared.hand_over(player, 0, owner)

    def know(self, last: int, *players: int) -> None:
        """The inputs of ``players`` come, up to frame ``last``."""
        for player in players:
            queue = self.timeline.queues[player]
            for frame in range(queue.last + 1, last + 1):
                queue.add(frame, A)

    def confirm(self, last: int, *peers: int) -> None:
        """Other peers say what they have."""
        for peer in peers:
            self.shared.links[peer].confirmed = last

    def hear(self, peer: int, message: Message) -> None:
        self.engine.handle(peer, message)

    def play(self, ticks: int, is_silent: bool = False) -> list[Request]:
        """Let time pass. Everybody else is heard all the time, unless it is silent."""
        fulfilled = []
        for _ in range(ticks):
            self.now += 1 / FPS + 1e-9
            for link in self.shared.links.values():
                link.heard_at = link.heard_at if is_silent else self.now
            for request in self.session.advance(self.now):
                self.steps = request.frame + 1 if isinstance(request, Advance) else self.steps
                digest = b"state" if isinstance(request, Save) else b""
                self.session.done(terminal=isinstance(request, Advance) and self.steps == self.length, digest=digest)
                fulfilled.append(request)
        return fulfilled

    def said_of(self, kind: type[Any]) -> list[Any]:
        return [message for _, message in self.said if isinstance(message, kind)]

    def confirmed_as_told(self) -> int:
        """What the newest datagram says."""
        return decode(self.session.datagrams_to_send()[-1][1]).confirmed

    def events(self) -> list[Any]:
        found = []
        while event := self.session.next_event():
            found.append(event)
        return found


def test_what_was_given_for_a_frame_that_comes_again_is_not_asked_for_again() -> None:
    """An end that was played on expectations was none: the frames behind it are played as new ones, a second time."""
    peer = Peer(0)
    asked = []
    for _ in range(6):
        asked.append(peer.session.wanted_inputs(peer.now + 1 / FPS + 1e-9))
        peer.session.add_input(0, b"a")
        peer.play(1)
    assert asked == [(0,)] * 6 and peer.timeline.head == 6
    peer.know(0, 1, 2)
    peer.length = 3
    peer.play(1)
    assert peer.timeline.head == 3 and not peer.engine.may_play()
    peer.timeline.queues[1].add(1, B)
    peer.length = 1000
    for _ in range(3):
        assert peer.session.wanted_inputs(peer.now + 1 / FPS + 1e-9) == ()
        peer.play(1)
    assert peer.timeline.head == 6
    assert peer.session.wanted_inputs(peer.now + 1 / FPS + 1e-9) == (0,)


def a_stamp(frame: int, final: int, number: int = 0) -> Stamp:
    """The lowest peer lets the absent one come back."""
    return Stamp(0, number, frame, "present", ABSENT, final, (0, 1, 0), (0, 2))


def test_only_what_everybody_has_is_committed() -> None:
    peer = Peer(0)
    peer.know(50, 1, 2)
    for first, second, committed in ((5, 9, 5), (12, 9, 9), (12, 14, 12), (40, 40, 39)):
        peer.confirm(first, 1)
        peer.confirm(second, 2)
        peer.play(10)
        assert peer.session.committed == committed


# --- who votes --------------------------------------------------------------------------------------------------------


def a_voter() -> Peer:
    """Peer 2 in frame 20, while peer 1 is absent."""
    voter = Peer(2, absent=True)
    voter.know(200, 0)
    voter.confirm(200, 0)
    voter.play(20)
    assert (voter.session.head, voter.session.committed) == (20, 19)
    return voter


def test_a_stamped_frame_is_not_played_before_the_change_is_settled_and_nothing_acts_on_arrival() -> None:
    voter = a_voter()
    voter.hear(0, a_stamp(frame=30, final=19))
    voter.play(20)
    assert voter.said_of(Vote) == [Vote(0, 0, ok=True)]
    assert voter.session.head == 30
    assert ABSENT not in voter.shared.present
    assert not voter.events()
    voter.hear(0, Settle(0, 0, 30, "present", ABSENT))
    voter.play(3)
    assert voter.session.head == 33
    assert voter.events() == [Returned(ABSENT, 30)]


@pytest.mark.parametrize(("frame", "ok"), [(19, False), (20, False), (21, True)])
def test_who_has_come_to_the_stamped_frame_is_against_it(frame: int, ok: bool) -> None:
    voter = a_voter()
    voter.hear(0, a_stamp(frame, final=19))
    assert voter.said_of(Vote) == [Vote(0, 0, ok)]
    voter.play(3)
    assert voter.session.head == (21 if ok else 23)


def test_nothing_is_said_to_be_confirmed_that_a_stamp_may_still_change() -> None:
    voter = a_voter()
    voter.hear(0, a_stamp(frame=30, final=19))
    voter.know(100, 0, 2)
    voter.play(5)
    assert voter.confirmed_as_told() == 29


def test_a_return_that_may_be_valid_already_holds_back_what_who_returns_does_not_have() -> None:
    voter = a_voter()
    voter.hear(0, a_stamp(frame=60, final=25))
    voter.play(20)
    assert voter.session.committed == 25
    voter.confirm(31, ABSENT)
    voter.play(1)
    assert voter.session.committed == 31
    voter.hear(0, Stamp(0, 1, -1, "none", ABSENT, -1, (0, 1, 0), (0, 2)))
    voter.play(1)
    assert voter.session.committed == voter.session.head - 1


def test_only_the_lowest_peer_stamps_and_only_what_fits_to_the_cuts_known_here() -> None:
    voter = a_voter()
    voter.hear(ABSENT, a_stamp(frame=30, final=19))
    voter.hear(0, Stamp(0, 0, 30, "present", ABSENT, 19, (0, 2, 0), (0, 2)))
    assert not voter.said_of(Vote)


# --- who stamps -------------------------------------------------------------------------------------------------------


def a_coordinator() -> tuple[Peer, Stamp]:
    """Peer 0 in frame 20, which has just stamped the return of peer 1."""
    coordinator = Peer(0, absent=True)
    coordinator.know(20, 2)
    coordinator.confirm(200, 2)
    coordinator.play(20)
    coordinator.engine._changes.propose(ABSENT)
    ((to, stamp), (also_to, _)) = coordinator.said
    assert {to, also_to} == {1, 2}
    assert isinstance(stamp, Stamp)
    assert stamp.frame > 20
    return coordinator, stamp


def test_a_change_is_settled_when_all_have_voted_and_who_returns_has_everything() -> None:
    coordinator, stamp = a_coordinator()
    coordinator.hear(2, Vote(0, stamp.number, ok=True))
    coordinator.play(1)
    assert not coordinator.said_of(Settle)
    coordinator.hear(ABSENT, Vote(0, stamp.number, ok=True))
    coordinator.play(1)
    assert not coordinator.said_of(Settle)
    coordinator.confirm(stamp.final, ABSENT)
    coordinator.play(1)
    assert set(coordinator.said_of(Settle)) == {Settle(0, stamp.number, stamp.frame, "present", ABSENT)}
    coordinator.play(1)
    assert {peer for peer, message in coordinator.said if isinstance(message, Settle)} == {1, 2, SERVER}


def test_without_everybody_s_vote_nothing_is_settled_and_the_stamp_is_taken_back() -> None:
    coordinator, stamp = a_coordinator()
    coordinator.confirm(stamp.final, ABSENT)
    coordinator.hear(ABSENT, Vote(0, stamp.number, ok=True))
    coordinator.know(1000, 2)
    coordinator.play(10)
    assert not coordinator.said_of(Settle)
    coordinator.play(int(PATIENCE * FPS))
    assert [later.change for later in coordinator.said_of(Stamp)] == ["present", "present", "none", "none"]
    assert coordinator.session.head > stamp.frame
    coordinator.hear(2, Vote(0, stamp.number, ok=True))
    assert not coordinator.said_of(Settle)


def test_one_vote_against_it_takes_the_stamp_back() -> None:
    coordinator, stamp = a_coordinator()
    coordinator.hear(2, Vote(0, stamp.number, ok=False))
    assert coordinator.said_of(Stamp)[-1].change == "none"


def test_who_stamps_a_return_stops_everybody_s_commits_until_it_is_settled() -> None:
    coordinator, stamp = a_coordinator()
    coordinator.know(stamp.frame - 1, 2)
    coordinator.play(5)
    assert coordinator.confirmed_as_told() == stamp.final
    assert coordinator.session.committed == stamp.final
    coordinator.confirm(stamp.final, ABSENT)
    for peer in (ABSENT, 2):
        coordinator.hear(peer, Vote(0, stamp.number, ok=True))
    coordinator.play(1)
    assert coordinator.confirmed_as_told() > stamp.final


def test_nobody_is_let_in_any_more_once_the_end_was_said() -> None:
    coordinator, stamp = a_coordinator()
    coordinator.confirm(stamp.final, ABSENT)
    coordinator.hear(2, Differs(0, 10, 9))
    coordinator.play(1)
    assert coordinator.session.phase is Phase.ENDING
    for peer in (ABSENT, 2):
        coordinator.hear(peer, Vote(0, stamp.number, ok=True))
    coordinator.play(1)
    assert not coordinator.said_of(Settle)


def test_no_input_is_sent_of_a_player_from_where_it_may_be_handed_back() -> None:
    coordinator = Peer(0, absent=True, bot_of=ABSENT, delay=3)
    coordinator.know(1000, 2)
    coordinator.confirm(1000, 2)
    coordinator.play(20)
    assert coordinator.timeline.queues[3].last == 22
    coordinator.engine._changes.propose(ABSENT)
    (stamp, *_) = coordinator.said_of(Stamp)
    coordinator.play(stamp.frame - 20)
    assert coordinator.session.head == stamp.frame
    assert coordinator.timeline.queues[3].last == stamp.frame - 1
    assert coordinator.timeline.queues[0].last == stamp.frame + 2


# --- cuts -------------------------------------------------------------------------------------------------------------


def test_nothing_is_committed_or_believed_of_who_was_cut_until_all_have_said_what_they_hold() -> None:
    peer = Peer(0)
    peer.know(9, 1, 2)
    peer.confirm(200, 1, 2)
    peer.play(9)
    assert peer.session.committed == 8
    peer.hear(SERVER, CutGranted(0, 1, 1, is_gone=False))
    peer.know(12, 1, 2)
    assert peer.timeline.queues[1].last == 9
    peer.play(2)
    assert peer.session.committed == 8
    peer.hear(2, Flush(0, (0, 1, 0), (Span(1, 9, (A, B, B)),), (), -1))
    assert peer.events() == [Cut(1, 1, 11)]
    assert peer.timeline.queues[1].known(9, 12) == (A, B, B, NOBODY_THERE)
    peer.play(1)
    assert peer.session.committed == peer.session.head - 1 == 11


def test_what_this_peer_alone_holds_of_who_was_cut_is_told_and_counts() -> None:
    peer = Peer(0)
    peer.know(9, 1, 2)
    peer.confirm(5, 1, 2)
    peer.play(5)
    peer.hear(SERVER, CutGranted(0, 1, 1, is_gone=False))
    (flush,) = peer.said_of(Flush)
    assert flush.held == (Span(1, 6, (A,) * 4),)
    peer.hear(2, Flush(0, (0, 1, 0), (Span(1, 6, (A,)),), (), -1))
    assert peer.events() == [Cut(1, 1, 9)]


def test_a_bot_that_is_taken_over_did_nothing_since_the_cut_and_what_was_expected_of_it_is_played_again_first() -> None:
    peer = Peer(0, bot_of=1)
    peer.know(9, 1, 2, 3)
    peer.confirm(200, 1, 2)
    peer.play(15)
    peer.know(30, 2)
    peer.hear(SERVER, CutGranted(0, 1, 1, is_gone=False))
    peer.hear(2, Flush(0, (0, 1, 0), (), (), -1))
    requests = peer.play(1)
    assert [request.frame for request in requests if isinstance(request, Load)] == [10]
    assert [request.frame for request in requests if isinstance(request, Advance)] == list(range(10, 16))
    assert [request.inputs[3].action for request in requests if isinstance(request, Advance)] == [IDLE.action] * 6
    assert peer.timeline.queues[3].known(9, 14) == (A, *[IDLE] * 5)
    assert peer.session.committed == 15
    assert TakenOver(3, 10) in peer.events()
    sent = decode(dict(peer.session.datagrams_to_send())[2]).inputs
    assert [(batch.player, batch.first, len(batch.inputs)) for batch in sent] == [(0, 0, 16), (3, 10, 6)]


def test_who_is_silent_is_to_be_cut_but_not_for_what_this_peer_slept_through() -> None:
    peer = Peer(0)
    peer.play(5)
    peer.now += 10.0
    peer.play(1, is_silent=True)
    peer.play(int(0.9 * FPS), is_silent=True)
    assert not peer.said_of(WantCut)
    peer.play(int(0.2 * FPS), is_silent=True)
    assert {(want.peer, want.reason) for want in peer.said_of(WantCut)} == {(1, "silent"), (2, "silent")}


def test_who_failed_alone_is_cut_even_if_the_frame_becomes_final_here_later() -> None:
    peer = Peer(0)
    peer.hear(1, EpisodeEnd(0, 2, b"", "failed"))
    peer.play(5)
    assert not peer.said_of(WantCut)
    peer.know(6, 1, 2)
    peer.confirm(6, 1, 2)
    peer.play(1)
    assert [(want.peer, want.reason) for want in peer.said_of(WantCut)] == [(1, "failed")]


def test_nobody_gives_up_on_a_cut_for_what_it_slept_through() -> None:
    peer = Peer(0)
    peer.play(5)
    peer.hear(SERVER, CutGranted(0, ABSENT, 1, is_gone=False))
    peer.now += peer.config.server_timeout
    peer.play(1)
    assert peer.session.phase is Phase.PLAYING
    peer.play(int((peer.config.settle_timeout + 0.2) * FPS))
    assert [event.reason for event in peer.events() if isinstance(event, Ended)] == ["unsettled"]


def test_another_process_of_the_server_is_told_what_the_one_before_knew() -> None:
    peer = Peer(2, absent=True)
    peer.hear(0, a_stamp(50, final=-1))
    back = Settle(0, 0, 50, "present", ABSENT)
    peer.hear(0, back)
    peer.play(5)
    peer.engine.meet_again(SERVER)
    assert (SERVER, back) in peer.said


def test_a_game_begins_when_all_are_ready_for_it_with_the_same_peers() -> None:
    peer = Peer(0)
    peer.shared.phase = Phase.WAITING
    peer.hear(2, Ready(0, 0, (0, 1, 2)))
    peer.hear(SERVER, CutGranted(0, 1, 1, is_gone=False))
    peer.hear(2, Flush(0, (0, 1, 0), (), (), -1))
    peer.play(3)
    assert peer.said_of(Ready)[-1].present == (0, 2)
    assert not peer.said_of(Start)
    peer.hear(2, Ready(0, 0, (0, 2)))
    peer.play(1)
    assert len(peer.said_of(Start)) == 1


def test_whoever_is_missed_without_a_cut_that_was_seen_is_said_to_be_out() -> None:
    """Whoever shows the links forgets those that are out, and waits for all others to be heard."""
    peer = Peer(0)
    peer.shared.phase = Phase.PREPARING
    peer.hear(2, Ready(0, 0, (0, 2)))
    assert peer.shared.present == {0, 2}
    assert peer.events() == [Cut(1, 0, -1)]

    away = Peer(0)
    away.shared.phase = Phase.AWAY
    spans = tuple(Span(player, 0, (B,) * 4) for player in range(3))
    for _ in range(2):
        away.hear(2, History(0, 0, 0, 0, spans, (1, 2, 0), (2,), 20, 18))
    assert away.events() == [Cut(1, 2, 17)]


def test_a_report_from_before_the_cut_does_not_settle_it() -> None:
    peer = Peer(0)
    peer.hear(SERVER, CutGranted(0, 1, 1, is_gone=False))
    peer.hear(2, Flush(0, (0, 0, 0), (), (), -1))
    assert not peer.events()


# --- what belongs to another time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epoch", "turn", "is_taken"), [(0, 1, True), (0, 0, False), (0, 2, False), (1, 1, False), (255, 1, False)]
)
def test_a_datagram_of_another_epoch_or_from_before_a_cut_says_nothing_of_the_game(
    epoch: int, turn: int, is_taken: bool
) -> None:
    peer = Peer(0)
    peer.shared.turns[1] = 1
    datagram = Datagram(epoch, turn, 1, 0, 0.0, 0, None, None, (Batch(1, 0, (B,)),), ())
    peer.session.receive(1, encode(datagram), peer.now)
    assert (peer.timeline.queues[1].last == 0) == is_taken
    assert peer.session.statistics()["links"][1]["datagrams_received"] == 1


def test_who_sends_for_others_or_claims_what_it_cannot_have_is_not_believed() -> None:
    peer = Peer(0)
    peer.play(4)
    datagram = Datagram(0, 0, 4, 100, 0.0, 0, None, None, (Batch(2, 0, (B,)), Batch(1, 0, (B,))), ())
    peer.session.receive(1, encode(datagram), peer.now)
    assert [queue.last for queue in peer.timeline.queues] == [3, 0, -1]
    peer.know(50, 1, 2)
    peer.confirm(50, 2)
    peer.play(1)
    assert peer.session.committed == 3  # peer 1 cannot have more of our inputs than we had sent


@pytest.mark.parametrize(
    ("have", "hears", "changed", "is_let_in"),
    [
        (19, (0, 2), -1, True),
        (19, (0,), -1, False),
        (19, (2,), -1, False),
        (19, (0, 2), 20, True),
        (19, (0, 2), 21, False),
    ],
)
def test_who_comes_back_has_to_hear_everybody_and_to_know_the_last_change(
    have: int, hears: tuple[int, ...], changed: int, is_let_in: bool
) -> None:
    peer = Peer(0, absent=True)
    peer.know(100, 2)
    peer.confirm(100, 2)
    peer.play(20)
    peer.shared.changed = changed
    peer.hear(ABSENT, Return(0, have, hears))
    peer.play(1)
    assert bool(peer.said_of(Stamp)) == is_let_in


def test_an_answer_that_does_not_join_what_is_known_is_of_no_use() -> None:
    peer = Peer(0)
    peer.shared.phase = Phase.AWAY
    peer.timeline.final = 4
    peer.know(4, 0, 1, 2)
    for first in (7, 3):
        spans = tuple(Span(player, first, (B,) * 4) for player in range(3))
        peer.hear(2, History(0, 0, 0, first, spans, (1, 0, 0), (1, 2), 20, -1))
        assert peer.timeline.final == 4
    spans = tuple(Span(player, 5, (B,) * 4) for player in range(3))
    peer.hear(2, History(0, 0, 0, 5, spans, (1, 0, 0), (1, 2), 20, -1))
    assert peer.timeline.final == 8
    assert peer.timeline.queues[1].known(4, 8) == (A, B, B, B, B)


# --- the end ----------------------------------------------------------------------------------------------------------


def test_an_episode_is_left_when_everybody_has_said_that_it_has_ended() -> None:
    peer = Peer(0, length=10)
    peer.know(20, 1, 2)
    peer.confirm(20, 1, 2)
    peer.hear(1, EpisodeEnd(0, 9, b"state", "over"))
    peer.play(20)
    assert peer.session.phase is Phase.ENDING
    assert (peer.session.head, peer.session.committed) == (10, 9)
    assert peer.said_of(EpisodeEnd) == [EpisodeEnd(0, 9, b"state", "over")] * 2
    peer.hear(2, EpisodeEnd(255, 9, b"state", "over"))
    peer.play(1)
    assert peer.session.phase is Phase.ENDING
    peer.hear(2, EpisodeEnd(0, 9, b"state", "over"))
    peer.play(1)
    assert peer.session.phase is Phase.PREPARING
    assert peer.events() == [EpisodeEnded(0, 9, 9, "over")]


def test_who_has_committed_the_last_frame_has_everything_up_to_it() -> None:
    peer = Peer(0, length=10)
    peer.know(20, 1, 2)
    peer.play(20)
    assert peer.session.phase is Phase.PLAYING
    for other in (1, 2):
        peer.hear(other, EpisodeEnd(0, 9, b"state", "over"))
    peer.play(1)
    assert peer.events() == [EpisodeEnded(0, 9, 9, "over")]


def test_a_last_state_that_differs_is_found_although_no_datagram_told_of_it() -> None:
    peer = Peer(0, length=12)
    peer.know(20, 1, 2)
    peer.confirm(20, 1, 2)
    peer.hear(1, EpisodeEnd(0, 11, b"state", "over"))
    peer.hear(2, EpisodeEnd(0, 11, b"other", "over"))
    peer.play(20)
    assert [(event.peer, event.frame) for event in peer.events() if isinstance(event, Mismatch)] == [(2, 12)]


def test_who_is_ready_for_the_next_episode_early_need_not_say_so_again() -> None:
    peer = Peer(0, length=10)
    peer.know(20, 1, 2)
    peer.confirm(20, 1, 2)
    peer.play(10)
    for other in (1, 2):
        peer.hear(other, Ready(1, 0, (0, 1, 2)))
    assert peer.session.phase is Phase.ENDING
    assert peer.play(2) == [Begin(1)]
    peer.session.ready(peer.now)
    peer.play(2)
    assert [start.epoch for start in peer.said_of(Start)] == [1, 1]


def test_a_game_holds_at_an_end_that_is_not_committed() -> None:
    peer = Peer(0, length=10)
    peer.know(7, 1, 2)
    peer.play(20)
    assert peer.session.phase is Phase.PLAYING
    assert peer.session.head == 10
    assert not peer.said_of(EpisodeEnd)


def test_a_game_holds_where_the_window_ends() -> None:
    peer = Peer(0)
    peer.play(30)
    assert peer.session.head == peer.config.max_window
    peer.know(9, 1, 2)
    peer.play(30)
    assert peer.session.head == 10 + peer.config.max_window
