"""The public face of a session: what its host may do, must do, and can see."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from interactive_gym.netcode import (
    SERVER,
    Advance,
    Begin,
    Commit,
    Config,
    HostError,
    Input,
    Load,
    Phase,
    Request,
    Restart,
    Save,
    Session,
)
from interactive_gym.netcode.events import Ended, EpisodeEnded, Event, Refused, Rejected, Started

IDLE = b"\0"
HORIZON = 60.0  # seconds within which all of this is over


def config(**changes: Any) -> Config:
    usual: dict[str, Any] = {"fps": 30.0, "carriers": (0, 1), "default_actions": (IDLE, IDLE)}
    return Config(**usual | changes)


class Counter:
    """A game that adds up what is pressed, and ends after so many steps."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.total = self.steps = 0

    def reset(self, episode: int) -> None:
        self.total, self.steps = episode, 0

    def copy(self) -> tuple[int, int]:
        return self.total, self.steps

    def restore(self, state: tuple[int, int]) -> None:
        self.total, self.steps = state

    def digest(self) -> bytes:
        return f"{self.total:016}".encode()

    def step(self, actions: list[bytes]) -> None:
        self.steps += 1
        self.total = (31 * self.total + sum(action[0] * 7**player for player, action in enumerate(actions))) % 10**16

    @property
    def is_over(self) -> bool:
        return self.steps == self.length


class Member:
    """The quick start of the package, word for word where it matters, with queues for channels."""

    def __init__(self, config: Config, peer: int, now: float, length: int = 45, **how: Any) -> None:
        self.session = Session(config, peer, boot=1, now=now, **how)
        self.game = Counter(length)
        self.kept: dict[int, tuple[int, int]] = {}
        self.recorded: list[tuple[Input, ...]] = []
        self.shown: list[Event] = []
        self.pressed = 0
        self.rollbacks = 0

    def on_timer(self, now: float) -> Iterator[tuple[int, bytes, bool]]:
        """Yields what is sent: to whom, what, and whether that is control."""
        session, game = self.session, self.game
        for player in session.wanted_inputs(now):
            self.pressed += 1
            session.add_input(player, bytes([self.pressed % 5]))
        for request in session.advance(now):
            match request:
                case Begin(episode):
                    game.reset(episode)
                    session.ready(now)
                    session.done()
                case Save(frame, hashed):
                    self.kept[frame] = game.copy()
                    session.done(digest=game.digest() if hashed else b"")
                case Load(frame):
                    self.rollbacks += 1
                    game.restore(self.kept[frame])
                    session.done()
                case Advance(_frame, inputs, _is_live):
                    game.step([given.action for given in inputs])
                    session.done(terminal=game.is_over)
                case Commit():
                    assert request.first == len(self.recorded) % game.length
                    self.recorded += request.inputs
                    session.done()
        for peer, data in session.datagrams_to_send():
            yield peer, data, False
        for peer, data in session.control_to_send():
            yield peer, data, True
        while event := session.next_event():
            self.shown.append(event)


class Pair:
    """Two members in one room: what one sends, the other has ``delay`` seconds later."""

    def __init__(self, *configs: Config, delay: float = 0.1, length: int = 45, **how: Any) -> None:
        self.now = 5.0
        self.delay = delay
        self.members = [Member(config, peer, self.now, length, **how) for peer, config in enumerate(configs)]
        self.under_way: list[tuple[float, int, int, bytes, bool]] = []

    def run(self, until: float = HORIZON) -> Pair:
        """Let time pass, call each when it wants to be called, until both sessions are over."""
        while self.now < until and not all(member.session.phase is Phase.ENDED for member in self.members):
            deadlines = [max(self.now, member.session.next_deadline()) for member in self.members]
            self.now = min([*deadlines, *(item[0] for item in self.under_way)])
            self._deliver()
            for peer, member in enumerate(self.members):
                if self.now >= member.session.next_deadline():
                    self._send(peer, member)
            self.now += 1e-6
        return self

    def _send(self, source: int, member: Member) -> None:
        for target, data, is_control in member.on_timer(self.now):
            if target != SERVER:
                self.under_way.append((self.now + self.delay, source, target, data, is_control))

    def _deliver(self) -> None:
        due = [item for item in self.under_way if item[0] <= self.now]
        self.under_way = [item for item in self.under_way if item[0] > self.now]
        for _, source, target, data, is_control in due:
            session = self.members[target].session
            (session.receive_control if is_control else session.receive)(source, data, self.now)


