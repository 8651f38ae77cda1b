"""Live matches: who is in which; and referees, whose grants are stored before anybody is told, and hold for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

import interactive_gym as ig
from interactive_gym.data import matches as stored
from interactive_gym.errors import ServerError
from interactive_gym.game import matchconfig
from interactive_gym.netcode import Grant
from interactive_gym.netcode.control import ControlChannel
from interactive_gym.netcode.messages import CutGranted, Goodbye, WantCut
from interactive_gym.protocol import FRAME_CONTROL, RELAY_SERVER
from interactive_gym.server import refereeing
from interactive_gym.server.refereeing import rising_boot
from tests.server.matched import Page, events, game, grants, loop_of, matched, on_loop, playing, set_state
from tests.server.running import Participant, Running, experiment, until

Arrive = Callable[..., Participant]
CUT, GONE = CutGranted(0, 1, 1, False), CutGranted(0, 1, 1, True)


async def wants_cut(page: Page, peer: int, reason: str = "silent") -> None:
    await page.tell_referee(WantCut(0, peer, 1, 0, reason))


async def again(server: Running, page: Page, boot: int) -> Page:
    """The page of this member after a reload, or after the server came back: a new process."""
    back = Participant(server.url)
    back.token, back.id = page.participant.token, page.participant.id
    await back.connect()
    reloaded = Page(back, page.peer)
    reloaded.channel = ControlChannel(boot)
    return reloaded


async def test_a_cut_is_stored_and_told_to_everybody(server: Running, arrive: Arrive) -> None:
    first, second, third = await playing(server, arrive, game(3))
    await wants_cut(first, 1)
    for page in (first, second, third):
        assert await page.told(CutGranted) == CUT
    assert grants(server) == [Grant(0, 1, 1, False, 0, "silent")]
    (event,) = events(server, "cut")
    assert (event.reason, event.participant_id, event.session_id) == ("silent", second.participant.id, "s-1")
    assert event.data == {"peer": 1, "epoch": 0, "turn": 1, "is_gone": False, "by": 0}


async def test_nobody_is_told_before_it_is_stored(
    server: Running, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refereeing, "RETRY_S", 0.01)
    first, second = await playing(server, arrive, game())
    add_grant, tries = stored.add_grant, []

    def failing(*arguments: Any, **named: Any) -> None:
        tries.append(arguments)
        if len(tries) < 5:
            raise ServerError("no room on the disk")
        assert second.frames.empty()
        add_grant(*arguments, **named)

    monkeypatch.setattr(stored, "add_grant", failing)
    await wants_cut(first, 1)
    assert tuple(await asyncio.gather(first.told(CutGranted), second.told(CutGranted))) == (CUT, CUT)
    assert len(tries) == 5
    assert grants(server) == [Grant(0, 1, 1, False, 0, "silent")]
    assert '"event": "grants_not_stored"' in (server.data / "server.log").read_text()


async def test_a_cut_holds_after_a_restart(serve: Callable[..., Running], arrive: Arrive) -> None:
    server = serve()
    first, second = await playing(server, arrive, game())
    await wants_cut(first, 1)
    assert await first.told(CutGranted) == CUT
    for page in (first, second):
        await page.participant.leave()
    server.stop()
    restarted = serve()
    assert on_loop(restarted, restarted.app.state.matches.match_of, first.participant.id) == "s-1"
    reloaded = await again(restarted, second, boot=2)
    assert await reloaded.told(CutGranted) == CUT
    kept = await again(restarted, first, boot=1)
    kept.channel = first.channel  # its page was not reloaded
    assert await kept.told(CutGranted) == CUT
    await kept.relay(bytes((1, FRAME_CONTROL)) + b"by the relay")
    while (frame := await reloaded.frame())[0] == RELAY_SERVER:
        continue
    assert frame == bytes((0, FRAME_CONTROL)) + b"by the relay"
    assert await reloaded.signal() is None
    assert (await kept.signalled())["peer"] == 1
    assert grants(restarted) == [Grant(0, 1, 1, False, 0, "silent")]
    for page in (kept, reloaded):
        await page.participant.leave()


@pytest.mark.parametrize(("state", "session_id"), [("validating", None), ("playing", "s-1"), ("ended", None)])
async def test_only_what_was_being_played_is_restored(
    server: Running, arrive: Arrive, state: str, session_id: str | None
) -> None:
    first, _ = await matched(server, arrive, game())
    live = server.app.state.matches
    on_loop(server, live.close, "s-1")
    set_state(server, state)
    restoring = asyncio.run_coroutine_threadsafe(live.restore(), loop_of(server))
    await asyncio.wrap_future(restoring)
    assert on_loop(server, live.match_of, first.participant.id) == session_id


async def test_who_is_excluded_is_gone_for_all(server: Running, arrive: Arrive) -> None:
    first, second = await playing(server, arrive, game())
    on_loop(server, server.app.state.matches.exclude, second.participant.id, "technical_failure")
    assert await first.told(CutGranted) == CutGranted(0, 1, 1, True)
    assert grants(server) == [Grant(0, 1, 1, True, -1, "technical_failure")]
    on_loop(server, server.app.state.matches.exclude, second.participant.id, "removed")
    on_loop(server, server.app.state.matches.exclude, "p-of-nobody", "removed")
    assert len(grants(server)) == 1


async def test_the_referee_acts_when_time_is_up(
    server: Running, arrive: Arrive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(matchconfig.LOST, "return_timeout_s", 0.05)
    first, _ = await playing(server, arrive, game())
    await wants_cut(first, 1)
    assert await first.told(CutGranted) == CUT
    assert await first.told(CutGranted) == CutGranted(0, 1, 1, True)
    assert [grant.reason for grant in grants(server)] == ["silent", "return_timeout"]


async def test_farewells_are_passed_on_and_lost_frames_sent_again(server: Running, arrive: Arrive) -> None:
    first, second = await playing(server, arrive, game())
    await second.participant.socket.disconnect()
    await until(lambda: not server.desk.presence.connected(second.participant.id), "the server to notice")
    await first.tell_referee(Goodbye(0))
    await first.is_heard()
    back = await again(server, second, boot=1)
    assert await back.told(Goodbye) == Goodbye(0)
    await back.participant.leave()


async def test_before_the_game_begins_there_is_no_referee(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game())
    await wants_cut(first, 1)
    assert (await first.participant.advance("welcome"))["kind"] == "static"
    assert not grants(server) and second.frames.empty()
    for _ in range(2):
        on_loop(server, server.app.state.matches.play, "s-1")
    assert await first.told(CutGranted) == CUT, "it was sent again"


async def test_a_match_that_is_over_is_forgotten(server: Running, arrive: Arrive) -> None:
    first, _ = await playing(server, arrive, game())
    live = server.app.state.matches
    assert on_loop(server, live.match_of, first.participant.id) == "s-1"
    for _ in range(2):
        on_loop(server, live.close, "s-1")
    assert on_loop(server, live.match_of, first.participant.id) is None
    await wants_cut(first, 1)
    assert (await first.participant.advance("welcome"))["kind"] == "static"
    assert not grants(server)
    assert not events(server, "relay_dropped")


async def test_who_is_in_the_next_match_hears_nothing_of_the_last_one(server: Running, arrive: Arrive) -> None:
    first, second, third = await playing(server, arrive, game(3))
    live = server.app.state.matches
    on_loop(server, live.open, "s-2", game(), [stored.Member("0", 0, second.participant.id)])
    assert (await second.participant.advance("welcome"))["kind"] == "static"
    while not second.frames.empty():
        second.frames.get_nowait()  # of the time before
    await first.relay(bytes((1, FRAME_CONTROL)) + b"late")
    assert await first.signal(peer=1) is None
    await wants_cut(first, 1)
    for page in (first, third):
        assert await page.told(CutGranted) == GONE, "they do not come back"
    assert (await second.participant.advance("welcome"))["kind"] == "static"
    assert second.frames.empty() and second.signals.empty()


async def test_who_has_a_new_match_keeps_it_when_the_old_one_ends(server: Running, arrive: Arrive) -> None:
    first, second = await matched(server, arrive, game())
    live = server.app.state.matches
    members = [stored.Member("0", 0, first.participant.id)]
    on_loop(server, live.open, "s-2", game(), members)
    on_loop(server, live.close, "s-1")
    assert on_loop(server, live.match_of, first.participant.id) == "s-2"
    assert on_loop(server, live.match_of, second.participant.id) is None


async def test_credentials_are_the_participants_own(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARED", "s3cret of both")
    study = experiment().webrtc(ice_servers=["turn:t.example.org"], turn_secret=ig.secret("SHARED"))
    (one,) = serve(study).app.state.matches.ice_servers("p-1")
    expiry, _, who = one.username.partition(":")
    assert who == "p-1"
    assert 11 < (int(expiry) - time.time()) / 3600 < 13


async def test_boots_rise_and_fit() -> None:
    before = rising_boot()
    await asyncio.sleep(1 / refereeing._BOOTS_PER_S)
    assert before < rising_boot() < 2**32
