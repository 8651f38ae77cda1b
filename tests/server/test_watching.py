"""Players who are watched: warned, and taken out, with what becomes of their partners and their data."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

import interactive_gym as ig
from interactive_gym.callbacks import MonitoringContext
from interactive_gym.data import attributes
from interactive_gym.server import monitoring, probing, rtts, watching
from tests.server.game import draw, make
from tests.server.meeting import Player, end_reason, events, playing, state_of, study
from tests.server.rows import FPS, chunk, episode_end
from tests.server.running import DEADLINE_S, Participant, Running, until
from tests.server.screened import Arriving

Serve = Callable[..., Running]
Come = Callable[..., Awaitable[Player]]


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "ROUND_S", 0.05)


def watched(humans: int = 1, **rules: Any) -> ig.Experiment:
    players = {str(number): ig.Human for number in range(humans)}
    game = (
        ig.GymScene("game")
        .environment(make)
        .rendering(draw=draw, fps=FPS)
        .policies(players)
        .gameplay(actions={"ArrowLeft": 1}, default_action=0)
        .monitoring(**rules)
    )
    return study(game)


class Plays(Arriving):
    def __init__(self, url: str, **who: Any) -> None:
        super().__init__(url, **who)
        self.warned: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.socket.on("warned", self.warned.put)

    async def play(self) -> str:
        """Into the game, with its first second stored; returns the session."""
        await self.join()
        await self.connect()
        page = await self.advance("welcome")
        assert page["is_monitored"] is True
        await self.resume(page["session_id"])
        await self.upload(chunk(page["session_id"], 0))
        return str(page["session_id"])

    async def look(self, is_looking: bool, scene_id: str = "game") -> Any:
        return await self.socket.call("looking", {"scene_id": scene_id, "is_looking": is_looking}, timeout=DEADLINE_S)

    async def hears_warning(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.warned.get(), DEADLINE_S)

    async def sees(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.scenes.get(), DEADLINE_S)


@pytest_asyncio.fixture
async def plays() -> Any:
    arrived: list[Participant] = []

    def make_one(server: Running, **who: Any) -> Plays:
        arrived.append(Plays(server.url, **who))
        return arrived[-1]  # type: ignore[return-value]

    yield make_one
    for one in arrived:
        await one.leave()


async def test_who_looks_away_is_warned_then_taken_out_and_their_data_stay(serve: Serve, plays: Any) -> None:
    server = serve(watched(hidden_warn_after=1, hidden_exclude_after=4, warning="Come back!"))
    one = plays(server)
    session = await one.play()
    assert await one.look(False) is None
    assert await one.hears_warning() == {"session_id": session, "reason": "hidden", "text": "Come back!"}
    page = await one.sees()
    assert (page["kind"], page["outcome"]) == ("outcome", "focus_timeout")
    assert state_of(server, one) == ("done", "focus_timeout")
    assert end_reason(server, session) == "hidden"
    (said,) = events(server, "warned")
    assert (said["reason"], said["session_id"]) == ("hidden", session)
    assert (await one.upload(chunk(session, 1), episode_end(session, 20)))["accepted"] >= 1
    assert (await one.advance("game"))["kind"] == "outcome"


async def test_who_comes_back_in_time_plays_on(serve: Serve, plays: Any) -> None:
    server = serve(watched(hidden_warn_after=1, hidden_exclude_after=5))
    one = plays(server)
    await one.play()
    await one.look(False)
    await one.hears_warning()
    await one.look(True)
    await asyncio.sleep(5)
    assert state_of(server, one) == ("playing", None)


async def test_only_games_that_are_watched_are(serve: Serve, plays: Any) -> None:
    one = plays(serve(watched(hidden_exclude_after=1)))
    await one.play()
    assert (await one.look(False, "welcome"))["reason"] == "not_now"
    assert (await one.say("looking", {"scene_id": "game"}))["reason"] == "malformed"


async def test_a_line_that_is_too_slow_takes_a_player_out(serve: Serve, plays: Any) -> None:
    server = serve(watched(max_ping=1, ping_window=1, ping_violations=1))
    one = plays(server, answers=False)
    await one.play()
    page = await one.sees()
    assert page["outcome"] == "excluded" and "too slow" in page["body"]
    (done,) = events(server, "finished")
    assert (done["reason"], done["data"]["detail"]) == ("max_ping", "1 of 1 pings above 1 ms")


async def test_silence_is_no_way_around_the_pings(serve: Serve, plays: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((probing, "EVERY_S"), (probing, "_LOST_S")):
        monkeypatch.setattr(module, name, 0.1)
    for module, name in ((rtts, "LOST_S"), (monitoring, "APART_S")):
        monkeypatch.setattr(module, name, 0.05)
    one = plays(serve(watched(max_ping=50)), answers=False)
    await one.play()
    page = await one.sees()
    assert page["outcome"] == "excluded" and "too slow" in page["body"]


async def test_the_callback_sees_the_frames_and_decides(serve: Serve, plays: Any) -> None:
    seen: list[MonitoringContext] = []

    async def judge(context: MonitoringContext) -> str | None:
        seen.append(context)
        context.set(calls=len(seen))
        context.warn(f"call {len(seen)}")
        return "You <never> move." if len(seen) == 2 else None

    server = serve(watched(callback=judge, callback_every=10))
    one = plays(server)
    session = await one.play()
    assert (await one.hears_warning())["text"] == "call 1"
    await one.upload(chunk(session, 1))
    assert (await one.hears_warning())["text"] == "call 2"
    page = await one.sees()
    assert (page["outcome"], page["body"]) == ("excluded", "<p>You &lt;never&gt; move.</p>")
    frames = [[row.frame for row in context.rows] for context in seen]
    assert frames == [list(range(-1, 10)), list(range(10, 20))]
    assert (seen[0].agent, seen[0].session_id, seen[0].away_s) == ("0", session, 0.0)
    assert server.desk.store.read_now(lambda connection: attributes.of(connection, one.id))["calls"] == 2


def broken(context: MonitoringContext) -> None:
    raise RuntimeError("no")


def unfitting(context: MonitoringContext) -> None:
    """At the first call it fits, and never again: they would be too many."""
    known = len(context.attributes)
    context.set(**{f"a{known}-{number}": number for number in range(60)})


@pytest.mark.parametrize(
    ("callback", "reason", "detail"), [(broken, "raised", "RuntimeError: no"), (unfitting, "bad_attributes", "at most")]
)
async def test_a_callback_that_always_fails_hurts_nobody(
    serve: Serve, plays: Any, callback: Any, reason: str, detail: str
) -> None:
    """And does not fill the data with the same again and again."""
    calls: list[str] = []

    def failing(context: MonitoringContext) -> None:
        calls.append(context.session_id)
        callback(context)

    server = serve(watched(callback=failing, callback_every=1))
    one = plays(server)
    session = await one.play()
    for number in range(1, 10):
        await until(lambda number=number: len(calls) == number, "the callback to be asked")  # type: ignore[misc]
        await one.upload(chunk(session, number))
    await until(lambda: len(calls) == 10, "the last call")
    failed = events(server, "monitoring_failed")
    assert [event["data"]["times"] for event in failed] == [1, 2, 4, 8]
    assert {event["reason"] for event in failed} == {reason}
    assert all(detail in event["detail"] for event in failed)
    assert state_of(server, one) == ("playing", None)


async def test_a_restart_finds_who_is_watched(serve: Serve, plays: Any) -> None:
    rules = {"hidden_exclude_after": 1}
    server = serve(watched(**rules))
    one = plays(server)
    await one.play()
    server.stop()
    server = serve(watched(**rules))
    back = plays(server)
    back.token, back.id = one.token, one.id
    await back.connect()
    await back.look(False)
    assert (await back.sees())["outcome"] == "focus_timeout"


async def test_partners_are_told_and_are_not_to_blame(serve: Serve, come: Come) -> None:
    server = serve(watched(2, hidden_exclude_after=1, partner_text="<p>They had to go.</p>"))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    for one in (ann, bob):
        assert (await one.upload(chunk(session, 0)))["accepted"] == 1
    await ann.socket.call("looking", {"scene_id": "game", "is_looking": False}, timeout=DEADLINE_S)
    assert (await ann.sees())["outcome"] == "focus_timeout"
    page = await bob.failed("partner_left")
    assert (page["outcome"], page["body"]) == ("partner_left", "<p>They had to go.</p>")
    assert end_reason(server, session) == "hidden"


async def test_who_sends_no_frames_is_watched_with_those_who_do(serve: Serve, come: Come) -> None:
    server = serve(watched(2, hidden_exclude_after=1))
    ann, bob = await come(server), await come(server)
    session = await playing(ann, bob)
    assert (await bob.upload(chunk(session, 0)))["accepted"] == 1
    await ann.socket.call("looking", {"scene_id": "game", "is_looking": False}, timeout=DEADLINE_S)
    assert (await ann.sees())["outcome"] == "focus_timeout"