def seen(member: Member, kind: type[Any]) -> list[Any]:
    return [event for event in member.shown if isinstance(event, kind)]


# --- the quick start --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("episodes", [1, 3])
def test_the_quick_start_plays_a_game_to_its_end(episodes: int) -> None:
    first, second = Pair(config(episodes=episodes), config(episodes=episodes)).run().members
    assert len(first.recorded) == 45 * episodes
    assert first.recorded == second.recorded
    assert first.game.digest() == second.game.digest()
    assert first.rollbacks > 0
    for member in (first, second):
        assert [event.episode for event in seen(member, Started)] == list(range(episodes))
        assert [(event.last, event.reason) for event in seen(member, EpisodeEnded)] == [(44, "over")] * episodes
        assert [event.reason for event in seen(member, Ended)] == ["over"]


def test_inputs_are_what_was_pressed_after_the_input_delay() -> None:
    pair = Pair(config(input_delay=3), config(input_delay=3)).run()
    for player in (0, 1):
        actions = [row[player].action[0] for row in pair.members[0].recorded]
        assert actions[:3] == [0, 0, 0]
        assert actions[3:] == [press % 5 for press in range(1, 43)]


def test_one_peer_alone_plays_at_once() -> None:
    alone = Pair(config(carriers=(0, 0))).run().members[0]
    assert len(alone.recorded) == 45
    assert alone.rollbacks == 0


@pytest.mark.parametrize("frames", [0, 1, 20])
def test_after_a_restart_the_game_goes_on_from_where_everybody_was(frames: int) -> None:
    inputs = tuple(tuple(Input(bytes([(frame + player) % 5])) for frame in range(frames)) for player in (0, 1))
    restart = Restart(epoch=4, episode=1, inputs=inputs)
    pair = Pair(config(episodes=2, input_delay=3), config(episodes=2, input_delay=3), restart=restart).run()
    for member in pair.members:
        assert member.recorded == pair.members[0].recorded
        assert member.recorded[:frames] == list(zip(*inputs, strict=True))
        assert [row[0].action[0] for row in member.recorded[frames:]] == [
            *[0] * 3, *[press % 5 for press in range(1, 43 - frames)]
        ]  # fmt: skip
        assert [event.episode for event in seen(member, EpisodeEnded)] == [1]


def test_what_one_says_the_other_acts_on_once_and_in_order() -> None:
    pair = Pair(config(), config())
    (first, second), said, acted = pair.members, list[Any](), list[Any]()
    send, handle = first.session._shared.send, second.session._engine.handle

    def note_said(peer: int, message: Any) -> None:
        said.extend([message] if peer == 1 else [])
        send(peer, message)

    def note_acted(peer: int, message: Any) -> None:
        acted.append(message)
        handle(peer, message)

    first.session._shared.send = note_said  # type: ignore[method-assign]
    second.session._engine.handle = note_acted  # type: ignore[method-assign]
    pair.run()
    _greeting, *others = acted
    assert len(others) > 10
    assert others == said[: len(others)]


# --- what the host has to do ------------------------------------------------------------------------------------------


def test_a_peer_without_a_player_is_no_part_of_it() -> None:
    with pytest.raises(ValueError, match=r"peer 2 carries no player; those who do are \[0, 1\]"):
        Session(config(), 2, 1, 0.0)


