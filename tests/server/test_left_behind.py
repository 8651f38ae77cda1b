"""Nobody is left behind: neither by what somebody else sends, nor in a game that everybody has left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.server.meeting import Player, end_reason, matched, playing, session_state, state_of, study
from tests.server.running import Running

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]


@pytest.mark.parametrize("verb", ["advance", "fail"])
async def test_a_word_about_an_earlier_scene_changes_nothing_in_the_room(serve: Serve, come: Come, verb: str) -> None:
    server = serve(study())
    ann, bob = await come(server), await come(server)
    await ann.enlist()
    page = await (ann.advance("welcome") if verb == "advance" else ann.failed("step_failed", "welcome"))
    assert (page["kind"], page["scene_id"]) == ("gym", "game")
    assert state_of(server, ann) == ("waiting", None)
    assert (await bob.enlist())["waiting"] == 2
    await matched(ann, bob)


@pytest.mark.parametrize("verb", ["advance", "fail"])
async def test_a_word_about_an_earlier_scene_stops_nobody_who_connects(serve: Serve, come: Come, verb: str) -> None:
    server = serve(study(connect_s=1))
    ann, bob = await come(server), await come(server)
    for player in (ann, bob):
        await player.enlist()
    session = await matched(ann, bob)
    await (ann.advance("welcome") if verb == "advance" else ann.failed("step_failed", "welcome"))
    assert session_state(server, session) == "validating"
    told = await bob.hears("unmatched")
    assert (told["session_id"], told["reason"]) == (session, "connection_timeout")
    cem, dan = await come(server), await come(server)
    await playing(cem, dan)
    assert end_reason(server, session) == "connection_timeout"
