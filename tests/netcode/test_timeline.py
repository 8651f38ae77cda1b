"""The frames of one episode: played on expectations, played again where they were wrong, and committed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from interactive_gym.netcode.config import Config
from interactive_gym.netcode.errors import HostError
from interactive_gym.netcode.pacing import Window
from interactive_gym.netcode.requests import HUMAN, Advance, Commit, Input, Load, Request, Save
from interactive_gym.netcode.timeline import Answer, Replays, Requests, Timeline

IDLE, A, B, C = b"\0", b"a", b"b", b"c"


def never(actions: list[bytes]) -> bool:
    return False


@dataclass
class Episode:
    """A timeline, and a host whose game is the list of all actions since its beginning."""

    players: int = 2
    ends: Callable[[list[bytes]], bool] = never
    raises: Callable[[list[bytes]], bool] = never
    window: int = 8
    state: list[bytes] = field(default_factory=list)
    saved: dict[int, list[bytes]] = field(default_factory=dict)
    rows: list[tuple[bytes, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        config = Config(30, tuple(range(self.players)), (IDLE,) * self.players, digest_every=5)
        self.replays = Replays()
        self.timeline = Timeline(config, range(self.players), Window(30, self.window), self.replays)

    def run(self, requests: Requests) -> list[Request]:
        """Fulfil them all."""
        seen, answer = [], None
        try:
            while True:
                request = requests.send(answer)  # type: ignore[arg-type]
                seen.append(request)
                answer = self.fulfil(request)
        except StopIteration:
            return seen

    def fulfil(self, request: Request) -> Answer:
        match request:
            case Save(frame):
                self.saved[frame] = list(self.state)
                return Answer(digest=b"".join(self.state)[-28:].rjust(32))
            case Load(frame):
                self.state = list(self.saved[frame])
            case Advance(frame, inputs):
                self.state.append(b"".join(given.action for given in inputs))
                return Answer(terminal=self.ends(self.state), failed=self.raises(self.state))
            case Commit():
                self.rows += [tuple(given.action for given in row) for row in request.inputs]
        return Answer()

    def play(self, frames: int) -> list[Request]:
        return [request for _ in range(frames) for request in self.run(self.timeline.play(is_live=True))]

    def roll_back(self) -> list[Request]:
        return self.run(self.timeline.roll_back())

    def commit(self, limit: int = 1000) -> list[Request]:
        return self.run(self.timeline.commit(limit))

    def know(self, player: int, actions: Iterable[bytes]) -> None:
        """The next inputs of a player come."""
        queue = self.timeline.queues[player]
        for frame, action in enumerate(actions, queue.last + 1):
            assert queue.add(frame, Input(action, HUMAN))


def frames(requests: Iterable[Request], kind: type[Any]) -> list[int]:
    return [request.frame for request in requests if isinstance(request, kind)]


# --- playing ----------------------------------------------------------------------------------------------------------


def test_a_state_is_kept_before_its_frame_and_hashed_where_that_is_due() -> None:
    episode = Episode()
    assert [type(request) for request in episode.play(2)] == [Save, Advance, Save, Advance]
    saves = [request for request in episode.play(10) if isinstance(request, Save)]
    assert [save.frame for save in saves] == list(range(2, 12))
    assert [save.frame for save in saves if save.hashed] == [5, 10]
    assert sorted(episode.timeline.digests) == [0, 5, 10]


def test_known_inputs_are_played_and_others_expected() -> None:
    episode = Episode()
    episode.know(0, [A, B])
    episode.know(1, [C])
    episode.play(4)
    assert episode.state == [b"ac", b"bc", b"bc", b"bc"]
    assert episode.timeline.head == 4
    assert episode.timeline.confirmed == 0


@pytest.mark.parametrize("digest", [b"", b"abc", bytes(33)])
def test_a_state_that_is_to_be_hashed_needs_a_digest(digest: bytes) -> None:
    requests = Episode().timeline.play(is_live=True)
    assert next(requests) == Save(0, hashed=True)
    with pytest.raises(HostError, match=r"Save\(frame=0, hashed=True\) was answered without a digest of 4 to 32 bytes"):
        requests.send(Answer(digest=digest))


# --- playing again ----------------------------------------------------------------------------------------------------


def test_nothing_is_played_again_that_was_expected_rightly() -> None:
    episode = Episode()
    episode.play(4)
    episode.know(0, [IDLE] * 4)
    episode.know(1, [IDLE] * 6)
    assert episode.roll_back() == []
    assert episode.replays == Replays()


def test_all_is_played_again_once_from_the_earliest_wrong_frame_of_all_players() -> None:
    episode = Episode(players=3)
    episode.play(7)
    episode.know(0, [IDLE, IDLE, IDLE, IDLE, A])
    episode.know(1, [IDLE, IDLE, B])
    episode.know(2, [IDLE, IDLE, IDLE, C])
    done = episode.roll_back()
    assert frames(done, Load) == [2]
    assert frames(done, Advance) == [2, 3, 4, 5, 6]
    assert not any(request.is_live for request in done if isinstance(request, Advance))
    assert episode.state == [b"\0\0\0", b"\0\0\0", b"\0b\0", b"\0bc", b"abc", b"abc", b"abc"]
    assert episode.timeline.head == 7
    assert episode.roll_back() == []


def test_what_was_kept_and_hashed_on_wrong_inputs_is_so_anew() -> None:
    episode = Episode()
    episode.know(0, [IDLE] * 12)
    episode.play(12)
    before = dict(episode.timeline.digests)
    episode.know(1, [IDLE, IDLE, IDLE, A])
    saves = {save.frame: save.hashed for save in episode.roll_back() if isinstance(save, Save)}
    assert saves == {frame: frame in (5, 10) for frame in range(4, 12)}
    after = episode.timeline.digests
    assert (after[0] == before[0], after[5] == before[5], after[10] == before[10]) == (True, False, False)


def test_where_states_are_sparse_a_replay_begins_earlier() -> None:
    episode = Episode()
    episode.play(6)
    episode.timeline._history.rewind(3)  # as if those of frames 4 and 5 had not been worth keeping
    episode.know(1, [IDLE] * 5 + [A])
    done = episode.roll_back()
    assert frames(done, Load) == [3]
    assert frames(done, Advance) == [3, 4, 5]
    assert episode.state[-1] == b"\0a"


def test_replays_are_counted() -> None:
    episode = Episode()
    episode.play(6)
    episode.know(1, [IDLE, IDLE, A])
    episode.roll_back()
    episode.know(1, [A, A, B])
    episode.roll_back()
    assert episode.replays == Replays(rollbacks=2, frames=4 + 1, deepest=4)


# --- ends -------------------------------------------------------------------------------------------------------------


def five_rows(actions: list[bytes]) -> bool:
    return len(actions) == 5


def test_a_last_frame_is_followed_by_a_hashed_state() -> None:
    episode = Episode(ends=five_rows)
    assert episode.play(5)[-1] == Save(5, hashed=True)
    assert episode.timeline.over == 4
    assert 5 in episode.timeline.digests
    assert not episode.timeline.is_complete


def test_the_end_is_complete_when_it_is_committed() -> None:
    episode = Episode(ends=five_rows)
    episode.play(5)
    episode.know(0, [IDLE] * 9)
    episode.know(1, [IDLE] * 4)
    episode.commit()
    assert not episode.timeline.is_complete
    episode.know(1, [IDLE])
    episode.commit()
    assert episode.timeline.is_complete
    assert len(episode.rows) == 5
    assert episode.timeline.last_with_results == 4


def pressed(actions: list[bytes]) -> bool:
    return actions[-1] == b"\0a"


def test_an_end_that_was_only_expected_is_taken_back() -> None:
    episode = Episode(ends=lambda actions: len(actions) > 3 and actions[-1] == b"\0a")
    episode.know(1, [A])
    episode.play(4)
    assert episode.timeline.over == 3
    assert episode.timeline.is_at_end
    episode.know(1, [A, B])
    assert not episode.timeline.is_at_end
    episode.roll_back()
    assert episode.timeline.over is None
    episode.play(1)
    assert episode.timeline.head == 5


def test_a_replay_stops_at_an_end_that_it_finds() -> None:
    episode = Episode(ends=pressed)
    episode.play(6)
    episode.know(1, [IDLE, IDLE, A])
    done = episode.roll_back()
    assert frames(done, Advance) == [2]
    assert done[-1] == Save(3, hashed=True)
    assert (episode.timeline.over, episode.timeline.head) == (2, 3)
    assert (episode.replays.frames, episode.replays.deepest) == (1, 4)


def test_what_raises_has_no_results_and_no_state_after_it() -> None:
    episode = Episode(raises=five_rows)
    assert frames(episode.play(5), Save) == [0, 1, 2, 3, 4]
    timeline = episode.timeline
    assert (timeline.over, timeline.has_failed, timeline.head) == (4, True, 5)
    for player in (0, 1):
        episode.know(player, [IDLE] * 5)
    episode.commit()
    assert timeline.is_complete
    assert (timeline.committed, timeline.last_with_results, len(episode.rows)) == (4, 3, 4)


def test_what_raises_in_the_first_frame_commits_nothing_to_the_host() -> None:
    episode = Episode(raises=lambda actions: True)
    episode.play(1)
    for player in (0, 1):
        episode.know(player, [IDLE])
    assert episode.commit() == []
    assert episode.timeline.is_complete
    assert episode.timeline.last_with_results == -1


def test_what_raised_on_an_expectation_alone_is_taken_back() -> None:
    episode = Episode(raises=lambda actions: actions[-2:] == [b"\0a", b"\0a"])
    episode.know(1, [A])
    episode.play(2)
    assert episode.timeline.has_failed
    episode.know(1, [B])
    episode.roll_back()
    assert (episode.timeline.over, episode.timeline.has_failed) == (None, False)
    assert episode.state == [b"\0a", b"\0b"]


# --- committing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "limit", "played", "last"),
    [((9, 9), 9, 4, 3), ((3, 9), 9, 5, 2), ((9, 9), 1, 5, 1), ((0, 9), 9, 5, -1), ((9, 9), -1, 5, -1)],
    ids=["what is played", "what is known", "what the others have", "nothing is known", "nobody has anything"],
)
def test_no_more_is_committed_than(known: tuple[int, int], limit: int, played: int, last: int) -> None:
    episode = Episode()
    for player in (0, 1):
        episode.know(player, [IDLE] * known[player])
    episode.play(played)
    episode.commit(limit)
    assert episode.timeline.committed == last
    assert len(episode.rows) == last + 1


def test_frames_are_committed_once_in_order_and_as_they_were_given() -> None:
    episode = Episode()
    episode.know(0, [A, A, A, A])
    episode.know(1, [IDLE, B])
    episode.play(4)
    (first,) = episode.commit()
    assert first == Commit(0, ((Input(A, HUMAN), Input(IDLE, HUMAN)), (Input(A, HUMAN), Input(B, HUMAN))), keep=2)
    assert episode.commit() == []
    episode.know(1, [C, C])
    episode.roll_back()
    (second,) = episode.commit()
    assert isinstance(second, Commit)
    assert (second.first, second.last) == (2, 3)
    assert episode.rows == [(A, IDLE), (A, B), (A, C), (A, C)]


def test_states_are_kept_from_which_what_is_not_committed_can_be_played_again() -> None:
    episode = Episode()
    for player in (0, 1):
        episode.know(player, [IDLE] * 9)
    episode.play(7)
    episode.timeline._history.rewind(3)
    (commit,) = episode.commit(limit=4)
    assert isinstance(commit, Commit)
    assert (commit.last, commit.keep) == (4, 3)