def first_request(session: Session, now: float = 0.0) -> Iterator[Request]:
    requests = session.advance(now)
    assert next(requests) == Begin(0)
    return requests


def test_every_request_is_answered_before_the_next_is_taken() -> None:
    session = Session(config(carriers=(0, 0)), 0, 1, 0.0)
    requests = first_request(session)
    with pytest.raises(HostError, match=r"Begin\(episode=0\) was not answered by done\(\)"):
        next(requests)


def test_an_answer_to_an_earlier_request_does_not_count_for_the_next() -> None:
    session = Session(config(carriers=(0, 0)), 0, 1, 0.0)
    session.done()
    requests = first_request(session)
    with pytest.raises(HostError, match="was not answered"):
        next(requests)


def test_inputs_come_only_from_whoever_carries_the_player() -> None:
    session = Session(config(is_action=lambda player, action: len(action) == 1), 0, 1, 0.0)
    session.add_input(0, b"a")
    with pytest.raises(HostError, match="the inputs of player 1 do not come from here"):
        session.add_input(1, b"a")
    with pytest.raises(HostError, match="the inputs of player 7 do not come from here"):
        session.add_input(7, b"a")
    with pytest.raises(HostError, match="b'ab' is no action of player 0"):
        session.add_input(0, b"ab")


def test_nobody_is_asked_for_inputs_before_the_first_frame() -> None:
    pair = Pair(config(), config())
    while not seen(pair.members[0], Started):
        assert pair.members[0].session.wanted_inputs(pair.now) == ()
        pair.run(until=pair.now + 0.01)
    assert pair.members[0].session.wanted_inputs(pair.now) == ()
    assert pair.members[0].session.wanted_inputs(seen(pair.members[0], Started)[0].at) == (0,)


def test_all_players_of_a_peer_are_asked_for() -> None:
    pair = Pair(
        config(carriers=(0, 1, 0), default_actions=(IDLE,) * 3), config(carriers=(0, 1, 0), default_actions=(IDLE,) * 3)
    )
    while not (started := seen(pair.members[0], Started)):
        pair.run(until=pair.now + 0.01)
    assert pair.members[0].session.wanted_inputs(started[0].at) == (0, 2)


def test_who_is_not_ready_holds_up_the_start() -> None:
    pair = Pair(config(), config())
    pair.members[1].session.ready = lambda now: None  # type: ignore[method-assign]
    pair.run(until=20.0)
    assert pair.members[0].session.phase is Phase.WAITING
    assert pair.members[1].session.phase is Phase.PREPARING
    assert not seen(pair.members[0], Started)


# --- what the host can see --------------------------------------------------------------------------------------------


def test_it_is_called_again_no_later_than_the_next_frame() -> None:
    session = Session(config(), 0, 1, 3.0)
    for request in session.advance(3.0):
        raise AssertionError(request)
    session.control_to_send()
    assert 3.0 < session.next_deadline() <= 3.0 + 1.5 / 30 + 1e-9


def test_a_session_that_is_over_and_has_nothing_to_say_is_not_called_again() -> None:
    alone = Pair(config(carriers=(0, 0))).run().members[0].session
    assert alone.next_deadline() > HORIZON or not alone.is_idle
    assert [request for request in alone.advance(HORIZON)] == []


def test_statistics_are_plain_numbers_of_what_happened() -> None:
    member = Pair(config(), config()).run().members[0]
    figures = member.session.statistics()
    assert json.loads(json.dumps(figures)) == {**figures, "links": {"1": figures["links"][1]}}
    assert set(figures) == {
        "episode", "frames", "committed", "input_delay", "window", "slowdown", "step_cost", "save_cost",
        "rollbacks", "replayed", "deepest_rollback", "stalls", "stalled_ticks", "dropped_ticks", "links",
    }  # fmt: skip
    assert (figures["episode"], figures["frames"], figures["committed"], figures["input_delay"]) == (0, 45, 44, 2)
    assert figures["rollbacks"] == member.rollbacks
    assert figures["rollbacks"] <= figures["replayed"]
    link = figures["links"][1]
    assert set(link) == {
        "datagrams_sent", "datagrams_received", "bytes_sent", "bytes_received", "refused", "round_trip"
    }  # fmt: skip
    assert link["refused"] == 0
    assert link["round_trip"]["min"] == pytest.approx(0.2, abs=0.01)


