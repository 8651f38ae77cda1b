"""Replays that are done before the tick: when, how far, and that nothing comes of it but time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactive_gym.netcode import Advance, Begin, Commit, Config, Input, Load, Phase, Request, Save, Session
from interactive_gym.netcode.events import RolledBack
from interactive_gym.netcode.inputs import NOBODY
from interactive_gym.netcode.lifecycle import Cause
from interactive_gym.netcode.pacing import COSTS, RESERVE, Window
from interactive_gym.netcode.testing import Computer, Conditions, Links, Report, ToyGame, run_match
from interactive_gym.netcode.timeline import Answer, Timeline
from interactive_gym.netcode.wire import Batch, Datagram, encode
from tests.netcode.playing import passed, scenario
from tests.netcode.test_timeline import Episode

IDLE, A, B = b"\0", b"a", b"b"
FPS = 50.0
TICK = 1 / FPS
STEP = TICK / 5  # so that five frames take a tick
MOMENT = 1e-6  # seconds; no time at all


def never(actions: list[bytes]) -> bool:
    return False


class Player:
    """A peer in mid-episode, which has played ``frames`` frames and knows nothing of the others' inputs.

    Its game is the list of all actions since its beginning, and what a frame costs is known.
    """

    def __init__(
        self, frames: int = 6, *, step: float = STEP, players: int = 2, ends: Callable[[list[bytes]], bool] = never
    ) -> None:
        config = Config(FPS, tuple(range(players)), (IDLE,) * players, input_delay=0, episodes=2)
        self.now = 100.0
        self.step, self.ends = step, ends
        self.state: list[bytes] = []
        self.saved: dict[int, list[bytes]] = {}
        self.rows: list[tuple[bytes, ...]] = []
        self.session = Session(config, 0, 1, self.now)
        self.shared = self.session._shared
        self.timeline = self.shared.timeline
        self.shared.phase = Phase.PLAYING
        self.shared.ticker.start(self.now + TICK)
        for channel in self.shared.channels.values():
            channel._outbox.clear()  # the greetings have arrived
        for _ in range(COSTS):
            self.shared.window.add_cost(step=step, save=0.0)
        for _ in range(frames):
            self.tick()

    def know(self, player: int, *actions: bytes) -> None:
        """The next inputs of a player come."""
        queue = self.timeline.queues[player]
        for frame, action in enumerate(actions, len(queue.known(0, queue.last))):
            assert queue.add(frame, Input(action))

    @property
    def tick_at(self) -> float:
        return self.shared.ticker.deadline()

    def tick(self) -> list[Request]:
        """The next tick happens when it is due."""
        return self.call(self.tick_at)

    def call(self, now: float) -> list[Request]:
        """Time passes; what was done."""
        self.now = now
        for link in self.shared.links.values():
            link.heard_at = now
        self.session.add_input(0, IDLE)
        done = []
        for request in self.session.advance(now):
            done.append(request)
            self.session.done(**self.fulfil(request))
        return done

    def fulfil(self, request: Request) -> dict[str, Any]:
        match request:
            case Save(frame):
                self.saved[frame] = list(self.state)
                return {"digest": b"".join(self.state)[-28:].rjust(32)}
            case Load(frame):
                self.state = list(self.saved[frame])
            case Advance(frame, inputs):
                assert frame == len(self.state)
                self.state.append(b"".join(given.action for given in inputs))
                return {"terminal": self.ends(self.state), "cost": self.step}
            case Commit():
                assert request.last < len(self.state)
                self.rows += [tuple(given.action for given in row) for row in request.inputs]
        return {}

    @property
    def places(self) -> tuple[int, int]:
        return self.timeline.place, self.timeline.head


def played(requests: Iterable[Request]) -> list[tuple[str, int]]:
    """What changes the game, as (what, frame)."""
    names = {(Load, False): "load", (Advance, False): "again", (Advance, True): "new"}
    return [
        (names[type(request), getattr(request, "is_live", False)], request.frame)
        for request in requests
        if isinstance(request, Load | Advance)
    ]


def again(*frames: int) -> list[tuple[str, int]]:
    return [("again", frame) for frame in frames]


def load_and_play(*frames: int) -> list[tuple[str, int]]:
    return [("load", frames[0]), *again(*frames)]


def interrupted(**how: Any) -> Player:
    """Frames 1 to 5 have to be played again, and 1 and 2 have been."""
    player = Player(**how)
    player.know(1, IDLE, A)
    assert played(player.call(player.tick_at - 2.5 * STEP)) == load_and_play(1, 2)
    assert player.places == (3, 6)
    return player


# --- when -------------------------------------------------------------------------------------------------------------


def test_it_is_done_before_the_tick_and_as_late_as_possible() -> None:
    player = Player(step=STEP / 2)
    player.know(1, IDLE, A)
    due = player.tick_at - RESERVE * 5 * STEP / 2
    assert player.session.next_deadline() == pytest.approx(due)
    assert player.call(due - MOMENT) == []
    assert played(player.call(due + MOMENT)) == load_and_play(1, 2, 3, 4, 5)
    assert player.state == [b"\0\0", *[b"\0a"] * 5]
    assert player.session.next_deadline() == player.tick_at
    assert played(player.tick()) == [("new", 6)]


def test_what_comes_until_then_is_corrected_by_the_same_replay() -> None:
    player = Player(step=STEP / 2, players=3)
    player.know(1, IDLE, IDLE, IDLE, A)
    late = player.session.next_deadline()
    player.know(2, IDLE, B)
    early = player.session.next_deadline()
    assert early < late
    assert played(player.call(early + MOMENT)) == load_and_play(1, 2, 3, 4, 5)
    assert player.state[1:5] == [b"\0\0b", b"\0\0b", b"\0ab", b"\0ab"]


def test_a_datagram_may_make_the_next_deadline_earlier() -> None:
    player = Player()
    given = (Input(IDLE), Input(A))
    data = encode(Datagram(0, 0, 2, 1, 0.0, 0, None, None, (Batch(1, 0, given),), ()))
    assert player.session.next_deadline() == player.tick_at
    player.session.receive(1, data, player.now + MOMENT)
    assert player.session.next_deadline() == pytest.approx(player.tick_at - RESERVE * 5 * STEP)


@pytest.mark.parametrize("step", [0.0, TICK / 60])
def test_it_is_left_to_the_tick_if_it_costs_next_to_nothing(step: float) -> None:
    player = Player(step=step)
    player.know(1, IDLE, A)
    assert player.session.next_deadline() == player.tick_at
    assert player.call(player.tick_at - MOMENT) == []
    assert played(player.tick()) == [*load_and_play(1, 2, 3, 4, 5), ("new", 6)]


def test_nothing_is_done_where_nothing_was_wrong() -> None:
    player = Player()
    player.know(1, IDLE, IDLE)
    assert player.session.next_deadline() == player.tick_at
    assert player.call(player.tick_at - MOMENT) == []


def test_it_is_done_once_per_tick_at_most() -> None:
    player = Player(step=STEP / 2)
    for action in (A, B):
        player.know(1, action)
        head, wrong = player.timeline.head, player.timeline.queues[1].last
        assert played(player.call(player.session.next_deadline() + MOMENT)) == load_and_play(*range(wrong, head))
        player.know(1, IDLE)
        assert player.session.next_deadline() == player.tick_at
        assert player.call(player.tick_at - MOMENT) == []
        assert played(player.tick()) == [*load_and_play(*range(wrong + 1, head)), ("new", head)]


def test_where_not_even_one_frame_fits_the_tick_does_it() -> None:
    player = Player()
    player.know(1, IDLE, A)
    assert player.call(player.tick_at - STEP / 2) == []
    assert player.session.next_deadline() == player.tick_at
    assert played(player.tick()) == [*load_and_play(1, 2, 3, 4, 5), ("new", 6)]


# --- how far ----------------------------------------------------------------------------------------------------------


def test_it_is_interrupted_where_the_next_frame_might_delay_the_tick_and_completed_there() -> None:
    player = interrupted()
    assert player.session.head == 6
    assert player.session.next_deadline() == player.tick_at
    assert played(player.tick()) == [*again(3, 4, 5), ("new", 6)]
    assert player.state == [b"\0\0", *[b"\0a"] * 6]


def test_what_takes_longer_than_expected_is_interrupted_earlier() -> None:
    player = Player(step=STEP / 2)
    player.know(1, IDLE, A)
    player.step = STEP * 1.2
    assert played(player.call(player.session.next_deadline() + MOMENT)) == load_and_play(1, 2, 3)
    assert player.places == (4, 6)


def test_each_part_of_it_is_told() -> None:
    player = interrupted()
    player.tick()
    told = iter(player.session.next_event, None)
    assert [event for event in told if isinstance(event, RolledBack)] == [RolledBack(1, 2), RolledBack(3, 3)]
    figures = player.session.statistics()
    assert (figures["rollbacks"], figures["replayed"], figures["deepest_rollback"]) == (1, 5, 5)


def test_the_deepest_is_one_of_them_and_not_all_before_a_tick() -> None:
    player = interrupted()
    player.know(1, B)
    player.tick()
    figures = player.session.statistics()
    assert (figures["rollbacks"], figures["replayed"], figures["deepest_rollback"]) == (2, 6, 5)


def test_nothing_is_committed_that_is_not_played_again_yet() -> None:
    player = interrupted()
    player.know(1, A, A, A, A)
    player.shared.links[1].confirmed = 5
    assert list(player.timeline.commit(1000)) == [Commit(0, tuple((Input(IDLE), Input(b)) for b in (IDLE, A, A)), 2)]
    assert player.timeline.committed == 2
    player.tick()
    assert player.timeline.committed == 5


def test_who_asks_in_the_middle_sees_the_head_and_not_the_place() -> None:
    player = interrupted()
    assert player.session.head == 6
    assert player.session.wanted_inputs(player.tick_at) == (0,)
    assert player.session.has_replayed
    player.tick()
    assert not player.session.has_replayed


# --- what comes in the middle -----------------------------------------------------------------------------------------


def test_what_is_wrong_below_the_place_goes_back_further() -> None:
    player = interrupted()
    player.know(1, B)
    assert played(player.tick()) == [*load_and_play(2, 3, 4, 5), ("new", 6)]
    assert player.state == [b"\0\0", b"\0a", *[b"\0b"] * 5]


def test_what_comes_for_frames_that_are_to_be_played_anyway_is_not_wrong() -> None:
    player = interrupted()
    player.know(1, A, B)
    assert not any(queue.wrong for queue in player.timeline.queues)
    assert played(player.tick()) == [*again(3, 4, 5), ("new", 6)]
    assert player.state == [b"\0\0", b"\0a", b"\0a", *[b"\0b"] * 4]


def test_what_had_been_expected_there_does_not_make_it_wrong_either() -> None:
    """Frame 3 was played with what comes now, but is going to be played with something else."""
    player = Player(players=3)
    player.know(1, IDLE, A)
    player.know(2, IDLE, IDLE, IDLE, IDLE, B)
    assert played(player.call(player.tick_at - 2.5 * STEP)) == load_and_play(1, 2)
    player.know(1, A, IDLE)
    assert played(player.tick()) == [*again(3, 4, 5), ("new", 6)]
    assert player.state == [b"\0\0\0", b"\0a\0", b"\0a\0", b"\0\0\0", *[b"\0\0b"] * 3]


def test_a_cut_in_the_middle() -> None:
    player = interrupted()
    player.shared.hand_over(1, 2, NOBODY)
    assert played(player.tick()) == [*load_and_play(2, 3, 4, 5), ("new", 6)]
    assert player.state == [b"\0\0", b"\0a", *[b"\0\0"] * 5]


def test_a_cut_above_the_place() -> None:
    player = interrupted()
    player.know(1, A, A)
    player.shared.hand_over(1, 4, NOBODY)
    assert played(player.tick()) == [*again(3, 4, 5), ("new", 6)]
    assert player.state == [b"\0\0", *[b"\0a"] * 3, *[b"\0\0"] * 3]


def test_a_return_in_the_middle() -> None:
    """Nobody has done anything up to frame 4, and what follows is expected of who is back."""
    player = interrupted()
    player.shared.hand_over(1, 2, NOBODY)
    player.shared.hand_over(1, 5, 1)
    player.know(1, B)
    assert played(player.tick()) == [*load_and_play(2, 3, 4, 5), ("new", 6)]
    assert player.state == [b"\0\0", b"\0a", *[b"\0\0"] * 3, b"\0b", b"\0b"]


@pytest.mark.parametrize(("first", "goes_back_to"), [(0, 0), (2, 2), (3, None)])
def test_inputs_that_are_written_anew_in_the_middle(first: int, goes_back_to: int | None) -> None:
    player = interrupted()
    player.know(1, A)
    player.timeline.queues[1].rewrite(first, [Input(B)] * 5, NOBODY)
    expected = again(3, 4, 5) if goes_back_to is None else load_and_play(*range(goes_back_to, 6))
    assert played(player.tick())[: len(expected)] == expected
    known = [player.timeline.queues[1].known(frame, frame)[0].action for frame in range(7)]
    assert player.state == [IDLE + action for action in known]


def test_another_epoch_in_the_middle_forgets_it() -> None:
    player = interrupted()
    player.shared.enter(Cause.CUT)
    player.session._engine._begin_epoch(1, 1)
    assert not player.session.has_replayed
    assert player.tick() == [Begin(1)]


def test_an_end_of_the_session_in_the_middle_forgets_it() -> None:
    player = interrupted()
    player.session.leave(player.now)
    assert not player.session.has_replayed
    assert player.tick() == []


# --- ends -------------------------------------------------------------------------------------------------------------


def after(length: int, action: bytes) -> Callable[[list[bytes]], bool]:
    return lambda actions: len(actions) >= length and actions[-1] == IDLE + action


def test_an_end_that_it_finds_before_it_is_interrupted() -> None:
    player = Player(ends=after(2, A))
    player.know(1, IDLE, A)
    assert played(player.call(player.tick_at - 2.5 * STEP)) == load_and_play(1)
    assert player.places == (2, 2)
    assert player.timeline.over == 1
    assert player.session.wanted_inputs(player.tick_at) == ()
    assert played(player.tick()) == []
    player.shared.links[1].confirmed = 1
    player.tick()
    assert player.timeline.is_complete
    assert player.rows == [(IDLE, IDLE), (IDLE, A)]


def test_an_end_that_it_finds_after_it_was_interrupted() -> None:
    player = interrupted(ends=after(4, A))
    assert player.timeline.over is None
    assert played(player.tick()) == again(3)
    assert (player.timeline.over, player.places) == (3, (4, 4))


def test_an_end_that_was_found_and_is_none_after_all() -> None:
    player = Player(ends=after(2, A))
    player.know(1, IDLE, A)
    player.call(player.tick_at - 2.5 * STEP)
    player.ends = never
    player.timeline.queues[1].rewrite(1, [Input(B)], 1)
    assert not player.timeline.is_at_end
    assert played(player.tick()) == [*load_and_play(1), ("new", 2)]
    assert [played(player.tick()) for _ in range(4)] == [[("new", frame)] for frame in (3, 4, 5, 6)]


def test_an_end_that_was_expected_and_is_played_again_in_parts() -> None:
    player = Player(ends=lambda actions: len(actions) == 6)
    assert player.timeline.over == 5
    player.know(1, IDLE, A)
    player.call(player.tick_at - 2.5 * STEP)
    assert player.places == (3, 6)
    assert player.timeline.over is None
    assert not player.timeline.is_at_end and not player.timeline.is_complete
    assert played(player.tick()) == again(3, 4, 5)
    assert (player.timeline.over, player.places) == (5, (6, 6))


# --- whatever happens -------------------------------------------------------------------------------------------------


@dataclass
class Parts(Episode):
    """An episode in which every frame costs one second, and it is known."""

    def __post_init__(self) -> None:
        super().__post_init__()
        config = Config(30, tuple(range(self.players)), (IDLE,) * self.players, digest_every=5)
        window = Window(30, 8)
        for _ in range(COSTS):
            window.add_cost(step=1.0, save=0.0)
        self.timeline = Timeline(config, range(self.players), window, self.replays)

    def fulfil(self, request: Request) -> Answer:
        answer = super().fulfil(request)
        answer.cost = 1.0 if isinstance(request, Advance) else 0.0
        return answer


LENGTH = 24
ACTIONS = st.lists(st.sampled_from([IDLE, IDLE, A, B]), min_size=LENGTH, max_size=LENGTH)
STEPS = st.tuples(st.sampled_from(["play", "know 0", "know 1", "know 1", "replay"]), st.integers(1, 4))


@given(
    inputs=st.tuples(ACTIONS, ACTIONS),
    course=st.lists(STEPS, max_size=80),
    length=st.integers(3, LENGTH),
    goal=st.sampled_from([b"aa", b"ab", b"bb", b"none"]),
    fails=st.booleans(),
)
def test_however_it_is_interrupted_it_comes_to_what_lockstep_does(
    inputs: tuple[list[bytes], list[bytes]], course: list[tuple[str, int]], length: int, goal: bytes, fails: bool
) -> None:
    def is_last(actions: list[bytes]) -> bool:
        return len(actions) >= length or actions[-1] == goal

    episode = Parts(raises=is_last) if fails else Parts(ends=is_last)
    timeline = episode.timeline
    for what, count in [*course, ("know 0", LENGTH), ("know 1", LENGTH), ("play", LENGTH)]:
        match what.split():
            case ["know", player]:
                queue = timeline.queues[int(player)]
                episode.know(int(player), inputs[int(player)][queue.last + 1 : queue.last + 1 + count])
            case ["replay"]:
                to_replay, replayed = timeline.to_replay, episode.replays.frames
                episode.run(timeline.roll_back(count))
                assert episode.replays.frames - replayed <= min(count, to_replay)
            case ["play"]:
                episode.roll_back()
                assert (timeline.to_replay, timeline.place) == (0, timeline.head)
                for _ in range(count):
                    if timeline.over is None and timeline.head < LENGTH:
                        episode.play(1)
        if not any(queue.wrong is not None for queue in timeline.queues):
            episode.commit()
        assert timeline.committed < timeline.place <= timeline.head
        assert timeline.over is None or timeline.place == timeline.head == timeline.over + 1
    expected = list(lockstep(inputs, is_last))
    assert episode.state == expected
    assert timeline.committed == len(expected) - 1
    assert [b"".join(row) for row in episode.rows] == expected[: len(expected) - timeline.has_failed]


def lockstep(inputs: tuple[list[bytes], list[bytes]], is_last: Callable[[list[bytes]], bool]) -> Iterator[bytes]:
    state: list[bytes] = []
    for row in zip(*inputs, strict=True):
        state.append(b"".join(row))
        yield state[-1]
        if is_last(state):
            return


# --- whole matches ----------------------------------------------------------------------------------------------------


class Watched(Session):
    """Counts the calls in which frames were only played again, and how many of these did not come to the end of it."""

    early = partial = late = 0

    def advance(self, now: float) -> Iterator[Request]:
        is_tick = bool(self._shared.ticker.due(now))
        loads = 0
        for request in super().advance(now):
            loads += isinstance(request, Load)
            yield request
        timeline = self._shared.timeline
        if self.has_replayed and not is_tick and loads:
            assert timeline.committed < timeline.place <= timeline.head
            Watched.early += 1
            Watched.partial += timeline.place < timeline.head
        Watched.late += is_tick and loads > 0


def watch(**changes: Any) -> tuple[Report, type[Watched]]:
    Watched.early = Watched.partial = Watched.late = 0
    return passed(run_match(scenario(**changes), Watched)), Watched


@pytest.mark.parametrize("peers", [2, 3, 6])
@pytest.mark.parametrize("unevenness", [0.0, 0.9])
def test_slow_machines_play_again_before_the_tick_and_agree(peers: int, unevenness: float) -> None:
    computers = {
        peer: Computer(peer, step_cost=0.005 + 0.001 * peer, save_cost=0.001, unevenness=unevenness)
        for peer in range(peers)
    }
    links = Links(Conditions(delay=0.1, jitter=0.02, loss=0.02))
    report, watched = watch(peers=peers, frames=300, links=links, computers=computers, input_delay=1)
    assert {len(record.rows) for _, record in report.records(0)} == {300}
    assert watched.early > 25 * peers
    assert watched.partial > 0


def test_an_end_that_the_inputs_decide_on_slow_machines() -> None:
    computers = {peer: Computer(peer, step_cost=0.009, unevenness=0.5) for peer in range(3)}
    for seed in range(4):
        _, watched = watch(peers=3, seed=seed, game=ToyGame(3, None, goal=40), computers=computers, input_delay=0)
        assert watched.early and watched.partial


def test_fast_machines_leave_it_to_the_tick() -> None:
    _, watched = watch(frames=120, input_delay=0)
    assert watched.early == 0 < watched.late
