"""Numbers that run out: cuts in one epoch, epochs, messages that nobody takes, frames in one answer."""

from __future__ import annotations

from interactive_gym.netcode.control import WINDOW
from interactive_gym.netcode.messages import (
    MAX_MESSAGE,
    Goodbye,
    History,
    Message,
    Ready,
    Return,
    WantCut,
    encode_message,
)
from interactive_gym.netcode.referee import Grant, Referee
from interactive_gym.netcode.requests import Input
from interactive_gym.netcode.session import Session
from interactive_gym.netcode.testing import config_of

MOST_TURNS = 254


def _referee(peers: int = 3) -> Referee:
    return Referee(config_of(peers))


def _say(referee: Referee, peer: int, message: Message) -> list[Grant]:
    referee._handle(peer, message)
    return referee.new_grants()


def test_a_server_is_not_stopped_by_who_says_goodbye_for_ever() -> None:
    referee = _referee()
    for _ in range(WINDOW + 10):
        assert not _say(referee, 0, Goodbye(0))


def test_who_is_cut_all_the_time_is_gone_in_the_end() -> None:
    referee = _referee()
    grants = [grant for turn in range(1, 256) for grant in _say(referee, 0, WantCut(0, 1, turn, 0, "silent"))]
    assert [grant.is_gone for grant in grants[: MOST_TURNS - 1]] == [False] * (MOST_TURNS - 1)
    assert grants[MOST_TURNS - 1].is_gone
    referee.exclude(1, now=1.0)


def test_epochs_come_round() -> None:
    referee = _referee()
    assert len(_say(referee, 0, WantCut(3, 1, 1, 0, "silent"))) == 1
    for epoch in range(3, 3 + 256):
        _say(referee, 0, Ready(epoch % 256, 2, (0, 1, 2)))
    assert len(_say(referee, 0, WantCut(3, 1, 1, 0, "silent"))) == 1


def test_a_history_of_large_actions_comes_in_several_answers() -> None:
    config = config_of(2)
    session = Session(config, peer=0, boot=1, now=0.0)
    shared = session._shared
    for player, queue in enumerate(shared.timeline.queues):
        for frame in range(2000):
            queue.add(frame, Input(bytes([player, frame % 256]) * 127, 5))
    shared.timeline.committed, shared.present, shared.turns[1] = 1999, {0}, 1
    sent: list[Message] = []
    shared.send = lambda peer, message: sent.append(message)  # type: ignore[method-assign]
    have = -1
    while have < 1999:
        session._engine.handle(1, Return(0, have, (0,)))
        answer = sent.pop()
        assert isinstance(answer, History)
        assert len(encode_message(answer)) <= MAX_MESSAGE
        assert len(answer.spans[0].inputs) > 0
        have += len(answer.spans[0].inputs)