def test_properties_tell_where_it_stands() -> None:
    session = Session(config(input_delay=4), 0, 1, 0.0)
    assert (session.phase, session.head, session.committed, session.input_delay) == (Phase.GREETING, 0, -1, 4)
    ended = Pair(config(), config()).run().members[0].session
    assert (ended.phase, ended.head, ended.committed) == (Phase.ENDED, 45, 44)


# --- what comes from outside ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\xc0", bytes(40), b"\xff" * 300])
def test_bytes_that_are_no_datagram_are_counted_and_told(data: bytes) -> None:
    session = Session(config(), 0, 1, 0.0)
    session.receive(1, data, 0.1)
    session.receive_control(1, data, 0.1)
    for _ in range(2):
        event = session.next_event()
        assert isinstance(event, Rejected)
        assert event.peer == 1
    assert session.next_event() is None
    assert session.statistics()["links"][1]["refused"] == 2


def test_whoever_does_not_belong_to_it_is_not_heard() -> None:
    session = Session(config(), 0, 1, 0.0)
    for stranger in (0, 2, SERVER):
        session.receive(stranger, b"\xff", 0.1)
    for stranger in (0, 2):
        session.receive_control(stranger, b"\xff", 0.1)
    assert session.next_event() is None


@pytest.mark.parametrize(
    ("theirs", "field", "told"),
    [
        ({"archive": "b", "codec": "1"}, "archive", ("a", "b")),
        ({"archive": "a"}, "codec", ("1", "nothing")),
        ({"archive": "a", "codec": "1", "mode": "x"}, "mode", ("nothing", "x")),
    ],
)
def test_a_peer_that_plays_something_else_is_refused_and_the_difference_named(
    theirs: dict[str, str], field: str, told: tuple[str, str]
) -> None:
    mine = {"archive": "a", "codec": "1"}
    first, second = Pair(config(fingerprint=mine), config(fingerprint=theirs)).run(until=10.0).members
    assert seen(first, Refused) == [Refused(1, field, *told)]
    assert seen(second, Refused) == [Refused(0, field, *told[::-1])]
    for member in (first, second):
        assert [event.reason for event in seen(member, Ended)] == ["refused"]
        assert field in seen(member, Ended)[0].text
        assert not member.recorded


def test_who_leaves_is_out_at_once_and_says_so() -> None:
    pair = Pair(config(), config())
    while len(pair.members[1].recorded) < 10:
        pair.run(until=pair.now + 0.05)
    leaver = pair.members[1].session
    leaver.control_to_send()
    leaver.leave(pair.now)
    assert leaver.phase is Phase.ENDED
    assert 0 in {peer for peer, _ in leaver.control_to_send()}
    assert leaver.wanted_inputs(pair.now) == ()
    assert list(leaver.advance(pair.now + 1)) == []
    assert [type(leaver.next_event()), type(leaver.next_event()), leaver.next_event()] == [EpisodeEnded, Ended, None]
    leaver.leave(pair.now)
    assert leaver.next_event() is None


# --- the input delay --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delay", "input_delay"), [(0.02, 0), (0.28, 3)])
def test_an_automatic_input_delay_follows_the_way_in_the_next_episode(delay: float, input_delay: int) -> None:
    """A way of 0.28 s is 8.4 frames; 6 of them are predicted."""
    automatic = config(input_delay="auto", episodes=2)
    pair = Pair(automatic, automatic, delay=delay).run()
    for member in pair.members:
        assert seen(member, Started)[1].input_delay == input_delay
        assert member.session.input_delay == input_delay
