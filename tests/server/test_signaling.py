"""Signals between the browsers of one match: who may send them, and that none is lost when a connection flaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from interactive_gym.errors import ClientError
from interactive_gym.protocol import Signal
from interactive_gym.server import signaling
from interactive_gym.server.limits import Rate
from interactive_gym.server.signaling import Signals
from tests.server.matched import game, matched, on_loop
from tests.server.running import Participant, Running, until

Arrive = Callable[..., Participant]


def numbered(number: int) -> Signal:
    return Signal("s-1", 0, f"link-{number}", "candidate", "{}")


async def test_it_is_handed_on_with_its_sender(server: Running, arrive: Arrive) -> None:
    first, second, third = await matched(server, arrive, game(3))
    assert await first.signal(peer=2, what="offer", data="v=0") is None
    expected = {"session_id": "s-1", "peer": 0, "link": "l", "what": "offer", "data": "v=0"}
    assert await third.signalled() == expected
    assert await third.signal(peer=0, what="answer", data="v=0") is None
    assert await first.signalled() == expected | {"peer": 2, "what": "answer"}
    assert second.signals.empty()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"session_id": "s-2"}, "not_your_session"),
        ({"session_id": "s-3"}, "not_your_session"),
        ({"peer": 0}, "malformed"),
        ({"peer": 2}, "malformed"),
        ({"peer": -1}, "malformed"),
        ({"peer": "1"}, "malformed"),
        ({"what": "bye"}, "malformed"),
        ({"link": "x" * 201}, "malformed"),
        ({"data": "x" * 60_001}, "malformed"),
        ({"more": 1}, "malformed"),
    ],
)
async def test_what_is_not_theirs_to_say_is_refused(
    server: Running, arrive: Arrive, changes: dict[str, Any], reason: str
) -> None:
    first, second = await matched(server, arrive, game())
    others = await matched(server, arrive, game(), "s-2")
    assert (await first.signal(**changes))["reason"] == reason
    assert await first.signal(data="and the connection goes on") is None
    assert (await second.signalled())["data"] == "and the connection goes on"
    assert second.signals.empty() and all(page.signals.empty() for page in others)


async def test_who_is_in_no_match_has_nobody_to_tell(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game())
    on_loop(server, server.app.state.matches.close, "s-1")
    assert (await first.signal(session_id="s-2"))["reason"] == "not_your_session"
    assert second.signals.empty()


async def test_what_is_late_about_the_last_match_is_no_offence(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game())
    on_loop(server, server.app.state.matches.close, "s-1")
    assert await first.signal() is None
    assert await first.signal(peer=7) is None
    assert second.signals.empty()


async def test_what_comes_while_a_socket_is_away_is_delivered_when_it_is_back(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game())
    await second.participant.socket.disconnect()
    await until(lambda: not server.desk.presence.connected(second.participant.id), "the server to notice")
    for link in ("a", "b", "c"):
        assert await first.signal(link=link) is None
    await second.participant.connect()
    assert [(await second.signalled())["link"] for _ in range(3)] == ["a", "b", "c"]
    assert await first.signal(link="d") is None
    assert (await second.signalled())["link"] == "d"


@pytest.mark.parametrize("what", ["candidate", "nonsense"])
async def test_a_flood_ends_the_connection(
    serve: Callable[..., Running], arrive: Arrive, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(signaling, "SIGNALS", Rate(per_second=0.001, burst=signaling.SIGNALS.burst))
    server = serve()
    first, _ = await matched(server, arrive, game())
    answers = []
    while "too_fast" not in answers:
        answers.append(((await first.signal(what=what)) or {}).get("reason"))
        assert len(answers) < 2_000
    assert what == "nonsense" or len(answers) > signaling.SIGNALS.burst
    await until(lambda: not server.desk.presence.connected(first.participant.id), "the server to part with it")


def test_long_ones_count_as_several() -> None:
    signals = Signals()
    long = Signal("s-1", 0, "l", "offer", "x" * 60_000)
    with pytest.raises(ClientError, match="too_fast"):
        for _ in range(20):
            signals.admit("p", long, 0.0)
    signals.admit("q", long, 0.0)
    signals.admit("p", long, 1.0)


def test_few_are_kept_and_not_for_long() -> None:
    signals = Signals()
    for number in range(signaling.KEPT + 3):
        signals.keep("p", numbered(number), float(number >= 10))
    kept = signals.kept("p", signaling.KEPT_S + 0.5)
    assert kept == [numbered(number) for number in range(10, signaling.KEPT + 3)]
    assert signals.kept("p", 0.0) == []
    signals.keep("p", numbered(1), 0.0)
    signals.forget("p")
    assert signals.kept("p", 0.0) == []
